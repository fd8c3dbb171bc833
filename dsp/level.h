/* Level meters. */
#ifndef DSP_LEVEL_H
#define DSP_LEVEL_H

#include <stddef.h>
#include <stdint.h>

#include "core/format.h"

#define LEVEL_CHANNELS 8u /* channels beyond are not measured */

struct level {
    float peak[LEVEL_CHANNELS]; /* largest absolute value so far, 1 = full scale */
};

/* Takes whole frames of PCM into the peaks. Real-time safe. */
void level_measure(struct level *level, const struct format *format, const uint8_t *pcm,
                   size_t frames);

/* 20 log10 of a peak, in dB of full scale; -200 for nothing. */
float level_dbfs(float peak);

#endif
