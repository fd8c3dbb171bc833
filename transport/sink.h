/* The contract of everything that datagrams go to: udp now, ivshmem later. */
#ifndef TRANSPORT_SINK_H
#define TRANSPORT_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/failure.h"

struct sink;

struct sink_ops {
    bool (*send)(struct sink *sink, const uint8_t *datagram, size_t length,
                 struct failure *failure);
    void (*close)(struct sink *sink);
};

/* The base that every sink embeds first. */
struct sink {
    const struct sink_ops *ops;
    uint64_t datagrams; /* handed over for good */
    uint64_t unsent;    /* refused by the system; the stream goes on */
};

/* Sends one datagram to each of the sink's destinations. A refusal that may pass (network down,
 * no listener, queue full) is counted as unsent and is no failure. False: the sink is of no
 * further use, and `failure` says why. */
static inline bool sink_send(struct sink *sink, const uint8_t *datagram, size_t length,
                             struct failure *failure)
{
    return sink->ops->send(sink, datagram, length, failure);
}

static inline void sink_close(struct sink *sink)
{
    if (sink)
        sink->ops->close(sink);
}

#endif
