#include <math.h>

#include "core/atomic.h"
#include "core/bytes.h"
#include "dsp/pcm.h"
#include "stream/timeline.h"

#define FADE_S 5e-3
#define MODEL_SLOT 128u

static uint32_t fade_frames(const struct timeline *timeline)
{
    return (uint32_t)(FADE_S / timeline->steer.output.frame_s) + 1;
}

static void take_models(struct timeline *timeline)
{
    struct steer_model model;
    uint8_t slot[MODEL_SLOT];

    while (spsc_fill(&timeline->models) >= MODEL_SLOT) {
        spsc_read(&timeline->models, slot, MODEL_SLOT);
        bytes_copy((uint8_t *)&model, slot, sizeof model);
        steer_inform(&timeline->steer, &model);
    }
}

static void skip_to(struct timeline *timeline, uint64_t index)
{
    spsc_consume(&timeline->ring, (uint32_t)(index - timeline->consumed) * timeline->frame_bytes);
    timeline->consumed = index;
}

static void say(struct timeline *timeline)
{
    const struct steer *steer = &timeline->steer;

    atomic_put_release(&timeline->lead_us, (uint32_t)(fmax(0, steer_lead_s(steer)) * 1e6));
    atomic_put_release(&timeline->target_us, (uint32_t)(steer->target_s * 1e6));
    atomic_put_release(&timeline->error_us, (uint32_t)(int32_t)(steer->error_s * 1e6));
    atomic_put_release(&timeline->dry_count, steer->dry);
    atomic_put_release(&timeline->jump_count, steer->jumped);
}

/* What was last heard goes to nothing over a fade: silence never begins with a step. */
static void tail(struct timeline *timeline, double *out, size_t frames)
{
    uint32_t channels = timeline->config.format.channels, length = fade_frames(timeline);

    for (size_t i = 0; i < frames; i++) {
        double gain = 0;

        if (timeline->tail_at < length)
            gain = 1 - (double)++timeline->tail_at / length;
        for (uint32_t c = 0; c < channels; c++)
            out[i * channels + c] = gain * timeline->last[c];
    }
}

/* Frames that sound, as many as the ring has input for. */
static size_t sound(struct timeline *timeline, double *out, size_t frames)
{
    uint32_t channels = timeline->config.format.channels, length = fade_frames(timeline);
    size_t done = 0;

    while (done < frames) {
        size_t part = frames - done, need, given, used;
        const uint8_t *span;
        uint64_t end =
            steer_end(&timeline->steer, timeline->consumed + timeline_fill_frames(timeline));
        size_t there = end > timeline->consumed ? (size_t)(end - timeline->consumed) : 0;

        if (part > TIMELINE_PIECE_FRAMES - 64)
            part = TIMELINE_PIECE_FRAMES - 64;
        need = resampler_need(timeline->resampler, part);
        if (need > TIMELINE_PIECE_FRAMES)
            need = TIMELINE_PIECE_FRAMES;
        if (need > there)
            need = there;
        /* The ring's size is a power of two, a frame's need not be: a frame may go round the end.
         */
        if (need > 0 && spsc_peek(&timeline->ring, &span) >= need * timeline->frame_bytes) {
            pcm_read_double(timeline->piece, span, timeline->frame_bytes / channels,
                            need * channels);
        } else {
            uint8_t frame[RESAMPLER_CHANNELS_MAX * 4];

            need = need > 0;
            if (need > 0) {
                uint32_t first = spsc_peek(&timeline->ring, &span);
                uint32_t wanted = timeline->frame_bytes;

                if (first >= wanted) {
                    need = first / wanted;
                    pcm_read_double(timeline->piece, span, wanted / channels, need * channels);
                } else {
                    /* Looked at, not taken: what the resampler leaves stays in the ring. */
                    const uint8_t *start = timeline->ring.memory;

                    bytes_copy(frame, span, first);
                    bytes_copy(frame + first, start, wanted - first);
                    pcm_read_double(timeline->piece, frame, wanted / channels, channels);
                }
            }
        }
        given = resampler_process(timeline->resampler, timeline->piece, need, &used,
                                  out + done * channels, part);
        skip_to(timeline, timeline->consumed + used);
        done += given;
        if (given == 0 && used == 0)
            break;
    }
    for (size_t i = 0; i < done && timeline->fade_at < length; i++) {
        double gain = (double)++timeline->fade_at / length;

        for (uint32_t c = 0; c < channels; c++)
            out[i * channels + c] *= gain;
    }
    if (done > 0) {
        for (uint32_t c = 0; c < channels; c++)
            timeline->last[c] = out[(done - 1) * channels + c];
        timeline->tail_at = 0;
    }
    return done;
}

static struct steer_plan plan(struct timeline *timeline, size_t frames, uint64_t when_ns,
                              uint64_t now_ns, double next, uint32_t delay_frames)
{
    struct steer_plan plan;

    take_models(timeline);
    plan = steer_pull(&timeline->steer, (uint32_t)frames, when_ns, now_ns, next, timeline->consumed,
                      timeline->consumed + timeline_fill_frames(timeline), delay_frames);
    if (plan.begin || !plan.sounding)
        skip_to(timeline, plan.position);
    return plan;
}

void timeline_pull(struct timeline *timeline, double *out, size_t frames, uint64_t when_ns,
                   uint64_t now_ns)
{
    uint32_t channels = timeline->config.format.channels;
    struct resampler_position at = resampler_position(timeline->resampler);
    struct steer_plan steps = plan(timeline, frames, when_ns, now_ns,
                                   (double)timeline->base + (double)at.frame + at.fraction,
                                   resampler_delay_frames(timeline->resampler));
    size_t done = steps.silence_frames;

    tail(timeline, out, done);
    if (steps.begin) {
        resampler_reset(timeline->resampler);
        timeline->base = steps.position;
        timeline->fade_at = 0;
    }
    if (steps.sounding) {
        resampler_set_ratio(timeline->resampler, steps.ratio);
        done += sound(timeline, out + done * channels, frames - done);
        if (done < frames) {
            steer_ran_dry(&timeline->steer);
            tail(timeline, out + done * channels, frames - done);
        }
    }
    say(timeline);
}

void timeline_pull_exact(struct timeline *timeline, uint8_t *pcm, size_t frames, uint64_t when_ns,
                         uint64_t now_ns)
{
    struct steer_plan steps =
        plan(timeline, frames, when_ns, now_ns, (double)timeline->consumed, 0);
    size_t bytes = frames * timeline->frame_bytes;
    size_t done = (size_t)steps.silence_frames * timeline->frame_bytes;

    bytes_zero(pcm, done);
    if (steps.sounding) {
        uint64_t end =
            steer_end(&timeline->steer, timeline->consumed + timeline_fill_frames(timeline));
        size_t there = end > timeline->consumed
                           ? (size_t)(end - timeline->consumed) * timeline->frame_bytes
                           : 0;
        size_t part = bytes - done < there ? bytes - done : there;

        spsc_read(&timeline->ring, pcm + done, (uint32_t)part);
        timeline->consumed += part / timeline->frame_bytes;
        done += part;
        if (done < bytes)
            steer_ran_dry(&timeline->steer);
    }
    bytes_zero(pcm + done, bytes - done);
    say(timeline);
}
