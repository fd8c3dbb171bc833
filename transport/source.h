/* The contract of everything that packets come from: udp now; pcap, ivshmem and replay later. */
#ifndef TRANSPORT_SOURCE_H
#define TRANSPORT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/packet.h"
#include "core/wire.h"
#include "platform/failure.h"

/* The most packets that one source_receive() hands out. */
#define SOURCE_BATCH 64u

/* What became of all that arrived: each datagram is counted once, under its fault. Those under
 * WIRE_OK were handed out. */
struct source_counters {
    uint64_t faults[WIRE_FAULTS];
    uint64_t kernel_dropped; /* never reached us: the socket's queue was full */
};

struct source;

struct source_ops {
    size_t (*receive)(struct source *source, struct packet packets[SOURCE_BATCH], uint64_t wait_ns,
                      struct failure *failure);
    void (*count)(struct source *source);
    void (*close)(struct source *source);
};

/* The base that every source embeds first. */
struct source {
    const struct source_ops *ops;
    bool more;        /* the last receive() may have left something: call again without waiting */
    uint64_t read_ns; /* when the last receive() came back with packets, monotonic clock */
    struct source_counters counters;
};

/* Takes what has arrived: up to SOURCE_BATCH good packets, whose PCM stays valid until the next
 * call. When nothing is there, waits for about `wait_ns`, or until a signal comes; best always the
 * same. Returns how many; bad ones are counted and passed over. 0 with an unset `failure` means
 * that nothing good came. */
static inline size_t source_receive(struct source *source, struct packet packets[SOURCE_BATCH],
                                    uint64_t wait_ns, struct failure *failure)
{
    return source->ops->receive(source, packets, wait_ns, failure);
}

/* The counters, up to date; may make a system call. */
static inline const struct source_counters *source_count(struct source *source)
{
    source->ops->count(source);
    return &source->counters;
}

static inline void source_close(struct source *source)
{
    if (source)
        source->ops->close(source);
}

#endif
