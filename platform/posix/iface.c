#include "platform/iface.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static uint32_t ipv4_of(const struct sockaddr *address)
{
    struct sockaddr_in in;

    if (address == NULL || address->sa_family != AF_INET)
        return 0;
    memcpy(&in, address, sizeof in);
    return ntohl(in.sin_addr.s_addr);
}

/* Adds what one getifaddrs() entry says, to the interface of that name where there is one. */
static size_t list_add(struct iface *list, size_t count, const struct ifaddrs *entry)
{
    uint32_t address = ipv4_of(entry->ifa_addr);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i].name, entry->ifa_name) == 0) {
            if (list[i].address == 0)
                list[i].address = address;
            return count;
        }
    }
    if (count == IFACE_MAX)
        return count;
    list[count] = (struct iface){
        .index = if_nametoindex(entry->ifa_name),
        .address = address,
        .up = (entry->ifa_flags & IFF_UP) != 0,
        .loopback = (entry->ifa_flags & IFF_LOOPBACK) != 0,
        .multicast = (entry->ifa_flags & IFF_MULTICAST) != 0,
    };
    snprintf(list[count].name, sizeof list[count].name, "%s", entry->ifa_name);
    return count + 1;
}

size_t iface_list(struct iface list[IFACE_MAX])
{
    struct ifaddrs *entries;
    size_t count = 0;

    if (getifaddrs(&entries) != 0)
        return 0;
    for (const struct ifaddrs *entry = entries; entry; entry = entry->ifa_next)
        count = list_add(list, count, entry);
    freeifaddrs(entries);
    return count;
}

bool iface_find(const char *name_or_address, struct iface *found)
{
    char name[IF_NAMESIZE];
    struct ifaddrs *entries;
    struct in_addr parsed;
    uint32_t address = 0;
    size_t count = 0;

    if (getifaddrs(&entries) != 0)
        return false;
    snprintf(name, sizeof name, "%s", name_or_address);
    if (inet_pton(AF_INET, name_or_address, &parsed) == 1) {
        address = ntohl(parsed.s_addr);
        name[0] = '\0';
        for (const struct ifaddrs *entry = entries; entry && address; entry = entry->ifa_next)
            if (ipv4_of(entry->ifa_addr) == address)
                snprintf(name, sizeof name, "%s", entry->ifa_name);
    }
    for (const struct ifaddrs *entry = entries; entry; entry = entry->ifa_next)
        if (strcmp(entry->ifa_name, name) == 0)
            count = list_add(found, count, entry);
    freeifaddrs(entries);
    if (count && address)
        found->address = address;
    return count > 0;
}

void iface_names(char *text, size_t size)
{
    struct iface list[IFACE_MAX];
    size_t count = iface_list(list);
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", list[i].name);
}

bool iface_require(const char *name_or_address, struct iface *found, struct failure *failure)
{
    char names[160];

    if (!iface_find(name_or_address, found)) {
        iface_names(names, sizeof names);
        failure_set(failure, EXIT_NETWORK,
                    "there is no interface with the name or address '%.40s'; there are: %s",
                    name_or_address, names);
        return false;
    }
    if (!found->up)
        failure_set(failure, EXIT_NETWORK,
                    "interface %s is down; bring it up with 'ip link set %s up'", found->name,
                    found->name);
    return found->up;
}
