#include "scream/progress.h"

#include <string.h>

#include "tests/support/check.h"

static void test_time(void)
{
    static const struct {
        uint64_t seconds;
        const char *text;
    } cases[] = {
        {0, "0:00"},           {59, "0:59"},
        {60, "1:00"},          {3599, "59:59"},
        {3600, "1:00:00"},     {3723, "1:02:03"},
        {360000, "100:00:00"}, {UINT64_MAX, "5124095576030431:00:15"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];

        progress_time(text, sizeof text, cases[i].seconds);
        CHECK(strcmp(text, cases[i].text) == 0, "%s: %s", cases[i].text, text);
    }
}

static void test_line(void)
{
    static const struct {
        uint64_t frames, total_frames;
        const char *start;
        char last; /* of the bar */
    } cases[] = {
        {0, 48000, "  0%  0:00 / 0:01 [>   ", ' '},
        {1, 2, " 50%  0:00 / 0:00 [====", ' '},
        {480000, 960000, " 50%  0:10 / 0:20 [====", ' '},
        {960000, 960000, "100%  0:20 / 0:20 [====", '='},
        {959999, 960000, " 99%  0:19 / 0:20 [====", '>'},
        {UINT64_MAX / 2, UINT64_MAX - 1, " 50%  53375995583", ' '},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[PROGRESS_COLUMNS + 1];

        memset(line, 'x', sizeof line);
        progress_line(line, cases[i].frames, cases[i].total_frames, 48000);
        CHECK(strncmp(line, cases[i].start, strlen(cases[i].start)) == 0, "%zu: %s", i, line);
        CHECK(strlen(line) == PROGRESS_COLUMNS, "%zu: %s", i, line);
        CHECK(line[PROGRESS_COLUMNS - 1] == ']', "%zu: %s", i, line);
        CHECK(line[PROGRESS_COLUMNS - 2] == cases[i].last, "%zu: %s", i, line);
    }
}

int main(void)
{
    test_time();
    test_line();
    return check_summary();
}
