/* Waiting for a descriptor. */
#ifndef PLATFORM_WAIT_H
#define PLATFORM_WAIT_H

#include <stdbool.h>
#include <stdint.h>

/* Waits until `fd` can be read, at most `timeout_ns` (UINT64_MAX: without end). True when it can;
 * false when time ran out or a signal came. */
bool wait_readable(int fd, uint64_t timeout_ns);

#endif
