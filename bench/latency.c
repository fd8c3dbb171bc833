/* Measures the way from a sender to the reader of a receiver's standard output, one packet at a
 * time: latency GROUP PORT INTERFACE_ADDRESS PACKETS < PIPE. Prints the median and the 99th
 * percentile in microseconds. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/wire.h"

#define PACKETS_MAX 100000
#define PERIOD_NS 3000000l /* between an arrival and the next packet: the receiver sleeps again */
#define TIMEOUT_MS 5000

static double now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static int open_socket(char **argv)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    struct in_addr via;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    to.sin_port = htons((uint16_t)atoi(argv[2]));
    if (inet_pton(AF_INET, argv[1], &to.sin_addr) != 1 || inet_pton(AF_INET, argv[3], &via) != 1 ||
        setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &via, sizeof via) != 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        perror("latency");
        exit(1);
    }
    return fd;
}

/* Reads one packet's PCM; false when it does not come. */
static bool read_pcm(void)
{
    struct pollfd pipe = {.fd = STDIN_FILENO, .events = POLLIN};
    uint8_t pcm[WIRE_PCM_BYTES];

    for (size_t have = 0; have < sizeof pcm;) {
        ssize_t got =
            poll(&pipe, 1, TIMEOUT_MS) == 1 ? read(STDIN_FILENO, pcm, sizeof pcm - have) : 0;
        if (got <= 0)
            return false;
        have += (size_t)got;
    }
    return true;
}

int main(int argc, char **argv)
{
    static double took_us[PACKETS_MAX];
    static const struct format stereo = {.rate_code = 1, .bits = 16, .channels = 2, .mask = 3};
    uint8_t datagram[WIRE_DATAGRAM_BYTES] = {0};
    size_t packets = argc == 5 ? strtoul(argv[4], NULL, 10) : 0;
    int fd;

    if (packets == 0 || packets > PACKETS_MAX) {
        fprintf(stderr, "latency GROUP PORT INTERFACE_ADDRESS PACKETS < PIPE\n");
        return 2;
    }
    fd = open_socket(argv);
    wire_write_header(datagram, &stereo);
    for (size_t i = 0; i < packets; i++) {
        struct timespec pause = {.tv_nsec = PERIOD_NS};
        double start_us;

        nanosleep(&pause, NULL);
        start_us = now_us();
        if (send(fd, datagram, sizeof datagram, 0) < 0 || !read_pcm()) {
            fprintf(stderr, "latency: packet %zu does not arrive\n", i);
            return 1;
        }
        took_us[i] = now_us() - start_us;
    }
    qsort(took_us, packets, sizeof *took_us, compare);
    printf("%.1f %.1f\n", took_us[packets / 2], took_us[packets * 99 / 100]);
    return 0;
}
