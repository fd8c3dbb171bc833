/* Cuts PCM into the datagrams that the original driver sends, always of whole frames. */
#ifndef CORE_PACKETIZER_H
#define CORE_PACKETIZER_H

#include <stddef.h>
#include <stdint.h>

#include "core/wire.h"

struct packetizer {
    uint8_t datagram[WIRE_DATAGRAM_BYTES];
    uint32_t filled;        /* PCM bytes waiting in the datagram */
    uint32_t payload_bytes; /* PCM bytes of a full one */
};

/* Starts a stream of a legal format; whatever waited is forgotten. */
void packetizer_start(struct packetizer *packetizer, const struct format *format);

/* Takes up to `bytes` of PCM, until a datagram is full. Returns how many it took. When
 * packetizer_ready() then says a length, send that datagram before the next call. */
size_t packetizer_feed(struct packetizer *packetizer, const uint8_t *pcm, size_t bytes);

/* The length in bytes of the full datagram that waits in `datagram`, or 0. It counts as sent with
 * the next packetizer_feed(). */
uint32_t packetizer_ready(const struct packetizer *packetizer);

/* Ends a stream: fills what waits with silence. Returns the last datagram's length, or 0 when
 * nothing waited. */
uint32_t packetizer_flush(struct packetizer *packetizer);

#endif
