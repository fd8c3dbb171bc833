#include "stream/demux.h"

#include <string.h>

#define NOBODY 0xffu

/* Places that a newcomer is offered, in turn: a flood of them costs little. */
#define LOOKS 8u

_Static_assert(DEMUX_SENDERS_MAX <= NOBODY, "a sender's number is a byte");
_Static_assert(DEMUX_SENDERS_MAX == 1u << (32 - 25), "chain_of() takes so many bits");
_Static_assert(DEMUX_STREAMS_MAX <= 64, "demux_expire() has a bit for each");

static bool is_mix(const struct demux *demux)
{
    return demux->sources.policy == DEMUX_MIX;
}

void demux_init(struct demux *demux, const struct demux_sources *sources, uint32_t streams_max)
{
    memset(demux, 0, sizeof *demux);
    memset(demux->heads, NOBODY, sizeof demux->heads);
    demux->sources = *sources;
    demux->streams_max = is_mix(demux) ? streams_max : 1;
}

/* ---- the table: chains of senders by origin, each a number that the one before it holds */

/* 2^32 over the golden ratio spreads to the top what differs anywhere (Knuth, 6.4). */
static uint8_t *chain_of(struct demux *demux, const struct packet_origin *origin)
{
    uint32_t mixed = (origin->address ^ (uint32_t)origin->port << 16) * 0x9e3779b9u;

    return &demux->heads[mixed >> 25];
}

static uint8_t find(struct demux *demux, const struct packet_origin *origin)
{
    uint8_t at = *chain_of(demux, origin);

    while (at != NOBODY && !demux_same_sender(&demux->senders[at].origin, origin))
        at = demux->senders[at].next;
    return at;
}

static void link_sender(struct demux *demux, uint8_t number)
{
    struct demux_sender *sender = &demux->senders[number];
    uint8_t *head = chain_of(demux, &sender->origin);

    sender->present = true;
    sender->next = *head;
    *head = number;
}

static void unlink_sender(struct demux *demux, uint8_t number)
{
    struct demux_sender *sender = &demux->senders[number];
    uint8_t *at = chain_of(demux, &sender->origin);

    if (!sender->present)
        return;
    while (*at != number)
        at = &demux->senders[*at].next;
    *at = sender->next;
    sender->present = false;
}

/* ---- who is known, but not heard */

static uint64_t silence_ns(const struct demux *demux, const struct demux_sender *sender)
{
    return demux->observed_ns > sender->last_ns ? demux->observed_ns - sender->last_ns : 0;
}

/* Whether a newcomer may have its place. Who sends regularly stays, so that `latest` knows who
 * began when; everybody stays for as long as a sender's blocks may be apart, or nobody would be
 * known long enough in a flood. */
static bool gives_way(const struct demux *demux, const struct demux_sender *sender)
{
    return !sender->present ||
           silence_ns(demux, sender) >=
               (sender->run >= DEMUX_KNOCKS ? DEMUX_HOLD_NS : DEMUX_INTERFACE_NS);
}

/* A place for a newcomer, or NOBODY for now. */
static uint8_t find_room(struct demux *demux)
{
    const uint32_t count = DEMUX_SENDERS_MAX - DEMUX_STREAMS_MAX;

    for (uint32_t i = 0; i < LOOKS; i++) {
        uint8_t number = (uint8_t)(DEMUX_STREAMS_MAX + demux->hand);

        demux->hand = (demux->hand + 1) % count;
        if (gives_way(demux, &demux->senders[number]))
            return number;
    }
    return NOBODY;
}

/* Writes down a packet of somebody who is not heard. Returns its number, or NOBODY when there is
 * no place. */
static uint8_t note(struct demux *demux, uint8_t number, const struct packet *packet)
{
    struct demux_sender *sender;

    if (number == NOBODY) {
        number = find_room(demux);
        if (number == NOBODY)
            return NOBODY;
        unlink_sender(demux, number);
        demux->senders[number] = (struct demux_sender){
            .origin = packet->origin,
            .first_ns = packet->arrival_ns,
            .last_ns = packet->arrival_ns,
            .began_ns = packet->arrival_ns,
        };
        link_sender(demux, number);
    }
    sender = &demux->senders[number];
    if (silence_ns(demux, sender) >= DEMUX_HOLD_NS) {
        sender->began_ns = packet->arrival_ns;
        sender->run = 0;
    }
    if (!format_equal(&sender->format, &packet->format))
        sender->run = 0;
    sender->format = packet->format;
    sender->last_ns = packet->arrival_ns;
    if (sender->run < DEMUX_KNOCKS)
        sender->run++;
    return number;
}

