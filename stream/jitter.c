#include "stream/jitter.h"

#include <math.h>

#define LEAST_S 10e-6
#define BINS_PER_OCTAVE 8

void jitter_add(struct jitter *jitter, double seconds)
{
    uint32_t bin = 0;

    if (seconds > LEAST_S)
        bin = 1 + (uint32_t)(BINS_PER_OCTAVE * log2(seconds / LEAST_S));
    jitter->bins[bin < JITTER_BINS ? bin : JITTER_BINS - 1]++;
    if (++jitter->total < 2 * JITTER_MEMORY)
        return;
    jitter->total = 0;
    for (uint32_t i = 0; i < JITTER_BINS; i++) {
        jitter->bins[i] /= 2;
        jitter->total += jitter->bins[i];
    }
}

double jitter_quantile(const struct jitter *jitter, double share)
{
    double left = share * jitter->total;
    uint32_t bin = 0;

    if (jitter->total == 0)
        return 0;
    while (bin < JITTER_BINS - 1 && left > jitter->bins[bin])
        left -= jitter->bins[bin++];
    return LEAST_S * exp2((double)bin / BINS_PER_OCTAVE);
}

void peak_start(struct peak *peak, uint64_t bin_ns)
{
    *peak = (struct peak){.bin_ns = bin_ns};
}

void peak_add(struct peak *peak, double value, uint64_t now_ns)
{
    if (peak->used > 0 && now_ns - peak->begun_ns > PEAK_BINS * peak->bin_ns)
        peak->used = 0;
    if (peak->used == 0) {
        peak->used = 1;
        peak->newest = 0;
        peak->begun_ns = now_ns;
        peak->bins[0] = value;
    }
    while (now_ns - peak->begun_ns >= peak->bin_ns) {
        peak->begun_ns += peak->bin_ns;
        peak->newest = (peak->newest + 1) % PEAK_BINS;
        peak->used += peak->used < PEAK_BINS;
        peak->bins[peak->newest] = value;
    }
    if (value > peak->bins[peak->newest])
        peak->bins[peak->newest] = value;
}

double peak_value(const struct peak *peak)
{
    double value = 0;

    for (uint32_t i = 0; i < peak->used; i++) {
        double bin = peak->bins[(peak->newest + PEAK_BINS - i) % PEAK_BINS];

        if (i == 0 || bin > value)
            value = bin;
    }
    return value;
}
