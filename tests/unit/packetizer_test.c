#include <string.h>

#include "core/packetizer.h"
#include "tests/support/check.h"

static uint8_t byte_at(size_t n)
{
    return (uint8_t)(n * 7 + n / 251);
}

/* Feeds `total` bytes in blocks of `block`; what comes out must be the same bytes, cut whole. */
static void cuts(uint8_t bits, uint8_t channels, size_t total, size_t block)
{
    struct format format = {1, bits, channels, 0x3f}, said;
    struct packetizer packetizer;
    uint32_t payload = wire_payload_bytes(&format), length;
    size_t fed = 0, out = 0, wrong = 0;
    uint8_t pcm[4096];

    packetizer_start(&packetizer, &format);
    while (fed < total) {
        size_t part = total - fed < block ? total - fed : block;
        size_t done = 0;

        for (size_t i = 0; i < part; i++)
            pcm[i] = byte_at(fed + i);
        while (done < part) {
            done += packetizer_feed(&packetizer, pcm + done, part - done);
            length = packetizer_ready(&packetizer);
            if (length == 0)
                continue;
            CHECK(length == payload + 5, "length %u", length);
            CHECK(wire_parse(packetizer.datagram, length, &said) == WIRE_OK &&
                      format_equal(&said, &format),
                  "header");
            for (uint32_t i = 0; i < payload; i++)
                wrong += packetizer.datagram[5 + i] != byte_at(out++);
        }
        fed += part;
    }
    CHECK(out == total - total % payload, "%zu of %zu bytes sent", out, total);

    length = packetizer_flush(&packetizer);
    CHECK(length == (total % payload ? payload + 5 : 0), "flush gives %u", length);
    for (uint32_t i = 0; length && i < payload; i++) {
        wrong += packetizer.datagram[5 + i] != (out < total ? byte_at(out) : 0);
        out++;
    }
    CHECK(wrong == 0, "%zu bytes differ", wrong);
    CHECK(packetizer_flush(&packetizer) == 0, "nothing left");
}

static void start_forgets(void)
{
    static const uint8_t pcm[2000];
    struct format format = {1, 16, 2, 3};
    struct packetizer packetizer;

    packetizer_start(&packetizer, &format);
    CHECK(packetizer_ready(&packetizer) == 0, "empty");
    CHECK(packetizer_flush(&packetizer) == 0, "nothing to flush");
    CHECK(packetizer_feed(&packetizer, pcm, 100) == 100, "takes all");
    packetizer_start(&packetizer, &format);
    CHECK(packetizer_flush(&packetizer) == 0, "forgotten");
    CHECK(packetizer_feed(&packetizer, pcm, sizeof pcm) == 1152, "takes one datagram");
    CHECK(packetizer_ready(&packetizer) == 1157, "full");
    CHECK(packetizer_flush(&packetizer) == 0, "a full one was sent");
    CHECK(packetizer_ready(&packetizer) == 0, "and is gone");
}

int main(void)
{
    static const size_t blocks[] = {1, 4, 20, 96, 1151, 1152, 1153, 1920, 4096};

    for (unsigned i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        cuts(16, 2, 1152 * 3, blocks[i]);
        cuts(16, 2, 5000, blocks[i]);
        cuts(16, 5, 5000, blocks[i]);
        cuts(24, 7, 21 * 300, blocks[i]);
        cuts(32, 255, 1020 * 5, blocks[i]);
    }
    start_forgets();
    return check_summary();
}
