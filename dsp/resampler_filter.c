#include "dsp/resampler_filter.h"

#include <math.h>
#include <stdint.h>

#include "core/atomic.h"

#define HALF ((double)RESAMPLER_TAPS / 2)

/* Kaiser's rule (Oppenheim and Schafer, Discrete-Time Signal Processing, 7.5.3): an attenuation of
 * A dB needs a beta of 0.1102 (A - 8.7), and the filter falls over (A - 8) / (2.285 * 2 pi * taps)
 * = 0.164 of the sample rate, with half of it in the middle. So what lies below 0.418 of the rate
 * (20 kHz at 48, 18.4 at 44.1) leaves images below -140 dB. */
#define ATTENUATION_DB 140.0
#define KAISER_BETA (0.1102 * (ATTENUATION_DB - 8.7))

static const double pi = 3.14159265358979323846;

/* The modified Bessel function of the first kind and order 0, by its series: all terms are
 * positive, so nothing cancels. */
static double bessel_i0(double x)
{
    double sum = 1, term = 1;

    for (double k = 1; term > sum * 1e-18; k++) {
        term *= x / (2 * k) * (x / (2 * k));
        sum += term;
    }
    return sum;
}

/* The filter at a place `frames` whole frames and a fraction of -0.5 to 0.5 from its centre, but
 * for a factor. */
static double impulse(int frames, double fraction)
{
    double x = frames + fraction;
    double edge = 1 - x / HALF * (x / HALF);

    if (edge < 0)
        return 0;
    if (x == 0)
        return bessel_i0(KAISER_BETA);
    /* sin(pi x), with exact zeros */
    return (frames % 2 ? -1 : 1) * sin(pi * fraction) / (pi * x) *
           bessel_i0(KAISER_BETA * sqrt(edge));
}

/* The taps at `phase`, in 1 / PHASES; they add up to 1, so that all phases agree on DC. */
static void taps_at(double *taps, double phase)
{
    double fraction = phase / RESAMPLER_PHASES, sum = 0;
    int centre = (int)RESAMPLER_TAPS / 2 - 1;

    if (fraction > 0.5) {
        fraction -= 1;
        centre++;
    }
    for (int tap = 0; tap < (int)RESAMPLER_TAPS; tap++) {
        taps[tap] = impulse(centre - tap, fraction);
        sum += taps[tap];
    }
    for (int tap = 0; tap < (int)RESAMPLER_TAPS; tap++)
        taps[tap] /= sum;
}

/* Parabolas through the Chebyshev nodes of their stretch, where the error is least. */
static void design(struct resampler_filter *filter)
{
    const double node = sqrt(3) / 4;

    for (unsigned i = 0; i <= RESAMPLER_PHASES; i++) {
        struct resampler_phase *phase = &filter->phases[i];
        double before[RESAMPLER_TAPS], after[RESAMPLER_TAPS];

        taps_at(before, i - node);
        taps_at(phase->value, i);
        taps_at(after, i + node);
        for (unsigned tap = 0; tap < RESAMPLER_TAPS; tap++) {
            double middle = (before[tap] + after[tap]) / 2;

            phase->slope[tap] = (after[tap] - before[tap]) / (2 * node);
            phase->curve[tap] = (middle - phase->value[tap]) / (node * node);
        }
    }
}

const struct resampler_filter *resampler_filter_get(void)
{
    enum { NOT_YET, BUSY, READY };
    static struct resampler_filter filter;
    static uint32_t state;

    if (atomic_get_acquire(&state) == READY)
        return &filter;
    if (atomic_swap(&state, NOT_YET, BUSY)) {
        design(&filter);
        atomic_put_release(&state, READY);
    }
    while (atomic_get_acquire(&state) != READY)
        continue;
    return &filter;
}
