/* Concealment of lost frames: sound goes on as it went before, and soon fades. */
#ifndef DSP_CONCEAL_H
#define DSP_CONCEAL_H

#include <stddef.h>
#include <stdint.h>

#include "dsp/burg.h"

/* Frames that are made stay at full level so long, then fade, and are silence from the end on. */
#define CONCEAL_FULL_MS 10u
#define CONCEAL_END_MS 40u

/* A good length of the cross-fade back into the real signal. */
#define CONCEAL_JOIN_MS 2u

/* What is worked with: one per thread, for any number of streams of one rate. Nothing is kept from
 * one prediction to the next. */
struct conceal {
    uint32_t history_frames; /* what a prediction looks at, about 170 ms */
    uint32_t full_frames, end_frames, join_frames;

    /* Its own. */
    uint32_t divisor; /* of the rate, for the low band; 1: there is but one band */
    uint32_t reach;   /* frames that the filter between the bands looks ahead and back */
    uint32_t low_samples, high_samples;
    float *filter, *signal, *low, *high, *made;
    double *line;
    struct burg *burg;
};

/* Bytes of memory for a rate above 0: 100 kB at 48 kHz, 300 kB at 192 kHz. */
size_t conceal_memory_bytes(uint32_t rate_hz);

/* Starts over the caller's memory of conceal_memory_bytes(), aligned as malloc does. */
void conceal_init(struct conceal *conceal, void *memory, uint32_t rate_hz);

/* Makes the `frames` that follow a history: interleaved samples, any number of channels, each on
 * its own. Of the history its last history_frames count; with less, down to none, the prediction is
 * poorer. What is made is finite, fades as said above (begin the count of frames at the hole), and
 * no channel is louder than its peak in the last CONCEAL_END_MS of the history, whatever that was:
 * numbers that are none count as 0 there. Silence goes on as silence. For a cross-fade back, ask
 * for join_frames more than are missing.
 *
 * No I/O, no allocation, but not for an audio callback: about 7.5 million instructions, which is
 * 0.4 ms, a channel for a packet, and 12 million for all up to the end, at 48 kHz. Order and
 * history are bounded, so only the frames that are asked for add to that. */
void conceal_predict(struct conceal *conceal, const float *history, size_t history_frames,
                     uint32_t channels, float *out, size_t frames);

/* Cross-fades into `real`, in place, from what is still `old`, both interleaved: `count` frames
 * that begin `at` frames after the start of a cross-fade that is `length` frames long; what lies
 * beyond its end is real. `old` NULL: a fade-in from silence. Real-time safe. */
void conceal_join(float *real, const float *old, uint32_t channels, size_t count, size_t at,
                  size_t length);

/* Fades out to silence, in the same terms: what lies beyond the end is silence. Real-time safe. */
void conceal_fade_out(float *frames, uint32_t channels, size_t count, size_t at, size_t length);

#endif
