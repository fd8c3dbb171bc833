/* The resampler against libsamplerate and soxr, at +200 ppm in calls of 256 frames, on one thread:
 * CPU time per frame, best of several rounds that take turns, so that whatever slows the machine
 * slows all; their delays; and how clean ours is. soxr's fixed ratio is the faster of its two
 * engines and cannot follow a clock; the variable one can. They convert float, ours double. Prints
 * a table; the exit code is 1 if a limit is missed. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#ifdef HAVE_SAMPLERATE
#include <samplerate.h>
#endif
#ifdef HAVE_SOXR
#include <soxr.h>
#endif

#include "dsp/resampler.h"
#include "tests/support/resampler_figures.h"

#define RATIO 1.0002
#define CALL_FRAMES 256u
#define OUT_FRAMES (2 * CALL_FRAMES)
#define ROUND_CALLS 400u /* 2 s of sound */
#define SOUND_CALLS 16u  /* repeated, so that it stays in the cache, as fresh packets do */
#define ROUNDS 15u
#define LIBSAMPLERATE_LEAST 8.0 /* times its speed */
#define SOXR_LEAST 1.0
#define SOXR_DELAY_MOST 0.1 /* of its delay */

/* An engine takes CALL_FRAMES and returns how many it gives. */
struct engine {
    const char *name;
    void *(*open)(unsigned channels);
    void (*close)(void *state);
    size_t (*run)(void *state, size_t call);
    void *state;
    double best_ns;
    double delay_frames; /* input taken, less the position of the next output frame, at most */
};

static double in_double[SOUND_CALLS * CALL_FRAMES * RESAMPLER_CHANNELS_MAX];
static double out_double[OUT_FRAMES * RESAMPLER_CHANNELS_MAX];
static float in_float[SOUND_CALLS * CALL_FRAMES * RESAMPLER_CHANNELS_MAX];
static float out_float[OUT_FRAMES * RESAMPLER_CHANNELS_MAX];
static unsigned channels_now;

static void *ours_open(unsigned channels)
{
    struct resampler *r = resampler_init(malloc(resampler_bytes(channels)), channels);

    resampler_set_ratio(r, RATIO);
    return r;
}

static size_t ours_run(void *state, size_t call)
{
    size_t used;

    return resampler_process(state, in_double + call * CALL_FRAMES * channels_now, CALL_FRAMES,
                             &used, out_double, OUT_FRAMES);
}

#ifdef HAVE_SAMPLERATE
static void *samplerate_open(unsigned channels)
{
    int error;

    return src_new(SRC_SINC_MEDIUM_QUALITY, (int)channels, &error);
}

static void samplerate_close(void *state)
{
    src_delete(state);
}

static size_t samplerate_run(void *state, size_t call)
{
    SRC_DATA data = {.data_in = in_float + call * CALL_FRAMES * channels_now,
                     .data_out = out_float,
                     .input_frames = CALL_FRAMES,
                     .output_frames = OUT_FRAMES,
                     .src_ratio = 1 / RATIO};

    src_process(state, &data);
    return (size_t)data.output_frames_gen;
}
#endif

#ifdef HAVE_SOXR
static void *soxr_open(unsigned channels, unsigned long flags)
{
    soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, flags);
    soxr_runtime_spec_t runtime = soxr_runtime_spec(1);
    bool variable = (flags & SOXR_VR) != 0;
    soxr_error_t error;
    soxr_t state = soxr_create(variable ? 1 + RESAMPLER_DEVIATION_MAX : RATIO, 1, channels, &error,
                               NULL, &quality, &runtime);

    if (variable)
        soxr_set_io_ratio(state, RATIO, 0);
    return state;
}

static void *soxr_fixed_open(unsigned channels)
{
    return soxr_open(channels, 0);
}

static void *soxr_variable_open(unsigned channels)
{
    return soxr_open(channels, SOXR_VR);
}

static void soxr_close(void *state)
{
    soxr_delete(state);
}

static size_t soxr_run(void *state, size_t call)
{
    size_t used, made = 0;

    soxr_process(state, in_float + call * CALL_FRAMES * channels_now, CALL_FRAMES, &used, out_float,
                 OUT_FRAMES, &made);
    return made;
}
#endif

enum { OURS, LIBSAMPLERATE, SOXR_FIXED, SOXR_VARIABLE, ENGINES };

