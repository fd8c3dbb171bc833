/* How clean a sound is: what is there beside its tones. */
#ifndef TESTS_SUPPORT_RESIDUAL_H
#define TESTS_SUPPORT_RESIDUAL_H

#include <stddef.h>

/* Power from 20 Hz to 20 kHz outside of `notch_hz` on both sides of each tone, in dB of the power
 * within. Of a spectrum under a Kaiser window, whose own leakage stays below -190 dB from 9 / T Hz
 * on, where T is the length: no notch may be narrower. `count` is a power of two; `samples` is
 * destroyed. NaN without memory. */
double residual_db(double *samples, size_t count, double rate_hz, const double *tones_hz,
                   size_t tones, double notch_hz);

#endif
