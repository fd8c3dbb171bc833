/* What time it is by another clock: a line through noisy pairs of frame count and arrival time.
 *
 * A Kalman filter of two states, offset and rate, over one observation for each window of about a
 * second. Its gains start wide open and shrink as in recursive least squares, so that after T
 * seconds the rate is as good as a straight line through T seconds can tell; process noise keeps
 * them from closing for good, and a test on the innovations opens them again when the clock or the
 * way really changed. Packets are late but never early, and wait for their sender's block to be
 * full, so that of a window's arrivals only the earliest says where the clock is. */
#ifndef DSP_DRIFT_H
#define DSP_DRIFT_H

#include <stdbool.h>
#include <stdint.h>

enum drift_kind {
    DRIFT_EARLIEST, /* errors are one-sided: the earliest of each window counts */
    DRIFT_MEAN,     /* ... two-sided: the mean counts */
};

/* All of it is the one thread's that observes; a copy may be read anywhere. */
struct drift {
    enum drift_kind kind;
    double frame_s; /* nominal length of a frame */

    /* The line: frame `frames` is at origin_ns + at_s; one frame lasts frame_s (1 + rate). */
    uint64_t origin_ns, frames;
    double at_s, rate;

    /* Covariance of offset (s) and rate; variance of an observation. */
    double p00, p01, p11, noise;
    double last_s;  /* what the last observation left over */
    double bias;    /* mean of the last normalized innovations */
    int32_t strays; /* observations in a row that were far late (> 0) or far early (< 0) */
    uint32_t observations, reopened;
    double age_s; /* of the knowledge: since the start, or the last re-opening */

    /* The open window: */
    uint64_t window_ns; /* when it began, if `count` is not 0 */
    uint64_t best_frames;
    double best_s; /* residual against the line */
    double sum_s, sum_frames;
    uint32_t count;
    bool started, anchored; /* anchored: the first window since start or restart is over */
};

/* `rate_hz` is not 0. */
void drift_start(struct drift *drift, enum drift_kind kind, double rate_hz);

/* Frame `frames` was seen at `time_ns`; neither ever goes back. The first one sets the line. */
void drift_observe(struct drift *drift, uint64_t frames, uint64_t time_ns);

/* After a pause: the rate is known, where the line is no more. The next pair sets it. */
void drift_restart(struct drift *drift);

/* What the open window saw is worth nothing: the count was wrong. */
void drift_forget_window(struct drift *drift);

/* The line moves by so much, at once: another way, another counting. */
void drift_shift(struct drift *drift, double seconds);

/* Seconds from the origin at which a frame, or a part of one, is due; the line's own inverse. Exact
 * to a nanosecond for a hundred days. */
double drift_time_s(const struct drift *drift, double frames);
double drift_frames(const struct drift *drift, double time_s);

/* How late a frame seen at `time_ns` is against the line; negative: early. */
double drift_late_s(const struct drift *drift, uint64_t frames, uint64_t time_ns);

/* Standard deviation of the rate as the filter believes it; 1 = 10^6 ppm. */
double drift_uncertainty(const struct drift *drift);

#endif
