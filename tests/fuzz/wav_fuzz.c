/* WAV headers of strangers: whatever they say, reading stays in bounds and the format is sendable.
 */
#include "sound/wav_header.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *data;
    size_t size, at;
};

static size_t read_input(void *context, uint8_t *to, size_t bytes)
{
    struct input *input = context;

    if (bytes > input->size - input->at)
        bytes = input->size - input->at;
    memcpy(to, input->data + input->at, bytes);
    input->at += bytes;
    return bytes;
}

static void demand(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size, 0};
    uint8_t written[WAV_HEADER_BYTES];
    struct wav_header header, again;

    if (wav_header_read(read_input, &input, &header) != WAV_OK)
        return 0;
    demand(format_check(&header.format) == FORMAT_OK);
    demand(header.format.channels <= FORMAT_SEND_CHANNELS_MAX);
    demand(!header.is_float || header.format.bits == 32);

    /* What it came to survives our own header. */
    wav_header_write(written, &header.format, header.data_bytes);
    input = (struct input){written, sizeof written, 0};
    demand(wav_header_read(read_input, &input, &again) == WAV_OK);
    demand(input.at == sizeof written);
    demand(again.format.rate_code == header.format.rate_code);
    demand(again.format.bits == header.format.bits);
    demand(again.format.channels == header.format.channels);
    return 0;
}
