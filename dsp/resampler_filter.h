/* The resampler's interpolation filter: a sinc with its zeros at all other input frames, so that it
 * cuts at half the sample rate, under a Kaiser window. */
#ifndef DSP_RESAMPLER_FILTER_H
#define DSP_RESAMPLER_FILTER_H

#define RESAMPLER_TAPS 56u
#define RESAMPLER_PHASES 128u /* between two input frames, both included: one more in all */

/* At u phases from the nearest one, -0.5 to 0.5, a tap is value + u * (slope + u * curve). */
struct resampler_phase {
    double value[RESAMPLER_TAPS], slope[RESAMPLER_TAPS], curve[RESAMPLER_TAPS];
};

struct resampler_filter {
    _Alignas(64) struct resampler_phase phases[RESAMPLER_PHASES + 1];
};

/* The one filter of the process. The first call computes it, the others wait for that: not for the
 * real-time path. */
const struct resampler_filter *resampler_filter_get(void);

#endif
