/* Who may be heard, as text. */
#include "scream/sources_text.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/check.h"

static void test_policies(void)
{
    static const struct {
        const char *text;
        enum demux_policy policy;
    } cases[] = {{"mix", DEMUX_MIX}, {"latest", DEMUX_LATEST}, {"first", DEMUX_FIRST}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct demux_sources sources = {.policy = DEMUX_MIX, .network_count = 3};
        struct failure failure = {0};

        CHECK(sources_text_read(cases[i].text, &sources, &failure), "%s", cases[i].text);
        CHECK(sources.policy == cases[i].policy && sources.network_count == 0, "%s", cases[i].text);
    }
}

static void test_lists(void)
{
    static const struct {
        const char *text;
        size_t count;
        struct demux_network last;
    } cases[] = {
        {"192.168.1.20", 1, {0xc0a80114, 0xffffffff}},
        {"192.168.1.20/32", 1, {0xc0a80114, 0xffffffff}},
        {"10.0.0.0/8", 1, {0x0a000000, 0xff000000}},
        {"0.0.0.0/0", 1, {0, 0}},
        {"128.0.0.0/1", 1, {0x80000000, 0x80000000}},
        {"192.168.1.0/24,10.0.0.0/8,172.16.0.0/12", 3, {0xac100000, 0xfff00000}},
        {"255.255.255.254/31", 1, {0xfffffffe, 0xfffffffe}},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct demux_sources sources = {.policy = DEMUX_LATEST};
        struct failure failure = {0};
        struct demux_network *last;

        CHECK(sources_text_read(cases[i].text, &sources, &failure), "%s: %s", cases[i].text,
              failure.text);
        CHECK(sources.policy == DEMUX_LATEST, "%s: the policy stays", cases[i].text);
        CHECK(sources.network_count == cases[i].count, "%s: %zu", cases[i].text,
              sources.network_count);
        last = &sources.networks[cases[i].count - 1];
        CHECK(last->address == cases[i].last.address && last->mask == cases[i].last.mask,
              "%s: %08x/%08x", cases[i].text, (unsigned)last->address, (unsigned)last->mask);
    }
}

static void test_refusals(void)
{
    static const char *const texts[] = {
        "",
        ",",
        "Mix",
        "mix,first",
        "mix,10.0.0.0/8",
        "10.0.0.0/8,",
        ",10.0.0.0/8",
        "10.0.0.0/8,,10.0.0.1",
        "10.0.0.0/8 ",
        " 10.0.0.0/8",
        "10.0.0.5/8",
        "10.0.0.0/33",
        "10.0.0.0/08",
        "10.0.0.0/",
        "10.0.0.0/-1",
        "10.0.0.0/8/8",
        "10.0.0.0/255.0.0.0",
        "10.0.0",
        "10.0.0.256",
        "010.0.0.1",
        "host.local",
        "::1",
        "0.0.0.1/0",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct demux_sources sources = {.policy = DEMUX_LATEST, .network_count = 7};
        struct failure failure = {0};

        CHECK(!sources_text_read(texts[i], &sources, &failure), "'%s'", texts[i]);
        CHECK(failure.code == EXIT_USAGE && failure.text[0], "'%s'", texts[i]);
        CHECK(sources.policy == DEMUX_LATEST && sources.network_count == 7, "'%s': left alone",
              texts[i]);
    }
}

static void test_length(void)
{
    struct demux_sources sources = {.policy = DEMUX_FIRST};
    struct failure failure = {0};
    char text[64 * 16] = "";

    for (unsigned i = 0; i < DEMUX_NETWORKS_MAX; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s10.0.0.%u", i ? "," : "", i);
    CHECK(sources_text_read(text, &sources, &failure), "%s", failure.text);
    CHECK(sources.network_count == DEMUX_NETWORKS_MAX, "the most");
    strcat(text, ",10.1.0.0");
    CHECK(!sources_text_read(text, &sources, &failure), "one more");
}

int main(void)
{
    test_policies();
    test_lists();
    test_refusals();
    test_length();
    return check_summary();
}
