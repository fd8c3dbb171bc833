#if defined(__x86_64__) || defined(__i386__)
#define KERNEL_NAME resampler_kernel_avx2
#define KERNEL_TARGET __attribute__((target("avx2")))
#define KERNEL_WIDTH 4
#include "dsp/resampler_kernel_body.h"
#else
#include "dsp/resampler_kernel.h" /* a file of nothing is no C */
#endif
