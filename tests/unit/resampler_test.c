/* The resampler: how clean, how flat, and that splits, channels, machines and time change nothing.
 */
#include "dsp/resampler.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/resampler_kernel.h"
#include "tests/support/check.h"
#include "tests/support/resampler_figures.h"

#define FRAMES 6000u
#define OUT_FRAMES 5500u
#define DAY_FRAMES ((uint64_t)24 * 3600 * 48000)

static const double pi = 3.14159265358979323846;

/* The C library's allocators, counted: -Wl,--wrap=malloc and so on. */
static unsigned allocations;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
    allocations++;
    return __real_malloc(size);
}

static struct resampler *make(unsigned channels)
{
    struct resampler *r = resampler_init(malloc(resampler_bytes(channels)), channels);

    CHECK(r != NULL, "%u channels", channels);
    return r;
}

static double *noise(size_t samples)
{
    double *made = malloc(samples * sizeof *made);
    uint32_t seed = 1;

    for (size_t i = 0; i < samples; i++) {
        seed = seed * 1664525u + 1013904223u;
        made[i] = (double)seed / 0x1p31 - 1;
    }
    return made;
}

static void test_figures(void)
{
    for (size_t i = 0; i < resampler_figure_count; i++) {
        double db = resampler_figure_db(&resampler_figures[i]);

        CHECK(db <= resampler_figures[i].most_db, "%s: %.2f dB, at most %g",
              resampler_figures[i].name, db, resampler_figures[i].most_db);
    }
}

/* The gain in dB at a frequency in sample rates: what fits best to a sine and a cosine there. */
static double gain_db(double frequency, double ratio)
{
    size_t count = 1 << 15, lead = 100, used;
    double *in = malloc((count + 400) * sizeof *in), *out = malloc((count + lead) * sizeof *out);
    double ss = 0, sc = 0, cc = 0, ys = 0, yc = 0, a, b;
    struct resampler *r = make(1);

    for (size_t i = 0; i < count + 400; i++)
        in[i] = sin(2 * pi * frequency * (double)i);
    resampler_set_ratio(r, ratio);
    CHECK(resampler_process(r, in, count + 400, &used, out, count + lead) == count + lead,
          "it gives all");
    for (size_t i = lead; i < count + lead; i++) {
        double s = sin(2 * pi * frequency * ratio * (double)i);
        double c = cos(2 * pi * frequency * ratio * (double)i);

        ss += s * s, sc += s * c, cc += c * c, ys += out[i] * s, yc += out[i] * c;
    }
    a = (ys * cc - yc * sc) / (ss * cc - sc * sc);
    b = (yc * ss - ys * sc) / (ss * cc - sc * sc);
    CHECK(fabs(b) < 1e-3, "%g: the phase is off by %g", frequency, b / a);
    free(in);
    free(out);
    free(r);
    return 20 * log10(hypot(a, b));
}

static void test_flat(void)
{
    static const double upto[] = {20.0 / 48000, 997.0 / 48000, 0.1,       0.25,
                                  0.35,         0.4,           20.0 / 48, 0.437};

    for (size_t i = 0; i < sizeof upto / sizeof *upto; i++) {
        double db = gain_db(upto[i], 1.0002);

        CHECK(fabs(db) <= 0.01, "%g of the rate: %.4f dB", upto[i], db);
    }
}

/* At a ratio of 1 the output is the input; of 1 + d, constants stay and an impulse is the filter.
 */
static void test_exact(void)
{
    double *in = noise(FRAMES), out[1000];
    struct resampler *r = make(1);
    size_t used;

    CHECK(resampler_process(r, in, FRAMES, &used, out, 1000) == 1000, "it gives all");
    CHECK(memcmp(in, out, sizeof out) == 0, "a ratio of 1 changes nothing");

    for (size_t i = 0; i < FRAMES; i++)
        in[i] = 0.7;
    resampler_reset(r);
    resampler_set_ratio(r, 1.002);
    resampler_process(r, in, FRAMES, &used, out, 1000);
    for (size_t i = 100; i < 1000; i++)
        CHECK(fabs(out[i] - 0.7) < 1e-14, "DC at frame %zu: %g", i, out[i] - 0.7);

    memset(in, 0, FRAMES * sizeof *in);
    in[500] = 1;
    resampler_reset(r);
    resampler_set_ratio(r, 0.998);
    resampler_process(r, in, FRAMES, &used, out, 1000);
    for (size_t i = 0; i < 1000; i++) {
        double distance = 0.998 * (double)i - 500, delay = resampler_delay_frames(r);

        CHECK((fabs(distance) < delay) == (out[i] != 0) || fabs(out[i]) < 1e-12,
              "%g frames from the impulse: %g", distance, out[i]);
        CHECK(fabs(distance) > 0.5 || out[i] > 0.6, "the impulse is where it should be: %g",
              out[i]);
    }
    free(r);
    free(in);
}

static size_t few_or_many(void)
{
    int limit = rand() % 2 ? 7 : 700;

    return (size_t)(rand() % limit);
}

