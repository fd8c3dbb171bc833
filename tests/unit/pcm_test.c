#include "dsp/pcm.h"

#include <math.h>
#include <string.h>

#include "core/bytes.h"
#include "tests/support/check.h"

static void test_from_float(void)
{
    static const struct {
        float sample;
        int32_t value;
        size_t clipped;
    } cases[] = {
        {0.0f, 0, 0},
        {-0.0f, 0, 0},
        {0.5f, 0x40000000, 0},
        {-0.5f, -0x40000000, 0},
        {0x1p-31f, 1, 0},
        {-0x1p-31f, -1, 0},
        {0x1p-32f, 0, 0}, /* half, to even */
        {0x3p-32f, 2, 0}, /* one and a half */
        {-0x3p-32f, -2, 0},
        {0x5p-32f, 2, 0},   /* two and a half */
        {0x1.8p-32f, 1, 0}, /* three quarters */
        {1e-45f, 0, 0},     /* denormal */
        {0x1.fffffep-1f, INT32_MAX - 127, 0},
        {1.0f, INT32_MAX, 0},
        {-1.0f, INT32_MIN, 0},
        {0x1.000002p0f, INT32_MAX, 1},
        {-0x1.000002p0f, INT32_MIN, 1},
        {3e38f, INT32_MAX, 1},
        {INFINITY, INT32_MAX, 1},
        {-INFINITY, INT32_MIN, 1},
        {NAN, 0, 1},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t word[5] = {0, 0, 0, 0, 0xaa};
        uint32_t bits;
        size_t clipped;

        memcpy(&bits, &cases[i].sample, sizeof bits);
        bytes_put_u32(word, bits);
        clipped = pcm_from_float(word, word, 1);
        CHECK((int32_t)bytes_get_u32(word) == cases[i].value, "%a: %d", (double)cases[i].sample,
              (int)bytes_get_u32(word));
        CHECK(clipped == cases[i].clipped, "%a", (double)cases[i].sample);
        CHECK(word[4] == 0xaa, "%a", (double)cases[i].sample);
    }
}

/* Every 16- and 24-bit value that was made a float comes back whole. */
static void test_exact(void)
{
    uint32_t wrong = 0;

    for (int32_t value = -(1 << 23); value < 1 << 23; value += 13) {
        float sample = (float)value / (float)(1 << 23);
        uint8_t word[4];
        uint32_t bits;

        memcpy(&bits, &sample, sizeof bits);
        bytes_put_u32(word, bits);
        pcm_from_float(word, word, 1);
        wrong += (int32_t)bytes_get_u32(word) != value * 256;
    }
    CHECK(wrong == 0, "%u", wrong);
}

/* Little-endian bytes of one sample, and what it is. */
static void test_read(void)
{
    static const struct {
        uint8_t bytes[4];
        uint32_t sample_bytes;
        double value;
    } cases[] = {
        {{0x00, 0x00}, 2, 0},
        {{0x01, 0x00}, 2, 0x1p-15},
        {{0xff, 0xff}, 2, -0x1p-15},
        {{0xff, 0x7f}, 2, 1 - 0x1p-15},
        {{0x00, 0x80}, 2, -1},
        {{0x01, 0x00, 0x00}, 3, 0x1p-23},
        {{0xff, 0xff, 0x7f}, 3, 1 - 0x1p-23},
        {{0x00, 0x00, 0x80}, 3, -1},
        {{0x56, 0x34, 0x12}, 3, 0x123456p-23},
        {{0x01, 0x00, 0x00, 0x00}, 4, 0x1p-31},
        {{0xff, 0xff, 0xff, 0x7f}, 4, 1 - 0x1p-31},
        {{0x00, 0x00, 0x00, 0x80}, 4, -1},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double wide;
        float narrow;

        pcm_read_double(&wide, cases[i].bytes, cases[i].sample_bytes, 1);
        pcm_read_float(&narrow, cases[i].bytes, cases[i].sample_bytes, 1);
        CHECK(wide == cases[i].value, "case %zu: %a", i, wide);
        CHECK(narrow == (float)cases[i].value, "case %zu: %a", i, (double)narrow);
    }
}

#define RUN 4096u

/* All values of a width in turn, through float and through double. */
static void test_round_trip(uint32_t sample_bytes, uint32_t step)
{
    static uint8_t pcm[RUN * 4], back[RUN * 4];
    static double wide[RUN];
    static float narrow[RUN];
    uint64_t count = (uint64_t)1 << (8 * sample_bytes);
    uint32_t wrong_float = 0, wrong_double = 0;
    size_t clipped = 0;

    for (uint64_t first = 0; first < count; first += (uint64_t)RUN * step) {
        for (uint32_t i = 0; i < RUN; i++) {
            uint64_t value = first + (uint64_t)i * step;

            for (uint32_t byte = 0; byte < sample_bytes; byte++)
                pcm[i * sample_bytes + byte] = (uint8_t)(value >> (8 * byte));
        }
        pcm_read_double(wide, pcm, sample_bytes, RUN);
        clipped += pcm_write_double(back, wide, sample_bytes, RUN, NULL);
        wrong_double += memcmp(pcm, back, RUN * sample_bytes) != 0;
        pcm_read_float(narrow, pcm, sample_bytes, RUN);
        clipped += pcm_write_float(back, narrow, sample_bytes, RUN, NULL);
        wrong_float += memcmp(pcm, back, RUN * sample_bytes) != 0;
    }
    CHECK(wrong_double == 0, "%u bytes: %u", sample_bytes, wrong_double);
    CHECK(sample_bytes == 4 || wrong_float == 0, "%u bytes: %u", sample_bytes, wrong_float);
    CHECK(clipped == 0, "%u bytes: %zu", sample_bytes, clipped);
}

