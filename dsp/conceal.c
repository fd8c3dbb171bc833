#include "dsp/conceal.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Two bands. What can be predicted over a packet is mostly low: there, at a fraction of the rate, a
 * model reaches far back for little; the rest needs but a short one. Several models of different
 * length are averaged: each errs in its own way. Chosen by bench/conceal. */
#define LOW_RATE_HZ 5500u
#define DIVISOR_MOST 64u

struct model {
    uint32_t samples, order;
};

static const struct model low_models[] = {{1000, 400}, {600, 300}, {300, 150}};
static const struct model high_models[] = {{1000, 128}};
static const struct model start_models[] = {{300, 32}}; /* of both bands together, see below */

#define LOW_MODELS (sizeof low_models / sizeof low_models[0])
#define HIGH_MODELS (sizeof high_models / sizeof high_models[0])
#define START_MODELS (sizeof start_models / sizeof start_models[0])
#define SAMPLES_MOST 1000u
#define ORDER_MOST 400u

#define CUTOFF 0.8 /* of half the low rate */

/* Below this peak there is nothing to go on with. */
#define SILENCE 1e-9f

static const double pi = 3.14159265358979323846;

/* 0 to 1 with no slope at either end: 3 x^2 - 2 x^3, the cubic Hermite step. */
static float ramp(size_t at, size_t length)
{
    if (at >= length) {
        return 1;
    }
    const float x = ((float)at + 0.5f) / (float)length;
    return x * x * (3 - 2 * x);
}

static uint32_t frames_of_ms(uint32_t rate_hz, uint32_t ms)
{
    return (uint32_t)(((uint64_t)rate_hz * ms + 999u) / 1000u);
}

/* The members that say how much is needed of what. */
static void measure(struct conceal *conceal, uint32_t rate_hz)
{
    uint32_t divisor = rate_hz / LOW_RATE_HZ;
    divisor = divisor < 1 ? 1 : divisor > DIVISOR_MOST ? DIVISOR_MOST : divisor;
    conceal->divisor = divisor;
    conceal->reach = divisor > 1 ? divisor + divisor / 2 : 0;
    conceal->history_frames = SAMPLES_MOST * divisor + 2 * conceal->reach;
    conceal->full_frames = frames_of_ms(rate_hz, CONCEAL_FULL_MS);
    conceal->end_frames = frames_of_ms(rate_hz, CONCEAL_END_MS);
    conceal->join_frames = frames_of_ms(rate_hz, CONCEAL_JOIN_MS);
    conceal->low_samples = SAMPLES_MOST + (conceal->end_frames + 2 * conceal->reach) / divisor + 4;
    conceal->high_samples = SAMPLES_MOST + conceal->end_frames;
}

static size_t padded(size_t bytes)
{
    return (bytes + 15u) & ~(size_t)15u;
}

static size_t line_bytes(const struct conceal *conceal)
{
    const uint32_t low = conceal->low_samples, high = conceal->high_samples;
    return padded((ORDER_MOST + (low > high ? low : high)) * sizeof(double));
}

size_t conceal_memory_bytes(uint32_t rate_hz)
{
    struct conceal conceal;
    measure(&conceal, rate_hz);
    return padded(sizeof(struct burg)) + line_bytes(&conceal) +
           padded((2 * conceal.reach + 1) * sizeof(float)) +
           padded(conceal.history_frames * sizeof(float)) +
           padded(conceal.low_samples * sizeof(float)) +
           padded(conceal.high_samples * sizeof(float)) +
           padded(conceal.end_frames * sizeof(float));
}

static void *cut(uint8_t **memory, size_t bytes)
{
    void *piece = *memory;
    *memory += padded(bytes);
    return piece;
}

