/* An output whose clock the test moves. It plays at most 32 channels. */
#ifndef TESTS_SUPPORT_FAKE_PLAY_H
#define TESTS_SUPPORT_FAKE_PLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "platform/clock.h"
#include "sound/play.h"

struct play_stream {
    struct format format;
};

#define BUFFER_FRAMES 64u

static struct {
    struct play play;
    unsigned opens, closes, refusals;
    bool gone;
    struct play_stream stream;
    play_pull_fn *pull;
    void *context;
    uint8_t sound[1 << 20]; /* all that was pulled, silence left out */
    size_t sound_bytes;
    size_t silent_frames;
    bool moves_itself; /* a period with each look whether it is alive */
} fake;

/* Pulls a period, at most 4096 frames. */
static void fake_period(size_t frames)
{
    static uint8_t pcm[FORMAT_FRAME_BYTES_MAX * 4096];
    uint32_t frame_bytes = format_frame_bytes(&fake.stream.format);

    fake.pull(fake.context, pcm, frames, 0);
    for (size_t i = 0; i < frames; i++) {
        const uint8_t *frame = pcm + i * frame_bytes;
        bool silent = true;

        for (uint32_t j = 0; j < frame_bytes; j++)
            silent = silent && frame[j] == 0;
        if (silent) {
            fake.silent_frames++;
        } else {
            memcpy(fake.sound + fake.sound_bytes, frame, frame_bytes);
            fake.sound_bytes += frame_bytes;
        }
    }
}

static struct play_stream *fake_open(struct play *play, const struct format *format,
                                     const char *title, play_pull_fn *pull, void *context,
                                     struct failure *failure)
{
    (void)play, (void)title;
    if (fake.gone || format->channels > 32) {
        fake.refusals++;
        failure_set(failure, EXIT_OUTPUT, "the fake refuses");
        return NULL;
    }
    fake.opens++;
    fake.stream.format = *format;
    fake.pull = pull;
    fake.context = context;
    fake_period(BUFFER_FRAMES);
    return &fake.stream;
}

static uint64_t fake_latency(struct play_stream *stream)
{
    (void)stream;
    return 7 * NS_PER_MS;
}

static void fake_close(struct play_stream *stream)
{
    (void)stream;
    fake.closes++;
    fake.pull = NULL;
}

static bool fake_alive(struct play *play, struct failure *failure)
{
    (void)play;
    if (fake.gone)
        failure_set(failure, EXIT_OUTPUT, "the fake has gone");
    if (fake.moves_itself && fake.pull)
        fake_period(BUFFER_FRAMES);
    return !fake.gone;
}

static const struct play_ops fake_ops = {
    .stream_open = fake_open,
    .stream_latency_ns = fake_latency,
    .stream_close = fake_close,
    .alive = fake_alive,
};

#endif
