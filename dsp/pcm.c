#include "dsp/pcm.h"

#include <math.h>
#include <string.h>

#include "core/bytes.h"

_Static_assert(sizeof(float) == 4, "a float sample is a float");

size_t pcm_from_float(uint8_t *to, const uint8_t *from, size_t samples)
{
    size_t clipped = 0;

    for (size_t i = 0; i < samples; i++) {
        uint32_t word = bytes_get_u32(from + 4 * i);
        int32_t value;
        float sample;

        memcpy(&sample, &word, sizeof sample);
        clipped += !(sample >= -1.0f && sample <= 1.0f);
        if (sample >= 1.0f)
            value = INT32_MAX;
        else if (sample <= -1.0f)
            value = INT32_MIN;
        else if (sample == sample)
            value = (int32_t)lrint((double)sample * 0x1p31);
        else
            value = 0;
        bytes_put_u32(to + 4 * i, (uint32_t)value);
    }
    return clipped;
}
