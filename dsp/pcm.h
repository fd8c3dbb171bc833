/* Conversion between sample formats. */
#ifndef DSP_PCM_H
#define DSP_PCM_H

#include <stddef.h>
#include <stdint.h>

/* Turns `samples` little-endian 32-bit float samples, full scale 1.0, into signed little-endian
 * 32-bit integers, rounded to nearest, halves to even; `to` may be `from`. What is over full scale
 * is clipped, no number becomes 0: returns how many those were. 1.0 itself, which becomes the
 * largest integer, is not one. */
size_t pcm_from_float(uint8_t *to, const uint8_t *from, size_t samples);

/* Widens `samples` signed little-endian samples of `sample_bytes`, 2, 3 or 4, to full scale 1.0:
 * the smallest integer becomes -1.0. Exact, but for 32 bits to float, which is rounded to nearest.
 * Real-time safe. */
void pcm_read_float(float *restrict to, const uint8_t *restrict from, uint32_t sample_bytes,
                    size_t samples);
void pcm_read_double(double *restrict to, const uint8_t *restrict from, uint32_t sample_bytes,
                     size_t samples);

/* A source of noise that repeats: any `next` to begin with is a seed. Two streams that are to
 * differ begin apart by more than they have samples; the noise repeats after 2^32 samples. */
struct pcm_dither {
    uint32_t next;
};

/* The way back: rounds to nearest, halves to even, to `sample_bytes`, 2, 3 or 4. With `dither`,
 * noise is added before, of triangular density between -1 and 1 of the last bit, which leaves no
 * distortion (Lipshitz, Wannamaker, Vanderkooy, "Quantization and Dither", JAES 40-5, 1992); NULL:
 * none, and what was read from as many bytes or fewer comes back whole, 32 bits through double.
 *
 * What is over full scale is clipped, no number becomes 0: returns how many those were. 1.0 itself,
 * which becomes the largest integer, is not one. Real-time safe. */
size_t pcm_write_float(uint8_t *restrict to, const float *restrict from, uint32_t sample_bytes,
                       size_t samples, struct pcm_dither *dither);
size_t pcm_write_double(uint8_t *restrict to, const double *restrict from, uint32_t sample_bytes,
                        size_t samples, struct pcm_dither *dither);

#endif
