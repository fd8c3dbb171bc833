#include "tests/simulation/world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/resampler.h"

#define EPOCH_S 1000.0 /* of the monotonic clock when the world begins */
#define RECORDS 8192u

/* Where in the count of the receiver a packet's frames are, and when they were captured. */
struct record {
    uint64_t position;
    double captured_s, frame_s;
};

struct world {
    const struct world_config *config;
    struct world_report *report;
    uint64_t random;

    /* sender */
    double clock_s, rate, walk; /* end of the last block; deviation */
    uint64_t captured, sent;
    double block_start_s, packet_start_s, last_block_s;
    double silent_at_s;

    /* network */
    double arrive_s; /* of the packet that comes next */
    double next_captured_s, next_frame_s;
    double blocked_s, stall_end_s;
    bool losing, again;
    uint32_t run; /* packets lost before the next that is heard */

    /* receiver */
    struct arrival arrival;
    struct target target;
    struct steer steer;
    struct resampler *resampler;
    uint64_t base, consumed, newest, first;
    struct record records[RECORDS];
    uint32_t record_at, record_end;

    /* output */
    double sound_s; /* when the next period sounds */

    /* measuring */
    double sum_s, sum_from_s, high, low, square;
    uint64_t sum_count, square_count;
    double total_s;
    uint64_t total_count;
    double excuse_until_s; /* running dry is no fault before */
};

static double uniform(struct world *world)
{
    world->random ^= world->random << 13;
    world->random ^= world->random >> 7;
    world->random ^= world->random << 17;
    return (double)(world->random >> 11) * 0x1p-53;
}

static double normal(struct world *world)
{
    double sum = -6;

    for (int i = 0; i < 12; i++)
        sum += uniform(world);
    return sum;
}

static double delay_s(struct world *world)
{
    const struct world_config *config = world->config;
    double delay;

    switch (config->network) {
    case NETWORK_TAIL:
        do
            delay = -log(1 - uniform(world)) * config->jitter_s / log(1e4);
        while (delay > 1.1 * config->jitter_s);
        return delay;
    case NETWORK_WIFI:
        return 0;
    default:
        return uniform(world) * config->jitter_s;
    }
}

static void capture_block(struct world *world)
{
    const struct world_config *config = world->config;
    double step = config->block_frames / (double)config->rate_hz;
    double t = world->clock_s, ramp = 0;

    world->walk += config->wander_ppm * 1e-6 * sqrt(step / 3600) * normal(world);
    if (t > config->ramp_at_s)
        ramp = config->step_ppm + config->ramp_ppm_s * fmin(t - config->ramp_at_s, config->ramp_s);
    world->rate = (config->sender_ppm + ramp) * 1e-6 + world->walk;
    if (config->silent_every_s > 0 && t > world->silent_at_s + config->silent_every_s) {
        world->silent_at_s = t + config->silent_s;
        world->clock_s += config->silent_s;
        world->captured = world->sent; /* what waited is dropped */
        world->packet_start_s = world->clock_s;
        world->report->pauses++;
        world->excuse_until_s = world->clock_s + 2;
    }
    world->block_start_s = world->clock_s;
    world->clock_s += step * (1 + world->rate);
    world->captured += config->block_frames;
}

/* The network lets nothing overtake. */
static void send_through(struct world *world, double delay)
{
    const struct world_config *config = world->config;
    double at = world->clock_s + 0.2e-3 + delay;

    if (config->network == NETWORK_WIFI)
        at = ceil(at / config->jitter_s) * config->jitter_s + 0.3e-3;
    if (config->stall_every_s > 0) {
        double begun = floor(at / config->stall_every_s) * config->stall_every_s;

        if (begun > 1 && at - begun < config->stall_s) {
            at = begun + config->stall_s;
            if (begun + config->stall_s > world->stall_end_s)
                world->report->stalls++;
            world->stall_end_s = begun + config->stall_s;
            if (world->stall_end_s + 1.5 > world->excuse_until_s)
                world->excuse_until_s = world->stall_end_s + 1.5;
        }
    }
    world->arrive_s = fmax(world->arrive_s + 5e-6, at);
}

static bool lost(struct world *world)
{
    const struct world_config *config = world->config;
    double leave, enter;

    if (config->loss <= 0 || world->clock_s < IMPAIRED_S)
        return false;
    leave = 1 / config->loss_run;
    enter = leave * config->loss / (1 - config->loss);
    world->losing = world->losing ? uniform(world) >= leave : uniform(world) < enter;
    if (world->losing && world->run < LOSS_RUN_MOST)
        world->run++;
    else
        world->losing = false;
    return world->losing;
}

