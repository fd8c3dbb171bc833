/* Whom we listen to: sorts packets by sender, and says which are heard and as which stream. */
#ifndef STREAM_DEMUX_H
#define STREAM_DEMUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/packet.h"

/* A sender that sent nothing for so long may be followed by any other. */
#define DEMUX_HOLD_NS 1000000000ull

/* A sender that restarts comes from a new port of the same address: it is let in sooner. */
#define DEMUX_SUCCESSOR_NS 200000000ull

/* The same sender heard on another interface takes over when the first was silent for so long:
 * twice the longest block of a real sender (shared memory's 20 ms). */
#define DEMUX_INTERFACE_NS 40000000ull

/* A stream of a mix that was silent for so long is forgotten. */
#define DEMUX_IDLE_NS 30000000000ull

/* So many packets of one format, without a pause of DEMUX_HOLD_NS, make a sender that others may
 * have to make way for: none of a flood of strangers is one. */
#define DEMUX_KNOCKS 4u

#define DEMUX_STREAMS_MAX 64u  /* heard at once */
#define DEMUX_SENDERS_MAX 128u /* those and others that are known */
#define DEMUX_NETWORKS_MAX 32u

enum demux_policy {
    DEMUX_FIRST,  /* one at a time: who is heard stays until it is silent */
    DEMUX_LATEST, /* one at a time: of those that send, who began last */
    DEMUX_MIX,    /* all */
};

struct demux_network {
    uint32_t address, mask; /* host byte order; an address alone has mask 0xffffffff */
};

/* Who may be heard. */
struct demux_sources {
    enum demux_policy policy;
    size_t network_count; /* 0: everybody */
    struct demux_network networks[DEMUX_NETWORKS_MAX];
};

enum demux_verdict {
    DEMUX_TAKEN,
    DEMUX_OTHER_SENDER,    /* somebody else is being heard */
    DEMUX_OTHER_INTERFACE, /* a copy of what is being heard on another interface */
    DEMUX_NOT_LISTED,      /* of no network that may be heard */
    DEMUX_TOO_MANY,        /* in a mix with no place for it, or not before DEMUX_KNOCKS */
    DEMUX_VERDICTS         /* how many there are */
};

/* Somebody who sends, heard or not. */
struct demux_sender {
    bool present; /* else this place is free, and the rest means nothing */
    uint8_t next; /* within demux.c */
    struct packet_origin origin;
    struct format format;
    uint32_t partial_bytes;           /* of the frame that the last packet began and did not end */
    uint32_t run;                     /* packets of one format while it was not heard */
    uint64_t packets, bytes;          /* taken */
    uint64_t dropped[DEMUX_VERDICTS]; /* by verdict */
    uint64_t first_ns, last_ns;       /* of its packets, monotonic clock; when it is heard, of those
                                       * taken */
    uint64_t began_ns;                /* its first after the last pause of DEMUX_HOLD_NS */
};

/* Fixed memory, whatever arrives. `senders` from 0 to streams_max - 1 are the streams: who is
 * heard, or was last. From DEMUX_STREAMS_MAX on stand others that are known. */
struct demux {
    struct demux_sources sources;
    uint32_t streams_max;
    uint64_t observed_ns;            /* what arrived before has been pushed */
    uint32_t hand;                   /* where to look next for the place of a newcomer */
    struct demux_sender *last;       /* the stream of the last packet taken; NULL: none */
    uint64_t counts[DEMUX_VERDICTS]; /* packets of all senders */
    uint8_t heads[DEMUX_SENDERS_MAX];
    struct demux_sender senders[DEMUX_SENDERS_MAX];
};

/* What a packet is to those who play it. */
struct demux_result {
    enum demux_verdict verdict;
    uint8_t stream;        /* when taken: its place in `senders` */
    bool new_sender;       /* the first packet of the sender that this stream is from here on */
    bool restarted;        /* ... which is the stream's old sender, come back on another port */
    bool new_format;       /* the first of its stream in another format */
    uint32_t ending_bytes; /* its first bytes that end a frame begun before; less than a frame */
    uint32_t lost_bytes;   /* what is missing of a frame begun before that it does not end, less
                            * than a frame; 0 when new_format */
};

/* Starts with nobody known. `streams_max`, 1 to DEMUX_STREAMS_MAX, is how many a mix may have; the
 * other policies have one stream, which goes from sender to sender and keeps its format and the
 * frame that was begun. */
void demux_init(struct demux *demux, const struct demux_sources *sources, uint32_t streams_max);

/* Says that all that arrived before `now_ns` has been pushed. Silence counts only as far as it was
 * observed: after a stall of our own the packets that wait have the time of being read, and the
 * sender that is heard may only be further back in the queue. */
static inline void demux_observe(struct demux *demux, uint64_t now_ns)
{
    demux->observed_ns = now_ns;
}

static inline bool demux_same_sender(const struct packet_origin *a, const struct packet_origin *b)
{
    return a->address == b->address && a->port == b->port;
}

/* Within demux. */
static inline void demux_count_taken(struct demux *demux, struct demux_sender *stream,
                                     const struct packet *packet)
{
    demux->counts[DEMUX_TAKEN]++;
    stream->packets++;
    stream->bytes += packet->pcm_bytes;
    stream->last_ns = packet->arrival_ns;
}

/* Within demux: demux_push() for a packet that is not just the next one of the last stream. */
struct demux_result demux_push_other(struct demux *demux, const struct packet *packet);

/* Judges a packet at its arrival_ns. No I/O, no clock of its own, real-time safe; cheapest for the
 * sender of the last one.
 *
 * - A stream's own sender is taken, on one interface at a time.
 * - After DEMUX_SUCCESSOR_NS of silence a stranger from the same address takes over its stream; in
 *   a mix only with the same format. Two that both send are never one.
 * - first, latest: after DEMUX_HOLD_NS of silence anybody takes over the stream. latest: so does,
 *   at once, who began later, with its DEMUX_KNOCKS-th packet.
 * - mix: while less than half of the streams are in use, a newcomer is heard from its first packet;
 *   beyond, from its DEMUX_KNOCKS-th, and if there is no place, instead of the stream that has been
 *   silent longest, DEMUX_HOLD_NS at least. That is new_sender without restarted. */
static inline struct demux_result demux_push(struct demux *demux, const struct packet *packet)
{
    struct demux_sender *last = demux->last;

    if (last == NULL || !demux_same_sender(&last->origin, &packet->origin) ||
        last->origin.interface_index != packet->origin.interface_index ||
        !format_equal(&last->format, &packet->format) || last->partial_bytes != 0 ||
        packet->pcm_bytes % format_frame_bytes(&packet->format) != 0)
        return demux_push_other(demux, packet);
    demux_count_taken(demux, last, packet);
    return (struct demux_result){.verdict = DEMUX_TAKEN,
                                 .stream = (uint8_t)(last - demux->senders)};
}

/* Forgets the streams of a mix that have been silent for DEMUX_IDLE_NS, or DEMUX_HOLD_NS when they
 * were of less than DEMUX_KNOCKS packets. Returns them, bit n for stream n. Real-time safe; once a
 * second is enough. */
uint64_t demux_expire(struct demux *demux);

/* A few words for each kind of drop, for people: "other sender". */
const char *demux_verdict_name(enum demux_verdict verdict);

#endif
