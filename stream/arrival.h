/* How the packets of one sender arrive: its clock, its blocks, their jitter; and what is missing.
 *
 * Packets have no numbers. All that is known is how many frames came and when; the count of frames
 * against the sender's clock tells how many did not come. A frame's position is its number in that
 * count, holes included. Positions never go back, and a pause takes none.
 *
 * What cannot be known: a packet that comes twice from two that are real, when the sender waits
 * with both; a hole of a whole packet from a way that became longer by a packet, and silence that a
 * sender did not send from a loss of more than PAUSE; the exact place of a loss when the jitter is
 * over half a packet. */
#ifndef STREAM_ARRIVAL_H
#define STREAM_ARRIVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "dsp/drift.h"
#include "stream/cycle.h"
#include "stream/jitter.h"

/* A silence of that length ends the sender's count: its packets that follow begin anew, until they
 * prove to be those that were missed. A way that often holds packets longer makes it longer. */
#define ARRIVAL_PAUSE_NS 200000000ull
#define ARRIVAL_PAUSE_MOST_NS 600000000ull

enum arrival_event {
    ARRIVAL_PLAIN,
    ARRIVAL_BEGIN,  /* the first packet, or the first after a pause: the line begins anew */
    ARRIVAL_RESUME, /* ... was not the sender's pause: the line is again as before it */
    ARRIVAL_HOLE,   /* `missing_frames` are missing before this packet */
    ARRIVAL_EXCESS, /* one too many: a doubled packet, or one for which a hole was declared; it has
                     * no position, leave it out */
};

struct arrival_result {
    enum arrival_event event;
    uint64_t position; /* of the packet's first frame */
    uint32_t missing_frames;
    double late_s; /* of its arrival after its first frame's own time: block, jitter and all */
};

struct arrival_counters {
    uint64_t packets, frames;
    uint64_t holes, missing_frames; /* as far as they are known by now; late ones are taken back */
    uint64_t late_packets;          /* ... those */
    uint64_t excess_packets;        /* doubled */
    uint64_t pauses,
        stalls; /* silences of the sender; of the network, which gave back what it held */
};

/* What some groups taught, which is worth nothing when the count proves to have been wrong. */
#define ARRIVAL_SPAN 64u

struct arrival_span {
    uint32_t groups, count;
    double least_s, most_s, late_s[ARRIVAL_SPAN]; /* of groups; of packets */
    struct drift before;                          /* the clock at its begin */
};

struct arrival {
    struct drift clock;
    struct jitter jitter; /* of packets, against their place in the sender's cycle */
    struct peak spread;   /* the same, largest in the last minutes */
    uint32_t rate_hz;
    bool heard;
    uint64_t frames; /* the count: position of the next frame */
    uint64_t last_ns, pause_ns;
    uint64_t leapt_ns; /* when the line, still open, last moved by more than half a packet */
    struct arrival_counters counters;

    struct cycle cycle;

    /* Packets that come back to back are a group. */
    uint64_t groups, learn_groups, learn_frames; /* ... at the begin of a round of learning */
    double group_late_s;                         /* of its last packet so far */
    struct arrival_span span, last_span;         /* a hole may show itself only one later */

    /* After a pause, while it may yet prove to have been the network's: */
    bool resuming;
    uint64_t resumed_ns, gap_ns;
    struct drift before;

    uint64_t hole_ns; /* when the last hole was declared */
    uint32_t owed;    /* packets of it that may yet come */
};

/* `rate_hz` is not 0. */
void arrival_start(struct arrival *arrival, uint32_t rate_hz);

/* A packet of `frames` (not 0) whole frames arrived. */
struct arrival_result arrival_push(struct arrival *arrival, uint32_t frames, uint64_t now_ns);

/* The jitter is so small that a packet not there in its time is a packet lost. */
bool arrival_quiet(const struct arrival *arrival);

/* The largest jitter of the last minutes. */
double arrival_spread_s(const struct arrival *arrival);

#endif
