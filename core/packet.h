/* One arrival, checked: what a source hands to the stream. */
#ifndef CORE_PACKET_H
#define CORE_PACKET_H

#include <stdint.h>

#include "core/format.h"

/* Whom a packet came from and on which way. IPv4 address and port in host byte order. */
struct packet_origin {
    uint32_t address;
    uint16_t port;
    uint32_t interface_index; /* the interface it arrived on; 0 when unknown */
};

struct packet {
    struct format format; /* legal */
    const uint8_t *pcm;   /* valid until the next call to the source; maybe not whole frames */
    uint32_t pcm_bytes;   /* at least 1 */
    struct packet_origin origin;
    uint64_t arrival_ns; /* monotonic clock */
};

#endif
