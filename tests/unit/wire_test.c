#include <string.h>

#include "core/wire.h"
#include "tests/support/check.h"

static void parses(void)
{
    static const struct {
        uint8_t header[5];
        size_t length;
        enum wire_fault fault;
    } cases[] = {
        {{1, 16, 2, 3, 0}, 1157, WIRE_OK},
        {{1, 16, 2, 3, 0}, 6, WIRE_OK}, /* not even one sample: still good */
        {{1, 16, 2, 3, 0}, 1472, WIRE_OK},
        {{255, 32, 255, 255, 255}, 1025, WIRE_OK},
        {{1, 16, 2, 3, 0}, 1473, WIRE_LONG},
        {{1, 16, 2, 3, 0}, 65507, WIRE_LONG},
        {{1, 16, 2, 3, 0}, 0, WIRE_SHORT},
        {{1, 16, 2, 3, 0}, 4, WIRE_SHORT},
        {{0, 0, 0, 0, 0}, 4, WIRE_SHORT},
        {{1, 16, 2, 3, 0}, 5, WIRE_EMPTY},
        {{0, 16, 2, 3, 0}, 1157, WIRE_BAD_RATE},
        {{128, 16, 2, 3, 0}, 1157, WIRE_BAD_RATE},
        {{1, 17, 2, 3, 0}, 1157, WIRE_BAD_BITS},
        {{1, 8, 2, 3, 0}, 1157, WIRE_BAD_BITS},
        {{1, 16, 0, 3, 0}, 1157, WIRE_BAD_CHANNELS},
        {{1, 16, 0, 3, 0}, 5, WIRE_BAD_CHANNELS},
    };
    static uint8_t datagram[65536];

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct format format = {7, 7, 7, 7}, before = format;
        enum wire_fault fault;

        memcpy(datagram, cases[i].header, 5);
        fault = wire_parse(datagram, cases[i].length, &format);
        CHECK(fault == cases[i].fault, "case %u: %s", i, wire_fault_name(fault));
        if (fault == WIRE_OK) {
            CHECK(format.rate_code == cases[i].header[0] && format.bits == cases[i].header[1] &&
                      format.channels == cases[i].header[2] &&
                      format.mask == (cases[i].header[3] | cases[i].header[4] << 8),
                  "case %u: format", i);
        } else {
            CHECK(format_equal(&format, &before), "case %u: format touched", i);
        }
    }
}

static void parses_tagged(void)
{
    static const struct {
        const char *tag, *text; /* 30 bytes, filled with NUL; what is read */
        uint8_t header[5];
        size_t length;
        enum wire_fault fault;
    } cases[] = {
        {"firefox.exe", "firefox.exe", {1, 16, 2, 3, 0}, 1187, WIRE_OK},
        {"", "", {1, 16, 2, 3, 0}, 36, WIRE_OK},
        {"123456789012345678901234567890",
         "123456789012345678901234567890",
         {1, 16, 2, 3, 0},
         1187,
         WIRE_OK},
        {"a\nb\x1b[2J \xc3\xa9~", "a?b?[2J ??~", {1, 16, 2, 3, 0}, 1187, WIRE_OK},
        {"x", NULL, {1, 16, 2, 3, 0}, 1473, WIRE_LONG},
        {"x", "x", {1, 16, 2, 3, 0}, 1472, WIRE_OK},
        {"x", NULL, {1, 16, 2, 3, 0}, 35, WIRE_EMPTY},
        {"x", NULL, {1, 16, 2, 3, 0}, 34, WIRE_SHORT},
        {"x", NULL, {1, 16, 2, 3, 0}, 30, WIRE_SHORT},
        {"x", NULL, {1, 16, 2, 3, 0}, 29, WIRE_SHORT},
        {"x", NULL, {1, 16, 2, 3, 0}, 0, WIRE_SHORT},
        {"x", NULL, {0, 16, 2, 3, 0}, 1187, WIRE_BAD_RATE},
        {"x", NULL, {1, 17, 2, 3, 0}, 1187, WIRE_BAD_BITS},
        {"x", NULL, {1, 16, 0, 3, 0}, 1187, WIRE_BAD_CHANNELS},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct format format = {7, 7, 7, 7}, before = format;
        char tag[WIRE_TAG_BYTES + 1] = "untouched";
        uint8_t datagram[1500] = {0};
        enum wire_fault fault;

        memcpy(datagram, cases[i].tag, strlen(cases[i].tag));
        memcpy(datagram + WIRE_TAG_BYTES, cases[i].header, WIRE_HEADER_BYTES);
        fault = wire_parse_tagged(datagram, cases[i].length, tag, &format);
        CHECK(fault == cases[i].fault, "case %u: %s", i, wire_fault_name(fault));
        CHECK(strcmp(tag, fault == WIRE_OK ? cases[i].text : "untouched") == 0, "case %u: '%s'", i,
              tag);
        CHECK(fault == WIRE_OK ? format.channels == 2 : format_equal(&format, &before),
              "case %u: format", i);
    }
}

static void writes_what_it_reads(void)
{
    struct format format = {130, 24, 6, 0x060f}, back;
    uint8_t datagram[6] = {0};

    wire_write_header(datagram, &format);
    CHECK(memcmp(datagram, "\x82\x18\x06\x0f\x06", 5) == 0, "the bytes");
    CHECK(wire_parse(datagram, sizeof datagram, &back) == WIRE_OK && format_equal(&format, &back),
          "back again");
}

static void sends_whole_frames(void)
{
    static const struct {
        uint8_t bits, channels;
        uint32_t bytes;
    } cases[] = {
        {16, 1, 1152},   {16, 2, 1152},  {24, 2, 1152},   {32, 2, 1152},  {16, 5, 1150},
        {16, 7, 1148},   {24, 5, 1140},  {24, 6, 1152},   {24, 7, 1134},  {32, 5, 1140},
        {32, 7, 1148},   {32, 8, 1152},  {32, 144, 1152}, {32, 145, 580}, {32, 255, 1020},
        {16, 255, 1020}, {24, 255, 765},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct format format = {1, cases[i].bits, cases[i].channels, 0};

        CHECK(wire_payload_bytes(&format) == cases[i].bytes, "%u bits, %u channels: %u",
              cases[i].bits, cases[i].channels, wire_payload_bytes(&format));
    }
}

static void names_every_fault(void)
{
    for (unsigned i = 0; i < WIRE_FAULTS; i++)
        CHECK(wire_fault_name((enum wire_fault)i)[0] != '\0', "fault %u", i);
    CHECK(strcmp(wire_fault_name(WIRE_FAULTS), "unknown") == 0, "past the end");
}

int main(void)
{
    parses();
    parses_tagged();
    writes_what_it_reads();
    sends_whole_frames();
    names_every_fault();
    return check_summary();
}
