/* What is known of a lateness: a histogram for its quantiles, and its largest value of late. */
#ifndef STREAM_JITTER_H
#define STREAM_JITTER_H

#include <stdint.h>

/* 8 bins an octave from 10 us to 2.6 s, and one for what is less. */
#define JITTER_BINS 146u
#define JITTER_MEMORY \
    65536u /* values that are remembered in full; older ones count half and less */

struct jitter {
    uint32_t bins[JITTER_BINS];
    uint32_t total;
};

void jitter_add(struct jitter *jitter, double seconds);

/* The value that a part `share` (0 to 1) of the values does not exceed, to 9 % upwards. */
double jitter_quantile(const struct jitter *jitter, double share);

/* The largest value over 15 to 16 times `bin_ns`: attack at once, release as its bin goes. */
#define PEAK_BINS 16u

struct peak {
    uint64_t bin_ns, begun_ns; /* length of a bin, begin of the newest */
    double bins[PEAK_BINS];
    uint32_t newest, used;
};

void peak_start(struct peak *peak, uint64_t bin_ns);
void peak_add(struct peak *peak, double value, uint64_t now_ns);

/* 0 when there was none. */
double peak_value(const struct peak *peak);

#endif
