/* The silence gate: holds frames back once a sender has been silent for long enough. */
#ifndef CORE_SILENCE_H
#define CORE_SILENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/format.h"

struct silence_gate {
    struct format format;
    uint32_t threshold_samples; /* 0: the gate is always open */
    uint32_t silent_samples;    /* run of silent samples, all channels counted; saturates */
};

/* Starts a stream of a legal format. `threshold_samples` counts the samples of all channels. */
void silence_start(struct silence_gate *gate, const struct format *format,
                   uint32_t threshold_samples);

/* Looks at `frames` frames of PCM and says how many of the first ones share one fate; `*pass` says
 * which: send them or hold them back. Call again with the rest until none is left.
 *
 * As the original driver counts: a sample is silent when its absolute value is below 5 at 16 bits
 * (5 << 8 at 24, which the original never counts, 5 << 16 at 32); a sample that is not ends the
 * run; and a frame is held back when the run is longer than the threshold after its last
 * channel. */
size_t silence_scan(struct silence_gate *gate, const uint8_t *pcm, size_t frames, bool *pass);

#endif
