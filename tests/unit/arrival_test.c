#include "stream/arrival.h"

#include <math.h>

#include "stream/target.h"
#include "tests/support/check.h"

#define MS 1000000ull

static struct arrival arrival;

/* A packet of 5 ms every 5 ms. */
static struct arrival_result push(uint64_t at_ms)
{
    return arrival_push(&arrival, 240, 1000 * MS + at_ms * MS);
}

static void settle(void)
{
    struct arrival_result result;

    arrival_start(&arrival, 48000);
    result = push(0);
    CHECK(result.event == ARRIVAL_BEGIN && result.position == 0, "%d", result.event);
    for (uint64_t i = 1; i < 400; i++) {
        result = push(5 * i);
        CHECK(result.event == ARRIVAL_PLAIN && result.position == 240 * i, "%d", result.event);
        CHECK(result.late_s > 4.9e-3 && result.late_s < 5.2e-3, "%g", result.late_s);
    }
    CHECK(arrival_quiet(&arrival), "quiet");
}

static void test_events(void)
{
    struct arrival_result result;

    settle();
    result = push(5 * 402); /* 400 and 401 are lost */
    CHECK(result.event == ARRIVAL_HOLE && result.missing_frames == 480 &&
              result.position == 240 * 402,
          "%d %u", result.event, result.missing_frames);
    CHECK(arrival.counters.holes == 1 && arrival.counters.missing_frames == 480, "counted");

    settle();
    push(5 * 400);
    result = push(5 * 400); /* twice */
    CHECK(result.event == ARRIVAL_EXCESS && arrival.counters.excess_packets == 1, "%d",
          result.event);
    result = push(5 * 401);
    CHECK(result.event == ARRIVAL_PLAIN && result.position == 240 * 401, "%d", result.event);

    settle();
    result = push(5 * 400 + 20); /* late by 4 packets, which come with it */
    CHECK(result.event == ARRIVAL_HOLE && result.missing_frames == 4 * 240, "%d", result.event);
    for (unsigned i = 0; i < 4; i++)
        CHECK(push(5 * 400 + 20).event == ARRIVAL_EXCESS, "%u", i);
    CHECK(arrival.counters.late_packets == 4 && arrival.counters.missing_frames == 0 &&
              arrival.counters.holes == 0 && arrival.counters.excess_packets == 0,
          "late ones are taken back");
}

static void test_pause(void)
{
    struct arrival_result result;
    uint64_t line;

    settle();
    result = push(5 * 400 + 3000);
    CHECK(result.event == ARRIVAL_BEGIN && result.position == 240 * 400, "%d", result.event);
    for (uint64_t i = 401; i < 600; i++)
        result = push(5 * i + 3000);
    CHECK(arrival.counters.pauses == 1 && arrival.counters.stalls == 0 &&
              arrival.counters.missing_frames == 0,
          "a pause");
    CHECK(fabs(result.late_s - 5e-3) < 0.2e-3, "%g", result.late_s);

    settle();
    line = arrival.clock.frames;
    result = push(5 * 400 + 800); /* the network held all of it */
    CHECK(result.event == ARRIVAL_BEGIN, "%d", result.event);
    for (uint64_t i = 401; i <= 560 && result.event != ARRIVAL_RESUME; i++)
        result = push(5 * 400 + 800);
    CHECK(result.event == ARRIVAL_RESUME && arrival.counters.stalls == 1 &&
              arrival.counters.pauses == 0,
          "a stall: %d", result.event);
    CHECK(arrival.clock.frames == line, "the line of before");
}

static void test_jitter(void)
{
    static struct jitter jitter;
    struct peak peak;

    CHECK(jitter_quantile(&jitter, 0.5) <= 0, "empty");
    for (unsigned i = 1; i <= 1000; i++)
        jitter_add(&jitter, i * 1e-5);
    CHECK(fabs(jitter_quantile(&jitter, 0.5) / 5e-3 - 1) < 0.1, "%g",
          jitter_quantile(&jitter, 0.5));
    CHECK(fabs(jitter_quantile(&jitter, 0.99) / 9.9e-3 - 1) < 0.1, "%g",
          jitter_quantile(&jitter, 0.99));
    jitter_add(&jitter, 1e9);
    jitter_add(&jitter, -1);
    for (unsigned i = 0; i < 1000000; i++)
        jitter_add(&jitter, 1e-3);
    CHECK(jitter.total < 2 * JITTER_MEMORY && jitter_quantile(&jitter, 0.999) < 1.2e-3, "forgets");

    peak_start(&peak, 10);
    CHECK(peak_value(&peak) <= 0, "none");
    peak_add(&peak, 5, 100);
    for (uint64_t t = 100; t < 250; t += 5)
        peak_add(&peak, 1, t);
    CHECK(peak_value(&peak) >= 5, "%g", peak_value(&peak));
    peak_add(&peak, 1, 261);
    CHECK(peak_value(&peak) <= 1, "%g", peak_value(&peak));
    peak_add(&peak, 0.5, 100000);
    CHECK(peak_value(&peak) <= 0.5, "%g", peak_value(&peak));
}

static void test_target(void)
{
    struct target_limits automatic = {0}, fixed = {.fixed_s = 0.05}, bound = {.most_s = 0.02};
    struct arrival_result result = {.late_s = 5e-3};
    struct target target;
    double value;

    target_start(&target, &fixed);
    target_arrival(&target, &result, 0);
    CHECK(fabs(target_value_s(&target, 1e-3, 0) - 0.05) < 1e-12, "fixed");

    target_start(&target, &automatic);
    target_arrival(&target, &result, 0);
    value = target_value_s(&target, 1e-3, 0);
    CHECK(value > 15e-3 && value < 16e-3, "with headroom: %g", value);
    result.late_s = 0.1;
    target_arrival(&target, &result, 1000);
    CHECK(target_value_s(&target, 1e-3, 1000) > 0.1, "attack");
    result.late_s = 0.8; /* no target may be so large: a stall, up to its end */
    target_arrival(&target, &result, 2000);
    result.late_s = 0.4;
    target_arrival(&target, &result, 2000);
    CHECK(target_value_s(&target, 1e-3, 2000) < 0.12, "a stall does not count");
    result.late_s = 5e-3;
    for (uint64_t t = 1; t < 3600; t++) {
        double now = target_value_s(&target, 1e-3, t * 1000 * MS);

        target_arrival(&target, &result, t * 1000 * MS);
        CHECK(t < 2 || now >= value - 501e-6, "slow decay: %g to %g", value, now);
        value = now;
    }
    CHECK(value < 6e-3, "%g", value);

    target_start(&target, &bound);
    result.late_s = 19e-3;
    target_arrival(&target, &result, 0);
    CHECK(fabs(target_value_s(&target, 1e-3, 0) - 0.02) < 1e-12, "bounded");
}

int main(void)
{
    test_events();
    test_pause();
    test_jitter();
    test_target();
    return check_summary();
}
