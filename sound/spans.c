#include "sound/spans.h"

#include <errno.h>
#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

#include "platform/clock.h"
#include "platform/stop.h"

/* How long a reader that takes nothing is waited for, once a stop was asked for. */
#define LAST_WAIT_NS NS_PER_S

/* Whether a stop was asked for and the reader has had its time since. */
static bool out_of_patience(uint64_t *give_up_ns)
{
    if (!stop_requested())
        return false;
    if (*give_up_ns == 0)
        *give_up_ns = clock_now_ns() + LAST_WAIT_NS;
    return clock_now_ns() > *give_up_ns;
}

/* Goes on after the first `done` bytes. */
static int write_rest(int fd, const struct play_span *spans, size_t count, size_t done,
                      uint64_t *written)
{
    uint64_t give_up_ns = 0;

    for (size_t i = 0; i < count; i++) {
        size_t at = done < spans[i].bytes ? done : spans[i].bytes;

        done -= at;
        while (at < spans[i].bytes) {
            ssize_t more = write(fd, spans[i].pcm + at, spans[i].bytes - at);

            if (more >= 0) {
                at += (size_t)more;
                *written += (uint64_t)more;
            } else if (errno == EINTR || errno == EAGAIN) {
                /* EAGAIN: somebody made the description non-blocking, and it is theirs too. */
                struct pollfd wanted = {.fd = fd, .events = POLLOUT};
                if (errno == EAGAIN)
                    poll(&wanted, 1, 50);
                if (out_of_patience(&give_up_ns))
                    return EINTR;
            } else {
                return errno;
            }
        }
    }
    return 0;
}

/* What the kernel wants is what we have. */
_Static_assert(sizeof(struct play_span) == sizeof(struct iovec) &&
                   offsetof(struct play_span, pcm) == offsetof(struct iovec, iov_base) &&
                   offsetof(struct play_span, bytes) == offsetof(struct iovec, iov_len),
               "spans are written as they are");

int spans_write(int fd, const struct play_span *spans, size_t count, uint64_t *written)
{
    ssize_t done = writev(fd, (const struct iovec *)(const void *)spans, (int)count);
    size_t all = 0;

    if (done < 0)
        done = 0; /* write_rest() finds out why */
    *written += (uint64_t)done;
    for (size_t i = 0; i < count; i++)
        all += spans[i].bytes;
    return (size_t)done == all ? 0 : write_rest(fd, spans, count, (size_t)done, written);
}
