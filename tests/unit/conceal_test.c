#include "dsp/conceal.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"

#define PACKET 288u
#define FRAMES 16000u
#define CHANNELS 8u

static const double pi = 3.14159265358979323846;

/* Calls of the allocator, counted by the linker's --wrap. */
static unsigned allocations;

void *__real_malloc(size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_malloc(size_t bytes)
{
    allocations++;
    return __real_malloc(bytes);
}

static struct conceal conceal;
static float signal[FRAMES], made[FRAMES];

static void start(uint32_t rate_hz)
{
    static void *memory;
    free(memory);
    memory = malloc(conceal_memory_bytes(rate_hz));
    memset(memory, 0xff, conceal_memory_bytes(rate_hz)); /* numbers that are none */
    conceal_init(&conceal, memory, rate_hz);
}

static float random_sample(void)
{
    static uint32_t state = 1;
    state = state * 1664525u + 1013904223u;
    return (float)(int32_t)state / 2147483648.0f;
}

static void fill_tones(const double *tones_hz, size_t tones, double rate_hz, float level)
{
    for (size_t i = 0; i < FRAMES; i++) {
        double sum = 0;
        for (size_t j = 0; j < tones; j++) {
            sum += sin(2 * pi * tones_hz[j] * (double)i / rate_hz + (double)j);
        }
        signal[i] = level * (float)(sum / (double)tones);
    }
}

static double energy(const float *a, const float *minus, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        const double sample = (double)a[i] - (minus ? (double)minus[i] : 0);
        sum += sample * sample;
    }
    return sum;
}

static float peak_of(const float *samples, size_t count)
{
    float peak = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(samples[i])) {
            return INFINITY;
        }
        peak = fmaxf(peak, fabsf(samples[i]));
    }
    return peak;
}

static float largest_step(const float *samples, size_t count)
{
    float largest = 0;
    for (size_t i = 1; i < count; i++) {
        largest = fmaxf(largest, fabsf(samples[i] - samples[i - 1]));
    }
    return largest;
}

/* Tones go on as they are: the error of a packet in dB of the signal's energy. */
static void test_tones(void)
{
    static const struct {
        uint32_t rate_hz;
        size_t tones;
        double tones_hz[6];
        double most_db;
    } cases[] = {
        {48000, 1, {60}, -60},
        {48000, 1, {440}, -60},
        {48000, 1, {1000}, -60},
        {48000, 1, {2300}, -55}, /* where the bands meet */
        {48000, 1, {5000}, -40},
        {48000, 1, {15000}, -35},
        {44100, 3, {261.63, 329.63, 392.00}, -40},
        {48000, 6, {110, 138.6, 164.8, 220, 1318.5, 2637}, -30},
        {8000, 3, {261.63, 329.63, 392.00}, -30},
        {16000, 2, {200, 3000}, -60},
        {96000, 3, {261.63, 329.63, 392.00}, -35},
        {192000, 2, {440, 880}, -20},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start(cases[i].rate_hz);
        fill_tones(cases[i].tones_hz, cases[i].tones, cases[i].rate_hz, 0.5f);
        const size_t count = conceal.full_frames < PACKET ? conceal.full_frames : PACKET;
        const size_t at = FRAMES - count;
        conceal_predict(&conceal, signal, at, 1, made, count);
        const double db =
            10 * log10(energy(made, signal + at, count) / energy(signal + at, NULL, count));
        CHECK(db < cases[i].most_db, "case %zu: %.1f dB", i, db);
    }
}

/* What a history may be, and what must never come of it. */
static void fill_odd(int kind)
{
    for (size_t i = 0; i < FRAMES; i++) {
        const float noise = random_sample();
        const float kinds[] = {
            noise,
            0.7f,
            (i / 120) % 2 ? 1.0f : -1.0f,
            (i / 37) % 2 ? 1.0f : -1.0f,
            i % 2 ? 1.0f : -1.0f,
            i % 997 == 0 ? 1.0f : 0,
            i == FRAMES - 1 ? 1.0f : 0,
            i == FRAMES - 40 ? -1.0f : 0,
            (float)i / FRAMES,
            1e-38f * noise,
            1e-6f * noise,
            3e38f * noise,
            expf((float)i * 1e-3f - 16),
            expf((float)i * 0.1f - 0.1f * FRAMES),
            i < FRAMES - 3000 ? noise : 1e-4f * noise,
            i < FRAMES - 100 ? 0 : noise,
            noise > 0 ? 1.0f : -1.0f,
            sinf((float)i * (float)i * 1e-4f),
        };
        signal[i] = kinds[kind];
    }
}
#define ODD_KINDS 18

