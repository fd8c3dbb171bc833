#include "stream/outgoing.h"

#include <stdint.h>
#include <string.h>

#include "core/bytes.h"
#include "core/wire.h"
#include "tests/support/check.h"

#define ROOM (1u << 20)

/* Keeps the PCM of all datagrams; refuses the one numbered `refuse`. */
struct catcher {
    uint8_t header[WIRE_HEADER_BYTES];
    uint8_t pcm[ROOM];
    size_t bytes, datagrams, odd_lengths, length, refuse;
};

static struct catcher caught;
static uint8_t pcm[ROOM];

static bool catch_datagram(void *context, const uint8_t *datagram, size_t length)
{
    struct catcher *catcher = context;

    if (++catcher->datagrams == catcher->refuse)
        return false;
    catcher->odd_lengths += length != catcher->length;
    memcpy(catcher->header, datagram, WIRE_HEADER_BYTES);
    memcpy(catcher->pcm + catcher->bytes, datagram + WIRE_HEADER_BYTES, length - WIRE_HEADER_BYTES);
    catcher->bytes += length - WIRE_HEADER_BYTES;
    return true;
}

static void fill(size_t bytes)
{
    uint32_t x = 1;

    for (size_t i = 0; i < bytes; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        pcm[i] = (uint8_t)(x >> 24);
    }
}

static void test_lengths(void)
{
    static const struct {
        struct format format;
        size_t frames, at_once, length, datagrams;
    } cases[] = {
        {{1, 16, 2, 3}, 0, 1, 1157, 0},         {{1, 16, 2, 3}, 1, 1, 1157, 1},
        {{1, 16, 2, 3}, 288, 288, 1157, 1},     {{1, 16, 2, 3}, 288, 7, 1157, 1},
        {{1, 16, 2, 3}, 289, 289, 1157, 2},     {{1, 16, 2, 3}, 2880, 1000, 1157, 10},
        {{129, 24, 1, 3}, 1000, 13, 1157, 3},   {{1, 16, 5, 0x37}, 116, 3, 1155, 2},
        {{1, 16, 7, 0x13f}, 164, 500, 1153, 2}, {{4, 32, 8, 0x63f}, 360, 1, 1157, 10},
        {{1, 24, 5, 0x37}, 76, 76, 1145, 1},    {{1, 32, 7, 0x13f}, 41, 41, 1153, 1},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t frame_bytes = format_frame_bytes(&cases[i].format);
        size_t bytes = cases[i].frames * frame_bytes;
        uint8_t header[WIRE_HEADER_BYTES];
        struct outgoing outgoing;
        size_t rest = 0;

        fill(bytes);
        memset(&caught, 0, sizeof caught);
        caught.length = cases[i].length;
        outgoing_start(&outgoing, &cases[i].format, 0, catch_datagram, &caught);
        for (size_t at = 0; at < cases[i].frames; at += cases[i].at_once) {
            size_t left = cases[i].frames - at;
            CHECK(outgoing_push(&outgoing, pcm + at * frame_bytes,
                                left < cases[i].at_once ? left : cases[i].at_once),
                  "%zu", i);
        }
        CHECK(outgoing_flush(&outgoing), "%zu", i);
        CHECK(outgoing_flush(&outgoing), "%zu, again", i);
        CHECK(caught.datagrams == cases[i].datagrams, "%zu: %zu", i, caught.datagrams);
        CHECK(caught.odd_lengths == 0, "%zu", i);
        CHECK(memcmp(caught.pcm, pcm, bytes) == 0, "%zu", i);
        for (size_t at = bytes; at < caught.bytes; at++)
            rest += caught.pcm[at];
        CHECK(rest == 0, "%zu: padding is silence", i);
        wire_write_header(header, &cases[i].format);
        CHECK(cases[i].frames == 0 || memcmp(header, caught.header, sizeof header) == 0, "%zu", i);
        CHECK(outgoing.frames == cases[i].frames && outgoing.suppressed == 0 &&
                  outgoing.datagrams == cases[i].datagrams,
              "%zu", i);
    }
}

