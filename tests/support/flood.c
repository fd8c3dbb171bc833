/* Sends random datagrams as fast as it can, for so long or so many, whichever ends first, and says
 * how many there were of each kind.
 * flood ADDRESS PORT INTERFACE_ADDRESS COUNT SECONDS SEED */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SOCKETS 8
#define BATCH 32
#define LENGTH_MAX 1500u
#define GOOD_LENGTH_MAX 1472u
#define HEADER 5u

enum kind { GOOD, SHORT, EMPTY, TOO_LONG, BAD_RATE, BAD_BITS, BAD_CHANNELS, KINDS };

static const char *const names[KINDS] = {
    "good",        "too short for a header", "header without sound",
    "too long",    "no sampling rate",       "bits neither 16, 24 nor 32",
    "no channels",
};

static uint64_t random_state;

static uint32_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 32);
}

/* Told apart on its own, not by the code under test. */
static enum kind tell(const uint8_t *datagram, size_t length)
{
    if (length < HEADER)
        return SHORT;
    if (length > GOOD_LENGTH_MAX)
        return TOO_LONG;
    if ((datagram[0] & 0x7f) == 0)
        return BAD_RATE;
    if (datagram[1] != 16 && datagram[1] != 24 && datagram[1] != 32)
        return BAD_BITS;
    if (datagram[2] == 0)
        return BAD_CHANNELS;
    return length == HEADER ? EMPTY : GOOD;
}

/* Wholly random, or all but one field good, so that every kind is frequent. */
static size_t make(uint8_t *datagram)
{
    static const uint8_t widths[] = {16, 24, 32};
    uint32_t choice = random_next();
    size_t length = random_next() % (LENGTH_MAX + 1);

    if (choice % 8 == 0)
        length = random_next() % 8;
    for (size_t i = 0; i < HEADER; i++)
        datagram[i] = (uint8_t)(random_next() >> 24);
    if (choice % 8 >= 2)
        datagram[1] = widths[random_next() % 3];
    if (choice % 8 == 6)
        datagram[0] &= 0x80;
    if (choice % 8 == 7)
        datagram[2] = 0;
    return length;
}

static int open_socket(const struct sockaddr_in *to, const char *interface)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct in_addr via;

    if (fd < 0 || inet_pton(AF_INET, interface, &via) != 1 ||
        setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &via, sizeof via) != 0 ||
        connect(fd, (const struct sockaddr *)to, sizeof *to) != 0) {
        perror("flood");
        exit(2);
    }
    return fd;
}

int main(int argc, char **argv)
{
    static uint8_t datagrams[BATCH][LENGTH_MAX];
    struct iovec rooms[BATCH];
    struct mmsghdr messages[BATCH] = {0};
    struct sockaddr_in to = {.sin_family = AF_INET};
    unsigned long long counts[KINDS] = {0}, sent = 0, most;
    int fds[SOCKETS];
    time_t seconds;
    struct timespec start, now;

    if (argc != 7 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1) {
        fprintf(stderr, "flood ADDRESS PORT INTERFACE_ADDRESS COUNT SECONDS SEED\n");
        return 2;
    }
    to.sin_port = htons((uint16_t)atoi(argv[2]));
    most = strtoull(argv[4], NULL, 10);
    seconds = atoi(argv[5]);
    random_state = strtoull(argv[6], NULL, 10) * 0x9e3779b97f4a7c15u + 1;
    for (size_t i = 0; i < BATCH * LENGTH_MAX; i++)
        datagrams[i / LENGTH_MAX][i % LENGTH_MAX] = (uint8_t)(random_next() >> 24);
    for (size_t i = 0; i < SOCKETS; i++)
        fds[i] = open_socket(&to, argv[3]);
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (unsigned turn = 0; sent < most; turn++) {
        int done;

        for (size_t i = 0; i < BATCH; i++) {
            rooms[i] = (struct iovec){datagrams[i], make(datagrams[i])};
            messages[i].msg_hdr.msg_iov = &rooms[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        done = sendmmsg(fds[turn % SOCKETS], messages, BATCH, 0);
        for (int i = 0; i < done; i++)
            counts[tell(datagrams[i], rooms[i].iov_len)]++;
        if (done > 0)
            sent += (unsigned long long)done;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec - start.tv_sec >= seconds)
            break;
    }
    for (size_t kind = 0; kind < KINDS; kind++)
        printf("%llu %s\n", counts[kind], names[kind]);
    for (size_t i = 0; i < SOCKETS; i++)
        close(fds[i]);
    return 0;
}
