/* The contract of everything that plays: sound servers and devices, which ask for frames at the
 * pace of their own clock, and raw, wav and null, which have no clock and take what there is. */
#ifndef SOUND_PLAY_H
#define SOUND_PLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/format.h"
#include "platform/failure.h"

/* Fills `frames` frames of the stream's format. `when_ns` is the time, on the monotonic clock as
 * the device's clock maps to it, at which the first of them will sound. Called by the output on a
 * thread of its own. Real-time safe: never allocates, locks, logs or makes a system call. */
typedef void play_pull_fn(void *context, uint8_t *pcm, size_t frames, uint64_t when_ns);

/* A run of whole or partial frames as they came. */
struct play_span {
    const uint8_t *pcm;
    size_t bytes;
};

struct play_config {
    const char *device; /* -d: ALSA or sndio device, file of a wav; NULL: the default */
    const char *sink;   /* -s: PulseAudio sink; NULL: the server's default */
    const char *name;   /* -n: stream or client name; NULL: the output's default */
    uint32_t buffer_ms; /* how much of the latency the output may hold itself */
};

struct play;
struct play_stream;

struct play_ops {
    bool (*write)(struct play *play, const struct format *format, const struct play_span *spans,
                  size_t count, struct failure *failure);
    struct play_stream *(*stream_open)(struct play *play, const struct format *format,
                                       const char *title, play_pull_fn *pull, void *context,
                                       struct failure *failure);
    uint64_t (*stream_latency_ns)(struct play_stream *stream);
    void (*stream_close)(struct play_stream *stream);
    bool (*alive)(struct play *play, struct failure *failure);
    bool (*close)(struct play *play, struct failure *failure);
};

/* The base that every output embeds first. An output has a clock or it has none: one of
 * stream_open and write is NULL in its operations. */
struct play {
    const struct play_ops *ops;
};

/* A row of the table: what help and `devices` say of an output, and how to reach it. */
struct play_kind {
    const char *name; /* as after -o */
    const char *summary;
    /* NULL and `failure` on error. */
    struct play *(*open)(const struct play_config *config, struct failure *failure);
};

extern const struct play_kind play_kinds[]; /* the first is the default; ends with name NULL */

/* The row of that name, or NULL. */
const struct play_kind *play_find(const char *name);

static inline bool play_has_clock(const struct play *play)
{
    return play->ops->stream_open != NULL;
}

/* Outputs without a clock: takes PCM of a format, as much as is given, in order, before it
 * returns; an end of the format or of the program may come in the middle of a frame, which is then
 * left out where frames count (wav). Up to PLAY_SPANS_MAX spans. False when it cannot go on;
 * `failure` says why. */
#define PLAY_SPANS_MAX 64u
static inline bool play_write(struct play *play, const struct format *format,
                              const struct play_span *spans, size_t count, struct failure *failure)
{
    return play->ops->write(play, format, spans, count, failure);
}

/* Outputs with a clock: starts a stream that pulls. `title` is what a mixer shows. NULL and
 * `failure` when the output cannot play the format. What first fills the output's own buffer is
 * pulled before it returns. Several may play at once. */
static inline struct play_stream *play_stream_open(struct play *play, const struct format *format,
                                                   const char *title, play_pull_fn *pull,
                                                   void *context, struct failure *failure)
{
    return play->ops->stream_open(play, format, title, pull, context, failure);
}

/* Time from a frame's pull to the loudspeaker, as far as the server knows; 0 when it does not. */
static inline uint64_t play_stream_latency_ns(struct play *play, struct play_stream *stream)
{
    return play->ops->stream_latency_ns(stream);
}

/* Plays out what was pulled, then ends the stream, maybe only after it returns (play_close()
 * waits); `pull` is not called after it returns. */
static inline void play_stream_close(struct play *play, struct play_stream *stream)
{
    if (stream)
        play->ops->stream_close(stream);
}

/* False when the server or device has gone, and `failure` says so. Cheap; ask once a second. */
static inline bool play_alive(struct play *play, struct failure *failure)
{
    return play->ops->alive == NULL || play->ops->alive(play, failure);
}

/* Ends the output; nothing that was written is lost. False when something was all the same, and
 * `failure` says what. */
static inline bool play_close(struct play *play, struct failure *failure)
{
    return play == NULL || play->ops->close(play, failure);
}

#endif
