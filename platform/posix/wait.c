#include "platform/wait.h"

#include <poll.h>
#include <stddef.h>
#include <time.h>

#include "platform/clock.h"

bool wait_readable(int fd, uint64_t timeout_ns)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    struct timespec timeout = {
        .tv_sec = (time_t)(timeout_ns / NS_PER_S),
        .tv_nsec = (long)(timeout_ns % NS_PER_S),
    };

    return ppoll(&wanted, 1, timeout_ns == UINT64_MAX ? NULL : &timeout, NULL) > 0;
}
