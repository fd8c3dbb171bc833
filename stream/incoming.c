#include "stream/incoming.h"

#include <string.h>

void incoming_init(struct incoming *incoming)
{
    memset(incoming, 0, sizeof *incoming);
}

static bool same_sender(const struct packet_origin *a, const struct packet_origin *b)
{
    return a->address == b->address && a->port == b->port;
}

static enum incoming_verdict judge(const struct incoming_sender *sender,
                                   const struct packet_origin *origin, uint64_t silent_ns)
{
    if (same_sender(&sender->origin, origin))
        return sender->origin.interface_index == origin->interface_index ||
                       silent_ns >= INCOMING_INTERFACE_NS
                   ? INCOMING_TAKEN
                   : INCOMING_OTHER_INTERFACE;
    return silent_ns >= INCOMING_HOLD_NS ||
                   (silent_ns >= INCOMING_SUCCESSOR_NS && sender->origin.address == origin->address)
               ? INCOMING_TAKEN
               : INCOMING_OTHER_SENDER;
}

static void count(struct incoming_sender *sender, const struct packet *packet)
{
    sender->packets++;
    sender->bytes += packet->pcm_bytes;
    sender->last_ns = packet->arrival_ns;
}

/* A packet that begins anything anew: a sender, a format, an interface, a frame. */
static struct incoming_result push_change(struct incoming *incoming, const struct packet *packet)
{
    struct incoming_sender *sender = &incoming->sender;
    struct incoming_result result = {.verdict = INCOMING_TAKEN};
    uint64_t silent_ns = packet->arrival_ns - sender->last_ns;
    uint32_t frame_bytes = format_frame_bytes(&packet->format);

    if (sender->packets > 0)
        result.verdict = judge(sender, &packet->origin, silent_ns);
    incoming->counts[result.verdict]++;
    if (result.verdict != INCOMING_TAKEN)
        return result;

    result.new_sender = sender->packets == 0 || !same_sender(&sender->origin, &packet->origin);
    result.new_format = sender->packets == 0 || !format_equal(&sender->format, &packet->format);
    if (result.new_format) {
        incoming->partial_bytes = 0;
    } else if (incoming->partial_bytes > 0 && (result.new_sender || silent_ns >= INCOMING_HOLD_NS ||
                                               packet->pcm_bytes % frame_bytes == 0)) {
        /* A sender that splits frames sends nothing but packets of odd lengths: after a pause, or
         * with a packet of whole frames, it began anew. */
        result.lost_bytes = frame_bytes - incoming->partial_bytes;
        incoming->partial_bytes = 0;
    }
    if (incoming->partial_bytes > 0)
        result.ending_bytes = frame_bytes - incoming->partial_bytes;
    if (result.new_sender)
        *sender = (struct incoming_sender){.first_ns = packet->arrival_ns};
    incoming->partial_bytes = (incoming->partial_bytes + packet->pcm_bytes) % frame_bytes;
    sender->origin = packet->origin;
    sender->format = packet->format;
    count(sender, packet);
    return result;
}

struct incoming_result incoming_push(struct incoming *incoming, const struct packet *packet)
{
    struct incoming_sender *sender = &incoming->sender;

    if (sender->packets == 0 || !same_sender(&sender->origin, &packet->origin) ||
        sender->origin.interface_index != packet->origin.interface_index ||
        !format_equal(&sender->format, &packet->format) || incoming->partial_bytes != 0 ||
        packet->pcm_bytes % format_frame_bytes(&packet->format) != 0)
        return push_change(incoming, packet);
    incoming->counts[INCOMING_TAKEN]++;
    count(sender, packet);
    return (struct incoming_result){.verdict = INCOMING_TAKEN};
}

const char *incoming_verdict_name(enum incoming_verdict verdict)
{
    static const char *const names[INCOMING_VERDICTS] = {
        [INCOMING_TAKEN] = "taken",
        [INCOMING_OTHER_SENDER] = "other sender",
        [INCOMING_OTHER_INTERFACE] = "other interface",
    };

    return (unsigned)verdict < INCOMING_VERDICTS ? names[verdict] : "unknown";
}
