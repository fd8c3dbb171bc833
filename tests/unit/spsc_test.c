#include <string.h>

#include "core/spsc.h"
#include "tests/support/check.h"

#if defined(__unix__)
#include <pthread.h>
#include <sched.h>
#endif

static void takes_powers_of_two(void)
{
    static const struct {
        uint32_t bytes;
        bool good;
    } cases[] = {{0, false}, {1, true},   {2, true},  {3, false},         {6, false},
                 {8, true},  {12, false}, {64, true}, {UINT32_MAX, false}};
    static uint8_t memory[64];
    struct spsc ring;

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(spsc_init(&ring, memory, cases[i].bytes) == cases[i].good, "%u", cases[i].bytes);
}

/* Every fill of a small ring at every place in it, the counters' wrap at 2^32 included. */
static void keeps_order(void)
{
    uint8_t memory[8], in[10], out[10];
    unsigned wrong = 0;

    for (uint32_t start = UINT32_MAX - 20; start != 20; start++) {
        for (uint32_t count = 0; count <= 10; count++) {
            uint32_t fits = count < 8 ? count : 8;
            struct spsc ring;
            const uint8_t *span;

            spsc_init(&ring, memory, 8);
            ring.written = ring.read = start;
            for (unsigned i = 0; i < sizeof in; i++)
                in[i] = (uint8_t)(start + i + 1);
            wrong += spsc_write(&ring, in, count) != fits;
            wrong += spsc_fill(&ring) != fits;
            wrong += spsc_peek(&ring, &span) != (fits < 8 - start % 8 ? fits : 8 - start % 8);
            wrong += fits > 0 && *span != in[0];
            memset(out, 0, sizeof out);
            wrong += spsc_read(&ring, out, 10) != fits;
            wrong += memcmp(in, out, fits) != 0;
            wrong += spsc_fill(&ring) != 0 || spsc_read(&ring, out, 1) != 0;
        }
    }
    CHECK(wrong == 0, "%u differences", wrong);
}

static void works_in_place(void)
{
    uint8_t memory[8], *span, out[8];
    const uint8_t *waiting;
    struct spsc ring;

    spsc_init(&ring, memory, 8);
    CHECK(spsc_reserve(&ring, &span) == 8 && span == memory, "all free");
    memcpy(span, "abcdef", 6);
    spsc_commit(&ring, 6);
    CHECK(spsc_read(&ring, out, 4) == 4 && memcmp(out, "abcd", 4) == 0, "in place");
    CHECK(spsc_reserve(&ring, &span) == 2 && span == memory + 6, "up to the end");
    spsc_commit(&ring, 2);
    CHECK(spsc_reserve(&ring, &span) == 4 && span == memory, "the rest");
    spsc_commit(&ring, 4);
    CHECK(spsc_reserve(&ring, &span) == 0, "full");
    CHECK(spsc_peek(&ring, &waiting) == 4 && waiting == memory + 4, "to the end");
    spsc_consume(&ring, 7);
    CHECK(spsc_peek(&ring, &waiting) == 1 && waiting == memory + 3, "passed over the end");
}

#if defined(__unix__)
#define ALL_BYTES 4000000u

static void *write_all(void *context)
{
    struct spsc *ring = context;
    uint8_t block[97];
    uint32_t done = 0;

    while (done < ALL_BYTES) {
        uint32_t count = ALL_BYTES - done < sizeof block ? ALL_BYTES - done : sizeof block;

        for (uint32_t i = 0; i < count; i++)
            block[i] = (uint8_t)((done + i) * 2654435761u >> 24);
        count = spsc_write(ring, block, count);
        if (count == 0)
            sched_yield();
        done += count;
    }
    return NULL;
}

static void passes_between_threads(void)
{
    static uint8_t memory[256];
    uint32_t done = 0, wrong = 0;
    struct spsc ring;
    pthread_t thread;

    spsc_init(&ring, memory, sizeof memory);
    if (pthread_create(&thread, NULL, write_all, &ring) != 0) {
        CHECK_SKIP("two threads: the system gives no second one");
        return;
    }
    while (done < ALL_BYTES) {
        uint8_t block[61];
        uint32_t count = spsc_read(&ring, block, sizeof block);

        for (uint32_t i = 0; i < count; i++)
            wrong += block[i] != (uint8_t)((done + i) * 2654435761u >> 24);
        if (count == 0)
            sched_yield();
        done += count;
    }
    pthread_join(thread, NULL);
    CHECK(wrong == 0, "%u bytes differ", wrong);
    CHECK(spsc_fill(&ring) == 0, "something is left");
}
#else
static void passes_between_threads(void)
{
    CHECK_SKIP("two threads: no pthread here");
}
#endif

int main(void)
{
    takes_powers_of_two();
    keeps_order();
    works_in_place();
    passes_between_threads();
    return check_summary();
}
