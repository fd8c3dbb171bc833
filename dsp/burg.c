#include "dsp/burg.h"

#include <string.h>

/* Added to the signal's energy, as white noise 120 dB below it would: keeps the poles of pure tones
 * off the unit circle, and ends the fit where only rounding is left. */
#define FLOOR 1e-12

/* A reflection coefficient beyond is rounding. */
#define REFLECTION_MOST 0.99999

#define WIDTH 8u
typedef float vector __attribute__((vector_size(16)));
typedef float loose __attribute__((vector_size(16), aligned(4), may_alias));

/* 2 x.y and x.x + y.y. */
struct products {
    double cross, energy;
};

static struct products multiply(const float *x, const float *y, uint32_t count)
{
    vector cross[2] = {{0}, {0}}, energy[2] = {{0}, {0}};
    uint32_t i = 0;
    for (; i + WIDTH <= count; i += WIDTH) {
        const vector x0 = *(const loose *)(x + i), x1 = *(const loose *)(x + i + 4);
        const vector y0 = *(const loose *)(y + i), y1 = *(const loose *)(y + i + 4);
        cross[0] += x0 * y0;
        cross[1] += x1 * y1;
        energy[0] += x0 * x0 + y0 * y0;
        energy[1] += x1 * x1 + y1 * y1;
    }
    struct products sum = {0, 0};
    for (; i < count; i++) {
        sum.cross += (double)(x[i] * y[i]);
        sum.energy += (double)(x[i] * x[i] + y[i] * y[i]);
    }
    cross[0] += cross[1];
    energy[0] += energy[1];
    for (int lane = 0; lane < 4; lane++) {
        sum.cross += (double)cross[0][lane];
        sum.energy += (double)energy[0][lane];
    }
    sum.cross *= 2;
    return sum;
}

/* x + by * y and y + by * x, in place. */
static void rotate(float *x, float *y, uint32_t count, float by)
{
    const vector factor = {by, by, by, by};
    uint32_t i = 0;
    for (; i + WIDTH <= count; i += WIDTH) {
        const vector x0 = *(const loose *)(x + i), x1 = *(const loose *)(x + i + 4);
        const vector y0 = *(const loose *)(y + i), y1 = *(const loose *)(y + i + 4);
        *(loose *)(x + i) = x0 + factor * y0;
        *(loose *)(x + i + 4) = x1 + factor * y1;
        *(loose *)(y + i) = y0 + factor * x0;
        *(loose *)(y + i + 4) = y1 + factor * x1;
    }
    for (; i < count; i++) {
        const float kept = x[i];
        x[i] += by * y[i];
        y[i] += by * kept;
    }
}

/* J. P. Burg, "Maximum entropy spectral analysis", 1967: of each order the reflection coefficient
 * that makes the energy of the errors of prediction, forwards and backwards, least; the weights by
 * Levinson's recursion. Errors in single precision, weights in double. `behind` is kept aligned
 * with `ahead` + order, so that nothing has to be moved. */
void burg_fit(struct burg *burg, const float *signal, uint32_t samples, uint32_t order)
{
    memcpy(burg->ahead, signal, samples * sizeof(float));
    memcpy(burg->behind, signal, samples * sizeof(float));
    double *coefficients = burg->steps; /* of the predicted sample's past, newest first */
    const double whole = multiply(burg->ahead, burg->behind, samples).energy;
    for (uint32_t stage = 0; stage < order; stage++) {
        float *ahead = burg->ahead + stage + 1;
        const uint32_t count = samples - stage - 1;
        const struct products sum = multiply(ahead, burg->behind, count);
        const double energy = sum.energy + FLOOR * whole;
        double reflection = energy > 0 ? sum.cross / energy : 0;
        if (reflection > REFLECTION_MOST) {
            reflection = REFLECTION_MOST;
        } else if (reflection < -REFLECTION_MOST) {
            reflection = -REFLECTION_MOST;
        }
        rotate(ahead, burg->behind, count, (float)-reflection);
        coefficients[stage] = reflection;
        for (uint32_t i = 0; 2 * i + 1 <= stage; i++) {
            const double low = coefficients[i], high = coefficients[stage - 1 - i];
            coefficients[i] = low - reflection * high;
            coefficients[stage - 1 - i] = high - reflection * low;
        }
    }
    for (uint32_t i = 0; i < order; i++) {
        burg->weights[i] = coefficients[order - 1 - i];
    }
    burg->order = order;
}

void burg_extend(const struct burg *burg, double *line, uint32_t samples)
{
    const uint32_t order = burg->order;
    for (uint32_t n = 0; n < samples; n++) {
        double sums[4] = {0, 0, 0, 0};
        uint32_t i = 0;
        for (; i + 4 <= order; i += 4) {
            for (uint32_t lane = 0; lane < 4; lane++) {
                sums[lane] += burg->weights[i + lane] * line[n + i + lane];
            }
        }
        for (; i < order; i++) {
            sums[0] += burg->weights[i] * line[n + i];
        }
        line[n + order] = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    }
}
