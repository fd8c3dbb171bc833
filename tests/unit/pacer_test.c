#include "stream/pacer.h"

#include <inttypes.h>

#include "core/format.h"
#include "tests/support/check.h"

#define NS_PER_S 1000000000ull

/* Packets of every size for an hour and more: each is due when its frame's number says so, by a sum
 * that is done another way. */
static void test_exact(uint32_t rate_hz, uint32_t packet_frames)
{
    const uint64_t start_ns = 123456789;
    uint64_t remainder = 0, due_ns = start_ns, frame = 0, wrong = 0;
    struct pacer pacer;

    pacer_start(&pacer, rate_hz);
    while (frame < 3601ull * rate_hz) {
        uint64_t said_ns = pacer_next_ns(&pacer, due_ns, packet_frames);

        wrong += said_ns != due_ns;
        frame += packet_frames;
        remainder += packet_frames * NS_PER_S;
        due_ns += remainder / rate_hz;
        remainder %= rate_hz;
    }
    CHECK(wrong == 0, "%" PRIu32 " Hz, packets of %" PRIu32, rate_hz, packet_frames);
    CHECK(pacer.reanchors == 0, "%" PRIu32 " Hz", rate_hz);
}

static void test_century(uint32_t rate_hz)
{
    const uint64_t century_s = 100ull * 366 * 24 * 3600;
    struct pacer pacer;

    pacer_start(&pacer, rate_hz);
    pacer_next_ns(&pacer, 1, 1);
    pacer.frames = century_s * rate_hz + rate_hz / 2; /* where it would have come to */
    CHECK(pacer_next_ns(&pacer, 1, 1) ==
              1 + century_s * NS_PER_S + rate_hz / 2 * NS_PER_S / rate_hz,
          "%" PRIu32 " Hz", rate_hz);
}

static void test_late(void)
{
    static const struct {
        const char *what;
        uint64_t late_ns;
        bool reanchors;
    } cases[] = {
        {"in time", 0, false},
        {"a little late", NS_PER_S / 1000, false},
        {"as late as may be", PACER_LATE_NS, false},
        {"too late", PACER_LATE_NS + 1, true},
        {"asleep for a day", 86400 * NS_PER_S, true},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint64_t second_ns = 7 + 480 * NS_PER_S / 48000;
        uint64_t now_ns = second_ns + cases[i].late_ns;
        struct pacer pacer;
        uint64_t due_ns;

        pacer_start(&pacer, 48000);
        CHECK(pacer_next_ns(&pacer, 7, 480) == 7, "%s", cases[i].what);
        due_ns = pacer_next_ns(&pacer, now_ns, 480);
        CHECK(due_ns == (cases[i].reanchors ? now_ns : second_ns), "%s", cases[i].what);
        CHECK(pacer.reanchors == cases[i].reanchors, "%s", cases[i].what);
        CHECK(pacer_next_ns(&pacer, now_ns, 480) == due_ns + 10000000, "%s", cases[i].what);
    }
}

int main(void)
{
    static const uint32_t usual_hz[] = {44100, 48000, 88200, 96000, 176400, 192000};

    for (size_t i = 0; i < sizeof usual_hz / sizeof *usual_hz; i++)
        test_exact(usual_hz[i], 288);
    for (uint32_t code = 0; code < 256; code++) {
        uint32_t rate_hz = format_rate_hz((uint8_t)code);

        if (rate_hz == 0)
            continue;
        test_exact(rate_hz, 99991); /* a prime */
        test_century(rate_hz);
    }
    test_exact(44100, 7);
    test_late();
    return check_summary();
}