/* ---- whose stream a packet of somebody who is not heard begins */

static bool is_listed(const struct demux_sources *sources, uint32_t address)
{
    for (size_t i = 0; i < sources->network_count; i++)
        if ((address & sources->networks[i].mask) == sources->networks[i].address)
            return true;
    return sources->network_count == 0;
}

/* Whether the sender of a packet, `other` where it is known, is the stream's own come back on
 * another port: it did not send while that one did. */
static bool is_successor(const struct demux *demux, const struct demux_sender *stream,
                         const struct demux_sender *other, const struct packet *packet)
{
    return stream->present && stream->origin.address == packet->origin.address &&
           silence_ns(demux, stream) >= DEMUX_SUCCESSOR_NS &&
           (other == NULL || other->began_ns > stream->last_ns) &&
           (!is_mix(demux) || format_equal(&stream->format, &packet->format));
}

/* `other` is the packet's sender, NULL when it found no place. */
static uint8_t choose_single(const struct demux *demux, const struct demux_sender *other,
                             const struct packet *packet)
{
    const struct demux_sender *stream = &demux->senders[0];

    if (!stream->present ||
        silence_ns(demux, stream) >=
            (stream->origin.address == packet->origin.address ? DEMUX_SUCCESSOR_NS : DEMUX_HOLD_NS))
        return 0;
    if (demux->sources.policy == DEMUX_LATEST && other && other->run >= DEMUX_KNOCKS &&
        other->began_ns > stream->began_ns)
        return 0;
    return NOBODY;
}

static uint8_t choose_mixed(const struct demux *demux, const struct demux_sender *other,
                            const struct packet *packet)
{
    uint8_t empty = NOBODY, silent = NOBODY, successor = NOBODY;
    uint32_t used = 0;

    for (uint8_t i = 0; i < demux->streams_max; i++) {
        const struct demux_sender *stream = &demux->senders[i];

        if (!stream->present) {
            empty = empty == NOBODY ? i : empty;
            continue;
        }
        used++;
        if (is_successor(demux, stream, other, packet) &&
            (successor == NOBODY || stream->last_ns > demux->senders[successor].last_ns))
            successor = i;
        if (silence_ns(demux, stream) >= DEMUX_HOLD_NS &&
            (silent == NOBODY || stream->last_ns < demux->senders[silent].last_ns))
            silent = i;
    }
    if (successor != NOBODY)
        return successor;
    if (empty != NOBODY && used * 2 < demux->streams_max)
        return empty;
    if (other == NULL || other->run < DEMUX_KNOCKS)
        return NOBODY;
    return empty != NOBODY ? empty : silent;
}

/* ---- a packet that is heard */

/* Brings a stream up to date for a packet that begins anything anew: a sender, a format, an
 * interface, a frame. */
static void begin(struct demux_sender *stream, const struct packet *packet, uint64_t silent_ns,
                  struct demux_result *result)
{
    uint32_t frame_bytes = format_frame_bytes(&packet->format);

    if (result->new_format) {
        stream->partial_bytes = 0;
    } else if (stream->partial_bytes > 0 && (result->new_sender || silent_ns >= DEMUX_HOLD_NS ||
                                             packet->pcm_bytes % frame_bytes == 0)) {
        /* A sender that splits frames sends nothing but packets of odd lengths: after a pause, or
         * with a packet of whole frames, it began anew. */
        result->lost_bytes = frame_bytes - stream->partial_bytes;
        stream->partial_bytes = 0;
    }
    if (stream->partial_bytes > 0)
        result->ending_bytes = frame_bytes - stream->partial_bytes;
    stream->partial_bytes = (stream->partial_bytes + packet->pcm_bytes) % frame_bytes;
    stream->origin = packet->origin;
    stream->format = packet->format;
}

static struct demux_result push_stream(struct demux *demux, uint8_t number,
                                       const struct packet *packet)
{
    struct demux_sender *stream = &demux->senders[number];
    struct demux_result result = {.verdict = DEMUX_TAKEN, .stream = number};
    uint64_t silent_ns = silence_ns(demux, stream);

    if (stream->origin.interface_index != packet->origin.interface_index &&
        silent_ns < DEMUX_INTERFACE_NS) {
        result.verdict = DEMUX_OTHER_INTERFACE;
        demux->counts[result.verdict]++;
        stream->dropped[result.verdict]++;
        return result;
    }
    if (silent_ns >= DEMUX_HOLD_NS)
        stream->began_ns = packet->arrival_ns;
    result.new_format = !format_equal(&stream->format, &packet->format);
    begin(stream, packet, silent_ns, &result);
    demux_count_taken(demux, stream, packet);
    demux->last = stream;
    return result;
}

