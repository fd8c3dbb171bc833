/* From a stream's loudspeakers to an output's: a gain from every channel to every other. */
#ifndef DSP_MATRIX_H
#define DSP_MATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/chanmap.h"

#define MATRIX_CHANNELS_MAX 18u /* of input and output: one for each position there is */

/* What matrix_parse() takes: 24 dB. */
#define MATRIX_GAIN_MAX 16

#define MATRIX_ROW 20u /* MATRIX_CHANNELS_MAX, rounded up to whole vectors */

struct matrix {
    uint8_t inputs, outputs;
    bool identity; /* every sample stays what it is: a bit-exact path can leave the matrix out */
    float gains[MATRIX_CHANNELS_MAX][MATRIX_ROW]; /* [input][output]; 0 beyond `outputs` */
};

/* Makes the matrix from the positions of `inputs` channels to those of `outputs` channels, both as
 * chanmap_positions() gives them. False, and nothing made, unless both are 1 to
 * MATRIX_CHANNELS_MAX.
 *
 * - A channel whose loudspeaker is there goes to it, at 1. Nothing is invented for loudspeakers
 *   that the input lacks: stereo leaves the rest of a surround output silent.
 * - A channel whose loudspeaker is not there goes to the next best, with the gains of ITU-R
 *   BS.775-3, Annex 4, Table 2: -3 dB (0.7071) where a channel joins others or is spread over two
 *   loudspeakers, -6 dB for both. BS.775 knows five channels; the same steps serve those it does
 *   not know: side and back stand in for each other (at 1, or at -3 dB where the input has both),
 *   centre back goes to both backs, top loudspeakers to those below them.
 * - Low-frequency effects are dropped when the output has no such loudspeaker, as in BS.775.
 * - Mono goes to front left and right at 1, as loud as the same in both channels of a stereo
 *   stream; to the centre only where there is no such pair.
 * - Channels without a position go to the output's channels without a position, in turn, and are
 *   dropped beyond. Where input or output has no position at all, channel n goes to channel n.
 *
 * Where the gains into some loudspeaker add up to more than 1, all gains of the matrix are divided
 * by the largest such sum: the balance stays, and nothing within full scale can clip. (5.1 to
 * stereo becomes 7.7 dB softer. Who wants it louder gives gains of his own.) */
bool matrix_make(struct matrix *matrix, const uint8_t *from, size_t inputs, const uint8_t *to,
                 size_t outputs);

/* Reads gains of one's own for so many channels: a row for each output, rows parted by ';', within
 * a row a number for each input, parted by ','; blanks may stand around a number. Numbers are
 * decimal, as -0.7071, and at most MATRIX_GAIN_MAX in size. They are taken as they are, without
 * any division. False, and nothing made, when the text is anything else. */
bool matrix_parse(struct matrix *matrix, const char *text, size_t inputs, size_t outputs);

/* Frames of `inputs` samples to frames of `outputs` samples, interleaved; the two do not overlap.
 * Does not clip. Real-time safe. */
void matrix_apply(const struct matrix *matrix, float *restrict to, const float *restrict from,
                  size_t frames);
void matrix_apply_double(const struct matrix *matrix, double *restrict to,
                         const double *restrict from, size_t frames);

#endif
