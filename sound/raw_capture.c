#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sound/capture.h"
#include "sound/fd_read.h"

static size_t raw_read(struct capture *capture, uint8_t *pcm, size_t frames,
                       struct failure *failure)
{
    int fault = 0;
    size_t got =
        fd_read_frames(STDIN_FILENO, pcm, frames, format_frame_bytes(&capture->format), &fault);

    if (fault)
        failure_set(failure, EXIT_INPUT, "cannot read standard input: %s", strerror(fault));
    return got;
}

static void raw_close(struct capture *capture)
{
    free(capture);
}

static const struct capture_ops raw_ops = {.read = raw_read, .close = raw_close};

struct capture *raw_capture_open(const struct format *format, struct failure *failure)
{
    struct capture *capture;

    if (isatty(STDIN_FILENO)) {
        failure_set(failure, EXIT_INPUT,
                    "standard input is a terminal; give raw PCM to it: PROGRAM | scream send "
                    "--format ...");
        return NULL;
    }
    capture = calloc(1, sizeof *capture);
    if (capture == NULL) {
        failure_set(failure, EXIT_BROKEN, "out of memory");
        return NULL;
    }
    *capture = (struct capture){
        .ops = &raw_ops, .format = *format, .total_frames = CAPTURE_FRAMES_UNKNOWN};
    return capture;
}
