#include <string.h>

#include "core/driver_options.h"
#include "tests/support/check.h"

/* The table as the original's documents state it. */
static const struct {
    const char *name;
    enum driver_option_type type;
    uint32_t value, most;
} stated[DRIVER_OPTIONS] = {
    {"UnicastIPv4", DRIVER_OPTION_ADDRESS, 0xefff4d4d, 0xffffffff},
    {"UnicastPort", DRIVER_OPTION_NUMBER, 4010, 65535},
    {"UnicastSrcIPv4", DRIVER_OPTION_ADDRESS, 0, 0xdfffffff},
    {"UnicastSrcPort", DRIVER_OPTION_NUMBER, 0, 65535},
    {"TTL", DRIVER_OPTION_NUMBER, 0, 255},
    {"DSCP", DRIVER_OPTION_NUMBER, 0, 63},
    {"SilenceThreshold", DRIVER_OPTION_NUMBER, 0, UINT32_MAX},
    {"UseIVSHMEM", DRIVER_OPTION_NUMBER, 0, 4095},
    {"Version", DRIVER_OPTION_NUMBER, 0, UINT32_MAX},
};

static void states_the_table(void)
{
    for (unsigned i = 0; i < DRIVER_OPTIONS; i++) {
        const struct driver_option *option = &driver_options[i];

        CHECK(strcmp(option->name, stated[i].name) == 0, "row %u is %s", i, option->name);
        CHECK(option->type == stated[i].type, "%s: type", option->name);
        CHECK(option->value == stated[i].value, "%s: default %u", option->name, option->value);
        CHECK(option->most == stated[i].most, "%s: up to %u", option->name, option->most);
        CHECK(driver_option_find(option->name, strlen(option->name)) == option, "%s: found",
              option->name);
    }
}

static void finds_by_name(void)
{
    static const struct {
        const char *name;
        int row; /* -1: none */
    } cases[] = {
        {"unicastipv4", DRIVER_OPTION_UNICAST_IPV4},
        {"UNICASTPORT", DRIVER_OPTION_UNICAST_PORT},
        {"ttl", DRIVER_OPTION_TTL},
        {"tTl", DRIVER_OPTION_TTL},
        {"", -1},
        {"TT", -1},
        {"TTLs", -1},
        {"Unicast", -1},
        {"Volume", -1},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct driver_option *option =
            driver_option_find(cases[i].name, strlen(cases[i].name));

        CHECK(option == (cases[i].row < 0 ? NULL : &driver_options[cases[i].row]), "\"%s\"",
              cases[i].name);
    }
    CHECK(driver_option_find("TTLX", 3) == &driver_options[DRIVER_OPTION_TTL], "cut to its length");
    CHECK(driver_option_find("TTL\0X", 5) == NULL, "a NUL inside");
}

static void checks_values(void)
{
    static const struct {
        enum driver_option_id row;
        uint32_t value;
        bool good;
        uint32_t used;
    } cases[] = {
        {DRIVER_OPTION_UNICAST_PORT, 0, true, 4010},
        {DRIVER_OPTION_UNICAST_PORT, 1, true, 1},
        {DRIVER_OPTION_UNICAST_PORT, 65535, true, 65535},
        {DRIVER_OPTION_UNICAST_PORT, 65536, false, 4010},
        {DRIVER_OPTION_UNICAST_SRC_PORT, 65536, false, 0},
        {DRIVER_OPTION_UNICAST_SRC_PORT, 4444, true, 4444},
        {DRIVER_OPTION_TTL, 255, true, 255},
        {DRIVER_OPTION_TTL, 256, false, 0},
        {DRIVER_OPTION_DSCP, 63, true, 63},
        {DRIVER_OPTION_DSCP, 64, false, 0},
        {DRIVER_OPTION_SILENCE_THRESHOLD, UINT32_MAX, true, UINT32_MAX},
        {DRIVER_OPTION_USE_IVSHMEM, 2, true, 2},
        {DRIVER_OPTION_USE_IVSHMEM, 4096, false, 0},
        {DRIVER_OPTION_UNICAST_IPV4, 0, true, 0xefff4d4d},
        {DRIVER_OPTION_UNICAST_IPV4, 0xc0000207, true, 0xc0000207},
        {DRIVER_OPTION_UNICAST_SRC_IPV4, 0x7f000001, true, 0x7f000001},
        {DRIVER_OPTION_UNICAST_SRC_IPV4, 0xe0000001, false, 0},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct driver_option *option = &driver_options[cases[i].row];

        CHECK(driver_option_check(option, cases[i].value) == cases[i].good, "%s %u", option->name,
              cases[i].value);
        CHECK(driver_option_value(option, cases[i].value) == cases[i].used, "%s %u gives %u",
              option->name, cases[i].value, driver_option_value(option, cases[i].value));
    }
}

int main(void)
{
    states_the_table();
    finds_by_name();
    checks_values();
    return check_summary();
}
