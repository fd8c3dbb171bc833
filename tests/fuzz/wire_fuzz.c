/* Any datagram: what the parser lets through can be played, and goes out again as it came. */
#include <stdlib.h>
#include <string.h>

#include "core/chanmap.h"
#include "core/packetizer.h"
#include "core/silence.h"
#include "core/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

/* A tag before the header changes nothing behind it, and is text whatever it was. */
static void read_tagged(const uint8_t *data, size_t size)
{
    char tag[WIRE_TAG_BYTES + 1];
    struct format format, plain;
    enum wire_fault fault = wire_parse_tagged(data, size, tag, &format);

    if (fault != WIRE_OK)
        return;
    expect(size <= WIRE_DATAGRAM_MAX && strlen(tag) <= WIRE_TAG_BYTES);
    for (const char *at = tag; *at; at++)
        expect(*at >= ' ' && *at <= '~');
    expect(wire_parse(data + WIRE_TAG_BYTES, size - WIRE_TAG_BYTES, &plain) == WIRE_OK);
    expect(format_equal(&format, &plain));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct packetizer packetizer;
    struct silence_gate gate;
    struct format format;
    uint8_t positions[255];
    const uint8_t *pcm;
    size_t pcm_bytes, frames;
    uint32_t frame_bytes;

    read_tagged(data, size);
    if (wire_parse(data, size, &format) != WIRE_OK)
        return 0;
    pcm = data + WIRE_HEADER_BYTES;
    pcm_bytes = size - WIRE_HEADER_BYTES;
    frame_bytes = format_frame_bytes(&format);
    expect(size <= WIRE_DATAGRAM_MAX && frame_bytes > 0 && frame_bytes <= FORMAT_FRAME_BYTES_MAX);
    expect(format_rate_hz(format.rate_code) >= 44100);

    chanmap_positions(format.mask, format.channels, positions);
    for (unsigned i = 0; i < format.channels; i++)
        expect(positions[i] <= SPEAKER_NONE && positions[i] != SPEAKER_POSITIONS);

    silence_start(&gate, &format, data[size - 1]);
    for (frames = pcm_bytes / frame_bytes; frames > 0;) {
        bool pass;
        size_t count = silence_scan(&gate, pcm, frames, &pass);

        expect(count > 0 && count <= frames);
        pcm += count * frame_bytes;
        frames -= count;
    }

    packetizer_start(&packetizer, &format);
    pcm = data + WIRE_HEADER_BYTES;
    for (size_t done = 0; done < pcm_bytes;) {
        size_t took = packetizer_feed(&packetizer, pcm + done, pcm_bytes - done);

        expect(took > 0 && took <= pcm_bytes - done);
        done += took;
        expect(packetizer_ready(&packetizer) <= WIRE_DATAGRAM_BYTES);
        expect(memcmp(packetizer.datagram, data, WIRE_HEADER_BYTES) == 0);
    }
    expect(packetizer_flush(&packetizer) <= WIRE_DATAGRAM_BYTES);
    return 0;
}
