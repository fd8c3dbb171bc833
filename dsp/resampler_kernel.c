#include "dsp/resampler_kernel.h"

resampler_kernel *const resampler_kernels[] = {
#if defined(__x86_64__) || defined(__i386__)
    resampler_kernel_avx512,
    resampler_kernel_avx2,
#endif
    resampler_kernel_portable,
};
const size_t resampler_kernel_count = sizeof resampler_kernels / sizeof *resampler_kernels;

bool resampler_kernel_runs(resampler_kernel *kernel)
{
#if defined(__x86_64__) || defined(__i386__)
    if (kernel == resampler_kernel_avx512)
        return __builtin_cpu_supports("avx512f");
    if (kernel == resampler_kernel_avx2)
        return __builtin_cpu_supports("avx2");
#endif
    return kernel == resampler_kernel_portable;
}

resampler_kernel *resampler_kernel_choose(void)
{
    size_t i = 0;

    while (!resampler_kernel_runs(resampler_kernels[i]))
        i++;
    return resampler_kernels[i];
}
