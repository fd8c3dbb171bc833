#include "tests/support/resampler_figures.h"

#include <math.h>
#include <stdlib.h>

#include "dsp/resampler.h"
#include "tests/support/residual.h"

#define FRAMES ((size_t)1 << 18)
#define LEAD_FRAMES 256u /* over which the sound begins */
#define RATIO 1.0002
#define TONES_MAX 24u
#define LOW_HZ 20.0

static const double pi = 3.14159265358979323846;

const struct resampler_figure resampler_figures[] = {
    {"997 Hz to 24 bits, 48 kHz", 48000, SOUND_997_HZ, 24, 20, -140},
    {"997 Hz to 24 bits, 44.1 kHz", 44100, SOUND_997_HZ, 24, 20, -140},
    {"997 Hz to 24 bits, 96 kHz", 96000, SOUND_997_HZ, 24, 20, -140},
    {"997 Hz to 24 bits, 192 kHz", 192000, SOUND_997_HZ, 24, 20, -140},
    {"12 kHz to 24 bits, 48 kHz", 48000, SOUND_12_KHZ, 24, 20, -115},
    {"12 kHz to 24 bits, 44.1 kHz", 44100, SOUND_12_KHZ, 24, 20, -115},
    {"12 kHz to 24 bits, 96 kHz", 96000, SOUND_12_KHZ, 24, 20, -115},
    /* The notch of 20 Hz hides the first image, which at 48 kHz is 9.6 Hz off. */
    {"12 kHz to 24 bits, 48 kHz, notch 5 Hz", 48000, SOUND_12_KHZ, 24, 5, -115},
    {"20 kHz to float, 48 kHz, notch 5 Hz", 48000, SOUND_20_KHZ, 0, 5, -115},
    /* Beyond the filter there: its image beats with it, unheard. */
    {"20 kHz to float, 44.1 kHz, notch 5 Hz", 44100, SOUND_20_KHZ, 0, 5, -35},
    {"24 pink tones to float, 48 kHz, notch 5 Hz", 48000, SOUND_PINK, 0, 5, -138},
    {"24 pink tones to float, 44.1 kHz, notch 5 Hz", 44100, SOUND_PINK, 0, 5, -138},
    {"24 pink tones to float, 96 kHz, notch 5 Hz", 96000, SOUND_PINK, 0, 5, -138},
};
const size_t resampler_figure_count = sizeof resampler_figures / sizeof *resampler_figures;

/* Fills `tones_hz`, returns how many. */
static size_t tones_of(const struct resampler_figure *figure, double *tones_hz)
{
    static const double single_hz[] = {997, 12000, 20000};
    double high_hz = fmin(20000, figure->rate_hz * 20 / 48);

    if (figure->sound != SOUND_PINK) {
        *tones_hz = single_hz[figure->sound];
        return 1;
    }
    for (unsigned tone = 0; tone < TONES_MAX; tone++)
        tones_hz[tone] = LOW_HZ * pow(high_hz / LOW_HZ, tone / (TONES_MAX - 1.0));
    return TONES_MAX;
}

/* Samples of the tones, equally strong in each band of relative width. */
static void fill(double *samples, size_t count, double rate_hz, const double *tones_hz,
                 size_t tones)
{
    double peak = 0, scale;

    for (size_t i = 0; i < count; i++) {
        samples[i] = 0;
        for (size_t tone = 0; tone < tones; tone++)
            samples[i] += sin(2 * pi * tones_hz[tone] / rate_hz * (double)i +
                              pi * (double)(tone * tone) / (double)tones) /
                          sqrt(tones_hz[tone]);
        peak = fmax(peak, fabs(samples[i]));
    }
    scale = pow(10, -1.0 / 20) * 0x1p31 / (tones > 1 ? peak : 1 / sqrt(*tones_hz));
    for (size_t i = 0; i < count; i++)
        samples[i] = rint(samples[i] * scale) * 0x1p-31;
}

double resampler_figure_db(const struct resampler_figure *figure)
{
    size_t in_frames = (size_t)((double)(FRAMES + LEAD_FRAMES) * RATIO) + LEAD_FRAMES;
    double *in = malloc(in_frames * sizeof *in),
           *out = malloc((FRAMES + LEAD_FRAMES) * sizeof *out);
    void *memory = malloc(resampler_bytes(1));
    double tones_hz[TONES_MAX], db = NAN;
    size_t tones = tones_of(figure, tones_hz), used;

    if (in && out && memory) {
        struct resampler *r = resampler_init(memory, 1);
        double unit = ldexp(1, (int)figure->output_bits - 1);

        fill(in, in_frames, figure->rate_hz, tones_hz, tones);
        resampler_set_ratio(r, RATIO);
        resampler_process(r, in, in_frames, &used, out, FRAMES + LEAD_FRAMES);
        for (size_t i = 0; i < FRAMES + LEAD_FRAMES; i++)
            out[i] = figure->output_bits ? rint(out[i] * unit) / unit : (double)(float)out[i];
        for (size_t tone = 0; tone < tones; tone++)
            tones_hz[tone] *= RATIO;
        db = residual_db(out + LEAD_FRAMES, FRAMES, figure->rate_hz, tones_hz, tones,
                         figure->notch_hz);
    }
    free(in);
    free(out);
    free(memory);
    return db;
}
