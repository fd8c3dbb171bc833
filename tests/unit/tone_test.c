#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "platform/log.h"
#include "sound/capture.h"
#include "tests/support/check.h"

#define TURN 6.283185307179586

/* A whole tone as samples of full scale 1; sample i of channel c is at [i * channels + c]. */
static double *record(const struct tone_config *config, size_t *frames)
{
    struct failure failure = {0};
    struct capture *capture = tone_capture_open(config, &failure);
    uint32_t bytes = format_sample_bytes(&config->format);
    uint32_t channels = config->format.channels;
    double largest = (double)((1ll << (config->format.bits - 1)) - 1);
    uint8_t pcm[288 * 32];
    double *samples;
    size_t got, room;

    *frames = 0;
    if (capture == NULL)
        return NULL;
    room = (size_t)capture->total_frames;
    samples = malloc(room * channels * sizeof *samples + 1);
    while ((got = capture_read(capture, pcm, 288, &failure)) > 0 && *frames + got <= room) {
        for (size_t i = 0; i < got * channels; i++)
            samples[*frames * channels + i] = bytes_get_sample(pcm + i * bytes, bytes) / largest;
        *frames += got;
    }
    CHECK(*frames == room, "%zu of %zu", *frames, room);
    capture_close(capture);
    return samples;
}

/* Amplitude of one frequency (Goertzel), over whole seconds. */
static double amplitude_at(const double *samples, size_t count, size_t step, double hz,
                           double rate_hz)
{
    double c = 2 * cos(TURN * hz / rate_hz), s1 = 0, s2 = 0;

    for (size_t i = 0; i < count; i++) {
        double s = samples[i * step] + c * s1 - s2;
        s2 = s1;
        s1 = s;
    }
    return 2 * sqrt(s1 * s1 + s2 * s2 - c * s1 * s2) / (double)count;
}

static double decibels(double ratio)
{
    return 20 * log10(ratio + 1e-12);
}

static void test_sine(void)
{
    static const struct {
        struct format format;
        double hz, dbfs, tolerance_db;
    } cases[] = {
        {{1, 16, 2, 3}, 440, -20, 0.01},       {{129, 16, 1, 3}, 1000, 0, 0.01},
        {{4, 32, 8, 0x63f}, 20000, -6, 0.001}, {{2, 24, 6, 0x3f}, 997, -60, 0.01},
        {{1, 32, 2, 3}, 23999, -3, 0.01},      {{1, 16, 2, 3}, 1, -1, 0.01},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double rate_hz = format_rate_hz(cases[i].format.rate_code);
        struct tone_config config = {cases[i].format, TONE_SINE, cases[i].hz, cases[i].dbfs,
                                     (uint64_t)rate_hz * 2};
        uint32_t channels = cases[i].format.channels;
        size_t frames, differ = 0;
        double *samples = record(&config, &frames), peak = 0, energy = 0, level;

        CHECK(samples, "%zu", i);
        if (!samples)
            continue;
        for (size_t at = 0; at < frames * channels; at++) {
            differ += samples[at] != samples[at - at % channels];
            peak = fmax(peak, fabs(samples[at]));
            energy += samples[at] * samples[at];
        }
        level = decibels(amplitude_at(samples, frames, channels, cases[i].hz, rate_hz));
        CHECK(fabs(level - cases[i].dbfs) < cases[i].tolerance_db, "%zu: %f dB", i, level);
        CHECK(peak < pow(10, cases[i].dbfs / 20) + 1e-4, "%zu: peak %f", i, peak);
        level = decibels(sqrt(2 * energy / (double)(frames * channels)));
        CHECK(fabs(level - cases[i].dbfs) < 0.02, "%zu: all of it is the tone, %f dB", i, level);
        CHECK(differ == 0, "%zu: the same on all channels", i);
        free(samples);
    }
}