static struct engine engines[ENGINES] = {
    [OURS] = {"ours", ours_open, free, ours_run, NULL, 0, 0},
#ifdef HAVE_SAMPLERATE
    [LIBSAMPLERATE] = {"libsamplerate MEDIUM", samplerate_open, samplerate_close, samplerate_run,
                       NULL, 0, 0},
#endif
#ifdef HAVE_SOXR
    [SOXR_FIXED] = {"soxr HQ, fixed ratio", soxr_fixed_open, soxr_close, soxr_run, NULL, 0, 0},
    [SOXR_VARIABLE] = {"soxr HQ, variable ratio", soxr_variable_open, soxr_close, soxr_run, NULL, 0,
                       0},
#endif
};

static bool missed;

/* A row of the table, as bench/receive.py prints them. `limit` is text, "" for none. */
static void row(const char *what, double figure, const char *unit, const char *limit, bool good)
{
    char text[40];

    snprintf(text, sizeof text, "%.2f%s", figure, unit);
    printf("%-52s %28s   %s%s\n", what, text, limit, good ? "" : "   MISSED");
    missed |= !good;
}

static double now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void round_of(struct engine *engine, bool first)
{
    size_t made = 0;
    double before = now_ns(), each_ns;

    for (size_t call = 0; call < ROUND_CALLS; call++) {
        made += engine->run(engine->state, call % SOUND_CALLS);
        if (first)
            engine->delay_frames = fmax(engine->delay_frames,
                                        (double)((call + 1) * CALL_FRAMES) - (double)made * RATIO);
    }
    each_ns = (now_ns() - before) / (double)(ROUND_CALLS * CALL_FRAMES);
    if (!first && (engine->best_ns == 0 || each_ns < engine->best_ns))
        engine->best_ns = each_ns;
}

static void measure(unsigned channels)
{
    char what[80], limit[40];

    channels_now = channels;
    for (size_t i = 0; i < sizeof in_double / sizeof *in_double; i++) {
        in_float[i] = (float)rand() / (float)RAND_MAX - 0.5f;
        in_double[i] = (double)in_float[i];
    }
    for (int i = 0; i < ENGINES; i++) {
        engines[i].best_ns = engines[i].delay_frames = 0;
        if (engines[i].open)
            engines[i].state = engines[i].open(channels);
    }
    for (unsigned count = 0; count <= ROUNDS; count++)
        for (int i = 0; i < ENGINES; i++)
            if (engines[i].open)
                round_of(&engines[i], count == 0);
    for (int i = 0; i < ENGINES; i++) {
        if (!engines[i].open)
            continue;
        engines[i].close(engines[i].state);
        snprintf(what, sizeof what, "resampling %u channels, %s", channels, engines[i].name);
        row(what, engines[i].best_ns, " ns a frame", "", true);
    }
    for (int i = OURS + 1; i < ENGINES; i++) {
        double least = i == LIBSAMPLERATE ? LIBSAMPLERATE_LEAST : SOXR_LEAST;
        double ratio = engines[i].best_ns / engines[OURS].best_ns;

        if (!engines[i].open)
            continue;
        snprintf(what, sizeof what, "  our speed, of %s", engines[i].name);
        snprintf(limit, sizeof limit, "at least %g", least);
        row(what, ratio, "", limit, ratio >= least);
    }
}

static void delays(void)
{
    double ours = engines[OURS].delay_frames, soxr = engines[SOXR_FIXED].delay_frames;
    char what[80], limit[40];

    for (int i = 0; i < ENGINES; i++) {
        if (!engines[i].open)
            continue;
        snprintf(what, sizeof what, "delay, %s, in calls of %u frames", engines[i].name,
                 CALL_FRAMES);
        row(what, engines[i].delay_frames, " frames", "", true);
    }
    if (engines[SOXR_FIXED].open) {
        snprintf(limit, sizeof limit, "at most %g", SOXR_DELAY_MOST);
        row("  ours, of soxr's at a fixed ratio", ours / soxr, "", limit,
            ours <= SOXR_DELAY_MOST * soxr);
    }
    row("delay, ours, at 44.1 kHz", ours / 44.1, " ms", "at most 1 ms", ours <= 44.1);
}

static void figures(void)
{
    for (size_t i = 0; i < resampler_figure_count; i++) {
        const struct resampler_figure *figure = &resampler_figures[i];
        double db = resampler_figure_db(figure);
        char limit[40];

        snprintf(limit, sizeof limit, "at most %g dB", figure->most_db);
        row(figure->name, db, " dB", limit, db <= figure->most_db);
    }
}

int main(void)
{
    measure(2);
    measure(8);
    delays();
    figures();
    if (!engines[LIBSAMPLERATE].open || !engines[SOXR_FIXED].open)
        printf("SKIP: built without libsamplerate or soxr\n");
    return missed;
}
