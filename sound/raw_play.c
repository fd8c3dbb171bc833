#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "platform/descriptors.h"
#include "sound/play_kinds.h"
#include "sound/spans.h"

struct raw_play {
    struct play base;
    uint64_t written;
};

static bool raw_write(struct play *play, const struct format *format, const struct play_span *spans,
                      size_t count, struct failure *failure)
{
    struct raw_play *raw = (struct raw_play *)play;
    int fault = spans_write(STDOUT_FILENO, spans, count, &raw->written);

    (void)format;
    if (fault == 0)
        return true;
    if (fault == EPIPE)
        failure_set(failure, EXIT_OUTPUT, "the reader of standard output has gone");
    else if (fault == EINTR)
        failure_set(failure, EXIT_OUTPUT,
                    "the reader of standard output did not take the last of the sound");
    else
        failure_set(failure, EXIT_OUTPUT, "cannot write to standard output: %s", strerror(fault));
    return false;
}

static bool raw_close(struct play *play, struct failure *failure)
{
    (void)failure;
    free(play);
    return true;
}

static const struct play_ops raw_ops = {.write = raw_write, .close = raw_close};

struct play *raw_play_open(const struct play_config *config, struct failure *failure)
{
    struct raw_play *raw;

    (void)config;
    if (!descriptors_has_output()) {
        failure_set(failure, EXIT_OUTPUT,
                    "standard output is closed; send the sound to a file or "
                    "a program: scream -o raw > FILE");
        return NULL;
    }
    if (isatty(STDOUT_FILENO)) {
        failure_set(failure, EXIT_OUTPUT,
                    "standard output is a terminal; send the sound to a file or a program: "
                    "scream -o raw | aplay -f cd");
        return NULL;
    }
    raw = calloc(1, sizeof *raw);
    if (raw == NULL) {
        failure_set(failure, EXIT_BROKEN, "out of memory");
        return NULL;
    }
    raw->base.ops = &raw_ops;
    return &raw->base;
}
