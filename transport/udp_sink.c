#include "transport/udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/clock.h"
#include "platform/iface.h"
#include "platform/log.h"
#include "transport/udp_destination.h"

/* A tenth of a second of the heaviest stream, which is as much as is ever sent in one burst. */
#define QUEUE_BYTES (640 << 10)

#define COMPLAINT_NS NS_PER_S

struct udp_sink {
    struct sink base;
    int fd;
    struct sockaddr_in destinations[UDP_DESTINATIONS_MAX];
    size_t destination_count;
    char iface_name[16]; /* to send on; "": as routed */
    bool iface_is_given; /* by the user, for unicast too */
    uint64_t complained_ns;
    uint64_t unsent_complained; /* of base.unsent, what a warning told */
};

/* Aims the socket at an interface: all groups, and unicast as well when the user named it. The
 * system chooses the source address, except on lo, whose own it would not take for multicast. */
static bool use_interface(const struct udp_sink *udp, int fd, const struct iface *iface)
{
    struct ip_mreqn multicast = {
        .imr_ifindex = (int)iface->index,
        .imr_address.s_addr = htonl(iface->loopback ? iface->address : 0),
    };
    uint32_t unicast = htonl(iface->index);

    if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &multicast, sizeof multicast) != 0)
        return false;
    return !udp->iface_is_given ||
           setsockopt(fd, IPPROTO_IP, IP_UNICAST_IF, &unicast, sizeof unicast) == 0;
}

/* An interface that was taken away and came back has another index. */
static void renew_interface(const struct udp_sink *udp)
{
    struct iface iface;

    if (udp->iface_name[0] && iface_find(udp->iface_name, &iface))
        use_interface(udp, udp->fd, &iface);
}

/* Counts a packet that did not get there. At most one line a second; what came in between is in
 * its sum. */
static void count_unsent(struct udp_sink *udp, const struct sockaddr_in *to, int fault)
{
    uint64_t now_ns = clock_now_ns();
    char text[UDP_DESTINATION_BYTES];

    udp->base.unsent++;
    if (udp->complained_ns && now_ns < udp->complained_ns + COMPLAINT_NS)
        return;
    log_line(LOG_WARNING, "cannot send to %s: %s%s; going on, unsent: %" PRIu64,
             udp_destination_print(to, text), strerror(fault),
             fault == ECONNREFUSED ? " (no receiver there)" : "",
             udp->base.unsent - udp->unsent_complained);
    udp->complained_ns = now_ns;
    udp->unsent_complained = udp->base.unsent;
    renew_interface(udp);
}

/* Takes the answers of hosts and routers that refused earlier packets, which had counted as sent.
 * False when there was none. */
static bool take_refusals(struct udp_sink *udp)
{
    bool any = false;

    for (;;) {
        struct sockaddr_in to = {0};
        union {
            char bytes[256];
            struct cmsghdr align;
        } control;
        struct msghdr message = {.msg_name = &to,
                                 .msg_namelen = sizeof to,
                                 .msg_control = &control,
                                 .msg_controllen = sizeof control};
        struct sock_extended_err error = {0};

        if (recvmsg(udp->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
            return any;
        for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header;
             header = CMSG_NXTHDR(&message, header))
            if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_RECVERR)
                memcpy(&error, CMSG_DATA(header), sizeof error);
        any = true;
        if (error.ee_origin == SO_EE_ORIGIN_LOCAL)
            continue; /* sendto() has said so already */
        if (udp->base.datagrams > 0)
            udp->base.datagrams--;
        count_unsent(udp, &to, (int)error.ee_errno);
    }
}

static bool send_to(struct udp_sink *udp, const struct sockaddr_in *to, const uint8_t *datagram,
                    size_t length)
{
    return sendto(udp->fd, datagram, length, MSG_DONTWAIT, (const struct sockaddr *)to,
                  sizeof *to) >= 0;
}

/* No error ends the stream: whatever it is, networks come back, and the next packet may go out. An
 * error may belong to an earlier packet, then this one has not been tried yet. */
static bool udp_send(struct sink *sink, const uint8_t *datagram, size_t length,
                     struct failure *failure)
{
    struct udp_sink *udp = (struct udp_sink *)sink;

    (void)failure;
    for (size_t i = 0; i < udp->destination_count; i++) {
        const struct sockaddr_in *to = &udp->destinations[i];
        bool gone = send_to(udp, to, datagram, length);
        int fault = errno;

        if (!gone && take_refusals(udp)) {
            gone = send_to(udp, to, datagram, length);
            fault = errno;
        }
        if (gone)
            sink->datagrams++;
        else
            count_unsent(udp, to, fault);
    }
    return true;
}

static void udp_close(struct sink *sink)
{
    struct udp_sink *udp = (struct udp_sink *)sink;

    close(udp->fd);
    free(udp);
}

static const struct sink_ops udp_ops = {.send = udp_send, .close = udp_close};

static bool set_number(int fd, int option, int value, const char *what, struct failure *failure)
{
    if (setsockopt(fd, IPPROTO_IP, option, &value, sizeof value) == 0)
        return true;
    failure_set(failure, EXIT_NETWORK, "cannot set %s to %d: %s", what, value, strerror(errno));
    return false;
}

static bool set_options(int fd, const struct udp_sink_config *config, struct failure *failure)
{
    int on = 1, bytes = QUEUE_BYTES;

    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
    setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
    if (config->ttl && !(set_number(fd, IP_MULTICAST_TTL, config->ttl, "the TTL", failure) &&
                         set_number(fd, IP_TTL, config->ttl, "the TTL", failure)))
        return false;
    if (config->dscp && !set_number(fd, IP_TOS, config->dscp << 2, "the type of service", failure))
        return false;
    return set_number(fd, IP_MULTICAST_LOOP, config->loopback, "multicast loopback", failure);
}

