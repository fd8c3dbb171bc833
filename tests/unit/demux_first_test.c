/* One sender at a time: who is heard, over which interface, and what becomes of split frames. */
#include "stream/demux.h"

#include "tests/support/check.h"

#define MS 1000000ull

static const struct format stereo = {.rate_code = 1, .bits = 16, .channels = 2, .mask = 3};
static const struct format five = {.rate_code = 1, .bits = 16, .channels = 5, .mask = 0x37};

static const struct demux_sources first = {.policy = DEMUX_FIRST};

struct arrival {
    const char *what;
    uint64_t after_ms; /* the arrival before it */
    uint32_t address;
    uint16_t port;
    uint32_t interface_index;
    const struct format *format;
    uint32_t bytes;
    struct demux_result wanted;
};

static void run(const char *scenario, const struct arrival *arrivals, size_t count)
{
    static struct demux demux;
    uint64_t now_ns = 5 * MS;

    demux_init(&demux, &first, 1);
    for (size_t i = 0; i < count; i++) {
        const struct arrival *arrival = &arrivals[i];
        struct packet packet = {
            .format = *arrival->format,
            .pcm = (const uint8_t *)"",
            .pcm_bytes = arrival->bytes,
            .origin = {arrival->address, arrival->port, arrival->interface_index},
            .arrival_ns = now_ns += arrival->after_ms * MS,
        };
        struct demux_result got;
        const struct demux_result *wanted = &arrival->wanted;

        demux_observe(&demux, now_ns);
        got = demux_push(&demux, &packet);
        CHECK(got.verdict == wanted->verdict, "%s: %s: %s", scenario, arrival->what,
              demux_verdict_name(got.verdict));
        CHECK(got.new_sender == wanted->new_sender, "%s: %s", scenario, arrival->what);
        CHECK(got.new_format == wanted->new_format, "%s: %s", scenario, arrival->what);
        CHECK(got.lost_bytes == wanted->lost_bytes, "%s: %s: %u", scenario, arrival->what,
              got.lost_bytes);
        CHECK(got.ending_bytes == wanted->ending_bytes, "%s: %s: %u", scenario, arrival->what,
              got.ending_bytes);
    }
}

#define NEW                                    \
    {                                          \
        .new_sender = true, .new_format = true \
    }
#define OTHER_SENDER                  \
    {                                 \
        .verdict = DEMUX_OTHER_SENDER \
    }
#define OTHER_INTERFACE                  \
    {                                    \
        .verdict = DEMUX_OTHER_INTERFACE \
    }

static void test_senders(void)
{
    static const struct arrival arrivals[] = {
        {"the first is heard", 0, 1, 10, 2, &stereo, 1152, NEW},
        {"and goes on", 6, 1, 10, 2, &stereo, 1152, {0}},
        {"another is not", 0, 2, 10, 2, &stereo, 1152, OTHER_SENDER},
        {"nor is another port of the same address", 3, 1, 11, 2, &stereo, 1152, OTHER_SENDER},
        {"the first still", 3, 1, 10, 2, &stereo, 1152, {0}},
        {"another just before the hold ends", 999, 2, 10, 2, &stereo, 1152, OTHER_SENDER},
        {"and after it", 1, 2, 10, 2, &stereo, 1152, {.new_sender = true}},
        {"the first is another now", 6, 1, 10, 2, &stereo, 1152, OTHER_SENDER},
        {"a restart too soon", 193, 2, 12, 2, &stereo, 1152, OTHER_SENDER},
        {"a restart", 1, 2, 12, 2, &stereo, 1152, {.new_sender = true}},
        {"a restart with another format", 200, 2, 13, 2, &five, 1150, NEW},
    };

    run("senders", arrivals, sizeof arrivals / sizeof *arrivals);
}

static void test_interfaces(void)
{
    static const struct arrival arrivals[] = {
        {"over cable", 0, 1, 10, 2, &stereo, 1152, NEW},
        {"its copy", 0, 1, 10, 3, &stereo, 1152, OTHER_INTERFACE},
        {"a copy late", 39, 1, 10, 3, &stereo, 1152, OTHER_INTERFACE},
        {"the cable has fallen silent", 1, 1, 10, 3, &stereo, 1152, {0}},
        {"it comes back as the copy", 5, 1, 10, 2, &stereo, 1152, OTHER_INTERFACE},
        {"the second goes on", 1, 1, 10, 3, &stereo, 1152, {0}},
    };

    run("interfaces", arrivals, sizeof arrivals / sizeof *arrivals);
}

