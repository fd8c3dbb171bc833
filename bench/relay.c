/* The peer of the receiver's benchmarks: the least that brings packets to standard output, a loop
 * of recvmmsg and writev. It asks the kernel for each packet's sender and interface, as whoever
 * tells senders apart must; as "bare" it does not. relay GROUP PORT INTERFACE_ADDRESS [bare] */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "core/wire.h"
#include "transport/source.h"

#define QUEUE_BYTES (16 << 20) /* as the receiver's */

static int open_socket(char **argv)
{
    struct sockaddr_in local = {.sin_family = AF_INET};
    struct ip_mreq request;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    int bytes = QUEUE_BYTES;

    local.sin_port = htons((uint16_t)atoi(argv[2]));
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    if (inet_pton(AF_INET, argv[1], &request.imr_multiaddr) != 1 ||
        inet_pton(AF_INET, argv[3], &request.imr_interface) != 1 ||
        bind(fd, (struct sockaddr *)&local, sizeof local) != 0 ||
        setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request) != 0) {
        perror("relay");
        exit(1);
    }
    return fd;
}

#define CONTROL_BYTES CMSG_SPACE(sizeof(struct in_pktinfo))

int main(int argc, char **argv)
{
    static uint8_t datagrams[SOURCE_BATCH][WIRE_DATAGRAM_MAX];
    static struct sockaddr_in senders[SOURCE_BATCH];
    static _Alignas(struct cmsghdr) uint8_t controls[SOURCE_BATCH][CONTROL_BYTES];
    struct iovec rooms[SOURCE_BATCH], pieces[SOURCE_BATCH];
    struct mmsghdr messages[SOURCE_BATCH];
    bool bare = argc == 5 && strcmp(argv[4], "bare") == 0;
    int fd, on = 1;

    if (argc != 4 && !bare) {
        fprintf(stderr, "relay GROUP PORT INTERFACE_ADDRESS [bare]\n");
        return 2;
    }
    fd = open_socket(argv);
    if (!bare)
        setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    memset(messages, 0, sizeof messages);
    for (size_t i = 0; i < SOURCE_BATCH; i++) {
        rooms[i] = (struct iovec){datagrams[i], sizeof datagrams[i]};
        pieces[i].iov_base = datagrams[i] + WIRE_HEADER_BYTES;
        messages[i].msg_hdr.msg_iov = &rooms[i];
        messages[i].msg_hdr.msg_iovlen = 1;
        messages[i].msg_hdr.msg_name = bare ? NULL : &senders[i];
        messages[i].msg_hdr.msg_namelen = sizeof senders[i];
        messages[i].msg_hdr.msg_control = bare ? NULL : controls[i];
    }
    fprintf(stderr, "relay: listening on %s:%s\n", argv[1], argv[2]);
    for (;;) {
        int count;

        for (int i = 0; i < (int)SOURCE_BATCH; i++)
            messages[i].msg_hdr.msg_controllen = bare ? 0 : CONTROL_BYTES;
        count = recvmmsg(fd, messages, SOURCE_BATCH, MSG_WAITFORONE, NULL);
        if (count <= 0)
            return 1;
        for (int i = 0; i < count; i++)
            pieces[i].iov_len = messages[i].msg_len - WIRE_HEADER_BYTES;
        if (writev(1, pieces, count) < 0)
            return 1;
    }
}
