#include "dsp/drift.h"

#include <math.h>

#include "tests/support/check.h"

static uint64_t random_state = 88172645463325252ull;

static double uniform(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (double)(random_state >> 11) * 0x1p-53;
}

static double seen; /* time never goes back */

/* Blocks of `block` frames, late by up to `jitter_s`, through the clock `ppm` off, from `t` on. */
static double feed(struct drift *drift, uint64_t *frames, double t, double seconds, double ppm,
                   double jitter_s)
{
    double end = t + seconds;

    while (t < end) {
        *frames += 480;
        t += 0.01 * (1 + ppm * 1e-6);
        seen = fmax(seen, 1000 + t + jitter_s * uniform());
        drift_observe(drift, *frames, (uint64_t)(seen * 1e9));
    }
    return t;
}

static void test_steady(void)
{
    static const struct {
        enum drift_kind kind;
        double ppm, jitter_s, seconds, rate_ppm, at_s;
    } cases[] = {
        {DRIFT_EARLIEST, 0, 0, 10, 1e-3, 1e-6},     {DRIFT_EARLIEST, 500, 1e-3, 30, 2, 50e-6},
        {DRIFT_EARLIEST, -500, 1e-3, 30, 2, 50e-6}, {DRIFT_EARLIEST, 100, 1e-3, 300, 0.2, 50e-6},
        {DRIFT_EARLIEST, 100, 20e-3, 300, 2, 1e-3}, {DRIFT_MEAN, -200, 1e-3, 300, 0.2, 550e-6},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct drift drift;
        uint64_t frames = 0;
        double t, late;

        seen = 0;
        drift_start(&drift, cases[i].kind, 48000);
        t = feed(&drift, &frames, 0, cases[i].seconds, cases[i].ppm, cases[i].jitter_s);
        late = drift_late_s(&drift, frames, (uint64_t)((1000 + t) * 1e9));
        CHECK(fabs(drift.rate * 1e6 - cases[i].ppm) < cases[i].rate_ppm, "%zu: %g ppm", i,
              drift.rate * 1e6);
        CHECK(fabs(late) < cases[i].at_s, "%zu: %g s", i, late);
        CHECK(drift.reopened == 0, "%zu: %u", i, drift.reopened);
        CHECK(fabs(drift_frames(&drift, drift_time_s(&drift, 1234.5)) - 1234.5) < 1e-3, "%zu", i);
    }
}

/* A clock that steps is caught; one bad second is not. */
static void test_change(void)
{
    struct drift drift;
    uint64_t frames = 0;
    double t;

    seen = 0;
    drift_start(&drift, DRIFT_EARLIEST, 48000);
    t = feed(&drift, &frames, 0, 300, 50, 1e-3);
    t = feed(&drift, &frames, t + 0.05, 1.0, 50, 1e-3) - 0.05;
    t = feed(&drift, &frames, t, 20, 50, 1e-3);
    CHECK(drift.reopened == 0 && fabs(drift.rate * 1e6 - 50) < 1, "a bad second: %u, %g ppm",
          drift.reopened, drift.rate * 1e6);
    t = feed(&drift, &frames, t, 40, 150, 1e-3);
    CHECK(drift.reopened > 0 && fabs(drift.rate * 1e6 - 150) < 5, "a step: %u, %g ppm",
          drift.reopened, drift.rate * 1e6);
    CHECK(fabs(drift_late_s(&drift, frames, (uint64_t)((1000 + t) * 1e9))) < 0.2e-3, "a step: %g",
          drift_late_s(&drift, frames, (uint64_t)((1000 + t) * 1e9)));
    /* A pause: the rate is still known. */
    drift_restart(&drift);
    feed(&drift, &frames, t + 5, 0.5, 150, 1e-3);
    CHECK(fabs(drift.rate * 1e6 - 150) < 5, "after a pause: %g ppm", drift.rate * 1e6);
}

int main(void)
{
    test_steady();
    test_change();
    return check_summary();
}
