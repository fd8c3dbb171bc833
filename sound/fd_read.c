#include "sound/fd_read.h"

#include <errno.h>
#include <unistd.h>

#include "platform/stop.h"
#include "platform/wait.h"

size_t fd_read(int fd, uint8_t *to, size_t least, size_t most, int *fault)
{
    size_t got = 0;

    while (got < least && !stop_requested()) {
        ssize_t part = read(fd, to + got, most - got);

        if (part == 0)
            break;
        if (part > 0) {
            got += (size_t)part;
        } else if (errno == EAGAIN) {
            wait_readable(fd, UINT64_MAX);
        } else if (errno != EINTR) {
            *fault = errno;
            break;
        }
    }
    return got;
}

size_t fd_read_frames(int fd, uint8_t *to, size_t frames, size_t frame_bytes, int *fault)
{
    size_t got = fd_read(fd, to, frame_bytes, frames * frame_bytes, fault);
    size_t beyond = got % frame_bytes;

    if (got > frame_bytes && beyond)
        got += fd_read(fd, to + got, frame_bytes - beyond, frame_bytes - beyond, fault);
    return got / frame_bytes;
}
