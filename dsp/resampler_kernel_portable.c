#define KERNEL_NAME resampler_kernel_portable
#define KERNEL_TARGET
#define KERNEL_WIDTH 2
#include "dsp/resampler_kernel_body.h"
