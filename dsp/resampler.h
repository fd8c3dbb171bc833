/* Resampler for ratios near 1: follows the drift of a clock with a delay of half its filter, a
 * windowed sinc of 56 taps (0.58 ms at 48 kHz, 0.63 at 44.1), in double precision. The gain is flat
 * to 0.01 dB up to 0.438 of the sample rate (21 kHz at 48, 19.3 at 44.1, where 20 kHz loses
 * 0.11 dB). At a ratio of exactly 1 it gives its input back, bit for bit. Every channel is computed
 * alone: what one gives does not depend on how many there are. Nor does it depend on how the frames
 * are split into calls.
 *
 * Whatever vectors a machine has, the results are the same, bit for bit, where it computes in IEEE
 * double precision with the same sin and sqrt; elsewhere within 2^-40 of the largest sample. */
#ifndef DSP_RESAMPLER_H
#define DSP_RESAMPLER_H

#include <stddef.h>
#include <stdint.h>

#define RESAMPLER_CHANNELS_MAX 8u
#define RESAMPLER_DEVIATION_MAX 0.002 /* of the ratio, from 1 */

struct resampler;

/* A place in the input, exact: frames since init or reset, and the fraction of one, 0 to below 1.
 */
struct resampler_position {
    uint64_t frame;
    double fraction;
};

/* Memory that a resampler needs, aligned as malloc does (max_align_t); 0 unless there are 1 to 8
 * channels. */
size_t resampler_bytes(unsigned channels);

/* At a ratio of 1, before the first frame. NULL unless there are 1 to 8 channels. The first call in
 * a process computes the filter, a few milliseconds; any thread may be the first. Not for the
 * real-time path; everything below is. There is nothing to close. */
struct resampler *resampler_init(void *memory, unsigned channels);

/* Forgets all input and returns to position 0; the ratio stays. */
void resampler_reset(struct resampler *r);

/* Input frames per output frame. Exact as it is within 1 +/- RESAMPLER_DEVIATION_MAX, else the
 * nearest that is; no number is 1. It is the distance from the next output frame to the one after
 * it: the position does not jump, the ratio does, without a ramp. A ramp as long as a call would
 * take next to nothing from what a jump modulates, which lies at low frequencies: jumps must be
 * small. */
void resampler_set_ratio(struct resampler *r, double ratio);

/* Takes interleaved frames from `in` and gives interleaved frames to `out`: as many as the input
 * allows, `out_frames` at most; returns how many. `*used` is the number of input frames taken: no
 * more than these output frames need, all of them if the output is short. `in` and `out` do not
 * overlap. Before the first input frame there was silence. */
size_t resampler_process(struct resampler *r, const double *in, size_t in_frames, size_t *used,
                         double *out, size_t out_frames);

/* Input frames that `process` must be given for so many output frames at the present ratio. */
size_t resampler_need(const struct resampler *r, size_t out_frames);

/* The delay of the filter, constant: the output frame at position p needs the input up to and with
 * frame floor(p) + this. */
unsigned resampler_delay_frames(const struct resampler *r);

/* Where in the input the next output frame lies; the first lies at 0. */
struct resampler_position resampler_position(const struct resampler *r);

/* Advances as `process` does when it has all the input it needs, without a sample: for simulations
 * of time. `*used` as above. What is computed later means nothing until a reset. */
void resampler_step(struct resampler *r, size_t out_frames, size_t *used);

#endif
