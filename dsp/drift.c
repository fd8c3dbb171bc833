#include "dsp/drift.h"

#include <math.h>

#define WINDOW_NS 1000000000ull

/* A crystal's wander, ppm per root second: what two of them in a room show. */
#define WANDER 0.003e-6

#define RATE_PRIOR 1e-3    /* twice what any sound card is off */
#define NOISE_PRIOR_S 1e-3 /* of an observation, before any was seen */
#define NOISE_LEAST_S 2e-6
#define NOISE_MEMORY 32u /* observations that the noise is learned over */

/* The mean of independent normalized innovations with this weight has a deviation of 0.42. */
#define BIAS_WEIGHT 0.3
#define BIAS_MOST 3.2
#define STRAY 5.0 /* deviations */
#define STRAYS_LATE 4
#define STRAYS_EARLY 2
#define SETTLED 4u /* observations before any can be a stray */

void drift_start(struct drift *drift, enum drift_kind kind, double rate_hz)
{
    *drift = (struct drift){
        .kind = kind,
        .frame_s = 1.0 / rate_hz,
        .p11 = RATE_PRIOR * RATE_PRIOR,
        .noise = NOISE_PRIOR_S * NOISE_PRIOR_S,
    };
}

double drift_time_s(const struct drift *drift, double frames)
{
    return drift->at_s + (frames - (double)drift->frames) * drift->frame_s * (1.0 + drift->rate);
}

double drift_frames(const struct drift *drift, double time_s)
{
    return (double)drift->frames + (time_s - drift->at_s) / (drift->frame_s * (1.0 + drift->rate));
}

double drift_late_s(const struct drift *drift, uint64_t frames, uint64_t time_ns)
{
    return (double)(int64_t)(time_ns - drift->origin_ns) * 1e-9 -
           drift_time_s(drift, (double)frames);
}

double drift_uncertainty(const struct drift *drift)
{
    return sqrt(drift->p11);
}

void drift_shift(struct drift *drift, double seconds)
{
    drift->at_s += seconds;
    drift->best_s -= seconds;
    drift->sum_s -= seconds * drift->count;
}

static void open_window(struct drift *drift)
{
    drift->count = 0;
    drift->sum_s = drift->sum_frames = 0;
}

void drift_restart(struct drift *drift)
{
    drift->started = drift->anchored = false;
    drift->bias = 0;
    drift->strays = 0;
}

void drift_forget_window(struct drift *drift)
{
    open_window(drift);
}

/* The clock did something that the filter held for impossible: forget as much as that takes. */
static void reopen(struct drift *drift, double innovation_s)
{
    double slope = innovation_s / (1.0 / BIAS_WEIGHT);

    drift->p00 += innovation_s * innovation_s;
    drift->p11 += slope * slope < RATE_PRIOR * RATE_PRIOR ? slope * slope : RATE_PRIOR * RATE_PRIOR;
    drift->bias = 0;
    drift->strays = 0;
    drift->age_s = 0;
    drift->reopened++;
}

static double clip(double value, double most)
{
    return fmax(-most, fmin(most, value));
}

/* Far off once is one bad second; again and again it is the truth. */
static bool stray(struct drift *drift, double innovation_s, double deviation_s)
{
    if (drift->observations < SETTLED || fabs(innovation_s) < STRAY * deviation_s) {
        drift->strays = 0;
        return false;
    }
    if ((innovation_s > 0) != (drift->strays > 0))
        drift->strays = 0;
    drift->strays += innovation_s > 0 ? 1 : -1;
    if (drift->strays < STRAYS_LATE && drift->strays > -STRAYS_EARLY &&
        fabs(drift->bias) < BIAS_MOST)
        return true;
    reopen(drift, innovation_s);
    return false;
}

static void predict(struct drift *drift, uint64_t frames)
{
    double dt = ((double)frames - (double)drift->frames) * drift->frame_s;
    double q = WANDER * WANDER;

    drift->at_s = drift_time_s(drift, (double)frames);
    drift->frames = frames;
    drift->age_s += dt;
    if (dt < 0)
        return;
    drift->p00 += dt * (2 * drift->p01 + dt * (drift->p11 + q * dt / 3));
    drift->p01 += dt * (drift->p11 + q * dt / 2);
    drift->p11 += q * dt;
}

static void update(struct drift *drift, uint64_t frames, double residual_s)
{
    double variance, gain, rate_gain, weight, step_s;

    predict(drift, frames);
    if (!drift->anchored) {
        drift->p00 = drift->noise;
        drift->p01 = 0;
        drift->at_s += residual_s;
        drift->last_s = 0;
        drift->observations++;
        drift->anchored = true;
        return;
    }
    variance = drift->p00 + drift->noise;
    drift->bias += BIAS_WEIGHT * (clip(residual_s / sqrt(variance), STRAY) - drift->bias);
    if (stray(drift, residual_s, sqrt(variance)))
        return;
    drift->observations++;
    if (drift->observations > SETTLED && fabs(drift->bias) > BIAS_MOST)
        reopen(drift, residual_s);
    variance = drift->p00 + drift->noise;
    gain = drift->p00 / variance;
    rate_gain = drift->p01 / variance;
    drift->at_s += gain * residual_s;
    drift->rate += rate_gain * residual_s;
    drift->p11 -= rate_gain * drift->p01;
    drift->p01 *= 1 - gain;
    drift->p00 *= 1 - gain;

    /* From one innovation to the next, so that a clock that runs away does not pass for noise. */
    weight = 1.0 / (drift->observations < NOISE_MEMORY ? drift->observations : NOISE_MEMORY);
    step_s = residual_s - drift->last_s;
    drift->last_s = residual_s - gain * residual_s;
    drift->noise += weight * (step_s * step_s / 2 - drift->noise);
    if (drift->noise < NOISE_LEAST_S * NOISE_LEAST_S)
        drift->noise = NOISE_LEAST_S * NOISE_LEAST_S;
}

static void close_window(struct drift *drift)
{
    if (drift->kind == DRIFT_EARLIEST)
        update(drift, drift->best_frames, drift->best_s);
    else
        update(drift, drift->best_frames + (uint64_t)(drift->sum_frames / drift->count),
               drift->sum_s / drift->count);
}

void drift_observe(struct drift *drift, uint64_t frames, uint64_t time_ns)
{
    double residual_s;

    if (!drift->started) {
        if (drift->origin_ns == 0)
            drift->origin_ns = time_ns;
        drift->started = true;
        drift->frames = frames;
        drift->at_s = (double)(int64_t)(time_ns - drift->origin_ns) * 1e-9;
        open_window(drift);
    }
    if (drift->count > 0 && time_ns - drift->window_ns >= WINDOW_NS) {
        close_window(drift);
        open_window(drift);
    }
    if (drift->count == 0)
        drift->window_ns = time_ns;
    residual_s = drift_late_s(drift, frames, time_ns);
    /* Before the first window is over, its earliest so far is all there is to go by. */
    if (!drift->anchored && drift->kind == DRIFT_EARLIEST && residual_s < 0) {
        drift_shift(drift, residual_s);
        residual_s = 0;
    }
    if (drift->kind == DRIFT_EARLIEST ? drift->count == 0 || residual_s < drift->best_s
                                      : drift->count == 0) {
        drift->best_s = residual_s;
        drift->best_frames = frames;
    }
    drift->sum_s += residual_s;
    drift->sum_frames += (double)frames - (double)drift->best_frames;
    drift->count++;
}
