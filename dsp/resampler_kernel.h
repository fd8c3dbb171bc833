/* The resampler's inner loop, in as many forms as a machine may have vectors for. All give the same
 * results: they sum in the same order and never fuse a product and a sum. */
#ifndef DSP_RESAMPLER_KERNEL_H
#define DSP_RESAMPLER_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dsp/resampler_filter.h"

#define RESAMPLER_FRACTION_BITS 53 /* of a position; the double of every fraction is exact */
#define RESAMPLER_LANES 8u         /* sums that run side by side */
#define RESAMPLER_GROUP 2u         /* channels done at once; `history` has a multiple of them */

struct resampler_run {
    const struct resampler_filter *filter;
    const double *history; /* a row of samples per channel; position 0 has its first tap at 0 */
    size_t stride;         /* samples from row to row */
    unsigned channels;
    uint64_t position, step; /* in the rows */
};

/* Gives `frames` interleaved frames to `out`. The caller has seen to it that the rows are long
 * enough. */
typedef void resampler_kernel(const struct resampler_run *run, double *out, size_t frames);

/* Two doubles wide: SSE2, NEON and their kin; where there is none, the compiler makes scalars. */
resampler_kernel resampler_kernel_portable;
resampler_kernel resampler_kernel_avx2;
resampler_kernel resampler_kernel_avx512;

/* Those that are built for this architecture, the widest first. */
extern resampler_kernel *const resampler_kernels[];
extern const size_t resampler_kernel_count;

/* Whether this machine can run one of them. */
bool resampler_kernel_runs(resampler_kernel *kernel);

/* The widest that this machine can run. */
resampler_kernel *resampler_kernel_choose(void);

#endif
