#include "scream/format_text.h"

#include <string.h>

#include "tests/support/check.h"

static void test_parse(void)
{
    static const struct {
        const char *text;
        struct format format; /* bits 0: refused */
    } cases[] = {
        {"48000/16/2", {1, 16, 2, 3}},
        {"44100/24/1", {129, 24, 1, 3}},
        {"192000/32/8", {4, 32, 8, 0x63f}},
        {"176400/16/6", {132, 16, 6, 0x3f}},
        {"96000/24/6/0x60f", {2, 24, 6, 0x60f}},
        {"96000/24/6/0X60F", {2, 24, 6, 0x60f}},
        {"48000/16/2/1551", {1, 16, 2, 1551}},
        {"48000/16/2/0", {1, 16, 2, 0}},
        {"48000/16/2/0xffff", {1, 16, 2, 0xffff}},
        {"6096000/16/2", {127, 16, 2, 3}},
        {"", {0}},
        {"48000", {0}},
        {"48000/16", {0}},
        {"48000/16/", {0}},
        {"48000/16/2/", {0}},
        {"48000/16/2/0x", {0}},
        {"48000/16/2/x3", {0}},
        {"48000/16/2/0x10000", {0}},
        {"48000/16/2/65536", {0}},
        {"48000/16/2/3/", {0}},
        {"48000/16/2 ", {0}},
        {" 48000/16/2", {0}},
        {"48000/16/2x", {0}},
        {"-48000/16/2", {0}},
        {"48000/8/2", {0}},
        {"48000/20/2", {0}},
        {"48000/16/0", {0}},
        {"48000/16/9", {0}},
        {"48000/16/258", {0}},
        {"48000/272/2", {0}},
        {"22050/16/2", {0}},
        {"0/16/2", {0}},
        {"6144000/16/2", {0}},
        {"4295015296/16/2", {0}}, /* 48000 more than 2^32 */
        {"99999999999999999999999999999999/16/2", {0}},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct failure failure = {0};
        struct format format = {0};
        bool good = format_text_parse(cases[i].text, &format, &failure);

        CHECK(good == (cases[i].format.bits != 0), "'%s'", cases[i].text);
        CHECK(format_equal(&format, &cases[i].format), "'%s'", cases[i].text);
        CHECK(failure.code == (good ? EXIT_OK : EXIT_USAGE), "'%s'", cases[i].text);
        CHECK(good || failure.text[0], "'%s'", cases[i].text);
    }
}

static void test_print(void)
{
    static const struct {
        struct format format;
        const char *text;
    } cases[] = {
        {{1, 16, 2, 3}, "48000 Hz, 16 bits, 2 channels (FL FR)"},
        {{129, 24, 1, 3}, "44100 Hz, 24 bits, 1 channel (MONO)"},
        {{4, 32, 6, 0x60f}, "192000 Hz, 32 bits, 6 channels (FL FR FC LFE SL SR)"},
        {{1, 16, 3, 3}, "48000 Hz, 16 bits, 3 channels (FL FR -)"},
        {{1, 16, 18, 0xffff},
         "48000 Hz, 16 bits, 18 channels (FL FR FC LFE BL BR FLC FRC BC SL SR TC TFL TFC TFR TBL - "
         "-)"},
        {{1, 16, 255, 1},
         "48000 Hz, 16 bits, 255 channels (FL - - - - - - - - - - - - - - - - - ...)"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[FORMAT_TEXT_BYTES], little[10];

        format_text_print(text, sizeof text, &cases[i].format);
        CHECK(strcmp(text, cases[i].text) == 0, "%zu: %s", i, text);
        format_text_print(little, sizeof little, &cases[i].format);
        CHECK(strncmp(little, text, 9) == 0 && little[9] == '\0', "%zu", i);
    }
    for (unsigned i = 0; i < 256; i++) {
        char text[FORMAT_TEXT_BYTES];

        format_text_print(text, sizeof text, &(struct format){127, 32, (uint8_t)(i | 1), 0xffff});
        CHECK(text[strlen(text) - 1] == ')', "%u channels: %s", i | 1, text);
    }
}

int main(void)
{
    test_parse();
    test_print();
    return check_summary();
}
