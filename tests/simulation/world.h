/* Two clocks and a network in virtual time: a sender, an output that pulls, and between them the
 * timing of a playout without its samples. Seeded: the same configuration gives the same report on
 * every machine with IEEE doubles. */
#ifndef TESTS_SIMULATION_WORLD_H
#define TESTS_SIMULATION_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "stream/arrival.h"
#include "stream/steer.h"
#include "stream/target.h"

#define IMPAIRED_S 10.0
#define LOSS_RUN_MOST 24u /* packets; more is a pause, which is no loss */

enum network {
    NETWORK_UNIFORM, /* each block late by 0 to `jitter_s` */
    NETWORK_TAIL,    /* exponentially, so that p99.99 is `jitter_s`, and never over 1.1 of it */
    NETWORK_WIFI,    /* let through every `jitter_s` only */
};

struct world_config {
    uint32_t seed, rate_hz;
    double hours;

    /* The sender: its clock, its block and its packet, and when it is silent. */
    double sender_ppm, wander_ppm; /* the latter after an hour of random walk, rms */
    double ramp_ppm_s, ramp_at_s, ramp_s, step_ppm;
    uint32_t block_frames, packet_frames;
    double silent_every_s, silent_s; /* it stops that often, for so long; 0: never */

    enum network network;
    double jitter_s, stall_every_s, stall_s;
    /* From IMPAIRED_S on: */
    double loss, loss_run; /* Gilbert-Elliott: share of the packets; mean length of a run */
    double doubled;        /* share of the packets that come twice */

    /* The output. */
    double output_ppm, call_jitter_s, when_jitter_s;
    double ahead_s; /* it pulls so long before the sound: its own buffer */
    uint32_t period_frames;

    double fixed_s;   /* target; 0: automatic */
    double settled_s; /* the report's extremes begin here */
};

struct world_report {
    double late_1s_s; /* worst |latency - target| of the second around 1 s */
    double late_s;    /* worst |latency - target|, means over a second, after settled_s */
    double latency_s; /* mean from capture to sound, after settled_s */
    double latency_most_s;
    double ratio_30s, ratio_300s, ratio_end; /* error of the applied ratio */
    double wander;                           /* of it, 0.1 to 20 Hz, rms, from 60 s on */
    double target_s, target_most_s;          /* at the end; largest after settled_s */
    double hold_s;                           /* longest from capture to sending */
    uint32_t dry, dry_settled, jumped;       /* all; outside stalls and pauses after settled_s */
    uint64_t lost_packets, doubled_packets, stalls,
        pauses; /* as they were injected; lost: between heard ones */
    struct arrival_counters counted;
    uint64_t missing_packets; /* counted */
    uint32_t reopened;
};

struct world_report world_run(const struct world_config *config);

#endif