static void test_endless(void)
{
    struct tone_config config = {{1, 16, 2, 3}, TONE_SINE, 440, -20, CAPTURE_FRAMES_UNKNOWN};
    struct failure failure = {0};
    struct capture *capture = tone_capture_open(&config, &failure);
    uint8_t pcm[1152];

    CHECK(capture && capture->total_frames == CAPTURE_FRAMES_UNKNOWN, "a sine has no end");
    for (int i = 0; i < 1000; i++)
        CHECK(capture_read(capture, pcm, 288, &failure) == 288, "%d", i);
    capture_close(capture);
    config.frequency_hz = 24000;
    CHECK(!tone_capture_open(&config, &failure) && failure.code == EXIT_USAGE, "too high a tone");
}

/* The sweep passes f at T * log(f / 20) / log(1000), at its full level all the time. */
static void test_sweep(uint8_t rate_code)
{
    static const double passed_hz[] = {25, 100, 440, 1000, 5000, 15000, 17000};
    struct tone_config config = {
        {rate_code, 32, 2, 3}, TONE_SWEEP, 440, -20, CAPTURE_FRAMES_UNKNOWN};
    double rate_hz = format_rate_hz(rate_code), energy = 0, level;
    size_t frames;
    double *samples = record(&config, &frames);

    CHECK(frames == (size_t)rate_hz * 10, "%zu frames", frames);
    if (!samples)
        return;
    for (size_t i = 0; i < sizeof passed_hz / sizeof *passed_hz; i++) {
        double hz = passed_hz[i];
        size_t at = (size_t)((double)frames * log(hz / 20) / log(1000));
        size_t span = (size_t)(0.2 * rate_hz), crossings = 0;
        double measured;

        for (size_t n = at - span; n < at + span; n++)
            crossings += samples[2 * n] < 0 && samples[2 * n + 2] >= 0;
        measured = (double)crossings * rate_hz / (2.0 * (double)span);
        CHECK(fabs(measured - hz) < 0.02 * hz + 3, "%f Hz: %f", hz, measured);
    }
    for (size_t n = 0; n < frames; n++)
        energy += samples[2 * n] * samples[2 * n];
    level = decibels(sqrt(2 * energy / (double)frames));
    CHECK(fabs(level + 20) < 0.1, "%f dB", level);
    free(samples);
}

/* Counts the beeps of each channel and looks that no two sound at once. */
static void test_channels(struct format format)
{
    struct tone_config config = {format, TONE_CHANNELS, 440, -20, CAPTURE_FRAMES_UNKNOWN};
    uint32_t rate_hz = format_rate_hz(format.rate_code), channels = format.channels;
    size_t frames, silent_for[8], beeps[8] = {0}, together = 0, backwards = 0;
    double *samples = record(&config, &frames);
    uint32_t last = 0;

    if (!samples)
        return;
    for (uint32_t c = 0; c < channels; c++)
        silent_for[c] = rate_hz;
    for (size_t n = 0; n < frames; n++) {
        unsigned sounding = 0;

        for (uint32_t c = 0; c < channels; c++) {
            if (fabs(samples[n * channels + c]) < 1e-3) {
                silent_for[c]++;
                continue;
            }
            beeps[c] += silent_for[c] > rate_hz / 10;
            silent_for[c] = 0;
            sounding++;
            backwards += c < last;
            last = c;
        }
        together += sounding > 1;
    }
    for (uint32_t c = 0; c < channels; c++)
        CHECK(beeps[c] == c + 1, "channel %u of %u: %zu beeps", c + 1, channels, beeps[c]);
    CHECK(together == 0 && backwards == 0, "%u channels: one after the other", channels);
    free(samples);
}

int main(void)
{
    log_set_level(LOG_ERROR);
    test_sine();
    test_endless();
    test_sweep(1);
    test_sweep(129);
    test_channels((struct format){1, 16, 1, 3});
    test_channels((struct format){1, 16, 2, 3});
    test_channels((struct format){129, 24, 6, 0x3f});
    test_channels((struct format){2, 32, 8, 0x63f});
    return check_summary();
}