static void test_formats(void)
{
    static const struct format wide = {.rate_code = 1, .bits = 24, .channels = 2, .mask = 3};
    static const struct format sparse = {.rate_code = 1, .bits = 16, .channels = 2, .mask = 0x30};
    static const struct arrival arrivals[] = {
        {"first", 0, 1, 10, 2, &stereo, 1152, NEW},
        {"bits", 6, 1, 10, 2, &wide, 1152, {.new_format = true}},
        {"mask", 6, 1, 10, 2, &sparse, 1152, {.new_format = true}},
        {"back", 6, 1, 10, 2, &stereo, 1152, {.new_format = true}},
        {"others do not count", 6, 2, 10, 2, &wide, 1152, OTHER_SENDER},
        {"same", 0, 1, 10, 2, &stereo, 4, {0}},
    };

    run("formats", arrivals, sizeof arrivals / sizeof *arrivals);
}

static void test_split_frames(void)
{
    static const struct arrival arrivals[] = {
        {"115 frames and 2 bytes", 0, 1, 10, 2, &five, 1152, NEW},
        {"8 bytes end it", 6, 1, 10, 2, &five, 1152, {.ending_bytes = 8}},
        {"and so on", 6, 1, 10, 2, &five, 1152, {.ending_bytes = 6}},
        {"others do not shift it", 0, 2, 10, 2, &five, 1151, OTHER_SENDER},
        {"and so on", 6, 1, 10, 2, &five, 1152, {.ending_bytes = 4}},
        {"the fifth ends whole", 6, 1, 10, 2, &five, 1152, {.ending_bytes = 2}},
        {"begins anew", 6, 1, 10, 2, &five, 1152, {0}},
        {"one byte is one byte", 6, 1, 10, 2, &five, 1, {.ending_bytes = 8}},
        {"still the same frame", 6, 1, 10, 2, &five, 6, {.ending_bytes = 7}},
        {"whole frames: it began anew", 6, 1, 10, 2, &five, 1150, {.lost_bytes = 1}},
        {"split again", 6, 1, 10, 2, &five, 1152, {0}},
        {"a pause: it began anew", 1000, 1, 10, 2, &five, 1152, {.lost_bytes = 8}},
        {"another format forgets", 6, 1, 10, 2, &stereo, 1151, {.new_format = true}},
        {"split stereo", 6, 1, 10, 2, &stereo, 1, {.ending_bytes = 1}},
        {"split stereo again", 6, 1, 10, 2, &stereo, 3, {0}},
        {"a restart", 200, 1, 11, 2, &stereo, 3, {.new_sender = true, .lost_bytes = 1}},
    };

    run("split frames", arrivals, sizeof arrivals / sizeof *arrivals);
}

static void test_counts(void)
{
    static struct demux demux;
    struct packet packet = {.format = stereo, .pcm_bytes = 1152, .origin = {1, 10, 2}};

    demux_init(&demux, &first, 1);
    for (unsigned i = 0; i < 10; i++) {
        packet.arrival_ns = i * MS;
        packet.origin.port = i % 5 == 4 ? 11 : 10;
        packet.origin.interface_index = i % 5 == 3 ? 3 : 2;
        demux_push(&demux, &packet);
    }
    CHECK(demux.counts[DEMUX_TAKEN] == 6, "%llu", (unsigned long long)demux.counts[DEMUX_TAKEN]);
    CHECK(demux.counts[DEMUX_OTHER_SENDER] == 2, "sender");
    CHECK(demux.counts[DEMUX_OTHER_INTERFACE] == 2, "interface");
    CHECK(demux.senders[0].packets == 6 && demux.senders[0].bytes == 6 * 1152, "sender's own");
    CHECK(demux.senders[0].first_ns == 0 && demux.senders[0].last_ns == 7 * MS, "times");
}

/* Packets that waited through a stall of the receiver are read all at once. */
static void test_stall(void)
{
    static struct demux demux;
    struct packet packet = {.format = stereo, .pcm_bytes = 1152, .origin = {1, 10, 2}};
    struct packet other = packet, copy = packet;

    other.origin.address = 2;
    copy.origin.interface_index = 3;
    demux_init(&demux, &first, 1);
    demux_push(&demux, &packet);
    demux_observe(&demux, 10 * MS);
    packet.arrival_ns = other.arrival_ns = copy.arrival_ns = 5000 * MS;
    CHECK(demux_push(&demux, &other).verdict == DEMUX_OTHER_SENDER, "not observed");
    CHECK(demux_push(&demux, &copy).verdict == DEMUX_OTHER_INTERFACE, "not observed");
    CHECK(demux_push(&demux, &packet).verdict == DEMUX_TAKEN, "it was only behind");
    demux_observe(&demux, 6000 * MS);
    CHECK(demux_push(&demux, &other).verdict == DEMUX_TAKEN, "now it is silent");
}

int main(void)
{
    test_senders();
    test_interfaces();
    test_formats();
    test_split_frames();
    test_counts();
    test_stall();
    return check_summary();
}
