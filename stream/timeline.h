/* Playout by time: one stream's frames between the thread that receives (push) and the output's
 * (pull), so that each frame sounds at its own time by the sender's clock plus the target latency.
 * Memory is bounded; what nobody pulls is left out and counted. */
#ifndef STREAM_TIMELINE_H
#define STREAM_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/format.h"
#include "core/spsc.h"
#include "dsp/resampler.h"
#include "stream/arrival.h"
#include "stream/steer.h"
#include "stream/target.h"

#define TIMELINE_PIECE_FRAMES 256u
#define TIMELINE_MODELS_BYTES 2048u

/* Makes `frames` frames of PCM for a hole that began `at` frames before, in the stream's format.
 * On the pushing thread. */
typedef void timeline_fill_fn(void *context, uint8_t *pcm, size_t frames, size_t at);

/* Sees the real frames that are written, all of them and in order with what fill made, and gives
 * what is written in their place: `pcm`, or as many of its own, cross-faded from what it made. On
 * the pushing thread. */
typedef const uint8_t *timeline_join_fn(void *context, const uint8_t *pcm, size_t frames);

struct timeline_config {
    struct format format;
    enum steer_mode mode; /* more than RESAMPLER_CHANNELS_MAX channels: STEER_OFF */
    struct target_limits limits;
    timeline_fill_fn *fill; /* NULL: silence */
    timeline_join_fn *join; /* NULL: as they are */
    void *fill_context;     /* of both */
};

struct timeline_stats {
    struct arrival_counters arrival;
    uint64_t concealed_frames; /* made for packets that were lost or late, as far as that is known:
                                * those before a pause do not count */
    uint64_t refused_frames;   /* nobody pulled */
    uint64_t late_frames;      /* came when they had been concealed */
    uint32_t underruns;        /* fades out while the sender went on */
    uint32_t jumps;            /* too late to make up for: skipped */
    double target_s, error_s;  /* latency to hold; what the present one is over it */
    double drift_ppm;          /* of the sender against the local clock; > 0: it is fast */
    double jitter_p50_s, jitter_p99_s, jitter_most_s;
};

struct timeline {
    struct timeline_config config;
    uint32_t frame_bytes;
    struct spsc ring, models;

    /* The pushing thread's own. Index: of frames ever written; a position plus `offset`. */
    struct arrival arrival;
    struct target target;
    uint64_t written, first;
    int64_t offset;
    uint32_t ahead_frames; /* made for what has not come */
    uint32_t dry_seen;
    bool dry_open; /* the last fade out may yet prove to be a pause */
    struct timeline_stats stats;

    /* The pulling thread's own; the others read those that are `_us` and `_count`. */
    struct steer steer;
    struct resampler *resampler;
    uint64_t consumed, base;
    uint32_t fade_at, tail_at; /* frames into a fade in, and out */
    double last[RESAMPLER_CHANNELS_MAX];
    double piece[(TIMELINE_PIECE_FRAMES + 4) * RESAMPLER_CHANNELS_MAX];
    uint32_t lead_us, target_us, error_us, dry_count, jump_count;

    uint8_t models_memory[TIMELINE_MODELS_BYTES];
};

/* Bytes that timeline_start() needs for up to `most_s` of latency, aligned as malloc does; 0: no
 * ring can be that large. */
size_t timeline_memory_bytes(const struct format *format, double most_s);

/* Starts a stream of a legal format over the caller's memory. Nobody may be pulling yet. False
 * when the memory cannot be so large. */
bool timeline_start(struct timeline *timeline, const struct timeline_config *config, void *memory,
                    double most_s);

/* Pushing thread: a packet of `frames` whole frames arrived. */
void timeline_push(struct timeline *timeline, const uint8_t *pcm, uint32_t frames, uint64_t now_ns);

/* Pushing thread, every few milliseconds: makes frames in place of those that will not be there
 * when they are pulled before `until_ns` (not: when they sound), some 40 ms at most. Say the time
 * of the next call and no more: what is made too soon takes the place of what would have come. */
void timeline_tick(struct timeline *timeline, uint64_t until_ns);

/* Pushing thread: when the first frame that is not there will be pulled, so that timeline_tick()
 * has something to make; UINT64_MAX: never, or that is not known. */
uint64_t timeline_missing_ns(const struct timeline *timeline);

/* Pulling thread, real-time safe: `frames` frames, whose first sounds at `when_ns`; it is `now_ns`.
 * The first is for STEER_RESAMPLE, full scale 1.0; the second for STEER_OFF: bytes as they came. */
void timeline_pull(struct timeline *timeline, double *out, size_t frames, uint64_t when_ns,
                   uint64_t now_ns);
void timeline_pull_exact(struct timeline *timeline, uint8_t *pcm, size_t frames, uint64_t when_ns,
                         uint64_t now_ns);

/* Pushing thread. */
void timeline_stats(struct timeline *timeline, struct timeline_stats *stats);
uint32_t timeline_fill_frames(const struct timeline *timeline);

#endif
