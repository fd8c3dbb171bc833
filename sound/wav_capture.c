#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/log.h"
#include "platform/stop.h"
#include "sound/capture.h"
#include "sound/fd_read.h"
#include "sound/wav_header.h"

struct wav_capture {
    struct capture base;
    int fd;
    const char *name;     /* the path, or standard input */
    uint64_t frames_left; /* UINT64_MAX: until the input ends */
};

static size_t wav_read(struct capture *capture, uint8_t *pcm, size_t frames,
                       struct failure *failure)
{
    struct wav_capture *wav = (struct wav_capture *)capture;
    int fault = 0;
    size_t got;

    if (frames > wav->frames_left)
        frames = (size_t)wav->frames_left;
    if (frames == 0)
        return 0;
    got = fd_read_frames(wav->fd, pcm, frames, format_frame_bytes(&capture->format), &fault);
    if (fault)
        failure_set(failure, EXIT_INPUT, "cannot read %.100s: %s", wav->name, strerror(fault));
    if (wav->frames_left != UINT64_MAX)
        wav->frames_left -= got;
    if (got == 0 && wav->frames_left != UINT64_MAX && !fault && !stop_requested())
        log_line(LOG_WARNING, "%.100s is cut short: %" PRIu64 " frames are missing", wav->name,
                 wav->frames_left);
    return got;
}

static void wav_close(struct capture *capture)
{
    struct wav_capture *wav = (struct wav_capture *)capture;

    if (wav->fd != STDIN_FILENO)
        close(wav->fd);
    free(wav);
}

static const struct capture_ops wav_ops = {.read = wav_read, .close = wav_close};

/* Where the header comes from. */
struct wav_input {
    int fd;
    int fault;
    uint64_t bytes; /* read so far */
};

static size_t read_header(void *context, uint8_t *to, size_t bytes)
{
    struct wav_input *input = context;
    size_t got = fd_read(input->fd, to, bytes, bytes, &input->fault);

    input->bytes += got;
    return got;
}

/* Of the two families of rates, the one to which fewer sums lead. */
static unsigned near_rate_hz(uint32_t rate_hz)
{
    return rate_hz && (rate_hz % 11025 == 0 || 44100 % rate_hz == 0) ? 44100 : 48000;
}

static void refuse(enum wav_fault fault, const char *name, const struct wav_header *header,
                   bool empty, struct failure *failure)
{
    if (empty) {
        failure_set(failure, EXIT_INPUT, "%.100s is empty", name);
        return;
    }
    switch (fault) {
    case WAV_OK:
        break;
    case WAV_NOT_WAV:
        failure_set(failure, EXIT_INPUT,
                    "%.100s is not WAV; convert it: sox IN OUT.wav. Raw PCM on standard input "
                    "needs --format",
                    name);
        break;
    case WAV_CUT_SHORT:
        failure_set(failure, EXIT_INPUT, "%.100s ends before its sound begins", name);
        break;
    case WAV_NO_FORMAT:
    case WAV_BROKEN_FORMAT:
        failure_set(failure, EXIT_INPUT,
                    "%.100s has a broken header; try to mend it: sox --ignore-length IN OUT.wav",
                    name);
        break;
    case WAV_COMPRESSED:
        failure_set(failure, EXIT_INPUT,
                    "%.100s is compressed (WAV encoding 0x%04x); convert it: sox IN -e "
                    "signed-integer -b 16 OUT.wav",
                    name, header->tag);
        break;
    case WAV_BAD_BITS:
        failure_set(failure, EXIT_INPUT,
                    "%.100s has %u-bit %s samples, which cannot be sent; convert it: sox IN -e "
                    "signed-integer -b %u OUT.wav",
                    name, header->bits, header->is_float ? "float" : "integer",
                    header->bits < 16 ? 16 : 32);
        break;
    case WAV_BAD_CHANNELS:
        failure_set(failure, EXIT_INPUT,
                    "%.100s has %u channels, of which at most %u can be sent; convert it: sox IN "
                    "-c %u OUT.wav",
                    name, header->channels, FORMAT_SEND_CHANNELS_MAX, FORMAT_SEND_CHANNELS_MAX);
        break;
    case WAV_BAD_RATE:
        failure_set(failure, EXIT_INPUT,
                    "%.100s has %" PRIu32 " Hz, which cannot be sent; convert it: sox IN -r %u "
                    "OUT.wav",
                    name, header->rate_hz, near_rate_hz(header->rate_hz));
        break;
    }
}

/* How many frames there are: what the header says, but no more than a file holds. */
static uint64_t count_frames(int fd, const char *name, const struct wav_header *header)
{
    uint32_t frame_bytes = format_frame_bytes(&header->format);
    bool known = header->data_bytes != WAV_DATA_UNKNOWN;
    uint64_t frames = known ? header->data_bytes / frame_bytes : CAPTURE_FRAMES_UNKNOWN;
    off_t at = lseek(fd, 0, SEEK_CUR);
    struct stat status;
    uint64_t there;

    if (at < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return frames;
    there = status.st_size > at ? (uint64_t)(status.st_size - at) / frame_bytes : 0;
    /* A size that looks made up, in a file that has it, is the size. */
    if (!known && header->said_bytes > 0 && header->said_bytes / frame_bytes <= there)
        return header->said_bytes / frame_bytes;
    if (there >= frames)
        return frames;
    if (known)
        log_line(LOG_WARNING, "%.100s is cut short: %" PRIu64 " of %" PRIu64 " frames are there",
                 name, there, frames);
    return there;
}

static int open_input(const char *path, const char *name, struct failure *failure)
{
    int fd;

    if (strcmp(path, "-") == 0) {
        if (!isatty(STDIN_FILENO))
            return STDIN_FILENO;
        failure_set(failure, EXIT_INPUT,
                    "standard input is a terminal; give a WAV file: scream send FILE");
        return -1;
    }
    do
        fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR && !stop_requested());
    if (fd < 0 && !stop_requested())
        failure_set(failure, EXIT_INPUT, "cannot open '%.100s': %s", name, strerror(errno));
    return fd;
}

struct capture *wav_capture_open(const char *path, struct failure *failure)
{
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    struct wav_input input = {.fd = open_input(path, name, failure)};
    struct wav_header header;
    struct wav_capture *wav;
    enum wav_fault fault;

    if (input.fd < 0)
        return NULL;
    fault = wav_header_read(read_header, &input, &header);
    if (input.fault) {
        failure_set(failure, EXIT_INPUT, "cannot read %.100s: %s", name, strerror(input.fault));
        goto close_input;
    }
    if (fault != WAV_OK) {
        if (!stop_requested())
            refuse(fault, name, &header, input.bytes == 0, failure);
        goto close_input;
    }
    wav = calloc(1, sizeof *wav);
    if (wav == NULL) {
        failure_set(failure, EXIT_BROKEN, "out of memory");
        goto close_input;
    }
    *wav = (struct wav_capture){
        .base = {.ops = &wav_ops,
                 .format = header.format,
                 .is_float = header.is_float,
                 .total_frames = count_frames(input.fd, name, &header)},
        .fd = input.fd,
        .name = name,
    };
    wav->frames_left = wav->base.total_frames;
    return &wav->base;

close_input:
    if (input.fd != STDIN_FILENO)
        close(input.fd);
    return NULL;
}
