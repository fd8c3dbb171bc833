#include "stream/timeline.h"

#include <math.h>

#include "core/atomic.h"
#include "core/bytes.h"

#define RING_BYTES_MAX (1u << 31)
#define ALIGN 64u
#define MODEL_SLOT 128u
#define CONCEAL_S 40e-3
#define LEAP_NS 5000000ull
#define FILL_FRAMES 64u

_Static_assert(sizeof(struct steer_model) <= MODEL_SLOT, "a model fits its slot");

static uint32_t ring_bytes(const struct format *format, double most_s)
{
    /* Room for the latency, and as much again for what comes while nobody pulls. */
    double wanted =
        2 * (most_s + 0.1) * format_rate_hz(format->rate_code) * format_frame_bytes(format);
    uint32_t bytes = 1;

    if (!(wanted < RING_BYTES_MAX))
        return 0;
    while (bytes < wanted)
        bytes *= 2;
    return bytes;
}

static size_t resampler_room(const struct format *format)
{
    return (resampler_bytes(format->channels) + ALIGN - 1) / ALIGN * ALIGN;
}

size_t timeline_memory_bytes(const struct format *format, double most_s)
{
    uint32_t bytes = ring_bytes(format, most_s);

    return bytes == 0 ? 0 : resampler_room(format) + bytes;
}

bool timeline_start(struct timeline *timeline, const struct timeline_config *config, void *memory,
                    double most_s)
{
    uint32_t bytes = ring_bytes(&config->format, most_s);
    uint32_t rate_hz = format_rate_hz(config->format.rate_code);

    if (bytes == 0)
        return false;
    *timeline = (struct timeline){
        .config = *config,
        .frame_bytes = format_frame_bytes(&config->format),
    };
    timeline->resampler = resampler_init(memory, config->format.channels);
    if (timeline->resampler == NULL)
        timeline->config.mode = STEER_OFF;
    spsc_init(&timeline->ring, (uint8_t *)memory + resampler_room(&config->format), bytes);
    spsc_init(&timeline->models, timeline->models_memory, TIMELINE_MODELS_BYTES);
    arrival_start(&timeline->arrival, rate_hz);
    target_start(&timeline->target, &config->limits);
    steer_start(&timeline->steer, timeline->config.mode, rate_hz);
    return true;
}

/* ---- push */

static void write_frames(struct timeline *timeline, const uint8_t *pcm, uint32_t frames)
{
    uint32_t room = (timeline->ring.size - spsc_fill(&timeline->ring)) / timeline->frame_bytes;
    uint32_t taken = frames < room ? frames : room;

    spsc_write(&timeline->ring, pcm, taken * timeline->frame_bytes);
    timeline->written += taken;
    if (taken == frames)
        return;
    /* What follows belongs to a line of its own: the index has no place for what is left out. */
    timeline->stats.refused_frames += frames - taken;
    timeline->offset -= frames - taken;
    timeline->first = timeline->written;
}

static void conceal(struct timeline *timeline, uint32_t frames, uint32_t at)
{
    uint8_t pcm[FILL_FRAMES * FORMAT_FRAME_BYTES_MAX];

    timeline->stats.concealed_frames += frames;
    while (frames > 0) {
        uint32_t part = frames < FILL_FRAMES ? frames : FILL_FRAMES;

        if (timeline->config.fill != NULL)
            timeline->config.fill(timeline->config.fill_context, pcm, part, at);
        else
            bytes_zero(pcm, (size_t)part * timeline->frame_bytes);
        write_frames(timeline, pcm, part);
        frames -= part;
        at += part;
    }
}

static void write_real(struct timeline *timeline, const uint8_t *pcm, uint32_t frames)
{
    if (frames > 0 && timeline->config.join != NULL)
        pcm = timeline->config.join(timeline->config.fill_context, pcm, frames);
    write_frames(timeline, pcm, frames);
}

static void publish(struct timeline *timeline, uint64_t now_ns)
{
    const struct drift *clock = &timeline->arrival.clock;
    uint8_t slot[MODEL_SLOT] = {0};
    struct steer_model model = {
        .origin_ns = clock->origin_ns,
        .first = timeline->first,
        .frames = (int64_t)clock->frames + timeline->offset,
        .at_s = clock->at_s,
        .rate = clock->rate,
        .frame_s = clock->frame_s,
        .age_s = clock->age_s,
        .target_s = target_value_s(&timeline->target, arrival_spread_s(&timeline->arrival), now_ns),
        .most_s = target_most_s(&timeline->target),
        .not_before_ns = timeline->arrival.leapt_ns + LEAP_NS,
    };

    if (timeline->models.size - spsc_fill(&timeline->models) < MODEL_SLOT)
        return;
    bytes_copy(slot, (const uint8_t *)&model, sizeof model);
    spsc_write(&timeline->models, slot, MODEL_SLOT);
}