/* One call against many with random room on both sides. */
static void test_splits(void)
{
    double *in = noise(FRAMES * 3), *whole = malloc(OUT_FRAMES * 3 * sizeof *whole);
    double *parts = malloc(OUT_FRAMES * 3 * sizeof *parts);
    static const double ratios[] = {1, 0.998, 1.002, 1 + 1e-9, 1.00037};

    for (size_t i = 0; i < sizeof ratios / sizeof *ratios; i++) {
        struct resampler *one = make(3), *other = make(3);
        size_t used, taken = 0, made = 0;

        srand(1);
        resampler_set_ratio(one, ratios[i]);
        resampler_set_ratio(other, ratios[i]);
        CHECK(resampler_process(one, in, FRAMES, &used, whole, OUT_FRAMES) == OUT_FRAMES,
              "it gives all");
        while (made < OUT_FRAMES) {
            size_t room = few_or_many();
            size_t have = few_or_many();
            size_t part, given;

            room = room < OUT_FRAMES - made ? room : OUT_FRAMES - made;
            have = have < FRAMES - taken ? have : FRAMES - taken;
            given = resampler_process(other, in + 3 * taken, have, &part, parts + 3 * made, room);
            CHECK(given <= room && part <= have && (given == room || part == have),
                  "%zu of %zu given, %zu of %zu used", given, room, part, have);
            taken += part;
            made += given;
        }
        CHECK(taken == used, "%g: used %zu, and %zu in parts", ratios[i], used, taken);
        CHECK(memcmp(whole, parts, OUT_FRAMES * 3 * sizeof *parts) == 0, "%g: parts", ratios[i]);
        free(one);
        free(other);
    }
    free(in);
    free(whole);
    free(parts);
}

static void test_channels(void)
{
    double *in = noise(FRAMES * 8), *out = malloc(OUT_FRAMES * 8 * sizeof *out);
    double *single_in = malloc(FRAMES * sizeof *in), *single = malloc(OUT_FRAMES * sizeof *out);
    size_t used;

    CHECK(resampler_bytes(0) == 0 && resampler_bytes(9) == 0, "0 and 9 channels");
    CHECK(!resampler_init(out, 0) && !resampler_init(out, 9), "0 and 9 channels");
    for (unsigned channels = 1; channels <= RESAMPLER_CHANNELS_MAX; channels++) {
        struct resampler *r = make(channels);

        resampler_set_ratio(r, 1.0011);
        resampler_process(r, in, FRAMES, &used, out, OUT_FRAMES);
        free(r);
        for (unsigned channel = 0; channel < channels; channel++) {
            bool same = true;

            for (size_t i = 0; i < FRAMES; i++)
                single_in[i] = in[i * channels + channel];
            r = make(1);
            resampler_set_ratio(r, 1.0011);
            resampler_process(r, single_in, FRAMES, &used, single, OUT_FRAMES);
            free(r);
            for (size_t i = 0; i < OUT_FRAMES; i++)
                same &= memcmp(&single[i], &out[i * channels + channel], sizeof *out) == 0;
            CHECK(same, "channel %u of %u", channel, channels);
        }
    }
    free(in);
    free(out);
    free(single_in);
    free(single);
}

/* A slow sine through jumps of the ratio has no step and no kink of its own. */
static void test_ratio_changes(void)
{
    double in[FRAMES], out[OUT_FRAMES], place = 0;
    struct resampler *r = make(1);
    size_t taken = 0, used;

    for (size_t i = 0; i < FRAMES; i++)
        in[i] = sin(0.05 * (double)i);
    for (size_t i = 0; i < OUT_FRAMES; i++) {
        struct resampler_position position = resampler_position(r);

        CHECK(fabs((double)position.frame + position.fraction - place) < 1e-9, "frame %zu", i);
        resampler_set_ratio(r, i / 100 % 2 ? 1.002 : 0.998);
        CHECK(resampler_process(r, in + taken, FRAMES - taken, &used, out + i, 1) == 1, "frame %zu",
              i);
        taken += used;
        CHECK(i < 40 || fabs(out[i] - sin(0.05 * place)) < 1e-7, "frame %zu: %g", i, out[i]);
        place += i / 100 % 2 ? 1.002 : 0.998;
    }
    free(r);
}

static void test_need(void)
{
    static const size_t counts[] = {0, 1, 2, 31, 32, 33, 256, 1000, 5000};
    static const double ratios[] = {0.998, 1, 1.0002, 1.002};
    double *in = noise(FRAMES), *out = malloc(FRAMES * sizeof *out);

    for (size_t i = 0; i < sizeof counts / sizeof *counts * 4; i++) {
        struct resampler *r = make(1), *stepped = make(1);
        size_t count = counts[i / 4], need, used, step_used;
        struct resampler_position there, here;

        resampler_set_ratio(r, ratios[i % 4]);
        resampler_set_ratio(stepped, ratios[i % 4]);
        need = resampler_need(r, count);
        CHECK(need == 0 || resampler_process(r, in, need - 1, &used, out, count) < count,
              "one less than %zu does not do for %zu", need, count);
        resampler_reset(r);
        CHECK(resampler_process(r, in, FRAMES, &used, out, count) == count && used == need,
              "need %zu, used %zu", need, used);
        resampler_step(stepped, count, &step_used);
        there = resampler_position(stepped);
        here = resampler_position(r);
        CHECK(step_used == used && there.frame == here.frame && there.fraction == here.fraction,
              "a step of %zu", count);
        /* What must have come for the last of them: the delay, and that frame. */
        CHECK(count == 0 || need == (size_t)((double)(count - 1) * ratios[i % 4]) +
                                        resampler_delay_frames(r) + 1,
              "%zu for %zu", need, count);
        free(r);
        free(stepped);
    }
    free(in);
    free(out);
}

