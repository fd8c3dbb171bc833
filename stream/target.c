#include "stream/target.h"

#include <math.h>

/* 15 to 16 of them remember a delay that comes once in some minutes. */
#define BIN_NS 120000000000ull

#define MARGIN_S 0.25e-3
#define MARGIN_SHARE 0.1 /* ... and of the jitter: what is larger than all that was seen yet */

/* What was not yet seen may come: a headroom that halves with time. */
#define HEADROOM_S 10e-3
#define HEADROOM_HALF_S 240.0

#define DECAY 500e-6 /* seconds a second */

void target_start(struct target *target, const struct target_limits *limits)
{
    *target = (struct target){.limits = *limits};
    peak_start(&target->late, BIN_NS);
}

double target_most_s(const struct target *target)
{
    if (target->limits.fixed_s > 0)
        return 0;
    return target->limits.most_s > 0 ? target->limits.most_s : TARGET_MOST_S;
}

void target_arrival(struct target *target, const struct arrival_result *result, uint64_t now_ns)
{
    if (!target->begun) {
        target->begun = true;
        target->begun_ns = now_ns;
    }
    if (result->event == ARRIVAL_EXCESS)
        return;
    if (target->limits.fixed_s > 0)
        return;
    if (result->late_s > target_most_s(target))
        target->stalled = true;
    else if (target->stalled && result->late_s <= fmax(target->value_s, MARGIN_S))
        target->stalled = false;
    if (!target->stalled)
        peak_add(&target->late, result->late_s, now_ns);
}

double target_value_s(struct target *target, double jitter_s, uint64_t now_ns)
{
    double age_s, wanted;

    if (target->limits.fixed_s > 0)
        return target->value_s = target->limits.fixed_s;
    age_s = target->begun ? (double)(now_ns - target->begun_ns) * 1e-9 : 0;
    wanted = peak_value(&target->late) + MARGIN_S + target->limits.early_s +
             MARGIN_SHARE * jitter_s + HEADROOM_S * exp2(-age_s / HEADROOM_HALF_S);
    wanted = fmin(wanted, target_most_s(target));
    if (wanted < target->value_s)
        wanted = fmax(wanted, target->value_s - DECAY * (double)(now_ns - target->at_ns) * 1e-9);
    target->at_ns = now_ns;
    return target->value_s = wanted;
}