/* The next packet that arrives. */
static void next_packet(struct world *world)
{
    const struct world_config *config = world->config;
    uint32_t packet = config->packet_frames;
    double frame_s = 1.0 / config->rate_hz;

    if (world->again) {
        world->again = false;
        world->arrive_s += 20e-6;
        return;
    }
    do {
        double before = world->clock_s;

        while (world->captured - world->sent < packet)
            capture_block(world);
        if (world->clock_s > before || world->last_block_s < world->clock_s) {
            world->blocked_s = delay_s(world);
            world->last_block_s = world->clock_s;
        }
        world->next_frame_s = frame_s * (1 + world->rate);
        world->next_captured_s =
            world->clock_s - (double)(world->captured - world->sent) * world->next_frame_s;
        world->report->hold_s =
            fmax(world->report->hold_s, world->clock_s - world->next_captured_s);
        world->sent += packet;
        send_through(world, world->blocked_s);
    } while (lost(world));
    if (config->doubled > 0 && world->clock_s > IMPAIRED_S && uniform(world) < config->doubled) {
        world->again = true;
        world->report->doubled_packets++;
    }
}

static uint64_t clock_ns(double seconds)
{
    return (uint64_t)((EPOCH_S + seconds) * 1e9);
}

static void tell(struct world *world, uint64_t now_ns)
{
    const struct drift *clock = &world->arrival.clock;
    struct steer_model model = {
        .origin_ns = clock->origin_ns,
        .first = world->first,
        .frames = (int64_t)clock->frames,
        .at_s = clock->at_s,
        .rate = clock->rate,
        .frame_s = clock->frame_s,
        .age_s = clock->age_s,
        .target_s = target_value_s(&world->target, arrival_spread_s(&world->arrival), now_ns),
        .most_s = target_most_s(&world->target),
        .not_before_ns = world->arrival.leapt_ns + 5000000,
    };

    steer_inform(&world->steer, &model);
}

static void receive(struct world *world)
{
    uint64_t now_ns = clock_ns(world->arrive_s);
    uint32_t packet = world->config->packet_frames;
    struct arrival_result result = arrival_push(&world->arrival, packet, now_ns);

    target_arrival(&world->target, &result, now_ns);
    if (result.event == ARRIVAL_BEGIN)
        world->first = result.position;
    else if (result.event == ARRIVAL_RESUME)
        world->first = 0;
    if (result.event != ARRIVAL_EXCESS) {
        struct record *record = &world->records[world->record_end++ % RECORDS];

        *record = (struct record){result.position, world->next_captured_s, world->next_frame_s};
        world->newest = result.position + packet;
    }
    world->report->lost_packets += world->run;
    world->run = 0;
    tell(world, now_ns);
}

/* When the frame at a position was captured; negative: it is concealed, or nothing of its kind. */
static double captured_s(struct world *world, double position)
{
    struct record *record;

    if (world->record_end - world->record_at > RECORDS)
        world->record_at = world->record_end - RECORDS;
    while (world->record_at + 1 < world->record_end &&
           (double)world->records[(world->record_at + 1) % RECORDS].position <= position)
        world->record_at++;
    record = &world->records[world->record_at % RECORDS];
    if (world->record_at >= world->record_end || position < (double)record->position ||
        position >= (double)(record->position + world->config->packet_frames))
        return -1;
    return record->captured_s + (position - (double)record->position) * record->frame_s;
}

static double position(const struct world *world)
{
    struct resampler_position at = resampler_position(world->resampler);

    return (double)world->base + (double)at.frame + at.fraction;
}

