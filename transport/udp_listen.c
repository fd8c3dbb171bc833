#include "transport/udp_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "platform/iface.h"
#include "platform/log.h"

/* Binds so that other receivers can have the port too, and tells whether one has it already. */
static bool bind_shared(int fd, uint32_t address, uint16_t port, bool *shared,
                        struct failure *failure)
{
    struct sockaddr_in local = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
    int on = 1;

    *shared = bind(fd, (struct sockaddr *)&local, sizeof local) != 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!*shared || bind(fd, (struct sockaddr *)&local, sizeof local) == 0)
        return true;
    if (errno == EADDRINUSE)
        failure_set(failure, EXIT_NETWORK,
                    "UDP port %u is in use by a program that does not share it ('ss -ulpn' names "
                    "it); end it, or choose another port with -p",
                    port);
    else if (errno == EACCES)
        failure_set(failure, EXIT_NETWORK,
                    "UDP port %u is not for every user; choose one above 1023 with -p", port);
    else
        failure_set(failure, EXIT_NETWORK, "cannot listen on UDP port %u: %s", port,
                    strerror(errno));
    return false;
}

/* Returns 0 or the errno. */
static int join(int fd, const char *group, const struct iface *iface)
{
    struct ip_mreqn request = {.imr_ifindex = (int)iface->index};

    inet_pton(AF_INET, group, &request.imr_multiaddr);
    return setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request) == 0 ? 0 : errno;
}

/* Joins wherever it can and writes down where: "lo, eth0". */
static bool join_all(int fd, const char *group, char *joined, size_t size, struct failure *failure)
{
    struct iface list[IFACE_MAX];
    size_t count = iface_list(list);
    size_t used = 0, too_many = 0;

    for (size_t i = 0; i < count; i++) {
        int fault;

        if (!list[i].up || !(list[i].multicast || list[i].loopback))
            continue;
        fault = join(fd, group, &list[i]);
        too_many += fault == ENOBUFS;
        if (fault)
            log_line(LOG_DETAIL, "cannot join %s on %s: %s", group, list[i].name, strerror(fault));
        else if (used < size)
            used += (size_t)snprintf(joined + used, size - used, "%s%s", used ? ", " : "",
                                     list[i].name);
    }
    if (too_many)
        log_line(LOG_WARNING,
                 "the system lets us join on no more interfaces, %zu are left out; name the right "
                 "one with -i, or raise net.ipv4.igmp_max_memberships",
                 too_many);
    if (used == 0)
        failure_set(failure, EXIT_NETWORK,
                    "no network interface is up that can join %s; bring one up, or receive "
                    "unicast with -u",
                    group);
    return used > 0;
}

static bool listen_multicast(int fd, const struct udp_source_config *config,
                             struct failure *failure)
{
    char joined[256];
    struct in_addr group;
    struct iface iface;
    bool shared;

    if (inet_pton(AF_INET, config->group, &group) != 1 || !IN_MULTICAST(ntohl(group.s_addr))) {
        failure_set(failure, EXIT_NETWORK,
                    "'%.40s' is no multicast group, which are 224.0.0.0 to 239.255.255.255; to "
                    "receive unicast use -u",
                    config->group);
        return false;
    }
    if (config->interface && !iface_require(config->interface, &iface, failure))
        return false;
    if (!bind_shared(fd, INADDR_ANY, config->port, &shared, failure))
        return false;
    if (config->interface) {
        int fault = join(fd, config->group, &iface);

        if (fault) {
            failure_set(failure, EXIT_NETWORK,
                        "cannot join %s on %s (%s); does it carry multicast?", config->group,
                        iface.name, strerror(fault));
            return false;
        }
        snprintf(joined, sizeof joined, "%s", iface.name);
    } else if (!join_all(fd, config->group, joined, sizeof joined, failure)) {
        return false;
    }
    log_line(LOG_NOTICE, "listening on %s:%u (%s)", config->group, config->port, joined);
    if (shared)
        log_line(LOG_DETAIL,
                 "another receiver here has port %u too: multicast reaches all of them, a unicast "
                 "packet only one",
                 config->port);
    return true;
}

static bool listen_unicast(int fd, const struct udp_source_config *config, struct failure *failure)
{
    struct iface iface = {.address = INADDR_ANY};
    char address[INET_ADDRSTRLEN];
    struct in_addr in;
    bool shared;

    if (config->interface && !iface_require(config->interface, &iface, failure))
        return false;
    if (config->interface && iface.address == 0) {
        failure_set(failure, EXIT_NETWORK, "interface %s has no IPv4 address to listen on",
                    iface.name);
        return false;
    }
    if (!bind_shared(fd, iface.address, config->port, &shared, failure))
        return false;
    in.s_addr = htonl(iface.address);
    inet_ntop(AF_INET, &in, address, sizeof address);
    log_line(LOG_NOTICE, "listening on %s:%u (unicast)", address, config->port);
    if (shared)
        log_line(LOG_DETAIL, "another receiver here has port %u too: a packet reaches only one",
                 config->port);
    return true;
}

bool udp_listen(int fd, const struct udp_source_config *config, struct failure *failure)
{
    return (config->unicast ? listen_unicast : listen_multicast)(fd, config, failure);
}
