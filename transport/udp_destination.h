/* Where datagrams go: HOST[:PORT] as people write it. */
#ifndef TRANSPORT_UDP_DESTINATION_H
#define TRANSPORT_UDP_DESTINATION_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "platform/failure.h"

#define UDP_DESTINATION_BYTES sizeof "255.255.255.255:65535"

/* Looks up a host name, address or group; `port` is for a text that names none. False and
 * `failure` on error. */
bool udp_destination_find(const char *text, uint16_t port, struct sockaddr_in *address,
                          struct failure *failure);

/* Writes "239.255.77.77:4010" and returns it. */
const char *udp_destination_print(const struct sockaddr_in *address,
                                  char text[UDP_DESTINATION_BYTES]);

static inline bool udp_destination_is_group(const struct sockaddr_in *address)
{
    return IN_MULTICAST(ntohl(address->sin_addr.s_addr));
}

#endif
