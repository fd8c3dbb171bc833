#include "transport/udp.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/clock.h"
#include "transport/udp_listen.h"

/* A second of the heaviest stream is 6 MB; a busy machine may keep us waiting for tens of
 * milliseconds, a flood of other people's datagrams fills the queue faster. */
#define QUEUE_BYTES (16 << 20)

/* One byte more than the longest good datagram, so that a longer one can be told. */
#define DATAGRAM_ROOM 1536

#define CONTROL_BYTES (CMSG_SPACE(sizeof(struct in_pktinfo)) + CMSG_SPACE(sizeof(struct timespec)))

_Static_assert(DATAGRAM_ROOM > WIRE_DATAGRAM_MAX, "too long datagrams must show");

/* What the kernel is asked to say beside each datagram, which costs time. */
enum asks {
    ASKS_NOTHING,
    ASKS_INTERFACE, /* it arrived on: packets may come over more than one */
    ASKS_STAMP,     /* the time it arrived, and the interface */
};

struct udp_source {
    struct source base;
    int fd;
    enum asks asks;
    uint64_t wait_ns;                       /* as it is set */
    uint64_t arrival_ns;                    /* of the last packet */
    uint32_t kernel_dropped_seen;           /* the socket's own count, which wraps */
    uint8_t last_header[WIRE_HEADER_BYTES]; /* of the last good datagram, and what it means; */
    struct format last_format;              /* legal from the start */
    struct mmsghdr messages[SOURCE_BATCH];
    struct iovec rooms[SOURCE_BATCH];
    struct sockaddr_in senders[SOURCE_BATCH];
    _Alignas(size_t) char controls[SOURCE_BATCH][CONTROL_BYTES]; /* as CMSG_SPACE rounds */
    uint8_t datagrams[SOURCE_BATCH][DATAGRAM_ROOM];
};

/* The interface that a datagram arrived on, where that is all that the kernel was asked for. */
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

/* From the kernel's clock, which may be set, to ours, which may not: never in the future, never
 * before the packet before. `lead_ns` is what the one was ahead of the other just now. */
static uint64_t arrival_of(struct udp_source *udp, uint64_t stamp_ns, int64_t lead_ns)
{
    uint64_t arrival_ns = stamp_ns - (uint64_t)lead_ns;

    if ((int64_t)(udp->base.read_ns - arrival_ns) < 0)
        arrival_ns = udp->base.read_ns;
    if ((int64_t)(arrival_ns - udp->arrival_ns) < 0)
        arrival_ns = udp->arrival_ns;
    return udp->arrival_ns = arrival_ns;
}

/* All that the kernel says beside a datagram, its time stamp among it. */
static void read_beside(struct udp_source *udp, struct msghdr *message, int64_t lead_ns,
                        struct packet *packet)
{
    for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control;
         control = CMSG_NXTHDR(message, control)) {
        if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(control), sizeof info);
            packet->origin.interface_index = (uint32_t)info.ipi_ifindex;
        } else if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec stamp;
            memcpy(&stamp, CMSG_DATA(control), sizeof stamp);
            packet->arrival_ns = arrival_of(
                udp, (uint64_t)stamp.tv_sec * NS_PER_S + (uint64_t)stamp.tv_nsec, lead_ns);
        }
    }
    message->msg_controllen = CONTROL_BYTES;
}

