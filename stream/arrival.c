#include "stream/arrival.h"

#include <math.h>

#define GROUP_NS 1000000ull
#define LEARN_GROUPS 64u
#define SPREAD_BIN_NS 10000000000ull
#define RESUME_NS 500000000ull
#define OWED_NS 2000000000ull
/* Groups over which the least lateness decides on a hole. */
#define SPAN_QUIET 8u
#define SPAN_NOISY 24u

#define NONE 1e9

static void span_open(struct arrival *arrival)
{
    arrival->span.groups = arrival->span.count = 0;
    arrival->span.least_s = NONE;
    arrival->span.most_s = 0;
    arrival->span.before = arrival->clock;
}

/* Whatever was learned of late is forgotten. */
static void span_reset(struct arrival *arrival)
{
    span_open(arrival);
    arrival->last_span = arrival->span;
}

/* A whole span went by without a hole: what the one before it taught is true. */
static void span_end(struct arrival *arrival, uint64_t now_ns)
{
    const struct arrival_span *last = &arrival->last_span;

    for (uint32_t i = 0; i < last->count; i++)
        jitter_add(&arrival->jitter, last->late_s[i]);
    if (last->count > 0)
        peak_add(&arrival->spread, last->most_s, now_ns);
    arrival->last_span = arrival->span;
    span_open(arrival);
}

static void span_add(struct arrival *arrival, double late_s)
{
    struct arrival_span *span = &arrival->span;

    if (span->count < ARRIVAL_SPAN)
        span->late_s[span->count++] = late_s;
    span->most_s = fmax(span->most_s, late_s);
}

/* Another cycle: what was held for jitter was none. */
static void spread_reset(struct arrival *arrival)
{
    peak_start(&arrival->spread, SPREAD_BIN_NS);
    span_reset(arrival);
}

void arrival_start(struct arrival *arrival, uint32_t rate_hz)
{
    *arrival = (struct arrival){.rate_hz = rate_hz, .pause_ns = ARRIVAL_PAUSE_NS};
    drift_start(&arrival->clock, DRIFT_EARLIEST, rate_hz);
    cycle_start(&arrival->cycle, rate_hz);
    spread_reset(arrival);
}

static double packet_s(const struct arrival *arrival)
{
    return arrival->cycle.packet_frames * arrival->clock.frame_s;
}

static bool noisy(const struct arrival *arrival)
{
    return arrival_spread_s(arrival) >= packet_s(arrival) / 2;
}

double arrival_spread_s(const struct arrival *arrival)
{
    return fmax(peak_value(&arrival->spread),
                fmax(arrival->span.most_s, arrival->last_span.most_s));
}

/* The spread is learned only after the cycle's delays. */
bool arrival_quiet(const struct arrival *arrival)
{
    return cycle_settled(&arrival->cycle) && !noisy(arrival);
}

static void learn_begin(struct arrival *arrival)
{
    arrival->learn_groups = arrival->groups;
    arrival->learn_frames = arrival->frames;
}

static void learn_block(struct arrival *arrival)
{
    double mean = (double)(arrival->frames - arrival->learn_frames) / LEARN_GROUPS;

    learn_begin(arrival);
    if (cycle_set_block(&arrival->cycle, mean, LEARN_GROUPS))
        spread_reset(arrival);
}

/* Frames that did not come are taken into the count. */
static void declare_hole(struct arrival *arrival, uint32_t packets, uint64_t now_ns,
                         struct arrival_result *result)
{
    result->event = ARRIVAL_HOLE;
    result->missing_frames = packets * arrival->cycle.packet_frames;
    arrival->frames += result->missing_frames;
    cycle_pass(&arrival->cycle, packets);
    arrival->counters.holes++;
    arrival->counters.missing_frames += result->missing_frames;
    arrival->hole_ns = now_ns;
    arrival->owed = packets;
    arrival->clock = arrival->last_span.before;
    drift_forget_window(&arrival->clock);
    span_reset(arrival);
    /* With a lost group the blocks would seem longer. */
    learn_begin(arrival);
}

/* How many packets are missing before one that is so late, if that explains it; else 0. */
static uint32_t missing_packets(const struct arrival *arrival, double late_s)
{
    double length = packet_s(arrival), half = length / 2;
    int32_t most = (int32_t)((late_s + half) / length) + (int32_t)arrival->cycle.count;

    for (int32_t k = 1; k <= most; k++)
        if (fabs(late_s - k * length - cycle_delay_s(&arrival->cycle, k)) < half)
            return (uint32_t)k;
    return 0;
}

/* One that is a packet too early was counted twice, or its place had been given up. */
static bool is_excess(const struct arrival *arrival, double late_s)
{
    return late_s - cycle_delay_s(&arrival->cycle, 0) < -packet_s(arrival) / 2 &&
           fabs(late_s + packet_s(arrival) - cycle_delay_s(&arrival->cycle, -1)) <
               packet_s(arrival) / 2;
}

/* A hole was declared of late, whose packets may yet come. */
static bool owes(const struct arrival *arrival, uint64_t now_ns)
{
    return arrival->owed > 0 && now_ns - arrival->hole_ns < OWED_NS;
}

