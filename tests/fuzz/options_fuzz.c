/* Any command line, a word a line: taken or refused with one clear line, never half understood. */
#include <stdlib.h>
#include <string.h>

#include "core/wire.h"
#include "scream/receive_options.h"
#include "scream/send_options.h"

#define WORDS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void judge(bool good, const struct failure *failure)
{
    expect(good == (failure->code == EXIT_OK));
    expect(good || (failure->text[0] && strlen(failure->text) < sizeof failure->text));
}

static void read_receive(int argc, const char *const *argv)
{
    struct receive_options options;
    struct failure failure = {0};
    bool good = receive_options_read(&options, argc, argv, &failure);

    judge(good, &failure);
    if (good)
        expect(options.port >= 1 && options.port <= 65535 && options.target_ms >= 1 &&
               options.target_ms <= options.max_ms && options.group[0] && options.output[0]);
}

static void read_send(int argc, const char *const *argv)
{
    struct send_options options;
    struct failure failure = {0};
    bool good = send_options_read(&options, argc, argv, &failure);

    judge(good, &failure);
    if (!good || options.help)
        return;
    expect(options.sink.destination_count >= 1 &&
           options.sink.destination_count <= UDP_DESTINATIONS_MAX);
    expect(options.sink.port >= 1 && options.sink.dscp <= 63);
    if (options.input == SEND_RAW)
        expect(format_check(&options.raw_format) == FORMAT_OK);
    if (options.input == SEND_TONE)
        expect(format_check(&options.tone.format) == FORMAT_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *words[WORDS_MAX];
    char *text = malloc(size + 1);
    int count = 0;

    expect(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    for (char *at = text; at < text + size && count < WORDS_MAX; at += strlen(at) + 1) {
        char *end = strchr(at, '\n');

        if (end)
            *end = '\0';
        words[count++] = at;
    }
    read_receive(count, words);
    read_send(count, words);
    free(text);
    return 0;
}
