/* What every unit test is made of: CHECK counts, check_summary prints the last line. */
#ifndef TESTS_SUPPORT_CHECK_H
#define TESTS_SUPPORT_CHECK_H

#include <stdio.h>

static unsigned check_passed, check_failed;

/* Counts a condition, and names the place where it does not hold. The rest of the arguments, a
 * printf format and its values, say which case it was. */
#define CHECK(condition, ...)                                      \
    do {                                                           \
        if (condition) {                                           \
            check_passed++;                                        \
        } else {                                                   \
            check_failed++;                                        \
            printf("%s:%d: %s: ", __FILE__, __LINE__, #condition); \
            printf(__VA_ARGS__);                                   \
            printf("\n");                                          \
        }                                                          \
    } while (0)

/* Says why something cannot be tested here. */
#define CHECK_SKIP(...)               \
    do {                              \
        printf("SKIP: " __VA_ARGS__); \
        printf("\n");                 \
    } while (0)

static inline int check_summary(void)
{
    printf("%u passed, %u failed\n", check_passed, check_failed);
    return check_failed != 0;
}

#endif