static void test_bounded(void)
{
    static const uint32_t rates_hz[] = {8000, 44100, 48000, 192000};
    static const size_t known[] = {0, 1, 2, 3, 10, 47, 48, 49, 999, 1000, 1001, 1002, 3000, FRAMES};
    for (size_t r = 0; r < sizeof rates_hz / sizeof rates_hz[0]; r++) {
        start(rates_hz[r]);
        for (int kind = 0; kind < ODD_KINDS; kind++) {
            fill_odd(kind);
            for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
                const size_t late = known[k] < conceal.end_frames ? known[k] : conceal.end_frames;
                const float most = peak_of(signal + FRAMES - late, late);
                conceal_predict(&conceal, signal + FRAMES - known[k], known[k], 1, made,
                                conceal.end_frames + 10);
                const float peak = peak_of(made, conceal.end_frames + 10);
                CHECK(peak <= most, "kind %d, %u Hz, %zu frames: %g over %g", kind, rates_hz[r],
                      known[k], (double)peak, (double)most);
            }
        }
    }
}

static void test_noise_energy(void)
{
    start(48000);
    for (int round = 0; round < 20; round++) {
        fill_odd(0);
        conceal_predict(&conceal, signal, FRAMES, 1, made, PACKET);
        const double made_rms = sqrt(energy(made, NULL, PACKET) / PACKET);
        const double rms = sqrt(energy(signal, NULL, FRAMES) / FRAMES);
        CHECK(made_rms <= rms, "%g over %g", made_rms, rms);
    }
}

static void test_constants(void)
{
    start(48000);
    memset(signal, 0, sizeof signal);
    conceal_predict(&conceal, signal, FRAMES, 1, made, PACKET);
    CHECK(peak_of(made, PACKET) <= 0, "silence");

    for (size_t i = 0; i < FRAMES; i++) {
        signal[i] = -0.25f;
    }
    conceal_predict(&conceal, signal, FRAMES, 1, made, PACKET);
    for (size_t i = 0; i < PACKET; i++) {
        CHECK(fabsf(made[i] + 0.25f) < 0.005f, "DC %zu: %g", i, (double)made[i]);
    }
}

/* A few samples that are no numbers are as good as zeros. */
static void test_no_numbers(void)
{
    static float other[PACKET];
    start(48000);
    fill_odd(17);
    signal[FRAMES - 1] = signal[FRAMES - 500] = signal[9000] = 0;
    conceal_predict(&conceal, signal, FRAMES, 1, other, PACKET);
    signal[FRAMES - 1] = NAN;
    signal[FRAMES - 500] = INFINITY;
    signal[9000] = -INFINITY;
    conceal_predict(&conceal, signal, FRAMES, 1, made, PACKET);
    CHECK(memcmp(made, other, sizeof other) == 0, "zeros instead");

    for (size_t i = 0; i < FRAMES; i++) {
        signal[i] = NAN;
    }
    conceal_predict(&conceal, signal, FRAMES, 1, made, PACKET);
    CHECK(peak_of(made, PACKET) <= 0, "nothing but");
}

static void test_channels(void)
{
    static float history[FRAMES * CHANNELS], out[PACKET * CHANNELS];
    for (uint32_t channels = 1; channels <= CHANNELS; channels++) {
        start(44100);
        for (size_t i = 0; i < FRAMES * channels; i++) {
            history[i] = sinf((float)(i / channels) * 0.01f * (float)(i % channels + 1)) +
                         0.1f * random_sample();
        }
        conceal_predict(&conceal, history, FRAMES, channels, out, PACKET);
        for (uint32_t channel = 0; channel < channels; channel++) {
            for (size_t i = 0; i < FRAMES; i++) {
                signal[i] = history[i * channels + channel];
            }
            conceal_predict(&conceal, signal, FRAMES, 1, made, PACKET);
            bool equal = true;
            for (size_t i = 0; i < PACKET; i++) {
                equal = equal && !(made[i] < out[i * channels + channel]) &&
                        !(made[i] > out[i * channels + channel]);
            }
            CHECK(equal, "channel %u of %u", channel, channels);
        }
    }
}