void conceal_init(struct conceal *conceal, void *memory, uint32_t rate_hz)
{
    measure(conceal, rate_hz);
    uint8_t *rest = memory;
    const uint32_t taps = 2 * conceal->reach + 1;
    conceal->burg = cut(&rest, sizeof(struct burg));
    conceal->line = cut(&rest, line_bytes(conceal));
    conceal->filter = cut(&rest, taps * sizeof(float));
    conceal->signal = cut(&rest, conceal->history_frames * sizeof(float));
    conceal->low = cut(&rest, conceal->low_samples * sizeof(float));
    conceal->high = cut(&rest, conceal->high_samples * sizeof(float));
    conceal->made = cut(&rest, conceal->end_frames * sizeof(float));

    /* A windowed sinc. It need not be good: what it does wrong is in the high band. */
    double sum = 0;
    for (int pass = 0; pass < 2; pass++) {
        const double unity = pass == 0 ? 1 : 1 / sum;
        for (uint32_t i = 0; i < taps; i++) {
            const double x = (double)i - conceal->reach;
            const double angle = pi * CUTOFF * x / conceal->divisor;
            const double window = 0.5 + 0.5 * cos(pi * x / (conceal->reach + 1));
            const double tap = (i == conceal->reach ? 1 : sin(angle) / angle) * window;
            sum += tap;
            conceal->filter[i] = (float)(tap * unity);
        }
    }
}

/* Continues a signal of `known` samples by `more`: the mean of what the models say. */
static void extend(struct conceal *conceal, float *signal, uint32_t known, uint32_t more,
                   const struct model *models, size_t count)
{
    memset(signal + known, 0, more * sizeof(float));
    for (size_t m = 0; m < count; m++) {
        const uint32_t samples = models[m].samples < known ? models[m].samples : known;
        const uint32_t order = models[m].order < samples / 2 ? models[m].order : samples / 2;
        double *line = conceal->line;
        burg_fit(conceal->burg, signal + known - samples, samples, order);
        for (uint32_t i = 0; i < order; i++) {
            line[i] = (double)signal[known - order + i];
        }
        burg_extend(conceal->burg, line, more);
        for (uint32_t i = 0; i < more; i++) {
            signal[known + i] += (float)(line[order + i] / (double)count);
        }
    }
}

/* What a plain model says of both bands together goes over into what conceal->made says: after an
 * attack the error in the high band's last samples is low, which the high band's model does not
 * know, so it ends at once. Without this 4 in 100 holes began with a step. */
static void smooth_start(struct conceal *conceal, uint32_t known, uint32_t more)
{
    const uint32_t used = known < SAMPLES_MOST ? known : SAMPLES_MOST;
    const uint32_t length = 4 * conceal->divisor;
    const uint32_t count = more < length ? more : length;
    memcpy(conceal->high, conceal->signal + known - used, used * sizeof(float));
    extend(conceal, conceal->high, used, count, start_models, START_MODELS);
    conceal_join(conceal->made, conceal->high + used, 1, count, 0, length);
}

/* Predicts conceal->signal, which has `known` samples, into conceal->made, in two bands: the low
 * one ends early, because its filter looks ahead, and is predicted from there; what is left of the
 * true signal when that is taken away, the high band, holds its error too. */
static void predict_bands(struct conceal *conceal, uint32_t known, uint32_t more)
{
    const uint32_t divisor = conceal->divisor, reach = conceal->reach;
    const float *signal = conceal->signal, *filter = conceal->filter;
    float *low = conceal->low, *high = conceal->high;

    /* low[i] is centred at first + i * divisor */
    uint32_t lows = (known - 2 * reach - 1) / divisor + 1;
    lows = lows < SAMPLES_MOST ? lows : SAMPLES_MOST;
    const uint32_t last = known - 1 - reach, first = last - (lows - 1) * divisor;
    for (uint32_t i = 0; i < lows; i++) {
        const float *from = signal + first + i * divisor - reach;
        float sum = 0;
        for (uint32_t tap = 0; tap <= 2 * reach; tap++) {
            sum += filter[tap] * from[tap];
        }
        low[i] = sum;
    }
    const uint32_t lows_more = (more + 2 * reach) / divisor + 1;
    extend(conceal, low, lows, lows_more, low_models, LOW_MODELS);

    uint32_t highs = known - first - reach;
    highs = highs < SAMPLES_MOST ? highs : SAMPLES_MOST;
    for (uint32_t i = 0; i < highs + more; i++) {
        const uint32_t at = known - highs + i - first; /* from low[0]; at least reach */
        float sum = 0;
        for (uint32_t j = (at - reach + divisor - 1) / divisor; j * divisor <= at + reach; j++) {
            sum += low[j] * filter[at + reach - j * divisor];
        }
        sum *= (float)divisor;
        if (i < highs) {
            high[i] = signal[known - highs + i] - sum;
        } else {
            conceal->made[i - highs] = sum;
        }
    }
    extend(conceal, high, highs, more, high_models, HIGH_MODELS);
    for (uint32_t i = 0; i < more; i++) {
        conceal->made[i] += high[highs + i];
    }
    smooth_start(conceal, known, more);
}

