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

int main(void)
{
    test_from_float();
    test_exact();
    return check_summary();
}
