#include "dsp/level.h"

#include <math.h>

#include "core/bytes.h"

#define SILENCE_DBFS (-200.0f)

void level_measure(struct level *level, const struct format *format, const uint8_t *pcm,
                   size_t frames)
{
    uint32_t channels = format->channels < LEVEL_CHANNELS ? format->channels : LEVEL_CHANNELS;
    uint32_t sample_bytes = format_sample_bytes(format);
    uint32_t frame_bytes = format_frame_bytes(format);
    float scale = ldexpf(1.0f, 1 - format->bits);

    for (size_t frame = 0; frame < frames; frame++) {
        for (uint32_t channel = 0; channel < channels; channel++) {
            const uint8_t *at = pcm + frame * frame_bytes + channel * sample_bytes;
            float value = fabsf((float)bytes_get_sample(at, sample_bytes)) * scale;

            if (value > level->peak[channel])
                level->peak[channel] = value;
        }
    }
}

float level_dbfs(float peak)
{
    return peak > 0.0f ? 20.0f * log10f(peak) : SILENCE_DBFS;
}
