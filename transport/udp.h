/* Datagrams over IPv4, multicast or unicast. */
#ifndef TRANSPORT_UDP_H
#define TRANSPORT_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/failure.h"
#include "transport/sink.h"
#include "transport/source.h"

struct udp_source_config {
    bool unicast;          /* join no group */
    const char *group;     /* dotted IPv4; not looked at when unicast */
    uint16_t port;         /* 1-65535 */
    const char *interface; /* name or dotted IPv4 address; NULL: multicast joins on every interface
                            * that can, unicast listens on every address */
    bool stamps; /* arrivals by the kernel's clock, not by the time of reading; costs a little */
};

/* Opens a socket, joins, and says on the log where it listens. NULL and `failure` on error. The
 * socket shares its port with other receivers on this host. */
struct source *udp_source_open(const struct udp_source_config *config, struct failure *failure);

#define UDP_DESTINATIONS_MAX 16u

struct udp_sink_config {
    const char *destinations[UDP_DESTINATIONS_MAX]; /* HOST[:PORT]: group, address or host name */
    size_t destination_count;                       /* at least 1 */
    uint16_t port;                                  /* for destinations that name none; 1-65535 */
    const char *interface; /* to send from, name or dotted IPv4 address; NULL: as routed */
    uint16_t source_port;  /* 0: the system's choice */
    uint8_t ttl;           /* 0: the system's default; else for multicast and unicast alike */
    uint8_t dscp;          /* 0-63 */
    bool loopback;         /* multicast is heard by receivers on this host too */
};

/* Opens a socket for all destinations and says on the log where it sends. NULL and `failure` on
 * error. */
struct sink *udp_sink_open(const struct udp_sink_config *config, struct failure *failure);

#endif
