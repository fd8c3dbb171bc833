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

#endif