static void leave_out(struct arrival *arrival, uint64_t now_ns, struct arrival_result *result)
{
    result->event = ARRIVAL_EXCESS;
    result->position = arrival->frames;
    if (owes(arrival, now_ns)) {
        arrival->owed--;
        arrival->counters.late_packets++;
        arrival->counters.missing_frames -= arrival->cycle.packet_frames;
        if (arrival->owed == 0) {
            arrival->counters.holes--;
            peak_add(&arrival->spread, packet_s(arrival), now_ns);
        }
    } else {
        arrival->counters.excess_packets++;
    }
}

/* Silence came before this packet. */
static void begin(struct arrival *arrival, uint64_t now_ns, struct arrival_result *result)
{
    result->event = ARRIVAL_BEGIN;
    arrival->resuming = arrival->heard;
    arrival->resumed_ns = now_ns;
    arrival->gap_ns = now_ns - arrival->last_ns;
    arrival->before = arrival->clock;
    arrival->owed = 0;
    arrival->counters.pauses += arrival->heard;
    if (arrival->heard)
        drift_restart(&arrival->clock);
    cycle_lose_place(&arrival->cycle);
    span_reset(arrival);
    learn_begin(arrival);
}

/* What was missed comes after all when the count catches up with the line of before. */
static void look_back(struct arrival *arrival, uint64_t end, uint64_t now_ns,
                      struct arrival_result *result)
{
    double late_s = drift_late_s(&arrival->before, end, now_ns);

    if (late_s < fmax(packet_s(arrival) / 2, arrival_spread_s(arrival))) {
        arrival->clock = arrival->before;
        drift_forget_window(&arrival->clock);
        arrival->counters.pauses--;
        arrival->counters.stalls++;
        if (arrival->gap_ns <= ARRIVAL_PAUSE_MOST_NS * 2 / 3 &&
            arrival->gap_ns * 3 / 2 > arrival->pause_ns)
            arrival->pause_ns = arrival->gap_ns * 3 / 2;
        arrival->resuming = false;
        result->event = ARRIVAL_RESUME;
        arrival->leapt_ns = now_ns;
        cycle_lose_place(&arrival->cycle);
        span_reset(arrival);
    } else if (now_ns - arrival->resumed_ns > RESUME_NS) {
        arrival->resuming = false;
    }
}

/* The group before this packet is over: its last packet was the least late of it. */
static void end_group(struct arrival *arrival, uint64_t now_ns, struct arrival_result *result)
{
    bool wary = noisy(arrival);
    double length = packet_s(arrival), limit = length * (wary ? 0.75 : 0.5);

    arrival->groups++;
    if (arrival->groups - arrival->learn_groups >= LEARN_GROUPS)
        learn_block(arrival);
    if (arrival->resuming)
        return;
    arrival->span.least_s = fmin(arrival->span.least_s, arrival->group_late_s);
    if (++arrival->span.groups < (wary ? SPAN_NOISY : SPAN_QUIET))
        return;
    if (arrival->span.least_s > limit)
        declare_hole(arrival, (uint32_t)(arrival->span.least_s / length + 0.5), now_ns, result);
    else
        span_end(arrival, now_ns);
}

struct arrival_result arrival_push(struct arrival *arrival, uint32_t frames, uint64_t now_ns)
{
    struct arrival_result result = {.event = ARRIVAL_PLAIN};
    uint32_t wait;
    uint64_t end;
    double late_s;

    if (now_ns < arrival->last_ns)
        now_ns = arrival->last_ns;
    arrival->counters.packets++;
    arrival->counters.frames += frames;
    if (!arrival->heard || now_ns - arrival->last_ns >= arrival->pause_ns)
        begin(arrival, now_ns, &result);
    else if (now_ns - arrival->last_ns >= GROUP_NS)
        end_group(arrival, now_ns, &result);
    if (cycle_set_packet(&arrival->cycle, frames))
        spread_reset(arrival);
    arrival->heard = true;
    arrival->last_ns = now_ns;

    if (arrival->clock.started && !arrival->resuming &&
        (arrival_quiet(arrival) || owes(arrival, now_ns))) {
        late_s = drift_late_s(&arrival->clock, arrival->frames + frames, now_ns);
        if (is_excess(arrival, late_s)) {
            leave_out(arrival, now_ns, &result);
            return result;
        }
        if (arrival_quiet(arrival) &&
            late_s - cycle_delay_s(&arrival->cycle, 0) > packet_s(arrival) / 2 &&
            missing_packets(arrival, late_s) > 0)
            declare_hole(arrival, missing_packets(arrival, late_s), now_ns, &result);
    }
    result.position = arrival->frames;
    end = arrival->frames + frames;
    if (!arrival->clock.anchored && arrival->clock.started &&
        drift_late_s(&arrival->clock, end, now_ns) < -packet_s(arrival) / 2)
        arrival->leapt_ns = now_ns;
    if (cycle_wait_frames(&arrival->cycle, &wait))
        drift_observe(&arrival->clock, end + wait, now_ns);
    if (arrival->resuming && result.event == ARRIVAL_PLAIN)
        look_back(arrival, end, now_ns, &result);
    late_s = drift_late_s(&arrival->clock, end, now_ns);
    result.late_s = late_s + packet_s(arrival);
    /* Without the cycle's delays, which would be those of another place once the count is wrong. */
    arrival->group_late_s = late_s;
    if (!arrival->resuming) {
        if (cycle_known(&arrival->cycle))
            span_add(arrival, late_s - cycle_delay_s(&arrival->cycle, 0));
        cycle_learn(&arrival->cycle, late_s, now_ns);
    }
    cycle_pass(&arrival->cycle, 1);
    arrival->frames = end;
    return result;
}
