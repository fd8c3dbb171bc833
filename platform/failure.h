/* What went wrong, in one line that says what to do, and the program's exit code for it. */
#ifndef PLATFORM_FAILURE_H
#define PLATFORM_FAILURE_H

enum exit_code {
    EXIT_OK = 0,      /* ended as asked */
    EXIT_BROKEN = 1,  /* something failed on the way */
    EXIT_USAGE = 2,   /* an option or argument is wrong */
    EXIT_NETWORK = 3, /* address, interface, group or port cannot be used */
    EXIT_OUTPUT = 4,  /* the output cannot be opened, or was lost */
    EXIT_INPUT = 5,   /* the file or stream to send cannot be read or sent */
};

struct failure {
    enum exit_code code; /* EXIT_OK: unset */
    char text[320];
};

/* Sets a failure that is not yet set: the first one is the cause. */
__attribute__((format(printf, 3, 4))) void failure_set(struct failure *failure, enum exit_code code,
                                                       const char *text, ...);

#endif
