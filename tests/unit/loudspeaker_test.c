#include <string.h>

#include "core/bytes.h"
#include "core/wire.h"
#include "firmware/frame.h"
#include "firmware/loudspeaker.h"
#include "tests/support/check.h"

#define RING_FRAMES 1024u
#define HALF_FRAMES 64u
#define SENDER 0xc0000201u
#define PORT 50000u

static int32_t memory[2 * RING_FRAMES];
static struct loudspeaker speaker;
static uint32_t now_ms;

static enum loudspeaker_verdict give(const struct format *format, const uint8_t *pcm, size_t bytes,
                                     uint32_t address, uint16_t port)
{
    uint8_t datagram[WIRE_DATAGRAM_MAX];
    enum loudspeaker_verdict verdict;
    uint32_t rate_hz = 0;

    wire_write_header(datagram, format);
    memcpy(datagram + WIRE_HEADER_BYTES, pcm, bytes);
    verdict = loudspeaker_datagram(&speaker, datagram, bytes + WIRE_HEADER_BYTES, address, port,
                                   now_ms, &rate_hz);
    if (verdict != LOUDSPEAKER_NEW_RATE)
        return verdict;
    CHECK(rate_hz == format_rate_hz(format->rate_code), "%u Hz", (unsigned)rate_hz);
    loudspeaker_set_rate(&speaker, rate_hz);
    return loudspeaker_datagram(&speaker, datagram, bytes + WIRE_HEADER_BYTES, address, port,
                                now_ms, &rate_hz);
}

static void restart(void)
{
    CHECK(loudspeaker_init(&speaker, memory, RING_FRAMES), "init");
    now_ms = UINT32_MAX - 500; /* the clock wraps on the way */
}

static void expect_frame(int32_t left, int32_t right, const char *what, unsigned number)
{
    int32_t frame[2] = {0};
    uint32_t bytes = spsc_read(&speaker.ring, (uint8_t *)frame, sizeof frame);

    CHECK(bytes == sizeof frame && frame[0] == left && frame[1] == right,
          "%s %u: %u bytes, %d and %d", what, number, (unsigned)bytes, (int)frame[0],
          (int)frame[1]);
}

static void converts(void)
{
    static const struct {
        struct format format;
        uint8_t pcm[32];
        int32_t left, right;
    } cases[] = {
        {{1, 16, 2, 3}, {0x01, 0x80, 0xff, 0x7f}, -0x7fff0000, 0x7fff0000},
        {{1, 24, 2, 3}, {1, 0, 0x80, 0xff, 0xff, 0x7f}, -0x7fffff00, 0x7fffff00},
        {{1, 32, 2, 3}, {1, 0, 0, 0x80, 0xff, 0xff, 0xff, 0x7f}, -0x7fffffff, 0x7fffffff},
        {{1, 16, 1, 3}, {0x34, 0x12}, 0x12340000, 0x12340000},
        {{1, 16, 1, 4}, {0x34, 0x12}, 0x12340000, 0x12340000},
        {{1, 16, 1, 8}, {0x34, 0x12}, 0x12340000, 0x12340000}, /* a lone LFE is heard */
        {{1, 16, 2, 0}, {0, 1, 0, 2}, 0x01000000, 0x02000000},
        {{1, 16, 2, 2}, {0, 1, 0, 2}, 0, 0x01000000},          /* FR, and one without a position */
        {{1, 16, 2, 8}, {0, 1, 0, 2}, 0x01000000, 0x02000000}, /* nothing else to be heard */
        {{1, 16, 9, 0}, {0, 1, 0, 2, 0, 3}, 0x01000000, 0x02000000},
        /* 5.1: FL and FR as they are, LFE not at all, the rest at -3 dB, 23170 / 32768. */
        {{1, 16, 6, 0x3f}, {0, 0, 0, 0, 0, 0, 0, 0x40}, 0, 0},
        {{1, 16, 6, 0x3f}, {0, 1, 0, 0, 0, 1}, 0x01b50400, 0x00b50400},
        {{1, 16, 6, 0x60f}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2}, 0x00b50400, 0x016a0800},
        /* The sum is clipped. */
        {{1, 16, 6, 0x3f},
         {0xff, 0x7f, 0x00, 0x80, 0, 0, 0, 0, 0xff, 0x7f, 0x00, 0x80},
         INT32_MAX,
         INT32_MIN},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        restart();
        CHECK(give(&cases[i].format, cases[i].pcm, format_frame_bytes(&cases[i].format), SENDER,
                   PORT) == LOUDSPEAKER_TAKEN,
              "case %u", i);
        expect_frame(cases[i].left, cases[i].right, "case", i);
    }
}

/* Frame n of a stream: n left, -n right, 16 bits. */
static void make_frames(uint8_t *pcm, unsigned first, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        bytes_put_u16(pcm + 4 * i, (uint16_t)(first + i));
        bytes_put_u16(pcm + 4 * i + 2, (uint16_t)(0u - (first + i)));
    }
}

