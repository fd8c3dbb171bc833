/* When a packet arrived: by the kernel's stamp, or by the time of reading. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/clock.h"
#include "platform/log.h"
#include "tests/support/check.h"
#include "transport/udp.h"

#define PORT 24077

static bool send_packet(int fd, uint8_t first)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    uint8_t datagram[] = {1, 16, 2, 3, 0, first, 0, 0, 0};

    return sendto(fd, datagram, sizeof datagram, 0, (struct sockaddr *)&to, sizeof to) > 0;
}

static void test_arrival(bool stamps)
{
    const struct udp_source_config config = {
        .unicast = true, .port = PORT, .interface = "127.0.0.1", .stamps = stamps};
    struct packet packets[SOURCE_BATCH];
    struct failure failure = {0};
    struct source *source = udp_source_open(&config, &failure);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    uint64_t before_ns = clock_now_ns(), between_ns;
    size_t count;

    if (source == NULL || fd < 0 || !send_packet(fd, 1) || !send_packet(fd, 2)) {
        CHECK_SKIP("nothing can be sent on 127.0.0.1: %s", failure.text);
        goto close_all;
    }
    between_ns = clock_now_ns();
    count = source_receive(source, packets, NS_PER_S, &failure);
    CHECK(count == 2, "%zu packets: %s", count, failure.text);
    for (size_t i = 0; i < count; i++) {
        uint64_t arrival_ns = packets[i].arrival_ns;

        CHECK(packets[i].pcm[0] == i + 1, "packet %zu", i);
        CHECK(packets[i].origin.address == INADDR_LOOPBACK, "packet %zu", i);
        CHECK(arrival_ns <= source->read_ns, "packet %zu: not in the future", i);
        if (stamps)
            CHECK(arrival_ns <= between_ns, "packet %zu: when it came", i);
        else
            CHECK(arrival_ns >= between_ns, "packet %zu: when it was read", i);
    }
    if (count == 2)
        CHECK(packets[0].arrival_ns <= packets[1].arrival_ns, "in order");
    CHECK(source->read_ns >= before_ns, "the time of reading");
    CHECK(source_receive(source, packets, 0, &failure) == 0 && !source->more, "no more");
close_all:
    close(fd);
    source_close(source);
}

int main(void)
{
    log_set_level(LOG_ERROR);
    test_arrival(false);
    test_arrival(true);
    return check_summary();
}
