/* Command lines from tables: parsing and help walk the same rows. */
#ifndef SCREAM_OPTIONS_H
#define SCREAM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "platform/failure.h"

enum option_kind {
    OPTION_HEADING, /* no option: `help` stands above those that follow */
    OPTION_FLAG,    /* bool, becomes true */
    OPTION_COUNT,   /* uint32_t, one more each time */
    OPTION_NUMBER,  /* uint32_t within least and most */
    OPTION_DECIMAL, /* double within least and most */
    OPTION_TEXT,    /* const char *, not empty */
    OPTION_LIST,    /* struct option_list, one more each time */
};

#define OPTION_LIST_MAX 16u

struct option_list {
    const char *items[OPTION_LIST_MAX];
    size_t count;
};

struct option_row {
    enum option_kind kind;
    char letter;          /* short form, 0: none */
    const char *name;     /* long form without its dashes, NULL: none */
    const char *argument; /* how help calls the argument */
    const char *help;     /* what it does; new lines are kept */
    size_t offset;        /* where in the target its value stands */
    double least, most;   /* of OPTION_NUMBER and OPTION_DECIMAL */
};

#define OPTION_END   \
    {                \
        .help = NULL \
    }

/* Reads `argv[0 .. argc-1]` (no program name) into `target` by `rows`, which end with OPTION_END.
 * Takes -x, -xVALUE, -x VALUE, -xyz, --name, --name VALUE, --name=VALUE; "--" ends the options; a
 * lone "-" is an argument. Arguments that are no options go to `arguments`; one more than its room
 * is an error. False and `failure` (EXIT_USAGE) on error; then `target` is half filled.
 * `program` is what the user calls to get help: "scream send". */
bool options_parse(const char *program, const struct option_row *rows, void *target, int argc,
                   const char *const *argv, struct option_list *arguments, struct failure *failure);

/* Writes the rows as help text, readable at 80 columns. */
void options_help(FILE *out, const struct option_row *rows);

#endif
