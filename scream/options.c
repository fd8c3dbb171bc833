#include "scream/options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A walk over the command line. */
struct reading {
    const char *program;
    const struct option_row *rows;
    uint8_t *target;
    int argc;
    const char *const *argv;
    int at; /* the next word */
    struct failure *failure;
};

static bool is_last(const struct option_row *row)
{
    return row->help == NULL;
}

static bool takes_argument(const struct option_row *row)
{
    return row->kind != OPTION_FLAG && row->kind != OPTION_COUNT;
}

static bool refuse(const struct reading *reading, const char *what, const char *word, int length,
                   const char *why)
{
    failure_set(reading->failure, EXIT_USAGE, "%s '%.*s' %s; '%s --help' lists the options", what,
                length > 100 ? 100 : length, word, why, reading->program);
    return false;
}

/* A whole word that is a number within the row's bounds. */
static bool read_number(const struct option_row *row, const char *word, double *number)
{
    char *end;

    if (word[0] != '-' && word[0] != '+' && word[0] != '.' && (word[0] < '0' || word[0] > '9'))
        return false;
    *number = row->kind == OPTION_NUMBER ? (double)strtoll(word, &end, 10) : strtod(word, &end);
    return end != word && *end == '\0' && isfinite(*number) && *number >= row->least &&
           *number <= row->most;
}

static void option_call(const struct option_row *row, char *text, size_t size)
{
    if (row->name && row->letter)
        snprintf(text, size, "-%c, --%s", row->letter, row->name);
    else if (row->name)
        snprintf(text, size, "    --%s", row->name);
    else
        snprintf(text, size, "-%c", row->letter);
}

static bool store(const struct reading *reading, const struct option_row *row, const char *value)
{
    uint8_t *place = reading->target + row->offset;
    struct option_list *list;
    uint32_t whole;
    double number;
    char call[64];

    switch (row->kind) {
    case OPTION_HEADING:
        return true;
    case OPTION_FLAG:
        memcpy(place, &(bool){true}, sizeof(bool));
        return true;
    case OPTION_COUNT:
        memcpy(&whole, place, sizeof whole);
        whole++;
        memcpy(place, &whole, sizeof whole);
        return true;
    case OPTION_NUMBER:
    case OPTION_DECIMAL:
        if (!read_number(row, value, &number)) {
            option_call(row, call, sizeof call);
            failure_set(reading->failure, EXIT_USAGE,
                        "%s must be a %snumber from %.10g to %.10g, not '%.60s'",
                        call + strspn(call, " "), row->kind == OPTION_NUMBER ? "whole " : "",
                        row->least, row->most, value);
            return false;
        }
        whole = (uint32_t)(row->kind == OPTION_NUMBER ? number : 0);
        if (row->kind == OPTION_NUMBER)
            memcpy(place, &whole, sizeof whole);
        else
            memcpy(place, &number, sizeof number);
        return true;
    case OPTION_TEXT:
    case OPTION_LIST:
        break;
    }
    if (value[0] == '\0') {
        option_call(row, call, sizeof call);
        failure_set(reading->failure, EXIT_USAGE, "%s needs a %s that is not empty",
                    call + strspn(call, " "), row->argument);
        return false;
    }
    if (row->kind == OPTION_TEXT) {
        memcpy(place, &value, sizeof value);
        return true;
    }
    list = (struct option_list *)(void *)place;
    if (list->count == OPTION_LIST_MAX) {
        option_call(row, call, sizeof call);
        failure_set(reading->failure, EXIT_USAGE, "%s can be given no more than %u times",
                    call + strspn(call, " "), OPTION_LIST_MAX);
        return false;
    }
    list->items[list->count++] = value;
    return true;
}

/* The next word as a value that must be there. */
static const char *next_value(struct reading *reading)
{
    return reading->at < reading->argc ? reading->argv[reading->at++] : NULL;
}

static bool read_long(struct reading *reading, const char *word)
{
    const char *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    const char *value = equals ? equals + 1 : NULL;

    for (const struct option_row *row = reading->rows; !is_last(row); row++) {
        if (row->name == NULL || strlen(row->name) != length ||
            memcmp(row->name, word, length) != 0)
            continue;
        if (!takes_argument(row))
            return value ? refuse(reading, "option", word - 2, (int)length + 2, "takes no argument")
                         : store(reading, row, NULL);
        if (value == NULL)
            value = next_value(reading);
        return value ? store(reading, row, value)
                     : refuse(reading, "option", word - 2, (int)length + 2, "needs an argument");
    }
    return refuse(reading, "option", word - 2, (int)length + 2, "is unknown");
}

static bool read_letters(struct reading *reading, const char *letters)
{
    while (*letters) {
        const struct option_row *row = reading->rows;
        char call[] = {'-', *letters, '\0'};

        while (!is_last(row) && row->letter != *letters)
            row++;
        if (is_last(row))
            return refuse(reading, "option", call, 2, "is unknown");
        letters++;
        if (takes_argument(row)) {
            const char *value = *letters ? letters : next_value(reading);
            return value ? store(reading, row, value)
                         : refuse(reading, "option", call, 2, "needs an argument");
        }
        if (!store(reading, row, NULL))
            return false;
    }
    return true;
}

bool options_parse(const char *program, const struct option_row *rows, void *target, int argc,
                   const char *const *argv, struct option_list *arguments, struct failure *failure)
{
    struct reading reading = {program, rows, target, argc, argv, 0, failure};
    bool options_over = false;

    arguments->count = 0;
    while (reading.at < argc) {
        const char *word = argv[reading.at++];

        if (!options_over && strcmp(word, "--") == 0) {
            options_over = true;
        } else if (!options_over && word[0] == '-' && word[1] == '-') {
            if (!read_long(&reading, word + 2))
                return false;
        } else if (!options_over && word[0] == '-' && word[1] != '\0') {
            if (!read_letters(&reading, word + 1))
                return false;
        } else if (arguments->count == OPTION_LIST_MAX) {
            return refuse(&reading, "argument", word, (int)strlen(word), "is one too many");
        } else {
            arguments->items[arguments->count++] = word;
        }
    }
    return true;
}

#define HELP_COLUMN 26

void options_help(FILE *out, const struct option_row *rows)
{
    for (const struct option_row *row = rows; !is_last(row); row++) {
        char call[64];
        int used;

        if (row->kind == OPTION_HEADING) {
            fprintf(out, "%s%s:\n", row == rows ? "" : "\n", row->help);
            continue;
        }
        option_call(row, call, sizeof call);
        used = fprintf(out, "  %s%s%s", call, takes_argument(row) ? " " : "",
                       takes_argument(row) ? row->argument : "");
        if (used >= HELP_COLUMN) {
            fputc('\n', out);
            used = 0;
        }
        for (const char *line = row->help; line;) {
            const char *end = strchr(line, '\n');
            int length = end ? (int)(end - line) : (int)strlen(line);

            fprintf(out, "%*s%.*s\n", HELP_COLUMN - used, "", length, line);
            used = 0;
            line = end ? end + 1 : NULL;
        }
    }
}
