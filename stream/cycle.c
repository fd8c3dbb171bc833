#include "stream/cycle.h"

#include <math.h>

#define EPOCH_NS 30000000000ull
#define PACKETS_LEAST 32u
#define FIT_S 0.7e-3 /* a delay that is farther off is none of the cycle's */
#define NONE 1e9

void cycle_lose_place(struct cycle *cycle)
{
    cycle->now = cycle->packets = 0;
    for (uint32_t i = 0; i < cycle->count; i++) {
        cycle->least[0][i] = cycle->least[1][i] = NONE;
        cycle->waits[i] = 0;
    }
}

void cycle_start(struct cycle *cycle, uint32_t rate_hz)
{
    *cycle = (struct cycle){.frame_s = 1.0 / rate_hz, .rate_hz = rate_hz, .count = 1};
    cycle_lose_place(cycle);
}

bool cycle_set_packet(struct cycle *cycle, uint32_t frames)
{
    if (frames == cycle->packet_frames)
        return false;
    cycle->packet_frames = frames;
    cycle->block_frames = 0;
    cycle->count = 1;
    cycle_lose_place(cycle);
    return true;
}

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b > 0) {
        uint32_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

/* The block that real senders have nearest to a measured one: some tens of milliseconds or a power
 * of two; 0: none near enough. */
static uint32_t block_near(uint32_t rate_hz, double frames, double tolerance)
{
    for (uint32_t ms = 10; ms <= 40; ms += 10)
        if (fabs(frames - rate_hz * ms / 1000.0) <= tolerance)
            return rate_hz * ms / 1000;
    for (uint32_t block = 64; block <= 4096; block *= 2)
        if (fabs(frames - block) <= tolerance)
            return block;
    return 0;
}

bool cycle_set_block(struct cycle *cycle, double frames, uint32_t groups)
{
    uint32_t packet = cycle->packet_frames;
    uint32_t block = block_near(cycle->rate_hz, frames, (double)packet / groups + 0.5);
    uint32_t count = block ? block / common_divisor(block, packet) : 0;

    if (count == 0 || count > CYCLE_MOST || count == cycle->count)
        return false;
    cycle->block_frames = block;
    cycle->count = count;
    cycle_lose_place(cycle);
    return true;
}

static double seen_s(const struct cycle *cycle, uint32_t place)
{
    return fmin(cycle->least[0][place], cycle->least[1][place]);
}

/* How many frames of its block are left over when the packet at a place goes out, if `shift` common
 * divisors were when the cycle began. */
static uint32_t left_over(const struct cycle *cycle, uint32_t place, uint32_t shift)
{
    uint32_t block = cycle->block_frames, step = block / cycle->count;

    return (block - ((place + 1) * cycle->packet_frames + shift * step) % block) % block;
}

/* Finds where in its block the cycle begins: where the delays that were seen agree best. */
static void fit_waits(struct cycle *cycle)
{
    double best = NONE;
    uint32_t best_shift = 0;

    if (cycle->count < 2)
        return;
    for (uint32_t shift = 0; shift < cycle->count; shift++) {
        double sum = 0;

        for (uint32_t i = 0; i < cycle->count; i++) {
            double off = seen_s(cycle, i) - left_over(cycle, i, shift) * cycle->frame_s;

            sum += off * off;
        }
        if (sum < best) {
            best = sum;
            best_shift = shift;
        }
    }
    for (uint32_t i = 0; i < cycle->count; i++) {
        uint32_t wait = left_over(cycle, i, best_shift);
        bool fits = fabs(seen_s(cycle, i) - wait * cycle->frame_s) < FIT_S;

        cycle->waits[i] = fits ? (int32_t)wait : -1;
    }
}

void cycle_learn(struct cycle *cycle, double late_s, uint64_t now_ns)
{
    double *least = &cycle->least[0][cycle->now];
    bool over = now_ns - cycle->epoch_ns >= EPOCH_NS;

    if ((over && cycle_settled(cycle)) || cycle->packets == 8 * cycle->count)
        fit_waits(cycle);
    if (over) {
        cycle->epoch_ns = now_ns;
        for (uint32_t i = 0; i < cycle->count; i++) {
            cycle->least[1][i] = cycle->least[0][i];
            cycle->least[0][i] = NONE;
        }
    }
    if (late_s < *least)
        *least = late_s;
    cycle->packets += cycle->packets < UINT32_MAX;
}

void cycle_pass(struct cycle *cycle, uint32_t packets)
{
    cycle->now = (cycle->now + packets) % cycle->count;
}

bool cycle_known(const struct cycle *cycle)
{
    return cycle->packets >= PACKETS_LEAST && cycle->packets >= 4 * cycle->count;
}

bool cycle_settled(const struct cycle *cycle)
{
    return cycle->packets >= 2 * PACKETS_LEAST && cycle->packets >= 8 * cycle->count;
}

double cycle_delay_s(const struct cycle *cycle, int32_t ahead)
{
    int32_t count = (int32_t)cycle->count;
    uint32_t place = (uint32_t)(((int32_t)cycle->now + ahead % count + count) % count);
    double delay = seen_s(cycle, place);

    return cycle_known(cycle) && delay < NONE ? delay : 0;
}

bool cycle_wait_frames(const struct cycle *cycle, uint32_t *frames)
{
    *frames = cycle->waits[cycle->now] > 0 ? (uint32_t)cycle->waits[cycle->now] : 0;
    return cycle->waits[cycle->now] >= 0;
}
