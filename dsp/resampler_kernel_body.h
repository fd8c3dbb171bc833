/* The body of a kernel, for the file that defines KERNEL_NAME, KERNEL_TARGET (an attribute, or
 * nothing) and KERNEL_WIDTH, the doubles in a vector. Written in vectors, because what a compiler
 * makes of loops over lanes is not to be relied on; they live in registers, so that no calling
 * convention of vectors comes in. */
#include "dsp/resampler_kernel.h"

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF /* gcc fuses nothing when asked for standard C */
#endif

#define PARTS (RESAMPLER_LANES / KERNEL_WIDTH)

typedef double vector __attribute__((vector_size(KERNEL_WIDTH * sizeof(double))));
typedef double pair __attribute__((vector_size(2 * sizeof(double))));
typedef double loose __attribute__((vector_size(KERNEL_WIDTH * sizeof(double)), aligned(8)));

#define LOAD(from) (*(const loose *)(from))

KERNEL_TARGET void KERNEL_NAME(const struct resampler_run *run, double *out, size_t frames)
{
    const uint64_t one = (uint64_t)1 << RESAMPLER_FRACTION_BITS;
    const uint64_t phase_one = one / RESAMPLER_PHASES;
    uint64_t position = run->position;

    for (size_t frame = 0; frame < frames; frame++, position += run->step) {
        const double *history = run->history + (size_t)(position / one);
        const struct resampler_phase *phase =
            &run->filter->phases[(position % one + phase_one / 2) / phase_one];
        double offset =
            (double)(int64_t)((position + phase_one / 2) % phase_one) / (double)phase_one - 0.5;
        vector u;
        vector taps[RESAMPLER_TAPS / KERNEL_WIDTH];

#pragma GCC unroll 8
        for (size_t lane = 0; lane < KERNEL_WIDTH; lane++)
            u[lane] = offset;
        for (unsigned channel = 0; channel < run->channels; channel += RESAMPLER_GROUP) {
            const double *left = history + channel * run->stride, *right = left + run->stride;
            vector sum[RESAMPLER_GROUP][PARTS] = {0};

            if (channel == 0) {
                for (size_t i = 0; i < RESAMPLER_TAPS / KERNEL_WIDTH; i += PARTS) {
#pragma GCC unroll 8
                    for (size_t part = 0; part < PARTS; part++) {
                        size_t at = (i + part) * KERNEL_WIDTH;
                        vector tap = LOAD(phase->value + at) +
                                     u * (LOAD(phase->slope + at) + u * LOAD(phase->curve + at));

                        taps[i + part] = tap;
                        sum[0][part] += tap * LOAD(left + at);
                        sum[1][part] += tap * LOAD(right + at);
                    }
                }
            } else {
                for (size_t i = 0; i < RESAMPLER_TAPS / KERNEL_WIDTH; i += PARTS) {
#pragma GCC unroll 8
                    for (size_t part = 0; part < PARTS; part++) {
                        sum[0][part] += taps[i + part] * LOAD(left + (i + part) * KERNEL_WIDTH);
                        sum[1][part] += taps[i + part] * LOAD(right + (i + part) * KERNEL_WIDTH);
                    }
                }
            }
            for (unsigned i = 0; i < RESAMPLER_GROUP && channel + i < run->channels; i++) {
                union {
                    vector whole;
                    pair pairs[KERNEL_WIDTH / 2];
                } lanes;

#pragma GCC unroll 8
                for (size_t parts = PARTS / 2; parts > 0; parts /= 2)
#pragma GCC unroll 8
                    for (size_t part = 0; part < parts; part++)
                        sum[i][part] += sum[i][part + parts];
                lanes.whole = sum[i][0];
#pragma GCC unroll 8
                for (size_t pairs = KERNEL_WIDTH / 4; pairs > 0; pairs /= 2)
#pragma GCC unroll 8
                    for (size_t at = 0; at < pairs; at++)
                        lanes.pairs[at] += lanes.pairs[at + pairs];
                *out++ = lanes.pairs[0][0] + lanes.pairs[0][1];
            }
        }
    }
}