/* Loud, silent, loud: the gate lets the threshold's worth of the silence pass. */
static void test_silence(void)
{
    static const struct format format = {1, 16, 2, 3};
    static const struct {
        uint32_t threshold_samples;
        size_t suppressed; /* of 1000 silent frames */
    } cases[] = {{0, 0}, {200, 900}, {1, 1000}, {2000, 0}, {1999, 1}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct outgoing outgoing;
        size_t passed = 3000 - cases[i].suppressed, wrong = 0;

        for (size_t frame = 0; frame < 3000; frame++) {
            bool silent = frame >= 1000 && frame < 2000;
            bytes_put_u16(pcm + frame * 4, silent ? 4 : (uint16_t)(1000 + frame));
            bytes_put_u16(pcm + frame * 4 + 2, silent ? (uint16_t)-4 : 1000);
        }
        memset(&caught, 0, sizeof caught);
        caught.length = WIRE_DATAGRAM_BYTES;
        outgoing_start(&outgoing, &format, cases[i].threshold_samples, catch_datagram, &caught);
        outgoing_push(&outgoing, pcm, 3000);
        outgoing_flush(&outgoing);
        CHECK(outgoing.frames == 3000, "%zu", i);
        CHECK(outgoing.suppressed == cases[i].suppressed, "%zu: %u", i,
              (unsigned)outgoing.suppressed);
        CHECK(caught.datagrams == (passed + 287) / 288, "%zu: %zu", i, caught.datagrams);
        for (size_t frame = 0; frame < passed; frame++) {
            size_t from = frame < passed - 1000 ? frame : frame + 3000 - passed;
            wrong += memcmp(caught.pcm + frame * 4, pcm + from * 4, 4) != 0;
        }
        CHECK(wrong == 0, "%zu: %zu frames", i, wrong);
    }
}

static void test_float(void)
{
    static const struct format format = {1, 32, 5, 0x37};
    static const float samples[] = {0.5f, -1.0f, 2.0f, 0.0f, -0x1p-31f};
    static const int32_t values[] = {0x40000000, INT32_MIN, INT32_MAX, 0, -1};
    struct outgoing outgoing;
    size_t wrong = 0;

    for (size_t i = 0; i < 500 * 5; i++) {
        uint32_t word;
        memcpy(&word, &samples[i % 5], sizeof word);
        bytes_put_u32(pcm + 4 * i, word);
    }
    memset(&caught, 0, sizeof caught);
    caught.length = 5 + 57 * 20;
    outgoing_start(&outgoing, &format, 0, catch_datagram, &caught);
    CHECK(outgoing_push_float(&outgoing, pcm, 500), "taken");
    outgoing_flush(&outgoing);
    CHECK(caught.datagrams == 9 && outgoing.frames == 500, "%zu", caught.datagrams);
    CHECK(outgoing.clipped == 500, "%u", (unsigned)outgoing.clipped);
    for (size_t i = 0; i < 500 * 5; i++)
        wrong += (int32_t)bytes_get_u32(caught.pcm + 4 * i) != values[i % 5];
    CHECK(wrong == 0, "%zu", wrong);
    caught.refuse = 10;
    CHECK(!outgoing_push_float(&outgoing, pcm, 500), "refused");
}

static void test_refusal(void)
{
    static const struct format format = {1, 16, 2, 3};
    struct outgoing outgoing;

    memset(&caught, 0, sizeof caught);
    caught.refuse = 2;
    outgoing_start(&outgoing, &format, 0, catch_datagram, &caught);
    CHECK(!outgoing_push(&outgoing, pcm, 1000), "the second datagram is refused");
    CHECK(caught.datagrams == 2, "%zu", caught.datagrams);
}

int main(void)
{
    test_lengths();
    test_silence();
    test_float();
    test_refusal();
    return check_summary();
}
