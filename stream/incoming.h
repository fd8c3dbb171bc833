/* Whom we listen to: of all that arrives, the packets of one sender, over one interface. */
#ifndef STREAM_INCOMING_H
#define STREAM_INCOMING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/packet.h"

/* A sender that sent nothing for so long may be followed by any other. */
#define INCOMING_HOLD_NS 1000000000ull

/* A sender that restarts comes from a new port of the same address: it is let in sooner. */
#define INCOMING_SUCCESSOR_NS 200000000ull

/* The same sender heard on another interface takes over when the first was silent for so long:
 * twice the longest block of a real sender (shared memory's 20 ms). */
#define INCOMING_INTERFACE_NS 40000000ull

enum incoming_verdict {
    INCOMING_TAKEN,
    INCOMING_OTHER_SENDER,    /* somebody else is being heard */
    INCOMING_OTHER_INTERFACE, /* a copy of what is being heard on another interface */
    INCOMING_VERDICTS         /* how many there are */
};

/* The sender that is heard, or was last. */
struct incoming_sender {
    struct packet_origin origin;
    struct format format;
    uint64_t packets, bytes;
    uint64_t first_ns, last_ns; /* of its packets, monotonic clock */
};

struct incoming {
    struct incoming_sender sender;
    uint64_t counts[INCOMING_VERDICTS];
    uint32_t partial_bytes; /* of the frame that the last packet began and did not end */
};

/* What a packet is to those who play it. */
struct incoming_result {
    enum incoming_verdict verdict;
    bool new_sender;       /* the first packet of the sender that is heard from here on */
    bool new_format;       /* ... or the first in another format */
    uint32_t ending_bytes; /* its first bytes that end a frame begun before; less than a frame */
    uint32_t lost_bytes; /* what is missing of a frame begun before that it does not end, less than
                          * a frame; 0 when new_format */
};

void incoming_init(struct incoming *incoming);

/* Judges a packet at its arrival_ns. No I/O, no clock of its own, real-time safe. */
struct incoming_result incoming_push(struct incoming *incoming, const struct packet *packet);

/* A few words for each kind of drop, for people: "other sender". */
const char *incoming_verdict_name(enum incoming_verdict verdict);

#endif
