#include "scream/options.h"

#include <stddef.h>
#include <string.h>

#include "tests/support/check.h"

struct target {
    bool flag, other;
    uint32_t count, number;
    double decimal;
    const char *text;
    struct option_list list;
};

#define AT(field) .offset = offsetof(struct target, field)

static const struct option_row rows[] = {
    {OPTION_HEADING, .help = "Heading"},
    {OPTION_FLAG, 'f', "flag", NULL, "a flag", AT(flag)},
    {OPTION_FLAG, 0, "other", NULL, "only long", AT(other)},
    {OPTION_COUNT, 'v', "verbose", NULL, "counts", AT(count)},
    {OPTION_NUMBER, 'n', "number", "N", "a number\nin two lines", AT(number), 1, 65535},
    {OPTION_DECIMAL, 0, "decimal", "X", "a decimal", AT(decimal), -10, 10},
    {OPTION_TEXT, 't', "text", "TEXT", "a text", AT(text)},
    {OPTION_LIST, 'l', "list", "ITEM", "a list", AT(list)},
    OPTION_END,
};

/* Splits at spaces; '_' is an empty word. */
static int split(char *line, const char *words[32])
{
    int count = 0;

    for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
        words[count++] = strcmp(word, "_") == 0 ? "" : word;
    return count;
}

static bool parse(const char *line, struct target *target, struct option_list *arguments,
                  struct failure *failure)
{
    static char copy[256];
    const char *words[32];

    snprintf(copy, sizeof copy, "%s", line);
    memset(target, 0, sizeof *target);
    memset(failure, 0, sizeof *failure);
    return options_parse("test", rows, target, split(copy, words), words, arguments, failure);
}

static void test_good(void)
{
    static const struct {
        const char *line;
        struct target wanted;
        size_t arguments;
    } cases[] = {
        {"", {0}, 0},
        {"-f", {.flag = true}, 0},
        {"--flag --other", {.flag = true, .other = true}, 0},
        {"-vvv -v --verbose", {.count = 5}, 0},
        {"-fv -n7", {.flag = true, .count = 1, .number = 7}, 0},
        {"-fvn 7", {.flag = true, .count = 1, .number = 7}, 0},
        {"-n 1", {.number = 1}, 0},
        {"--number=65535", {.number = 65535}, 0},
        {"--number 12 --number 13", {.number = 13}, 0},
        {"--decimal -2.5", {.decimal = -2.5}, 0},
        {"--decimal=.5", {.decimal = 0.5}, 0},
        {"-t abc", {.text = "abc"}, 0},
        {"-tabc", {.text = "abc"}, 0},
        {"--text=a=b", {.text = "a=b"}, 0},
        {"-t -f", {.text = "-f"}, 0},
        {"-l a -lb --list=c", {.list = {{"a", "b", "c"}, 3}}, 0},
        {"a - b", {0}, 3},
        {"-f -- -f --flag", {.flag = true}, 2},
        {"a -f b", {.flag = true}, 2},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct target *wanted = &cases[i].wanted;
        struct option_list arguments;
        struct failure failure;
        struct target got;
        bool good = parse(cases[i].line, &got, &arguments, &failure);

        CHECK(good, "'%s': %s", cases[i].line, failure.text);
        CHECK(got.flag == wanted->flag && got.other == wanted->other, "'%s'", cases[i].line);
        CHECK(got.count == wanted->count && got.number == wanted->number, "'%s'", cases[i].line);
        CHECK(got.decimal == wanted->decimal, "'%s'", cases[i].line);
        CHECK((got.text == NULL) == (wanted->text == NULL) &&
                  (got.text == NULL || strcmp(got.text, wanted->text) == 0),
              "'%s'", cases[i].line);
        CHECK(arguments.count == cases[i].arguments, "'%s': %zu", cases[i].line, arguments.count);
        CHECK(got.list.count == wanted->list.count, "'%s'", cases[i].line);
        for (size_t item = 0; item < got.list.count; item++)
            CHECK(strcmp(got.list.items[item], wanted->list.items[item]) == 0, "'%s'",
                  cases[i].line);
    }
}

static void test_bad(void)
{
    static const struct {
        const char *line, *says;
    } cases[] = {
        {"-x", "option '-x' is unknown"},
        {"-fx", "option '-x' is unknown"},
        {"--unknown", "option '--unknown' is unknown"},
        {"--fla", "option '--fla' is unknown"},
        {"--unknown=3", "option '--unknown' is unknown"},
        {"--flag=1", "option '--flag' takes no argument"},
        {"-n", "option '-n' needs an argument"},
        {"--number", "option '--number' needs an argument"},
        {"-n 0", "-n, --number must be a whole number from 1 to 65535, not '0'"},
        {"-n 65536", "from 1 to 65535"},
        {"-n -1", "from 1 to 65535"},
        {"-n 1.5", "from 1 to 65535"},
        {"-n 1x", "from 1 to 65535"},
        {"-n _", "from 1 to 65535"},
        {"-n 99999999999999999999999", "from 1 to 65535"},
        {"-n 0x10", "from 1 to 65535"},
        {"--decimal nan", "must be a number from -10 to 10"},
        {"--decimal inf", "must be a number from -10 to 10"},
        {"--decimal 10.1", "must be a number from -10 to 10"},
        {"-t _", "-t, --text needs a TEXT that is not empty"},
        {"--text=", "needs a TEXT that is not empty"},
        {"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", "argument '17' is one too many"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct option_list arguments;
        struct failure failure;
        struct target got;
        bool good = parse(cases[i].line, &got, &arguments, &failure);

        CHECK(!good && failure.code == EXIT_USAGE, "'%s' is taken", cases[i].line);
        CHECK(strstr(failure.text, cases[i].says), "'%s': %s", cases[i].line, failure.text);
    }
}

static void test_help(void)
{
    char text[1024] = "";
    FILE *out = fmemopen(text, sizeof text, "w");

    options_help(out, rows);
    fclose(out);
    CHECK(strcmp(text, "Heading:\n"
                       "  -f, --flag              a flag\n"
                       "      --other             only long\n"
                       "  -v, --verbose           counts\n"
                       "  -n, --number N          a number\n"
                       "                          in two lines\n"
                       "      --decimal X         a decimal\n"
                       "  -t, --text TEXT         a text\n"
                       "  -l, --list ITEM         a list\n") == 0,
          "help is\n%s", text);
}

int main(void)
{
    test_good();
    test_bad();
    test_help();
    return check_summary();
}