/* A fade out is an underrun unless the sender itself had paused. */
static void judge_dry(struct timeline *timeline, enum arrival_event event)
{
    uint32_t dry = atomic_get_acquire(&timeline->dry_count);

    if (event == ARRIVAL_BEGIN) {
        timeline->dry_open = dry != timeline->dry_seen;
    } else if (event == ARRIVAL_RESUME) {
        timeline->stats.underruns += timeline->dry_open;
        timeline->dry_open = false;
    } else {
        timeline->stats.underruns += dry - timeline->dry_seen;
    }
    timeline->dry_seen = dry;
}

void timeline_push(struct timeline *timeline, const uint8_t *pcm, uint32_t frames, uint64_t now_ns)
{
    struct arrival_result result = arrival_push(&timeline->arrival, frames, now_ns);
    uint32_t gone;

    judge_dry(timeline, result.event);
    target_arrival(&timeline->target, &result, now_ns);
    if (result.event == ARRIVAL_BEGIN) {
        timeline->stats.concealed_frames -= timeline->ahead_frames;
        timeline->offset += timeline->ahead_frames;
        timeline->ahead_frames = 0;
        timeline->first = timeline->written;
    } else if (result.event == ARRIVAL_RESUME) {
        timeline->first = 0;
    }
    if (result.event != ARRIVAL_EXCESS) {
        uint32_t hole = result.missing_frames;

        gone = hole < timeline->ahead_frames ? hole : timeline->ahead_frames;
        timeline->ahead_frames -= gone;
        conceal(timeline, hole - gone, gone);
        gone = frames < timeline->ahead_frames ? frames : timeline->ahead_frames;
        timeline->ahead_frames -= gone;
        timeline->stats.late_frames += gone;
        write_real(timeline, pcm + (size_t)gone * timeline->frame_bytes, frames - gone);
    }
    publish(timeline, now_ns);
}

/* Frames that may still be made for what has not come. None after a fade out: it would begin anew,
 * with what nobody sent. */
static double most_more(const struct timeline *timeline)
{
    const struct drift *clock = &timeline->arrival.clock;

    if (!clock->anchored || atomic_get_acquire(&timeline->target_us) == 0 ||
        atomic_get_acquire(&timeline->dry_count) != timeline->dry_seen)
        return 0;
    return CONCEAL_S / clock->frame_s - timeline->ahead_frames;
}

/* From a frame's own time until it is pulled. */
static double pulled_s(const struct timeline *timeline)
{
    return (atomic_get_acquire(&timeline->target_us) * 1e-6) -
           (atomic_get_acquire(&timeline->lead_us) * 1e-6);
}

void timeline_tick(struct timeline *timeline, uint64_t until_ns)
{
    const struct drift *clock = &timeline->arrival.clock;
    double most = most_more(timeline), missing;

    if (most < 1)
        return;
    missing = drift_frames(clock, (double)(int64_t)(until_ns - clock->origin_ns) * 1e-9 -
                                      pulled_s(timeline)) -
              (double)(timeline->arrival.frames + timeline->ahead_frames);
    missing = fmin(missing, most);
    if (missing < 1)
        return;
    conceal(timeline, (uint32_t)missing, timeline->ahead_frames);
    timeline->ahead_frames += (uint32_t)missing;
}

uint64_t timeline_missing_ns(const struct timeline *timeline)
{
    const struct drift *clock = &timeline->arrival.clock;

    if (most_more(timeline) < 1)
        return UINT64_MAX;
    return clock->origin_ns +
           (uint64_t)(int64_t)((drift_time_s(clock, (double)(timeline->arrival.frames +
                                                             timeline->ahead_frames)) +
                                pulled_s(timeline)) *
                               1e9);
}

void timeline_stats(struct timeline *timeline, struct timeline_stats *stats)
{
    *stats = timeline->stats;
    stats->concealed_frames -= timeline->ahead_frames;
    stats->arrival = timeline->arrival.counters;
    stats->jumps = atomic_get_acquire(&timeline->jump_count);
    stats->target_s = atomic_get_acquire(&timeline->target_us) * 1e-6;
    stats->error_s = (int32_t)atomic_get_acquire(&timeline->error_us) * 1e-6;
    stats->drift_ppm = -timeline->arrival.clock.rate * 1e6;
    stats->jitter_p50_s = jitter_quantile(&timeline->arrival.jitter, 0.5);
    stats->jitter_p99_s = jitter_quantile(&timeline->arrival.jitter, 0.99);
    stats->jitter_most_s = arrival_spread_s(&timeline->arrival);
}

uint32_t timeline_fill_frames(const struct timeline *timeline)
{
    return spsc_fill(&timeline->ring) / timeline->frame_bytes;
}
