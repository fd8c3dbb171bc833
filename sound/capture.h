/* The contract of everything that sound to be sent comes from. */
#ifndef SOUND_CAPTURE_H
#define SOUND_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/format.h"
#include "platform/failure.h"

#define CAPTURE_FRAMES_UNKNOWN UINT64_MAX

struct capture;

struct capture_ops {
    size_t (*read)(struct capture *capture, uint8_t *pcm, size_t frames, struct failure *failure);
    void (*close)(struct capture *capture);
};

/* The base that every capture embeds first; its opener fills all of it. */
struct capture {
    const struct capture_ops *ops;
    struct format format;  /* of the wire: legal, sendable; read() gives that, but */
    bool is_float;         /* then 32-bit float, full scale 1.0, where `format` says 32 bits */
    uint64_t total_frames; /* or CAPTURE_FRAMES_UNKNOWN */
};

/* Reads up to `frames` frames of PCM; waits until at least one is there. Returns how many; 0 at
 * the end, or on error with `failure` set, or when a stop was asked for. */
static inline size_t capture_read(struct capture *capture, uint8_t *pcm, size_t frames,
                                  struct failure *failure)
{
    return capture->ops->read(capture, pcm, frames, failure);
}

static inline void capture_close(struct capture *capture)
{
    if (capture)
        capture->ops->close(capture);
}

/* Openers. NULL and `failure` on error. */

/* A WAV or RF64 file; "-" is standard input. 16/24/32-bit integer and 32-bit float PCM. */
struct capture *wav_capture_open(const char *path, struct failure *failure);

/* Headerless PCM of a known format from standard input. A partial frame at its end is left out. */
struct capture *raw_capture_open(const struct format *format, struct failure *failure);

enum tone_signal { TONE_SINE, TONE_SWEEP, TONE_CHANNELS };

struct tone_config {
    struct format format;
    enum tone_signal signal;
    double frequency_hz; /* of TONE_SINE and TONE_CHANNELS, where an LFE gets at most 60 Hz */
    double level_dbfs;   /* peak, 0 or below */
    uint64_t frames;     /* or CAPTURE_FRAMES_UNKNOWN: a sine without end, a sweep of 10 s, each
                          * channel once */
};

/* TONE_SINE: the same on all channels. TONE_SWEEP: 20 Hz to 20 kHz, logarithmic, once.
 * TONE_CHANNELS: in turn, channel k alone says k short beeps, and its position on the log. */
struct capture *tone_capture_open(const struct tone_config *config, struct failure *failure);

#endif
