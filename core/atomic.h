/* Loads, stores and the barrier for memory that two sides share; without stdatomic.h, which a
 * kernel driver cannot rely on. All are lock-free at these sizes on every target. */
#ifndef CORE_ATOMIC_H
#define CORE_ATOMIC_H

#include <stdint.h>

/* Whatever the other side stored before its release of this value is seen after this. */
static inline uint32_t atomic_get_acquire(const uint32_t *at)
{
    return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

/* One's own variable, which the other side only reads. */
static inline uint32_t atomic_get_own(const uint32_t *at)
{
    return __atomic_load_n(at, __ATOMIC_RELAXED);
}

static inline void atomic_put_release(uint32_t *at, uint32_t value)
{
    __atomic_store_n(at, value, __ATOMIC_RELEASE);
}

/* Puts `new` where `old` is, if it is, and says whether it was. */
static inline _Bool atomic_swap(uint32_t *at, uint32_t old, uint32_t new)
{
    return __atomic_compare_exchange_n(at, &old, new, 0, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE);
}

/* Orders every load and store before it against every one after it. On x86 sfence goes with it:
 * memory that is mapped write-combined has an order of its own. */
static inline void atomic_barrier(void)
{
#if defined(__i386__) || defined(__x86_64__)
    __asm__ volatile("sfence" ::: "memory");
#endif
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#endif
