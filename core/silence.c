#include "core/silence.h"

#include "core/bytes.h"

#define SILENT_BELOW_16BIT 5

void silence_start(struct silence_gate *gate, const struct format *format,
                   uint32_t threshold_samples)
{
    gate->format = *format;
    gate->threshold_samples = threshold_samples;
    gate->silent_samples = 0;
}

static bool frame_passes(struct silence_gate *gate, const uint8_t *frame)
{
    uint32_t sample_bytes = format_sample_bytes(&gate->format);
    int32_t limit = SILENT_BELOW_16BIT << (gate->format.bits - 16);

    for (uint32_t channel = 0; channel < gate->format.channels; channel++) {
        int32_t sample = bytes_get_sample(frame + channel * sample_bytes, sample_bytes);
        if (sample <= -limit || sample >= limit)
            gate->silent_samples = 0;
        else if (gate->silent_samples < UINT32_MAX)
            gate->silent_samples++;
    }
    return gate->silent_samples <= gate->threshold_samples;
}

size_t silence_scan(struct silence_gate *gate, const uint8_t *pcm, size_t frames, bool *pass)
{
    uint32_t frame_bytes = format_frame_bytes(&gate->format);
    size_t count;

    *pass = true;
    if (gate->threshold_samples == 0 || frames == 0)
        return frames;
    *pass = frame_passes(gate, pcm);
    for (count = 1; count < frames; count++) {
        uint32_t run = gate->silent_samples;

        if (frame_passes(gate, pcm + count * frame_bytes) != *pass) {
            gate->silent_samples = run;
            break;
        }
    }
    return count;
}
