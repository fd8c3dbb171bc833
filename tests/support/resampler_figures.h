/* How clean the resampler is: its cases with their limits, for the test and for the bench. */
#ifndef TESTS_SUPPORT_RESAMPLER_FIGURES_H
#define TESTS_SUPPORT_RESAMPLER_FIGURES_H

#include <stddef.h>

enum resampler_sound {
    SOUND_997_HZ,
    SOUND_12_KHZ,
    SOUND_20_KHZ,
    SOUND_PINK /* 24 tones from 20 Hz to 20 kHz (or 20/48 of the rate), -3 dB an octave */
};

/* At -1 dB of full scale (the largest sample, of many tones), from a source of 32-bit integers at a
 * ratio of 1 + 200 ppm. */
struct resampler_figure {
    const char *name;
    double rate_hz;
    enum resampler_sound sound;
    unsigned output_bits; /* rounded without dither; 0 = float */
    double notch_hz;      /* on both sides of each tone */
    double most_db;       /* the residual beside them, 20 Hz to 20 kHz; the goal */
};

extern const struct resampler_figure resampler_figures[];
extern const size_t resampler_figure_count;

/* The residual in dB; NaN without memory. */
double resampler_figure_db(const struct resampler_figure *figure);

#endif