static void measure(struct world *world, double ratio)
{
    struct world_report *report = world->report;
    double t = world->sound_s, dt = world->config->period_frames / (double)world->config->rate_hz;
    double truth = (1 + world->config->output_ppm * 1e-6) / (1 + world->rate);
    double captured = captured_s(world, position(world));

    if (captured >= 0) {
        double latency = t - captured;

        world->sum_s += latency - world->steer.target_s;
        world->sum_count++;
        if (t > world->config->settled_s) {
            world->total_s += latency;
            world->total_count++;
            report->latency_most_s = fmax(report->latency_most_s, latency);
        }
    }
    /* The sender's own error is none of the ratio's: what is left is what it wanders. */
    world->low += (1 - exp(-dt * 2 * M_PI * 20)) * (ratio - truth - world->low);
    world->high += (1 - exp(-dt * 2 * M_PI * 0.1)) * (world->low - world->high);
    if (t > 60) {
        world->square += (world->low - world->high) * (world->low - world->high);
        world->square_count++;
    }
    if (t < 30)
        report->ratio_30s = ratio - truth;
    if (t < 300)
        report->ratio_300s = ratio - truth;
    report->ratio_end = ratio - truth;
}

static void end_second(struct world *world)
{
    struct world_report *report = world->report;
    double t = world->sound_s;

    if (t - world->sum_from_s < 1)
        return;
    if (world->sum_count > 0 && t > world->excuse_until_s) {
        double mean = fabs(world->sum_s / (double)world->sum_count - 0.2e-3);

        if (t > 1.5 && t < 3)
            report->late_1s_s = mean;
        if (t > world->config->settled_s)
            report->late_s = fmax(report->late_s, mean);
    }
    if (t > world->config->settled_s)
        report->target_most_s = fmax(report->target_most_s, world->steer.target_s);
    world->sum_from_s = t;
    world->sum_s = 0;
    world->sum_count = 0;
}

static void pull(struct world *world, double call_s)
{
    const struct world_config *config = world->config;
    uint32_t frames = config->period_frames;
    double noise = config->when_jitter_s * (2 * uniform(world) - 1);
    unsigned delay = resampler_delay_frames(world->resampler);
    struct steer_plan plan =
        steer_pull(&world->steer, frames, clock_ns(world->sound_s + noise), clock_ns(call_s),
                   position(world), world->consumed, world->newest, delay);
    size_t used;

    if (plan.begin) {
        resampler_reset(world->resampler);
        world->base = world->consumed = plan.position;
    }
    if (!plan.sounding)
        return;
    resampler_set_ratio(world->resampler, plan.ratio);
    frames -= plan.silence_frames;
    if (plan.silence_frames == 0)
        measure(world, plan.ratio);
    if (world->consumed + resampler_need(world->resampler, frames) >
        steer_end(&world->steer, world->newest)) {
        world->report->dry++;
        if (call_s > config->settled_s && call_s > world->excuse_until_s)
            world->report->dry_settled++;
        steer_ran_dry(&world->steer);
        return;
    }
    resampler_step(world->resampler, frames, &used);
    world->consumed += used;
}

struct world_report world_run(const struct world_config *config)
{
    struct world_report report = {0};
    struct world *world = calloc(1, sizeof *world);
    void *memory = malloc(resampler_bytes(1));
    struct target_limits limits = {.fixed_s = config->fixed_s};
    double period_s = config->period_frames / (double)config->rate_hz;
    double end_s = config->hours * 3600, call_s;

    *world = (struct world){.config = config, .report = &report, .sound_s = 0.1};
    world->random = 0x9e3779b97f4a7c15ull ^ ((uint64_t)config->seed << 20);
    for (int i = 0; i < 10; i++)
        uniform(world);
    world->sound_s += 0.02 * uniform(world);
    world->resampler = resampler_init(memory, 1);
    arrival_start(&world->arrival, config->rate_hz);
    target_start(&world->target, &limits);
    steer_start(&world->steer, STEER_RESAMPLE, config->rate_hz);
    next_packet(world);
    call_s = world->sound_s - config->ahead_s;
    while (world->sound_s < end_s) {
        if (world->arrive_s <= call_s) {
            receive(world);
            next_packet(world);
        } else {
            pull(world, call_s);
            end_second(world);
            world->sound_s += period_s * (1 + config->output_ppm * 1e-6);
            call_s = fmax(call_s, world->sound_s - config->ahead_s +
                                      config->call_jitter_s * uniform(world));
        }
    }
    report.latency_s = world->total_s / (double)(world->total_count ? world->total_count : 1);
    report.wander = sqrt(world->square / (double)(world->square_count ? world->square_count : 1));
    report.target_s = world->steer.target_s;
    report.counted = world->arrival.counters;
    report.missing_packets = report.counted.missing_frames / config->packet_frames;
    report.jumped = world->steer.jumped;
    report.reopened = world->arrival.clock.reopened;
    free(memory);
    free(world);
    return report;
}