/* Full, fading, silent; and the same beginning however much is asked for. */
static void test_fade(void)
{
    static const uint32_t rates_hz[] = {8000, 44100, 48000, 96000};
    static float whole[FRAMES];
    for (size_t r = 0; r < sizeof rates_hz / sizeof rates_hz[0]; r++) {
        const uint32_t rate_hz = rates_hz[r];
        start(rate_hz);
        const size_t full = conceal.full_frames, end = conceal.end_frames;
        CHECK(full == (rate_hz * CONCEAL_FULL_MS + 999) / 1000, "%zu", full);
        CHECK(end == (rate_hz * CONCEAL_END_MS + 999) / 1000, "%zu", end);
        fill_tones((const double[]){1000}, 1, rate_hz, 0.5f);
        memset(whole, 0xff, sizeof whole);
        conceal_predict(&conceal, signal, FRAMES, 1, whole, end + 100);
        const size_t middle = (full + end) / 2, period = rate_hz / 1000;
        CHECK(peak_of(whole + full - period, period) > 0.48f, "full at %u Hz", rate_hz);
        const float half = peak_of(whole + middle - period / 2, period);
        CHECK(half > 0.2f && half < 0.3f, "half at %u Hz: %g", rate_hz, (double)half);
        CHECK(peak_of(whole + end - end / 100, end / 100) < 0.001f, "end at %u Hz", rate_hz);
        CHECK(peak_of(whole + end, 100) <= 0, "silence at %u Hz", rate_hz);
        CHECK(largest_step(whole, end) < 0.5f * 2 * (float)pi / (float)period * 1.1f, "%u Hz",
              rate_hz);

        conceal_predict(&conceal, signal, FRAMES, 1, made, full / 2);
        CHECK(energy(made, whole, full / 2) < 1e-12, "beginning at %u Hz", rate_hz);
        conceal_predict(&conceal, signal, FRAMES, 1, made, 0);
    }
}

/* A hole in a tone, with the tone in another phase behind it. */
static void test_join(void)
{
    start(48000);
    fill_tones((const double[]){300}, 1, 48000, 0.5f);
    const size_t at = 12000, join = conceal.join_frames;
    const float own = largest_step(signal, FRAMES);
    conceal_predict(&conceal, signal, at, 1, made, PACKET + join);
    for (size_t i = at + PACKET; i < FRAMES; i++) {
        signal[i] = -signal[i];
    }
    memcpy(signal + at, made, PACKET * sizeof(float));
    static float once[FRAMES];
    memcpy(once, signal, sizeof once);
    conceal_join(once + at + PACKET, made + PACKET, 1, 1000, 0, join);
    CHECK(largest_step(once, at + 10) <= own * 1.01f, "start");
    /* The sum of both, and the slope of the fade: 1.5 over its length, of twice the level. */
    CHECK(largest_step(once, FRAMES) <= own + 1.5f / (float)join, "end");
    CHECK(memcmp(once + at + PACKET + join, signal + at + PACKET + join, 1000) == 0, "behind");

    for (size_t i = 0; i < 1000; i += 7) { /* in pieces */
        conceal_join(signal + at + PACKET + i, i < join ? made + PACKET + i : made, 1, 7, i, join);
    }
    CHECK(memcmp(signal, once, sizeof once) == 0, "pieces");
}

static void test_plain_fades(void)
{
    static float in[2 * 200], out[2 * 200];
    for (size_t i = 0; i < 400; i++) {
        in[i] = out[i] = 1;
    }
    conceal_join(in, NULL, 2, 200, 0, 100);
    conceal_fade_out(out, 2, 200, 0, 100);
    for (size_t i = 0; i < 200; i++) {
        CHECK(fabsf(in[2 * i] + out[2 * i] - 1) < 1e-6f, "complementary at %zu", i);
        CHECK(!(in[2 * i] < in[2 * i + 1]) && !(in[2 * i] > in[2 * i + 1]), "channels at %zu", i);
        CHECK(i == 0 || fabsf(in[2 * i] - in[2 * i - 2]) < 0.016f, "slope at %zu", i);
    }
    CHECK(in[0] < 1e-3f && peak_of(out + 200, 200) <= 0, "ends");
    conceal_join(in, NULL, 2, 0, 0, 0);
    conceal_join(in + 200, NULL, 2, 100, 0, 0);
    CHECK(in[200] >= 1, "no length");
}

int main(void)
{
    test_tones();
    test_bounded();
    test_noise_energy();
    test_constants();
    test_no_numbers();
    test_channels();
    test_fade();
    test_join();
    test_plain_fades();

    start(48000);
    allocations = 0;
    conceal_predict(&conceal, signal, FRAMES, 1, made, PACKET);
    conceal_join(signal, made, 1, PACKET, 0, PACKET);
    CHECK(allocations == 0, "%u allocations", allocations);
    return check_summary();
}
