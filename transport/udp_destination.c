#include "transport/udp_destination.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

const char *udp_destination_print(const struct sockaddr_in *address,
                                  char text[UDP_DESTINATION_BYTES])
{
    char dotted[INET_ADDRSTRLEN];

    inet_ntop(AF_INET, &address->sin_addr, dotted, sizeof dotted);
    snprintf(text, UDP_DESTINATION_BYTES, "%s:%u", dotted, ntohs(address->sin_port));
    return text;
}

bool udp_destination_find(const char *text, uint16_t port, struct sockaddr_in *address,
                          struct failure *failure)
{
    const char *colon = strrchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : strlen(text);
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM};
    struct addrinfo *found;
    char host[256];
    int fault;

    if (strchr(text, '[') || strchr(text, ':') != colon) {
        failure_set(failure, EXIT_USAGE, "'%.60s' is no IPv4 address, and only IPv4 can be sent to",
                    text);
        return false;
    }
    if (length == 0 || length >= sizeof host) {
        failure_set(failure, EXIT_USAGE, "'%.60s' names no host; write HOST or HOST:PORT", text);
        return false;
    }
    memcpy(host, text, length);
    host[length] = '\0';
    if (colon) {
        size_t digits = strspn(colon + 1, "0123456789");
        unsigned long number = strtoul(colon + 1, NULL, 10);

        if (digits == 0 || colon[1 + digits] || number < 1 || number > UINT16_MAX) {
            failure_set(failure, EXIT_USAGE, "'%.100s': the port must be from 1 to 65535", text);
            return false;
        }
        port = (uint16_t)number;
    }
    fault = getaddrinfo(host, NULL, &hints, &found);
    if (fault != 0) {
        failure_set(failure, EXIT_NETWORK, "cannot find an IPv4 address of '%.100s': %s", host,
                    gai_strerror(fault));
        return false;
    }
    memcpy(address, found->ai_addr, sizeof *address);
    freeaddrinfo(found);
    address->sin_port = htons(port);
    if (address->sin_addr.s_addr == htonl(INADDR_ANY)) {
        failure_set(failure, EXIT_NETWORK, "'%.100s' is no address to send to", host);
        return false;
    }
    return true;
}
