#include "tests/support/residual.h"

#include <complex.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define LOW_HZ 20.0
#define HIGH_HZ 20000.0
#define KAISER_BETA 26.0

static const double pi = 3.14159265358979323846;

static double bessel_i0(double x)
{
    double sum = 1, term = 1;

    for (double k = 1; term > sum * 1e-18; k++) {
        term *= x / (2 * k) * (x / (2 * k));
        sum += term;
    }
    return sum;
}

/* Fourier transform of `count` values in place, radix 2; `turns` holds exp(-2 pi i k / count) for
 * k below count / 2. */
static void transform(double complex *values, size_t count, const double complex *turns)
{
    for (size_t i = 1, j = 0; i < count; i++) {
        size_t bit = count >> 1;

        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
        if (i < j) {
            double complex kept = values[i];

            values[i] = values[j];
            values[j] = kept;
        }
    }
    for (size_t half = 1; half < count; half *= 2) {
        for (size_t start = 0; start < count; start += 2 * half) {
            for (size_t k = 0; k < half; k++) {
                double complex *low = &values[start + k], *high = low + half;
                double complex turn = turns[k * (count / 2 / half)];
                double re = creal(*high) * creal(turn) - cimag(*high) * cimag(turn);
                double im = creal(*high) * cimag(turn) + cimag(*high) * creal(turn);

                *high = *low - (re + im * I);
                *low += re + im * I;
            }
        }
    }
}

double residual_db(double *samples, size_t count, double rate_hz, const double *tones_hz,
                   size_t tones, double notch_hz)
{
    double complex *values = malloc(count * sizeof *values);
    double complex *turns = malloc(count / 2 * sizeof *turns);
    double within = 0, outside = 0;

    if (!values || !turns) {
        free(values);
        free(turns);
        return NAN;
    }
    for (size_t i = 0; i < count; i++) {
        double x = 2 * (double)i / (double)count - 1;

        values[i] = samples[i] * bessel_i0(KAISER_BETA * sqrt(1 - x * x)) / bessel_i0(KAISER_BETA);
        if (i < count / 2)
            turns[i] = cexp(-2 * pi * I * (double)i / (double)count);
    }
    transform(values, count, turns);
    for (size_t bin = 0; bin < count / 2; bin++) {
        double hz = (double)bin * rate_hz / (double)count;
        double power =
            creal(values[bin]) * creal(values[bin]) + cimag(values[bin]) * cimag(values[bin]);
        bool in_notch = false;

        for (size_t tone = 0; tone < tones && !in_notch; tone++)
            in_notch = fabs(hz - tones_hz[tone]) <= notch_hz;
        if (in_notch)
            within += power;
        else if (hz >= LOW_HZ && hz <= HIGH_HZ)
            outside += power;
    }
    free(values);
    free(turns);
    return 10 * log10(outside / within);
}