static bool bind_source(int fd, uint32_t address, uint16_t port, struct failure *failure)
{
    struct sockaddr_in local = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
    char text[UDP_DESTINATION_BYTES];

    if ((address == 0 && port == 0) || bind(fd, (struct sockaddr *)&local, sizeof local) == 0)
        return true;
    failure_set(failure, EXIT_NETWORK, "cannot send from %s: %s%s",
                udp_destination_print(&local, text), strerror(errno),
                port ? "; choose another --source-port" : "");
    return false;
}

/* Whether a route leads there, and the address that the system would send from. */
static bool find_route(const struct udp_sink *udp, const struct sockaddr_in *to,
                       struct sockaddr_in *from)
{
    socklen_t length = sizeof *from;
    struct iface iface;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int on = 1;
    bool found;

    if (fd < 0)
        return false;
    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
    if (udp->iface_name[0] && iface_find(udp->iface_name, &iface))
        use_interface(udp, fd, &iface);
    found = connect(fd, (const struct sockaddr *)to, sizeof *to) == 0 &&
            getsockname(fd, (struct sockaddr *)from, &length) == 0;
    close(fd);
    return found;
}

/* Where no route leads to a group, which is common on a machine without a default route, any
 * interface that carries multicast is better than none. */
static bool choose_interface(struct udp_sink *udp, const struct sockaddr_in *group,
                             struct failure *failure)
{
    struct iface list[IFACE_MAX];
    size_t count = iface_list(list);
    char text[UDP_DESTINATION_BYTES], names[160];

    for (size_t i = 0; i < count; i++) {
        const struct iface *iface = &list[i];

        if (!iface->up || iface->loopback || !iface->multicast || iface->address == 0 ||
            !use_interface(udp, udp->fd, iface))
            continue;
        snprintf(udp->iface_name, sizeof udp->iface_name, "%s", iface->name);
        return true;
    }
    iface_names(names, sizeof names);
    failure_set(failure, EXIT_NETWORK,
                "no route leads to %s, and no interface that is up could carry it; choose one "
                "with -i: %s",
                udp_destination_print(group, text), names);
    return false;
}

/* Settles on which interface, and from which address, it will send. */
static bool set_interface(struct udp_sink *udp, const struct udp_sink_config *config,
                          struct failure *failure)
{
    struct iface iface = {.address = 0};
    struct sockaddr_in from;
    struct in_addr parsed;

    if (config->interface == NULL) {
        if (!bind_source(udp->fd, 0, config->source_port, failure))
            return false;
        for (size_t i = 0; i < udp->destination_count; i++)
            if (udp_destination_is_group(&udp->destinations[i]) && udp->iface_name[0] == '\0' &&
                !find_route(udp, &udp->destinations[i], &from) &&
                !choose_interface(udp, &udp->destinations[i], failure))
                return false;
        return true;
    }
    if (!iface_require(config->interface, &iface, failure))
        return false;
    udp->iface_is_given = true;
    snprintf(udp->iface_name, sizeof udp->iface_name, "%s", iface.name);
    if (!use_interface(udp, udp->fd, &iface)) {
        failure_set(failure, EXIT_NETWORK, "cannot send on interface %s: %s", iface.name,
                    strerror(errno));
        return false;
    }
    /* A name leaves the source address to the system, an address is meant to be it. */
    if (inet_pton(AF_INET, config->interface, &parsed) != 1)
        iface.address = 0;
    return bind_source(udp->fd, iface.address, config->source_port, failure);
}

static void say_destinations(const struct udp_sink *udp)
{
    for (size_t i = 0; i < udp->destination_count; i++) {
        const struct sockaddr_in *to = &udp->destinations[i];
        char text[UDP_DESTINATION_BYTES], dotted[INET_ADDRSTRLEN];
        const char *name = udp->iface_name;
        struct sockaddr_in from;
        struct iface iface;

        udp_destination_print(to, text);
        if (!find_route(udp, to, &from)) {
            log_line(LOG_WARNING, "no route leads to %s now; sending as soon as one does", text);
            continue;
        }
        inet_ntop(AF_INET, &from.sin_addr, dotted, sizeof dotted);
        if (!(name[0] && (udp->iface_is_given || udp_destination_is_group(to))))
            name = iface_find(dotted, &iface) ? iface.name : dotted;
        log_line(LOG_NOTICE, "sending to %s on %s", text, name);
    }
}

struct sink *udp_sink_open(const struct udp_sink_config *config, struct failure *failure)
{
    struct udp_sink *udp = calloc(1, sizeof *udp);

    if (udp == NULL) {
        failure_set(failure, EXIT_BROKEN, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < config->destination_count; i++)
        if (!udp_destination_find(config->destinations[i], config->port, &udp->destinations[i],
                                  failure))
            goto free_udp;
    udp->destination_count = config->destination_count;
    udp->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (udp->fd < 0) {
        failure_set(failure, EXIT_NETWORK, "cannot open a socket: %s", strerror(errno));
        goto free_udp;
    }
    if (!set_options(udp->fd, config, failure) || !set_interface(udp, config, failure))
        goto close_socket;
    say_destinations(udp);
    udp->base.ops = &udp_ops;
    return &udp->base;

close_socket:
    close(udp->fd);
free_udp:
    free(udp);
    return NULL;
}