/* Gives a stream to a sender that was not heard, whose number is `other` or NOBODY. Who had it is
 * then one of the others, in its place. */
static void exchange(struct demux *demux, uint8_t number, uint8_t other,
                     const struct packet *packet)
{
    struct demux_sender *stream = &demux->senders[number];
    struct demux_sender before = *stream;
    struct demux_sender after = {.first_ns = packet->arrival_ns, .began_ns = packet->arrival_ns};

    unlink_sender(demux, number);
    if (other != NOBODY) {
        unlink_sender(demux, other);
        after = demux->senders[other];
        demux->senders[other] = before;
        demux->senders[other].run = DEMUX_KNOCKS;
        if (before.present)
            link_sender(demux, other);
    }
    *stream = after;
    stream->origin = packet->origin;
    stream->partial_bytes = 0;
    if (!is_mix(demux)) {
        stream->format = before.format;
        stream->partial_bytes = before.partial_bytes;
    }
    link_sender(demux, number);
}

/* The stream goes on, with another port. */
static void succeed(struct demux *demux, uint8_t number, uint8_t other, const struct packet *packet)
{
    struct demux_sender *stream = &demux->senders[number];

    if (other != NOBODY)
        unlink_sender(demux, other);
    unlink_sender(demux, number);
    stream->origin = packet->origin;
    stream->began_ns = packet->arrival_ns;
    link_sender(demux, number);
}

static struct demux_result enter(struct demux *demux, uint8_t number, uint8_t other,
                                 const struct packet *packet)
{
    struct demux_sender *stream = &demux->senders[number];
    const struct demux_sender *known = other != NOBODY ? &demux->senders[other] : NULL;
    struct demux_result result = {
        .verdict = DEMUX_TAKEN,
        .stream = number,
        .new_sender = true,
        .restarted = is_successor(demux, stream, known, packet),
    };

    result.new_format = !stream->present || (is_mix(demux) && !result.restarted) ||
                        !format_equal(&stream->format, &packet->format);
    if (result.restarted)
        succeed(demux, number, other, packet);
    else
        exchange(demux, number, other, packet);
    begin(stream, packet, 0, &result);
    demux_count_taken(demux, stream, packet);
    demux->last = stream;
    return result;
}

struct demux_result demux_push_other(struct demux *demux, const struct packet *packet)
{
    uint8_t number = find(demux, &packet->origin);
    struct demux_result result = {.verdict = DEMUX_NOT_LISTED};
    const struct demux_sender *known;
    uint8_t stream;

    if (number < DEMUX_STREAMS_MAX)
        return push_stream(demux, number, packet);
    if (number != NOBODY || is_listed(&demux->sources, packet->origin.address)) {
        number = note(demux, number, packet);
        known = number != NOBODY ? &demux->senders[number] : NULL;
        stream = is_mix(demux) ? choose_mixed(demux, known, packet)
                               : choose_single(demux, known, packet);
        if (stream != NOBODY)
            return enter(demux, stream, number, packet);
        result.verdict = demux->sources.policy == DEMUX_MIX ? DEMUX_TOO_MANY : DEMUX_OTHER_SENDER;
        if (number != NOBODY)
            demux->senders[number].dropped[result.verdict]++;
    }
    demux->counts[result.verdict]++;
    return result;
}

uint64_t demux_expire(struct demux *demux)
{
    uint64_t gone = 0;

    if (!is_mix(demux))
        return 0;
    for (uint8_t i = 0; i < demux->streams_max; i++) {
        struct demux_sender *stream = &demux->senders[i];

        if (!stream->present ||
            silence_ns(demux, stream) <
                (stream->packets < DEMUX_KNOCKS ? DEMUX_HOLD_NS : DEMUX_IDLE_NS))
            continue;
        unlink_sender(demux, i);
        gone |= (uint64_t)1 << i;
        if (demux->last == stream)
            demux->last = NULL;
    }
    return gone;
}

const char *demux_verdict_name(enum demux_verdict verdict)
{
    static const char *const names[DEMUX_VERDICTS] = {
        [DEMUX_TAKEN] = "taken",
        [DEMUX_OTHER_SENDER] = "other sender",
        [DEMUX_OTHER_INTERFACE] = "other interface",
        [DEMUX_NOT_LISTED] = "sender not listed",
        [DEMUX_TOO_MANY] = "too many senders",
    };

    return (unsigned)verdict < DEMUX_VERDICTS ? names[verdict] : "unknown";
}
