/* How much latency a stream needs so that it never runs dry: learned, attack at once, slow decay.
 */
#ifndef STREAM_TARGET_H
#define STREAM_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "stream/arrival.h"

#define TARGET_MOST_S 0.5 /* the automatic one */

struct target_limits {
    double fixed_s; /* the whole latency, from earliest arrival to loudspeaker; 0: automatic */
    double most_s;  /* a bound for the automatic one; 0: TARGET_MOST_S */
    double early_s; /* added to the automatic one: what timeline_tick() looks ahead */
};

struct target {
    struct target_limits limits;
    struct peak late;         /* of arrivals after their frames' own time */
    uint64_t begun_ns, at_ns; /* when it began; when `value_s` was computed */
    bool begun, stalled;
    double value_s;
};

void target_start(struct target *target, const struct target_limits *limits);

/* A packet arrived, `result` says how. What is so late that no target may cover it does not count.
 */
void target_arrival(struct target *target, const struct arrival_result *result, uint64_t now_ns);

/* The latency to hold now; the automatic one without the output's own lead, which steer.h adds.
 * `jitter_s`: the largest jitter of late. */
double target_value_s(struct target *target, double jitter_s, uint64_t now_ns);

/* What the automatic one may be with the lead; 0: fixed, which has the lead in it. */
double target_most_s(const struct target *target);

#endif
