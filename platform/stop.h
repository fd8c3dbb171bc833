/* How a program is asked to end: SIGINT, SIGTERM, SIGHUP. */
#ifndef PLATFORM_STOP_H
#define PLATFORM_STOP_H

#include <stdbool.h>

/* From here on the signals set a flag instead of killing us, and interrupt whatever waits, again
 * and again until the program ends, so that no blocking call can outlast them. Writing to a pipe
 * that nobody reads, or beyond the largest file allowed, becomes an error instead of a signal. */
void stop_install(void);

bool stop_requested(void);

#endif