static const struct format stereo = {1, 16, 2, 3};

static void give_frames(unsigned first, unsigned count)
{
    uint8_t pcm[WIRE_PCM_BYTES];

    make_frames(pcm, first, count);
    if (give(&stereo, pcm, 4 * (size_t)count, SENDER, PORT) != LOUDSPEAKER_TAKEN)
        CHECK(0, "frame %u is not taken", first);
}

static void joins_split_frames(void)
{
    uint8_t pcm[64];

    restart();
    make_frames(pcm, 1, 16);
    give(&stereo, pcm, 6, SENDER, PORT);
    give(&stereo, pcm + 6, 1, SENDER, PORT);
    give(&stereo, pcm + 7, 13, SENDER, PORT);
    for (int i = 1; i <= 5; i++)
        expect_frame(i * 65536, -i * 65536, "split", (unsigned)i);

    give(&stereo, pcm, 6, SENDER, PORT); /* its rest is lost: the next is of whole frames */
    give(&stereo, pcm + 8, 8, SENDER, PORT);
    expect_frame(1 * 65536, -1 * 65536, "before the loss", 0);
    expect_frame(3 * 65536, -3 * 65536, "after it", 0);
    expect_frame(4 * 65536, -4 * 65536, "and on", 0);
    CHECK(spsc_fill(&speaker.ring) == 0, "nothing else");

    give(&stereo, pcm, 2, SENDER, PORT);
    now_ms += LOUDSPEAKER_HOLD_MS;
    give(&stereo, pcm + 4, 6, SENDER, PORT); /* after a pause: begins a frame */
    expect_frame(2 * 65536, -2 * 65536, "after a pause", 0);
}

static void hears_the_first(void)
{
    static const uint8_t pcm[8] = {0};
    static const uint8_t broken[8] = {1, 17, 2, 3};
    uint32_t rate_hz = 0;

    restart();
    CHECK(loudspeaker_datagram(&speaker, broken, sizeof broken, 7, 7, now_ms, &rate_hz) ==
              LOUDSPEAKER_MALFORMED,
          "malformed");
    CHECK(give(&stereo, pcm, 8, SENDER, PORT) == LOUDSPEAKER_TAKEN,
          "who is malformed is not heard");
    now_ms += LOUDSPEAKER_HOLD_MS - 1;
    CHECK(give(&stereo, pcm, 8, SENDER, PORT + 1) == LOUDSPEAKER_OTHER_SENDER, "another port");
    CHECK(give(&stereo, pcm, 8, SENDER + 1, PORT) == LOUDSPEAKER_OTHER_SENDER, "another address");
    CHECK(give(&stereo, pcm, 8, SENDER, PORT) == LOUDSPEAKER_TAKEN, "still the first");
    now_ms += LOUDSPEAKER_HOLD_MS;
    CHECK(give(&stereo, pcm, 8, SENDER + 1, PORT) == LOUDSPEAKER_TAKEN, "silent long enough");
    CHECK(give(&stereo, pcm, 8, SENDER, PORT) == LOUDSPEAKER_OTHER_SENDER, "the roles change");
    CHECK(speaker.taken == 3 && speaker.malformed == 1 && speaker.other_sender == 3, "counted");
}

static void plays_and_runs_dry(void)
{
    int32_t half[2 * HALF_FRAMES];
    unsigned wrong = 0, given = 1, played = 1;

    restart();
    loudspeaker_fill(&speaker, half, HALF_FRAMES);
    CHECK(half[0] == 0 && half[2 * HALF_FRAMES - 1] == 0, "silence before all");
    for (; given < 512; given += 256)
        give_frames(given, 256);
    /* In step: what comes in 256 frames at a time goes out by 64. */
    for (unsigned turn = 0; turn < 40; turn++) {
        if (turn > 0 && turn % 4 == 0) {
            give_frames(given, 256);
            given += 256;
        }
        loudspeaker_fill(&speaker, half, HALF_FRAMES);
        for (unsigned i = 0; i < HALF_FRAMES; i++, played++)
            wrong += half[2 * i] != (int32_t)played * 65536 ||
                     half[2 * i + 1] != -(int32_t)played * 65536;
    }
    CHECK(wrong == 0, "%u frames differ", wrong);
    CHECK(speaker.underruns == 0 && speaker.skipped_frames == 0 && speaker.repeated_frames == 0,
          "in step");

    /* The sender stops. The last half is partly filled, the rest is silence. */
    for (unsigned turn = 0; turn < 20; turn++)
        loudspeaker_fill(&speaker, half, HALF_FRAMES);
    CHECK(speaker.underruns == 1, "%u underruns", (unsigned)speaker.underruns);
    CHECK(spsc_fill(&speaker.ring) == 0 && half[0] == 0, "empty");
    give_frames(1, 256);
    loudspeaker_fill(&speaker, half, HALF_FRAMES);
    CHECK(half[0] == 0, "waits for half a ring again");
    give_frames(257, 256);
    loudspeaker_fill(&speaker, half, HALF_FRAMES);
    CHECK(half[0] == 65536, "goes on");
}

