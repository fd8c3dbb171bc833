#include <math.h>
#include <stdlib.h>

#include "core/chanmap.h"
#include "platform/log.h"
#include "sound/capture.h"

#define TURN 6.283185307179586

/* The sweep is logarithmic, an octave always takes as long. The slowest rate of the wire, 44100 Hz,
 * has room for its end. */
#define SWEEP_FROM_HZ 20.0
#define SWEEP_TO_HZ 20000.0
#define SWEEP_S 10u

/* Channel k says k beeps, then a pause. */
#define BEEP_MS 150u
#define BEEP_GAP_MS 150u
#define CHANNEL_PAUSE_MS 700u
#define BEEP_RAMP_S 0.005
#define LFE_HZ 60.0

struct tone_capture {
    struct capture base;
    enum tone_signal signal;
    double amplitude;
    double frequency_hz;
    uint32_t rate_hz;
    uint64_t frame; /* the next one */
    double turns;   /* of the sine, 0 to 1 */
    uint8_t positions[255];
    uint32_t channel;       /* of TONE_CHANNELS: whose turn it is */
    uint64_t channel_frame; /* since it began */
};

static uint64_t frames_of_ms(const struct tone_capture *tone, uint64_t ms)
{
    return ms * tone->rate_hz / 1000;
}

static uint64_t channel_ms(uint32_t channel)
{
    return (channel + 1) * (BEEP_MS + BEEP_GAP_MS) + CHANNEL_PAUSE_MS;
}

/* The phase is summed up and wrapped, since a product with the frame's number loses precision. */
static double oscillate(struct tone_capture *tone, double frequency_hz)
{
    double sample = sin(TURN * tone->turns);

    tone->turns += frequency_hz / tone->rate_hz;
    tone->turns -= floor(tone->turns);
    return sample * tone->amplitude;
}

static double sweep(struct tone_capture *tone)
{
    double part = (double)tone->frame / (double)tone->base.total_frames;

    return oscillate(tone, SWEEP_FROM_HZ * pow(SWEEP_TO_HZ / SWEEP_FROM_HZ, part));
}

/* Starts and ends softly: a click would be heard in every loudspeaker's range. */
static double ramp(double at_s, double length_s)
{
    double edge_s = fmin(at_s, length_s - at_s);

    return edge_s < BEEP_RAMP_S ? edge_s / BEEP_RAMP_S : 1;
}

static double beep(struct tone_capture *tone)
{
    uint64_t period = frames_of_ms(tone, BEEP_MS + BEEP_GAP_MS);
    uint64_t into = tone->channel_frame % period;
    uint64_t length = frames_of_ms(tone, BEEP_MS);
    double hz = tone->frequency_hz;

    if (tone->channel_frame / period > tone->channel || into >= length)
        return 0;
    if (into == 0)
        tone->turns = 0;
    if (tone->positions[tone->channel] == SPEAKER_LFE)
        hz = fmin(hz, LFE_HZ);
    return oscillate(tone, hz) * ramp((double)into / tone->rate_hz, (double)length / tone->rate_hz);
}

/* Writes a sample, full scale 1.0, rounded to nearest. */
static void put_sample(uint8_t *to, double sample, uint32_t bits)
{
    double largest = (double)((INT64_C(1) << (bits - 1)) - 1);
    uint32_t value = (uint32_t)(int32_t)lrint(sample * largest);

    for (uint32_t byte = 0; byte < bits / 8; byte++)
        to[byte] = (uint8_t)(value >> 8 * byte);
}

/* Moves on to the next channel when it is time, and says which one sounds. */
static void take_turns(struct tone_capture *tone)
{
    if (tone->channel_frame == frames_of_ms(tone, channel_ms(tone->channel))) {
        tone->channel = (tone->channel + 1) % tone->base.format.channels;
        tone->channel_frame = 0;
    }
    if (tone->channel_frame == 0)
        log_line(LOG_NOTICE, "channel %u of %u: %s", tone->channel + 1, tone->base.format.channels,
                 chanmap_name(tone->positions[tone->channel]));
}

static void put_frame(struct tone_capture *tone, uint8_t *pcm)
{
    const struct format *format = &tone->base.format;
    uint32_t sample_bytes = format_sample_bytes(format);
    bool alone = tone->signal == TONE_CHANNELS;
    double sample;

    if (alone) {
        take_turns(tone);
        sample = beep(tone);
        tone->channel_frame++;
    } else {
        sample = tone->signal == TONE_SWEEP ? sweep(tone) : oscillate(tone, tone->frequency_hz);
    }
    for (uint32_t channel = 0; channel < format->channels; channel++)
        put_sample(pcm + channel * sample_bytes, alone && channel != tone->channel ? 0 : sample,
                   format->bits);
}

static size_t tone_read(struct capture *capture, uint8_t *pcm, size_t frames,
                        struct failure *failure)
{
    struct tone_capture *tone = (struct tone_capture *)capture;
    uint32_t frame_bytes = format_frame_bytes(&capture->format);
    size_t done;

    (void)failure;
    for (done = 0; done < frames && tone->frame < capture->total_frames; done++) {
        put_frame(tone, pcm + done * frame_bytes);
        tone->frame++;
    }
    return done;
}

static void tone_close(struct capture *capture)
{
    free(capture);
}

static const struct capture_ops tone_ops = {.read = tone_read, .close = tone_close};

static uint64_t default_frames(const struct tone_capture *tone)
{
    uint64_t ms = 0;

    switch (tone->signal) {
    case TONE_SINE:
        return CAPTURE_FRAMES_UNKNOWN;
    case TONE_SWEEP:
        return (uint64_t)SWEEP_S * tone->rate_hz;
    case TONE_CHANNELS:
        for (uint32_t channel = 0; channel < tone->base.format.channels; channel++)
            ms += channel_ms(channel);
    }
    return frames_of_ms(tone, ms);
}

struct capture *tone_capture_open(const struct tone_config *config, struct failure *failure)
{
    uint32_t rate_hz = format_rate_hz(config->format.rate_code);
    struct tone_capture *tone;

    if (config->signal != TONE_SWEEP && config->frequency_hz >= rate_hz / 2.0) {
        failure_set(failure, EXIT_USAGE,
                    "the frequency must be below half the sampling rate: %.10g Hz", rate_hz / 2.0);
        return NULL;
    }
    tone = calloc(1, sizeof *tone);
    if (tone == NULL) {
        failure_set(failure, EXIT_BROKEN, "out of memory");
        return NULL;
    }
    *tone = (struct tone_capture){
        .base = {.ops = &tone_ops, .format = config->format, .total_frames = config->frames},
        .signal = config->signal,
        .amplitude = pow(10, config->level_dbfs / 20),
        .frequency_hz = config->frequency_hz,
        .rate_hz = rate_hz,
    };
    chanmap_positions(config->format.mask, config->format.channels, tone->positions);
    if (config->frames == CAPTURE_FRAMES_UNKNOWN)
        tone->base.total_frames = default_frames(tone);
    return &tone->base;
}
