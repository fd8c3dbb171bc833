/* When each frame of a stream is due, by a clock that is an argument. */
#ifndef STREAM_PACER_H
#define STREAM_PACER_H

#include <stdbool.h>
#include <stdint.h>

/* An input that is later than this is not caught up with: the receivers' buffers could not take the
 * burst. */
#define PACER_LATE_NS 100000000ull

struct pacer {
    uint32_t rate_hz;
    bool anchored;
    uint64_t anchor_ns; /* when frame 0 is due */
    uint64_t frames;    /* from the anchor on */
    uint64_t reanchors; /* times the input was too late to be caught up with */
};

/* `rate_hz` is not 0. */
void pacer_start(struct pacer *pacer, uint32_t rate_hz);

/* Takes the next `frames` frames, which are ready at `now_ns`, and says when the first of them is
 * due: anchor + n * 10^9 / rate_hz, rounded down, exact for a hundred years. The first call sets
 * the anchor to `now_ns`. Due times up to PACER_LATE_NS ago are in the past: send at once; when it
 * is later than that, the anchor moves so that they are due now. */
uint64_t pacer_next_ns(struct pacer *pacer, uint64_t now_ns, uint32_t frames);

#endif
