#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sound/play_kinds.h"
#include "sound/spans.h"
#include "sound/wav_header.h"

/* A WAV holds one format; another one goes on in a file of its own. So many and no more: whoever
 * changes the format with every packet must not fill the disk with files. */
#define FILES_MAX 99u

/* The header is put right after so much sound, so that little is lost even to a crash. */
#define HEADER_EVERY_BYTES (1u << 20)

struct wav_play {
    struct play base;
    const char *path;
    int fd;                /* -1: the file of a format that found no room among FILES_MAX */
    unsigned files;        /* begun so far */
    bool created;          /* the first file was not there before */
    struct format format;  /* of the file; not looked at while `files` is 0 */
    uint64_t data_bytes;   /* of PCM in the file */
    uint64_t header_bytes; /* ... that its header tells of */
    uint64_t refused_bytes;
};

static bool fail(struct failure *failure, const char *path, int fault)
{
    failure_set(failure, EXIT_OUTPUT, "cannot write %s: %s", path, strerror(fault));
    return false;
}

/* "sound.wav" to "sound-2.wav". */
static void name_file(const struct wav_play *wav, char name[PATH_MAX])
{
    const char *slash = strrchr(wav->path, '/');
    const char *dot = strrchr(slash ? slash : wav->path, '.');
    int stem = (int)(dot && dot != wav->path ? dot - wav->path : (long)strlen(wav->path));

    if (wav->files < 2)
        snprintf(name, PATH_MAX, "%s", wav->path);
    else
        snprintf(name, PATH_MAX, "%.*s-%u%s", stem, wav->path, wav->files, wav->path + stem);
}

static bool put_header(struct wav_play *wav, uint64_t data_bytes, struct failure *failure)
{
    uint8_t header[WAV_HEADER_BYTES];

    wav_header_write(header, &wav->format, data_bytes);
    errno = 0;
    if (pwrite(wav->fd, header, sizeof header, 0) != (ssize_t)sizeof header)
        return fail(failure, wav->path, errno ? errno : ENOSPC);
    wav->header_bytes = wav->data_bytes;
    return true;
}

/* Ends the file: whole frames, a pad byte after an odd number of bytes, a header that is true. */
static bool end_file(struct wav_play *wav, struct failure *failure)
{
    uint64_t whole = wav->data_bytes - wav->data_bytes % format_frame_bytes(&wav->format);
    int fd = wav->fd;
    bool good;

    good = put_header(wav, whole, failure);
    if (ftruncate(fd, (off_t)(WAV_HEADER_BYTES + whole + (whole & 1))) != 0 && errno != EINVAL)
        good = fail(failure, wav->path, errno);
    if (close(fd) != 0)
        good = fail(failure, wav->path, errno);
    wav->fd = -1;
    return good;
}

static bool begin_file(struct wav_play *wav, const struct format *format, struct failure *failure)
{
    char name[PATH_MAX];

    if (wav->files > 0 && wav->fd >= 0 && !end_file(wav, failure))
        return false;
    wav->format = *format;
    wav->data_bytes = 0;
    if (wav->files == FILES_MAX)
        return true;
    wav->files++;
    name_file(wav, name);
    if (wav->files > 1)
        wav->fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (wav->fd < 0)
        return fail(failure, name, errno);
    if (ftruncate(wav->fd, 0) != 0 && errno != EINVAL)
        return fail(failure, name, errno);
    if (!put_header(wav, 0, failure))
        return false;
    lseek(wav->fd, WAV_HEADER_BYTES, SEEK_SET);
    return true;
}

static bool wav_write(struct play *play, const struct format *format, const struct play_span *spans,
                      size_t count, struct failure *failure)
{
    struct wav_play *wav = (struct wav_play *)play;
    int fault;

    if ((wav->files == 0 || !format_equal(&wav->format, format)) &&
        !begin_file(wav, format, failure))
        return false;
    if (wav->fd < 0) {
        for (size_t i = 0; i < count; i++)
            wav->refused_bytes += spans[i].bytes;
        return true;
    }
    fault = spans_write(wav->fd, spans, count, &wav->data_bytes);
    if (fault)
        return fail(failure, wav->path, fault);
    return wav->data_bytes - wav->header_bytes < HEADER_EVERY_BYTES ||
           put_header(wav, wav->data_bytes, failure);
}

static bool wav_close(struct play *play, struct failure *failure)
{
    struct wav_play *wav = (struct wav_play *)play;
    bool good = true;

    if (wav->files == 0) {
        close(wav->fd);
        if (wav->created)
            unlink(wav->path);
    } else if (wav->fd >= 0) {
        good = end_file(wav, failure);
    }
    if (wav->refused_bytes) {
        failure_set(failure, EXIT_OUTPUT,
                    "%llu bytes of sound are in no file: the format changed more than %u times",
                    (unsigned long long)wav->refused_bytes, FILES_MAX - 1);
        good = false;
    }
    free(wav);
    return good;
}

static const struct play_ops wav_ops = {.write = wav_write, .close = wav_close};

struct play *wav_play_open(const struct play_config *config, struct failure *failure)
{
    struct wav_play *wav;
    struct stat status;

    if (config->device == NULL) {
        failure_set(failure, EXIT_USAGE, "the output wav needs a file: -o wav -d FILE");
        return NULL;
    }
    wav = calloc(1, sizeof *wav);
    if (wav == NULL) {
        failure_set(failure, EXIT_BROKEN, "out of memory");
        return NULL;
    }
    wav->base.ops = &wav_ops;
    wav->path = config->device;
    wav->fd = open(wav->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    wav->created = wav->fd >= 0;
    if (wav->fd < 0 && errno == EEXIST)
        wav->fd = open(wav->path, O_WRONLY | O_CLOEXEC);
    if (wav->fd < 0) {
        fail(failure, wav->path, errno);
        goto free_wav;
    }
    if (lseek(wav->fd, 0, SEEK_SET) != 0) {
        failure_set(failure, EXIT_OUTPUT,
                    "%s is no file that can be rewound, which a WAV header needs; for a pipe use "
                    "-o raw",
                    wav->path);
        goto close_file;
    }
    /* A full disk shows here, not at the first packet; a file with something in it stays as it is
     * until there is sound to replace it. */
    wav->format = (struct format){.rate_code = 1, .bits = 16, .channels = 2, .mask = 3};
    if (fstat(wav->fd, &status) == 0 && status.st_size == 0 && !put_header(wav, 0, failure))
        goto close_file;
    return &wav->base;

close_file:
    close(wav->fd);
    if (wav->created)
        unlink(wav->path);
free_wav:
    free(wav);
    return NULL;
}
