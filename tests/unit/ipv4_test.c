#include <string.h>

#include "core/ipv4.h"
#include "tests/support/check.h"

static void parses(void)
{
    static const struct {
        const char *text;
        bool good;
        uint32_t address;
    } cases[] = {
        {"0.0.0.0", true, 0},
        {"127.0.0.1", true, 0x7f000001},
        {"239.255.77.77", true, 0xefff4d4d},
        {"255.255.255.255", true, 0xffffffff},
        {"1.2.3.4", true, 0x01020304},
        {"", false, 0},
        {".", false, 0},
        {"1", false, 0},
        {"1.2.3", false, 0},
        {"1.2.3.", false, 0},
        {".1.2.3", false, 0},
        {"1..2.3", false, 0},
        {"1.2.3.4.", false, 0},
        {"1.2.3.4.5", false, 0},
        {"1.2.3.256", false, 0},
        {"1.2.3.4294967297", false, 0},
        {"01.2.3.4", false, 0}, /* octal to some */
        {"1.2.3.00", false, 0},
        {"0x7f.0.0.1", false, 0},
        {" 1.2.3.4", false, 0},
        {"1.2.3.4 ", false, 0},
        {"1.2.3.4\n", false, 0},
        {"1.2.3.-4", false, 0},
        {"+1.2.3.4", false, 0},
        {"1,2,3,4", false, 0},
        {"localhost", false, 0},
        {"255.255.255.2555", false, 0},
        {"255.255.255.25500000000", false, 0},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t length = strlen(cases[i].text);
        uint16_t wide[32] = {0};
        uint32_t address = 12345, expected = cases[i].good ? cases[i].address : 12345;

        for (size_t c = 0; c < length; c++)
            wide[c] = (uint16_t)cases[i].text[c];
        CHECK(ipv4_parse(cases[i].text, length, &address) == cases[i].good, "\"%s\"",
              cases[i].text);
        CHECK(address == expected, "\"%s\" gives %x", cases[i].text, address);
        CHECK(ipv4_parse(cases[i].text, SIZE_MAX, &address) == cases[i].good, "\"%s\" to its NUL",
              cases[i].text);
        address = 12345;
        CHECK(ipv4_parse_wide(wide, 32, &address) == cases[i].good && address == expected,
              "\"%s\" wide", cases[i].text);
    }
}

static void knows_ends(void)
{
    static const uint16_t wide[] = {0x131, '.', '1', '.', '1', '.', '1'};
    uint32_t address = 0;

    CHECK(ipv4_parse("1.2.3.45", 7, &address) && address == 0x01020304, "cut at its length");
    CHECK(!ipv4_parse_wide(wide, 7, &address), "0x131 is not '1'");
    CHECK(!ipv4_parse_wide(wide, 0, &address), "empty");
}

static void formats(void)
{
    static const char *const texts[] = {"0.0.0.0",       "1.20.255.100", "255.255.255.255",
                                        "239.255.77.77", "10.99.9.101",  "192.0.2.7"};

    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[IPV4_TEXT_BYTES];
        uint32_t address = 0;
        size_t length;

        ipv4_parse(texts[i], SIZE_MAX, &address);
        length = ipv4_format(address, text);
        CHECK(strcmp(text, texts[i]) == 0 && length == strlen(text), "%s gives %s", texts[i], text);
    }
    CHECK(ipv4_is_multicast(0xe0000000) && ipv4_is_multicast(0xefffffff), "224/4");
    CHECK(!ipv4_is_multicast(0xdfffffff) && !ipv4_is_multicast(0xf0000000), "around it");
}

int main(void)
{
    parses();
    knows_ends();
    formats();
    return check_summary();
}
