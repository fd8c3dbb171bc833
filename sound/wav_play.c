#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/log.h"
#include "sound/play_kinds.h"
#include "sound/spans.h"
#include "sound/wav_header.h"

/* A WAV holds one format; another one goes on in a file of its own. So many and no more: whoever
 * changes the format with every packet must not fill the disk with files. From then on a format
 * that has a file already goes on in it, and others are refused. */
#define FILES_MAX 99u

/* The header is put right after so much sound, so that little is lost even to a crash. */
#define HEADER_EVERY_BYTES (1u << 16)

#define NUMBERS_MAX 9999u /* of file names, where some are taken */

struct wav_file {
    struct format format;
    unsigned number;     /* in its name; the first has none */
    uint64_t data_bytes; /* of PCM in the file */
};

struct wav_play {
    struct play base;
    const char *path;
    int fd;                /* of `file` */
    struct wav_file *file; /* that is being written; NULL: none yet, or none for `format` */
    struct wav_file files[FILES_MAX];
    unsigned count;
    bool created; /* the first file was not there before */
    bool begun;   /* there was sound, of which the last was of: */
    struct format format;
    uint64_t header_bytes; /* of PCM that the file's header tells of */
    uint64_t refused_bytes;
};

static bool fail(const struct wav_play *wav, struct failure *failure, int fault)
{
    failure_set(failure, EXIT_OUTPUT, "cannot write %.200s%s: %s", wav->path,
                wav->count > 1 ? ", or what follows it" : "", strerror(fault));
    return false;
}

/* "sound.wav" to "sound-2.wav". */
static void name_file(const struct wav_play *wav, unsigned number, char name[PATH_MAX])
{
    const char *slash = strrchr(wav->path, '/');
    const char *base = slash ? slash + 1 : wav->path;
    const char *dot = strrchr(base, '.');
    int stem = (int)(dot && dot != base ? dot - wav->path : (long)strlen(wav->path));

    if (number < 2)
        snprintf(name, PATH_MAX, "%s", wav->path);
    else
        snprintf(name, PATH_MAX, "%.*s-%u%s", stem, wav->path, number, wav->path + stem);
}

static bool put_header(struct wav_play *wav, const struct format *format, uint64_t data_bytes,
                       struct failure *failure)
{
    uint8_t header[WAV_HEADER_BYTES];

    wav_header_write(header, format, data_bytes);
    errno = 0;
    if (pwrite(wav->fd, header, sizeof header, 0) != (ssize_t)sizeof header)
        return fail(wav, failure, errno ? errno : ENOSPC);
    wav->header_bytes = data_bytes;
    return true;
}

/* Ends the file: whole frames, a pad byte after an odd number of bytes, a header that is true. */
static bool end_file(struct wav_play *wav, struct failure *failure)
{
    struct wav_file *file = wav->file;
    int fd = wav->fd;
    bool good;

    file->data_bytes -= file->data_bytes % format_frame_bytes(&file->format);
    good = put_header(wav, &file->format, file->data_bytes, failure);
    if (ftruncate(fd, (off_t)(WAV_HEADER_BYTES + file->data_bytes + (file->data_bytes & 1))) != 0 &&
        errno != EINVAL)
        good = fail(wav, failure, errno);
    if (close(fd) != 0)
        good = fail(wav, failure, errno);
    wav->fd = -1;
    wav->file = NULL;
    return good;
}

/* Begins the next file, under a name that nobody has yet; the first is open already. */
static bool begin_file(struct wav_play *wav, const struct format *format, struct failure *failure)
{
    unsigned number = wav->count ? wav->files[wav->count - 1].number + 1 : 1;
    char name[PATH_MAX];

    while (wav->count > 0 && wav->fd < 0) {
        name_file(wav, number, name);
        wav->fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (wav->fd < 0 && (errno != EEXIST || ++number > NUMBERS_MAX))
            return fail(wav, failure, errno);
    }
    wav->file = &wav->files[wav->count++];
    *wav->file = (struct wav_file){.format = *format, .number = number};
    if (ftruncate(wav->fd, 0) != 0 && errno != EINVAL)
        return fail(wav, failure, errno);
    if (!put_header(wav, format, 0, failure))
        return false;
    lseek(wav->fd, WAV_HEADER_BYTES, SEEK_SET);
    return true;
}

/* Goes on in the last file of a format, when there is no room for another. */
static bool resume_file(struct wav_play *wav, const struct format *format, struct failure *failure)
{
    char name[PATH_MAX];

    for (unsigned i = wav->count; i > 0 && !wav->file; i--)
        if (format_equal(&wav->files[i - 1].format, format))
            wav->file = &wav->files[i - 1];
    if (!wav->file) {
        if (wav->refused_bytes == 0)
            log_line(LOG_WARNING,
                     "the format has changed %u times; sound of other formats is left out of %s",
                     FILES_MAX - 1, wav->path);
        return true;
    }
    name_file(wav, wav->file->number, name);
    wav->fd = open(name, O_WRONLY | O_CLOEXEC);
    if (wav->fd < 0)
        return fail(wav, failure, errno);
    wav->header_bytes = wav->file->data_bytes;
    lseek(wav->fd, (off_t)(WAV_HEADER_BYTES + wav->file->data_bytes), SEEK_SET);
    return true;
}

static bool change_format(struct wav_play *wav, const struct format *format,
                          struct failure *failure)
{
    if (wav->file && !end_file(wav, failure))
        return false;
    wav->format = *format;
    wav->begun = true;
    return wav->count < FILES_MAX ? begin_file(wav, format, failure)
                                  : resume_file(wav, format, failure);
}

static bool wav_write(struct play *play, const struct format *format, const struct play_span *spans,
                      size_t count, struct failure *failure)
{
    struct wav_play *wav = (struct wav_play *)play;
    int fault;

    if ((!wav->begun || !format_equal(&wav->format, format)) &&
        !change_format(wav, format, failure))
        return false;
    if (!wav->file) {
        for (size_t i = 0; i < count; i++)
            wav->refused_bytes += spans[i].bytes;
        return true;
    }
    fault = spans_write(wav->fd, spans, count, &wav->file->data_bytes);
    if (fault)
        return fail(wav, failure, fault);
    return wav->file->data_bytes - wav->header_bytes < HEADER_EVERY_BYTES ||
           put_header(wav, format, wav->file->data_bytes, failure);
}

static bool wav_close(struct play *play, struct failure *failure)
{
    struct wav_play *wav = (struct wav_play *)play;
    bool good = true;

    if (!wav->begun) {
        close(wav->fd);
        if (wav->created)
            unlink(wav->path);
    } else if (wav->file) {
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
    static const struct format usual = {.rate_code = 1, .bits = 16, .channels = 2, .mask = 3};
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
        fail(wav, failure, errno);
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
    if (fstat(wav->fd, &status) == 0 && status.st_size == 0 && !put_header(wav, &usual, 0, failure))
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