/* Sound goes in at 64 frames a turn plus `ppm` of that; what is lost is one frame at a time. */
static void follows_the_clock(int ppm)
{
    int32_t half[2 * HALF_FRAMES];
    long long owed = 0;
    unsigned given = 0;

    restart();
    for (unsigned i = 0; i < 4; i++, given += 128)
        give_frames(given, 128);
    for (unsigned turn = 0; turn < 60000; turn++) {
        unsigned count;

        owed += 64ll * (1000000 + ppm);
        count = (unsigned)(owed / 1000000);
        owed -= 1000000ll * count;
        give_frames(given, count);
        given += count;
        loudspeaker_fill(&speaker, half, HALF_FRAMES);
    }
    CHECK(speaker.underruns == 0 && speaker.overrun_frames == 0, "%d ppm: %u underruns, %u lost",
          ppm, (unsigned)speaker.underruns, (unsigned)speaker.overrun_frames);
    CHECK((speaker.skipped_frames > 0) == (ppm > 0) && (speaker.repeated_frames > 0) == (ppm < 0),
          "%d ppm: %u skipped, %u repeated", ppm, (unsigned)speaker.skipped_frames,
          (unsigned)speaker.repeated_frames);
}

static void loses_what_has_no_room(void)
{
    restart();
    for (unsigned i = 0; i < 5; i++)
        give_frames(1 + i * 256, 256);
    CHECK(speaker.overrun_frames == 256, "%u lost", (unsigned)speaker.overrun_frames);
    expect_frame(65536, -65536, "the oldest stays", 0);
}

static void refuses_odd_rings(void)
{
    static const uint32_t sizes[] = {0, 4, 7, 12, 1000, 0x20000000, UINT32_MAX};

    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
        CHECK(!loudspeaker_init(&speaker, memory, sizes[i]), "%u frames", (unsigned)sizes[i]);
}

/* Ethernet, IPv4 and UDP of 10 bytes of payload, to port 4010, from 192.0.2.1:50000. */
static const uint8_t good_frame[52] = {
    1,    0,    0x5e, 0x7f, 0x4d, 0x4d, 2,    0, 0, 0,  0, 1, 8,   0, /* Ethernet */
    0x45, 0,    0,    38,   0,    0,    0x40, 0, 1, 17, 0, 0, 192, 0, /* IPv4 */
    2,    1,    239,  255,  77,   77,                                 /* IPv4 */
    0xc3, 0x50, 0x0f, 0xaa, 0,    18,   0,    0,                      /* UDP */
    1,    16,   2,    3,    0,    1,    2,    3, 4, 5,                /* payload */
};

static void finds_datagrams(void)
{
    static const struct {
        unsigned at;
        uint8_t value;
        bool found;
    } cases[] = {
        {13, 0, true},     /* as it is */
        {13, 6, false},    /* ARP */
        {12, 0x86, false}, /* IPv6 */
        {14, 0x65, false}, /* version 6 */
        {14, 0x44, false}, /* header too short */
        {14, 0x4f, false}, /* header over all there is */
        {16, 1, false},    /* longer than the frame */
        {17, 39, false},   /* by one byte */
        {17, 27, false},   /* no room for UDP */
        {17, 37, false},   /* no room for the payload */
        {20, 0x20, false}, /* more fragments */
        {21, 1, false},    /* not the first */
        {23, 6, false},    /* TCP */
        {37, 0xab, false}, /* another port */
        {39, 7, false},    /* shorter than its header */
        {39, 19, false},   /* longer than the packet */
        {39, 8, true},     /* empty */
    };
    struct frame_datagram datagram;
    uint8_t frame[64] = {0};

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        memcpy(frame, good_frame, sizeof good_frame);
        frame[cases[i].at] = cases[i].value;
        CHECK(frame_find_datagram(frame, sizeof good_frame, 4010, &datagram) == cases[i].found,
              "byte %u is %u", cases[i].at, cases[i].value);
    }
    memcpy(frame, good_frame, sizeof good_frame);
    CHECK(frame_find_datagram(frame, sizeof frame, 4010, &datagram), "padded to the least length");
    CHECK(datagram.address == SENDER && datagram.port == PORT && datagram.length == 10 &&
              datagram.payload == frame + 42,
          "found: %x:%u, %u bytes", (unsigned)datagram.address, datagram.port,
          (unsigned)datagram.length);
    for (unsigned length = 0; length < sizeof good_frame; length++)
        CHECK(!frame_find_datagram(frame, length, 4010, &datagram), "cut to %u", length);
}

int main(void)
{
    converts();
    joins_split_frames();
    hears_the_first();
    plays_and_runs_dry();
    follows_the_clock(0);
    follows_the_clock(300);
    follows_the_clock(-300);
    loses_what_has_no_room();
    refuses_odd_rings();
    finds_datagrams();
    return check_summary();
}