static int32_t write_one(double sample, uint32_t sample_bytes, size_t *clipped)
{
    uint8_t bytes[5] = {0, 0, 0, 0, 0};

    bytes[sample_bytes] = 0xaa;
    *clipped = pcm_write_double(bytes, &sample, sample_bytes, 1, NULL);
    CHECK(bytes[sample_bytes] == 0xaa, "%a: past its end", sample);
    return bytes_get_sample(bytes, sample_bytes);
}

static void test_rounding(void)
{
    static const struct {
        double sample;
        uint32_t sample_bytes;
        int32_t value;
        size_t clipped;
    } cases[] = {
        {0, 2, 0, 0},
        {-0.0, 2, 0, 0},
        {0x1p-16, 2, 0, 0}, /* half, to even */
        {0x3p-16, 2, 2, 0},
        {-0x3p-16, 2, -2, 0},
        {0x5p-16, 2, 2, 0},
        {0x5.001p-16, 2, 3, 0},
        {1 - 0x1p-16, 2, 32767, 0}, /* half, and there is no even one */
        {1, 2, 32767, 0},
        {1 + 0x1p-52, 2, 32767, 1},
        {-1, 2, -32768, 0},
        {-1 - 0x1p-52, 2, -32768, 1},
        {1, 3, 8388607, 0},
        {-1, 3, -8388608, 0},
        {0x3p-24, 3, 2, 0},
        {1e300, 3, 8388607, 1},
        {1, 4, INT32_MAX, 0},
        {-1, 4, INT32_MIN, 0},
        {1 - 0x1p-33, 4, INT32_MAX, 0},
        {0x3p-32, 4, 2, 0},
        {-2, 4, INT32_MIN, 1},
        {(double)INFINITY, 4, INT32_MAX, 1},
        {-(double)INFINITY, 2, -32768, 1},
        {(double)NAN, 2, 0, 1},
        {(double)NAN, 4, 0, 1},
        {5e-324, 4, 0, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t clipped;
        int32_t value = write_one(cases[i].sample, cases[i].sample_bytes, &clipped);

        CHECK(value == cases[i].value, "case %zu: %d", i, (int)value);
        CHECK(clipped == cases[i].clipped, "case %zu: %zu", i, clipped);
    }
}

/* Any number of samples, with and without whole blocks, gives what one at a time gives. */
static void test_lengths(void)
{
    uint8_t at_once[4 * 40 + 1], in_turn[4 * 40], samples[4 * 40];
    double wide[40], one;
    uint32_t state = 1;

    for (size_t i = 0; i < sizeof samples; i++)
        samples[i] = (uint8_t)((state = state * 1664525u + 1013904223u) >> 24);
    for (uint32_t bytes = 2; bytes <= 4; bytes++) {
        for (size_t count = 0; count <= 40; count++) {
            struct pcm_dither first = {7}, second = {7};
            size_t clipped = 0;

            pcm_read_double(wide, samples, bytes, count);
            for (size_t i = 0; i < count; i++) {
                pcm_read_double(&one, samples + i * bytes, bytes, 1);
                CHECK(one == wide[i], "%u bytes, %zu of %zu", bytes, i, count);
                wide[i] *= 1.5;
            }
            at_once[count * bytes] = 0xaa;
            for (size_t i = 0; i < count; i++)
                clipped += pcm_write_double(in_turn + i * bytes, wide + i, bytes, 1, &second);
            CHECK(pcm_write_double(at_once, wide, bytes, count, &first) == clipped, "%u bytes, %zu",
                  bytes, count);
            CHECK(memcmp(at_once, in_turn, count * bytes) == 0, "%u bytes, %zu", bytes, count);
            CHECK(at_once[count * bytes] == 0xaa, "%u bytes, %zu: past its end", bytes, count);
            CHECK(first.next == second.next && first.next == 7 + count, "%u bytes, %zu", bytes,
                  count);
        }
    }
}

/* The error's mean is 0 and its power 1/4 of a bit squared (1/12 of rounding, 1/6 of the noise),
 * wherever between two integers the sample lies; plain rounding is off by all of that. */
static void test_dither(void)
{
    enum { COUNT = 1 << 16 };
    static double samples[COUNT];
    static uint8_t pcm[COUNT * 3];

    for (uint32_t bytes = 2; bytes <= 3; bytes++) {
        double bit = bytes == 2 ? 0x1p-15 : 0x1p-23;

        for (int quarter = 0; quarter < 4; quarter++) {
            struct pcm_dither dither = {0xfffffff0u}; /* wraps */
            double offset = 100 + quarter * 0.25, mean = 0, power = 0;

            for (size_t i = 0; i < COUNT; i++)
                samples[i] = offset * bit;
            pcm_write_double(pcm, samples, bytes, COUNT, &dither);
            for (size_t i = 0; i < COUNT; i++) {
                double error = bytes_get_sample(pcm + i * bytes, bytes) - offset;

                mean += error / COUNT;
                power += error * error / COUNT;
            }
            CHECK(fabs(mean) < 0.01, "%u bytes, %d/4: mean %g", bytes, quarter, mean);
            CHECK(fabs(power - 0.25) < 0.01, "%u bytes, %d/4: power %g", bytes, quarter, power);
        }
    }
    for (size_t i = 0; i < COUNT; i++)
        samples[i] = i % 2 ? 1 : -1;
    CHECK(pcm_write_double(pcm, samples, 2, COUNT, &(struct pcm_dither){0}) == 0,
          "full scale is not over it");
}

int main(void)
{
    test_from_float();
    test_exact();
    test_read();
    test_round_trip(2, 1);
    test_round_trip(3, 1);
    test_round_trip(4, 251);
    test_rounding();
    test_lengths();
    test_dither();
    return check_summary();
}
