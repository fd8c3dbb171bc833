/* The machine's network interfaces. */
#ifndef PLATFORM_IFACE_H
#define PLATFORM_IFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/failure.h"

#define IFACE_MAX 64u

struct iface {
    uint32_t index;
    char name[16];
    uint32_t address; /* its first IPv4 address in host byte order; 0: none */
    bool up, loopback, multicast;
};

/* Lists the interfaces, at most IFACE_MAX; returns how many, 0 on error. */
size_t iface_list(struct iface list[IFACE_MAX]);

/* Finds an interface by name or by any one of its dotted IPv4 addresses; in the latter case that
 * address is the one in `*found`. */
bool iface_find(const char *name_or_address, struct iface *found);

/* The same for one that must be there and up. False and `failure`, which names those there are. */
bool iface_require(const char *name_or_address, struct iface *found, struct failure *failure);

/* The names of all, for an error message: "lo, eth0". */
void iface_names(char *text, size_t size);

#endif
