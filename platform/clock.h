/* The monotonic clock, and the other one. */
#ifndef PLATFORM_CLOCK_H
#define PLATFORM_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_S 1000000000ull
#define NS_PER_MS 1000000ull

uint64_t clock_now_ns(void);

/* Time that passed; 0 for what is yet to come: a packet may have arrived before what was done since
 * it was read. */
static inline uint64_t clock_elapsed_ns(uint64_t from_ns, uint64_t to_ns)
{
    return to_ns > from_ns ? to_ns - from_ns : 0;
}

/* The real-time clock, in which the kernel stamps what arrives; it may be set at any time. */
uint64_t clock_real_ns(void);

/* Sleeps until the monotonic clock says `deadline_ns`. False when a stop was asked for first. */
bool clock_sleep_until_ns(uint64_t deadline_ns);

#endif