static bool set_wait(struct udp_source *udp, uint64_t wait_ns, struct failure *failure)
{
    struct timeval wait = {.tv_sec = (time_t)(wait_ns / NS_PER_S),
                           .tv_usec = (suseconds_t)(wait_ns % NS_PER_S / 1000)};

    if (setsockopt(udp->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0) {
        failure_set(failure, EXIT_NETWORK, "cannot wait for packets: %s", strerror(errno));
        return false;
    }
    udp->wait_ns = wait_ns;
    return true;
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

static inline __attribute__((always_inline)) size_t
receive_as(enum asks asks, struct source *source, struct packet packets[SOURCE_BATCH],
           uint64_t wait_ns, struct failure *failure)
{
    struct udp_source *udp = (struct udp_source *)source;
    int64_t lead_ns = 0;
    uint64_t now_ns;
    size_t good = 0;
    int arrived;

    if (wait_ns > 0 && wait_ns != udp->wait_ns && !set_wait(udp, wait_ns, failure))
        return 0;
    arrived = recvmmsg(udp->fd, udp->messages, SOURCE_BATCH,
                       wait_ns > 0 ? MSG_WAITFORONE : MSG_DONTWAIT, NULL);
    /* An interrupted wait says nothing of the queue. */
    source->more = arrived == SOURCE_BATCH || (arrived < 0 && errno == EINTR);
    if (arrived < 0) {
        /* What an earlier datagram of ours ran into (ECONNREFUSED) is of no interest here. */
        if (errno != EAGAIN && errno != EINTR && errno != ECONNREFUSED)
            failure_set(failure, EXIT_NETWORK, "cannot receive: %s", strerror(errno));
        return 0;
    }
    source->read_ns = now_ns = clock_now_ns();
    if (asks == ASKS_STAMP)
        lead_ns = (int64_t)(clock_real_ns() - now_ns);
    for (int i = 0; i < arrived; i++) {
        struct msghdr *message = &udp->messages[i].msg_hdr;
        struct packet *packet = &packets[good];
        size_t length = udp->messages[i].msg_len;
        enum wire_fault fault = parse(udp, udp->datagrams[i], length, &packet->format);

        source->counters.faults[fault]++;
        packet->arrival_ns = now_ns;
        packet->origin.interface_index = 0;
        if (asks == ASKS_INTERFACE)
            packet->origin.interface_index = read_interface(message);
        else if (asks == ASKS_STAMP)
            read_beside(udp, message, lead_ns, packet);
        if (fault != WIRE_OK)
            continue;
        packet->origin.address = ntohl(udp->senders[i].sin_addr.s_addr);
        packet->origin.port = ntohs(udp->senders[i].sin_port);
        packet->pcm = udp->datagrams[i] + WIRE_HEADER_BYTES;
        packet->pcm_bytes = (uint32_t)(length - WIRE_HEADER_BYTES);
        good++;
    }
    return good;
}

/* One function for each: what it does with every packet is known when it is compiled. */
static size_t receive_bare(struct source *source, struct packet packets[SOURCE_BATCH],
                           uint64_t wait_ns, struct failure *failure)
{
    return receive_as(ASKS_NOTHING, source, packets, wait_ns, failure);
}

static size_t receive_interface(struct source *source, struct packet packets[SOURCE_BATCH],
                                uint64_t wait_ns, struct failure *failure)
{
    return receive_as(ASKS_INTERFACE, source, packets, wait_ns, failure);
}

static size_t receive_stamp(struct source *source, struct packet packets[SOURCE_BATCH],
                            uint64_t wait_ns, struct failure *failure)
{
    return receive_as(ASKS_STAMP, source, packets, wait_ns, failure);
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

static const struct source_ops udp_ops[] = {
    [ASKS_NOTHING] = {receive_bare, udp_count, udp_close},
    [ASKS_INTERFACE] = {receive_interface, udp_count, udp_close},
    [ASKS_STAMP] = {receive_stamp, udp_count, udp_close},
};

/* All of it only makes things better: a kernel that lacks one is no reason to stop. */
static void set_options(int fd)
{
    int off = 0, bytes = QUEUE_BYTES;

    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof off);
}

static void prepare_batch(struct udp_source *udp)
{
    bool asks = udp->asks != ASKS_NOTHING;

    for (size_t i = 0; i < SOURCE_BATCH; i++) {
        udp->rooms[i] = (struct iovec){udp->datagrams[i], WIRE_DATAGRAM_MAX + 1};
        udp->messages[i].msg_hdr = (struct msghdr){
            .msg_name = &udp->senders[i],
            .msg_namelen = sizeof udp->senders[i],
            .msg_iov = &udp->rooms[i],
            .msg_iovlen = 1,
            .msg_control = asks ? udp->controls[i] : NULL,
            .msg_controllen = asks ? CONTROL_BYTES : 0,
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
    if (udp->fd < 0) {
        failure_set(failure, EXIT_NETWORK, "cannot open a socket: %s", strerror(errno));
        goto close_socket;
    }
    set_options(udp->fd);
    /* Of one interface there are no copies. The kernel notes these things as a packet arrives:
     * before the first can. */
    if (config->interface == NULL || config->stamps)
        if (setsockopt(udp->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) == 0)
            udp->asks = ASKS_INTERFACE;
    if (config->stamps && setsockopt(udp->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0)
        udp->asks = ASKS_STAMP;
    if (!udp_listen(udp->fd, config, failure))
        goto close_socket;
    udp->last_format = (struct format){.rate_code = 1, .bits = 16, .channels = 2, .mask = 3};
    wire_write_header(udp->last_header, &udp->last_format);
    prepare_batch(udp);
    udp->base.ops = &udp_ops[udp->asks];
    return &udp->base;

close_socket:
    if (udp->fd >= 0)
        close(udp->fd);
    free(udp);
    return NULL;
}