/* Days at ratios that are exact in binary: the place is known without rounding. */
static void test_days(void)
{
    static const int64_t deviations[] = {0, 1, -1, 524288, -524288, 2097152, -2097152}; /* 2^-30 */

    for (size_t i = 0; i < sizeof deviations / sizeof *deviations; i++) {
        struct resampler *r = make(1);
        struct resampler_position position;
        uint64_t used_in_all = 0, done = 0, whole;
        int64_t offset = (int64_t)DAY_FRAMES * deviations[i]; /* in 2^-30 frames */

        resampler_set_ratio(r, 1 + (double)deviations[i] * 0x1p-30);
        while (done < DAY_FRAMES) {
            size_t part = DAY_FRAMES - done > 480000007 ? 480000007 : (size_t)(DAY_FRAMES - done);
            size_t used;

            resampler_step(r, part, &used);
            used_in_all += used;
            done += part;
        }
        position = resampler_position(r);
        whole = (DAY_FRAMES << 30) + (uint64_t)offset;
        CHECK(position.frame == whole >> 30 &&
                  position.fraction == (double)(whole & 0x3fffffff) * 0x1p-30,
              "%g ppm: %g frames away", (double)deviations[i] * 0x1p-30 * 1e6,
              (double)(int64_t)(position.frame - (whole >> 30)) + position.fraction);
        CHECK(used_in_all - position.frame <= resampler_delay_frames(r) + 1 &&
                  used_in_all - position.frame >= resampler_delay_frames(r) - 1,
              "used %llu more than the position",
              (unsigned long long)(used_in_all - position.frame));
        free(r);
    }
}

static void test_limits(void)
{
    static const struct {
        double asked, ratio;
    } cases[] = {{2, 1.002}, {-5, 0.998},      {(double)NAN, 1},          {(double)INFINITY, 1.002},
                 {1, 1},     {1.0002, 1.0002}, {-(double)INFINITY, 0.998}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct resampler *r = make(1);
        struct resampler_position position;
        size_t used;

        resampler_set_ratio(r, cases[i].asked);
        resampler_step(r, 1000, &used);
        position = resampler_position(r);
        CHECK(fabs((double)position.frame + position.fraction - 1000 * cases[i].ratio) < 1e-9,
              "%g: %g", cases[i].asked, (double)position.frame + position.fraction);
        free(r);
    }
}

/* All kernels that run here against the portable one. */
static void test_kernels(void)
{
    double *rows = noise(8 * 400), expected[8 * 300], out[8 * 300];
    struct resampler_run run = {resampler_filter_get(),  rows, 400, 8, (uint64_t)123456789012,
                                (uint64_t)1.0017e0 << 53};
    double bound = ldexp(1, -40);

    run.step += run.step / 571; /* +1751 ppm */
    resampler_kernel_portable(&run, expected, 300);
    for (size_t i = 0; i < resampler_kernel_count; i++) {
        double worst = 0;

        if (!resampler_kernel_runs(resampler_kernels[i])) {
            CHECK_SKIP("this machine cannot run kernel %zu", i);
            continue;
        }
        resampler_kernels[i](&run, out, 300);
        for (size_t k = 0; k < 8 * 300; k++)
            worst = fmax(worst, fabs(out[k] - expected[k]));
        CHECK(worst <= bound, "kernel %zu: %g", i, worst);
        if (sizeof(void *) == 8) /* 32-bit x86 may have no IEEE arithmetic without vectors */
            CHECK(memcmp(out, expected, sizeof out) == 0, "kernel %zu: not the same bits", i);
    }
    free(rows);
}

static void test_no_allocation(void)
{
    double *in = noise(FRAMES * 2), *out = malloc(FRAMES * 2 * sizeof *out);
    struct resampler *r = make(2);
    unsigned before = allocations;
    size_t used;

    CHECK(before > 0, "allocations are seen");
    resampler_set_ratio(r, 1.001);
    for (unsigned i = 0; i < 20; i++)
        resampler_process(r, in, FRAMES, &used, out, 97 * i);
    resampler_need(r, 100);
    resampler_step(r, 100, &used);
    resampler_position(r);
    resampler_reset(r);
    CHECK(allocations == before, "%u allocations", allocations - before);
    free(in);
    free(out);
    free(r);
}

int main(void)
{
    test_figures();
    test_flat();
    test_exact();
    test_splits();
    test_channels();
    test_ratio_changes();
    test_need();
    test_days();
    test_limits();
    test_kernels();
    test_no_allocation();
    return check_summary();
}
