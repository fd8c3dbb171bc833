#include "transport/udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/clock.h"
#include "platform/iface.h"
#include "platform/log.h"

/* A second of the heaviest stream is 6 MB; a busy machine may keep us waiting for tens of
 * milliseconds, a flood of other people's datagrams fills the queue faster. */
#define QUEUE_BYTES (16 << 20)

/* One byte more than the longest good datagram, so that a longer one can be told. */
#define DATAGRAM_ROOM 1536

#define CONTROL_BYTES CMSG_SPACE(sizeof(struct in_pktinfo))

_Static_assert(DATAGRAM_ROOM > WIRE_DATAGRAM_MAX, "too long datagrams must show");

struct udp_source {
    struct source base;
    int fd;
    bool asks_interface;                    /* packets may come over more than one */
    uint32_t kernel_dropped_seen;           /* the socket's own count, which wraps */
    uint8_t last_header[WIRE_HEADER_BYTES]; /* of the last good datagram, and what it means; */
    struct format last_format;              /* legal from the start */
    struct mmsghdr messages[SOURCE_BATCH];
    struct iovec rooms[SOURCE_BATCH];
    struct sockaddr_in senders[SOURCE_BATCH];
    _Alignas(size_t) char controls[SOURCE_BATCH][CONTROL_BYTES]; /* as CMSG_SPACE rounds */
    uint8_t datagrams[SOURCE_BATCH][DATAGRAM_ROOM];
};

/* The interface that a datagram arrived on, which is all that the kernel was asked for. */
static uint32_t read_interface(struct msghdr *message)
{
    const struct cmsghdr *control = CMSG_FIRSTHDR(message);
    struct in_pktinfo info;

    if (control == NULL || control->cmsg_level != IPPROTO_IP || control->cmsg_type != IP_PKTINFO)
        return 0;
    memcpy(&info, CMSG_DATA(control), sizeof info);
    message->msg_controllen = CONTROL_BYTES;
    return (uint32_t)info.ipi_ifindex;
}

/* As wire_parse() does it; nearly every header is the one before it. */
static inline enum wire_fault parse(struct udp_source *udp, const uint8_t *datagram, size_t length,
                                    struct format *format)
{
    enum wire_fault fault;

    if (length > WIRE_HEADER_BYTES && length <= WIRE_DATAGRAM_MAX &&
        memcmp(datagram, udp->last_header, WIRE_HEADER_BYTES) == 0) {
        *format = udp->last_format;
        return WIRE_OK;
    }
    fault = wire_parse(datagram, length, format);
    if (fault == WIRE_OK) {
        memcpy(udp->last_header, datagram, WIRE_HEADER_BYTES);
        udp->last_format = *format;
    }
    return fault;
}

static size_t udp_receive(struct source *source, struct packet packets[SOURCE_BATCH], bool wait,
                          struct failure *failure)
{
    struct udp_source *udp = (struct udp_source *)source;
    int arrived =
        recvmmsg(udp->fd, udp->messages, SOURCE_BATCH, wait ? MSG_WAITFORONE : MSG_DONTWAIT, NULL);
    uint64_t now_ns;
    size_t good = 0;

    /* An interrupted wait says nothing of the queue. */
    source->more = arrived == SOURCE_BATCH || (arrived < 0 && errno == EINTR);
    if (arrived < 0) {
        /* What an earlier datagram of ours ran into (ECONNREFUSED) is of no interest here. */
        if (errno != EAGAIN && errno != EINTR && errno != ECONNREFUSED)
            failure_set(failure, EXIT_NETWORK, "cannot receive: %s", strerror(errno));
        return 0;
    }
    now_ns = clock_now_ns();
    for (int i = 0; i < arrived; i++) {
        struct msghdr *message = &udp->messages[i].msg_hdr;
        struct packet *packet = &packets[good];
        size_t length = udp->messages[i].msg_len;
        enum wire_fault fault = parse(udp, udp->datagrams[i], length, &packet->format);

        source->counters.faults[fault]++;
        packet->origin.interface_index = udp->asks_interface ? read_interface(message) : 0;
        if (fault != WIRE_OK)
            continue;
        packet->origin.address = ntohl(udp->senders[i].sin_addr.s_addr);
        packet->origin.port = ntohs(udp->senders[i].sin_port);
        packet->pcm = udp->datagrams[i] + WIRE_HEADER_BYTES;
        packet->pcm_bytes = (uint32_t)(length - WIRE_HEADER_BYTES);
        packet->arrival_ns = now_ns;
        good++;
    }
    return good;
}

static void udp_count(struct source *source)
{
    struct udp_source *udp = (struct udp_source *)source;
    uint32_t memory[SK_MEMINFO_VARS];
    socklen_t length = sizeof memory;

    if (getsockopt(udp->fd, SOL_SOCKET, SO_MEMINFO, memory, &length) != 0 ||
        length <= SK_MEMINFO_DROPS * sizeof *memory)
        return;
    source->counters.kernel_dropped += memory[SK_MEMINFO_DROPS] - udp->kernel_dropped_seen;
    udp->kernel_dropped_seen = memory[SK_MEMINFO_DROPS];
}

static void udp_close(struct source *source)
{
    struct udp_source *udp = (struct udp_source *)source;

    close(udp->fd);
    free(udp);
}

static const struct source_ops udp_ops = {
    .receive = udp_receive, .count = udp_count, .close = udp_close};

/* All but the time-out only make things better: a kernel that lacks one is no reason to stop. */
static bool set_options(int fd)
{
    struct timeval wait = {.tv_usec = SOURCE_WAIT_NS / 1000};
    int off = 0, bytes = QUEUE_BYTES;

    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof off);
    return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0;
}

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

static void prepare_batch(struct udp_source *udp)
{
    for (size_t i = 0; i < SOURCE_BATCH; i++) {
        udp->rooms[i] = (struct iovec){udp->datagrams[i], WIRE_DATAGRAM_MAX + 1};
        udp->messages[i].msg_hdr = (struct msghdr){
            .msg_name = &udp->senders[i],
            .msg_namelen = sizeof udp->senders[i],
            .msg_iov = &udp->rooms[i],
            .msg_iovlen = 1,
            .msg_control = udp->asks_interface ? udp->controls[i] : NULL,
            .msg_controllen = udp->asks_interface ? CONTROL_BYTES : 0,
        };
    }
}

struct source *udp_source_open(const struct udp_source_config *config, struct failure *failure)
{
    struct udp_source *udp = calloc(1, sizeof *udp);
    int on = 1;

    if (udp == NULL) {
        failure_set(failure, EXIT_BROKEN, "out of memory");
        return NULL;
    }
    udp->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (udp->fd < 0 || !set_options(udp->fd)) {
        failure_set(failure, EXIT_NETWORK, "cannot open a socket: %s", strerror(errno));
        goto close_socket;
    }
    /* Of one interface there are no copies, and its number costs time with each packet. The kernel
     * notes it as a packet arrives: before the first can. */
    udp->asks_interface = config->interface == NULL &&
                          setsockopt(udp->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) == 0;
    if (!(config->unicast ? listen_unicast : listen_multicast)(udp->fd, config, failure))
        goto close_socket;
    udp->last_format = (struct format){.rate_code = 1, .bits = 16, .channels = 2, .mask = 3};
    wire_write_header(udp->last_header, &udp->last_format);
    prepare_batch(udp);
    udp->base.ops = &udp_ops;
    return &udp->base;

close_socket:
    if (udp->fd >= 0)
        close(udp->fd);
    free(udp);
    return NULL;
}
