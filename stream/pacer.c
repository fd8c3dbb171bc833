#include "stream/pacer.h"

#define NS_PER_S 1000000000ull

void pacer_start(struct pacer *pacer, uint32_t rate_hz)
{
    *pacer = (struct pacer){.rate_hz = rate_hz};
}

/* Whole seconds apart from the rest: n * 10^9 itself would overflow after 28 hours at 192 kHz. */
static uint64_t due_ns(const struct pacer *pacer)
{
    uint64_t seconds = pacer->frames / pacer->rate_hz;
    uint64_t rest = pacer->frames % pacer->rate_hz;

    return pacer->anchor_ns + seconds * NS_PER_S + rest * NS_PER_S / pacer->rate_hz;
}

uint64_t pacer_next_ns(struct pacer *pacer, uint64_t now_ns, uint32_t frames)
{
    bool late = pacer->anchored && now_ns > due_ns(pacer) + PACER_LATE_NS;
    uint64_t due;

    if (late)
        pacer->reanchors++;
    if (late || !pacer->anchored) {
        pacer->anchored = true;
        pacer->anchor_ns = now_ns;
        pacer->frames = 0;
    }
    due = due_ns(pacer);
    pacer->frames += frames;
    return due;
}
