#include "dsp/level.h"

#include <math.h>

#include "tests/support/check.h"

static void test_widths(void)
{
    static const struct {
        uint8_t bits;
        uint8_t pcm[8]; /* two frames of one channel */
        float peak;
    } cases[] = {
        {16, {0, 0x80, 0, 0}, 1.0f},
        {16, {0, 0x40, 0, 0xc0}, 0.5f},
        {16, {1, 0, 0, 0}, 1.0f / 32768.0f},
        {24, {0, 0, 0x80, 0, 0, 0}, 1.0f},
        {24, {0, 0, 0, 0xff, 0xff, 0xff}, 1.0f / 8388608.0f},
        {32, {0, 0, 0, 0x80, 0, 0, 0, 0}, 1.0f},
        {32, {0, 0, 0, 0, 0, 0, 0, 0x20}, 0.25f},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct format format = {.rate_code = 1, .bits = cases[i].bits, .channels = 1};
        struct level level = {0};

        level_measure(&level, &format, cases[i].pcm, 2);
        CHECK(level.peak[0] == cases[i].peak, "case %zu: %g", i, (double)level.peak[0]);
    }
}

static void test_channels(void)
{
    struct format format = {.rate_code = 1, .bits = 16, .channels = 10};
    uint8_t pcm[40] = {0};
    struct level level = {0};

    for (unsigned channel = 0; channel < 10; channel++)
        pcm[20 + 2 * channel + 1] = (uint8_t)(channel * 8);
    level_measure(&level, &format, pcm, 2);
    for (unsigned channel = 0; channel < LEVEL_CHANNELS; channel++)
        CHECK(level.peak[channel] == (float)channel / 16.0f, "channel %u: %g", channel,
              (double)level.peak[channel]);
    level_measure(&level, &format, pcm, 1);
    CHECK(level.peak[7] == 7.0f / 16.0f, "a peak stays until it is cleared");
}

static void test_decibels(void)
{
    CHECK(level_dbfs(1.0f) == 0.0f, "%g", (double)level_dbfs(1.0f));
    CHECK(fabsf(level_dbfs(0.5f) + 6.0206f) < 0.001f, "%g", (double)level_dbfs(0.5f));
    CHECK(level_dbfs(0.0f) == -200.0f, "%g", (double)level_dbfs(0.0f));
}

int main(void)
{
    test_widths();
    test_channels();
    test_decibels();
    return check_summary();
}
