/* Autoregressive models of a signal: each sample as a weighted sum of those before it. */
#ifndef DSP_BURG_H
#define DSP_BURG_H

#include <stdint.h>

/* The most that a model may be made of; a fit costs about samples * order * 10 operations. */
#define BURG_SAMPLES_MAX 1024u
#define BURG_ORDER_MAX 512u

struct burg {
    uint32_t order;
    double weights[BURG_ORDER_MAX]; /* oldest sample first */

    /* What fitting needs. */
    float ahead[BURG_SAMPLES_MAX], behind[BURG_SAMPLES_MAX]; /* errors of prediction */
    double steps[BURG_ORDER_MAX];
};

/* Fits a model to samples that are finite and at most about 1 in size; samples <= BURG_SAMPLES_MAX,
 * order <= BURG_ORDER_MAX and less than samples. Its poles lie inside the unit circle. Of silence
 * it makes a model that gives silence. No I/O, bounded time. */
void burg_fit(struct burg *burg, const float *signal, uint32_t samples, uint32_t order);

/* Continues a signal: `line` has `order` samples, oldest first, and room for `samples` that are
 * written behind them. */
void burg_extend(const struct burg *burg, double *line, uint32_t samples);

#endif
