#include "core/format.h"
#include "tests/support/check.h"

static void checks_formats(void)
{
    static const struct {
        struct format format;
        enum format_fault fault;
    } cases[] = {
        {{1, 16, 2, 3}, FORMAT_OK},          {{129, 24, 1, 0}, FORMAT_OK},
        {{127, 32, 255, 0xffff}, FORMAT_OK}, {{255, 32, 255, 0}, FORMAT_OK},
        {{0, 16, 2, 3}, FORMAT_BAD_RATE},    {{128, 16, 2, 3}, FORMAT_BAD_RATE},
        {{0, 0, 0, 0}, FORMAT_BAD_RATE},     {{1, 0, 2, 3}, FORMAT_BAD_BITS},
        {{1, 8, 2, 3}, FORMAT_BAD_BITS},     {{1, 15, 2, 3}, FORMAT_BAD_BITS},
        {{1, 20, 2, 3}, FORMAT_BAD_BITS},    {{1, 33, 2, 3}, FORMAT_BAD_BITS},
        {{1, 255, 0, 3}, FORMAT_BAD_BITS},   {{1, 16, 0, 3}, FORMAT_BAD_CHANNELS},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(format_check(&cases[i].format) == cases[i].fault, "case %u", i);
}

static void maps_rates(void)
{
    static const struct {
        uint32_t hz;
        uint8_t code;
    } cases[] = {
        {44100, 129},  {48000, 1},  {88200, 130},   {96000, 2},
        {176400, 132}, {192000, 4}, {6096000, 127}, {5600700, 255},
    };
    static const uint32_t none[] = {0,     1,     8000,    11025,   22050,     32000,
                                    44099, 48001, 6144000, 5644800, UINT32_MAX};
    uint8_t code;

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK(format_rate_hz(cases[i].code) == cases[i].hz, "code %u", cases[i].code);
        code = 0;
        CHECK(format_rate_code(cases[i].hz, &code) && code == cases[i].code, "%u Hz gives %u",
              cases[i].hz, code);
    }
    for (unsigned i = 0; i < sizeof none / sizeof *none; i++)
        CHECK(!format_rate_code(none[i], &code), "%u Hz", none[i]);
    CHECK(format_rate_hz(0) == 0 && format_rate_hz(128) == 0, "multiplier 0");
    for (unsigned i = 0; i < 256; i++) {
        if ((i & 0x7f) != 0)
            CHECK(format_rate_code(format_rate_hz((uint8_t)i), &code) && code == i, "code %u", i);
    }
}

static void measures_and_compares(void)
{
    struct format a = {1, 24, 6, 0x3f}, b = a;

    CHECK(format_sample_bytes(&a) == 3 && format_frame_bytes(&a) == 18, "24 bits, 6 channels");
    CHECK(format_equal(&a, &b), "equal");
    b.rate_code = 2;
    CHECK(!format_equal(&a, &b), "rate");
    b = a;
    b.bits = 32;
    CHECK(!format_equal(&a, &b), "bits");
    b = a;
    b.channels = 5;
    CHECK(!format_equal(&a, &b), "channels");
    b = a;
    b.mask = 0x60f;
    CHECK(!format_equal(&a, &b), "mask");
    b = (struct format){1, 32, 255, 0};
    CHECK(format_frame_bytes(&b) == FORMAT_FRAME_BYTES_MAX, "the largest frame");
}

int main(void)
{
    checks_formats();
    maps_rates();
    measures_and_compares();
    return check_summary();
}