/* The same without bands: for low rates and short histories. */
static void predict_whole(struct conceal *conceal, uint32_t known, uint32_t more)
{
    const bool slow = conceal->divisor == 1;
    const uint32_t used = known < SAMPLES_MOST ? known : SAMPLES_MOST;
    memcpy(conceal->high, conceal->signal + known - used, used * sizeof(float));
    extend(conceal, conceal->high, used, more, slow ? low_models : high_models,
           slow ? LOW_MODELS : HIGH_MODELS);
    memcpy(conceal->made, conceal->high + used, more * sizeof(float));
}

/* Takes one channel of the history, `known` frames, into conceal->signal at a peak of 1. Returns
 * what that was, and the part of it that may be reached. */
static float take(struct conceal *conceal, const float *history, uint32_t known, uint32_t channels,
                  float *reached)
{
    float peak = 0, late = 0;
    for (uint32_t i = 0; i < known; i++) {
        const float sample = history[(size_t)i * channels];
        conceal->signal[i] = isfinite(sample) ? sample : 0;
        const float size = fabsf(conceal->signal[i]);
        peak = size > peak ? size : peak;
        if (i + conceal->end_frames >= known) {
            late = size > late ? size : late;
        }
    }
    if (peak < SILENCE) {
        return 0;
    }
    for (uint32_t i = 0; i < known; i++) {
        const float sample = conceal->signal[i] / peak;
        conceal->signal[i] = fabsf(sample) < SILENCE ? 0 : sample; /* no denormals */
    }
    *reached = late / peak;
    return peak;
}

void conceal_predict(struct conceal *conceal, const float *history, size_t history_frames,
                     uint32_t channels, float *out, size_t frames)
{
    const uint32_t known = history_frames < conceal->history_frames ? (uint32_t)history_frames
                                                                    : conceal->history_frames;
    const uint32_t more = frames < conceal->end_frames ? (uint32_t)frames : conceal->end_frames;
    const uint32_t fading = conceal->end_frames - conceal->full_frames;
    const float *start = history + (history_frames - known) * channels;
    memset(out, 0, frames * channels * sizeof(float));
    for (uint32_t channel = 0; channel < channels; channel++) {
        float reached = 0;
        const float peak = take(conceal, start + channel, known, channels, &reached);
        if (peak <= 0) {
            continue;
        }
        if (conceal->divisor > 1 && known > SAMPLES_MOST) {
            predict_bands(conceal, known, more);
        } else {
            predict_whole(conceal, known, more);
        }
        for (uint32_t i = 0; i < more; i++) {
            float sample = conceal->made[i];
            sample = sample > reached ? reached : sample < -reached ? -reached : sample;
            if (!isfinite(sample) || fabsf(sample) < SILENCE) {
                sample = 0;
            }
            const float level =
                i < conceal->full_frames ? 1 : 1 - ramp(i - conceal->full_frames, fading);
            out[(size_t)i * channels + channel] = sample * peak * level;
        }
    }
}

void conceal_join(float *real, const float *old, uint32_t channels, size_t count, size_t at,
                  size_t length)
{
    for (size_t i = 0; i < count && at + i < length; i++) {
        const float level = ramp(at + i, length);
        for (size_t j = i * channels; j < (i + 1) * channels; j++) {
            const float from = old == NULL ? 0 : old[j];
            real[j] = from + level * (real[j] - from);
        }
    }
}

void conceal_fade_out(float *frames, uint32_t channels, size_t count, size_t at, size_t length)
{
    for (size_t i = 0; i < count; i++) {
        const float level = 1 - ramp(at + i, length);
        for (size_t j = i * channels; j < (i + 1) * channels; j++) {
            frames[j] *= level;
        }
    }
}
