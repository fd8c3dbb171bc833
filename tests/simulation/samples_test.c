/* How clean a tone is after the whole playout, every sample computed: a sender's blocks and clock,
 * a network that jitters, an output with another clock. In virtual time, seeded; -v prints. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/pcm.h"
#include "stream/timeline.h"
#include "tests/support/check.h"
#include "tests/support/residual.h"

#define RATE_HZ 48000u
#define CHANNELS 2u
#define BLOCK_FRAMES 480u
#define PACKET_FRAMES 288u /* of 32 bits, stereo: what the Windows driver may send */
#define PERIOD_FRAMES 480u
#define SENDER 200e-6 /* it is so much too fast */
#define JITTER_S 1e-3 /* peak to peak, uniform */
#define DELAY_S 0.2e-3
#define APART_S 5e-6 /* packets back to back */
#define AHEAD_NS 10000000ull
#define EPOCH_NS 1000000000000ull /* of the monotonic clock when the world begins */
#define SETTLED_FRAMES ((size_t)60 * RATE_HZ)
#define FRAMES ((size_t)1 << 18)
#define MOST_S 0.5

static const double pi = 3.14159265358979323846;
static bool verbose;

struct world {
    uint64_t random;
    unsigned tone_hz;
    uint64_t blocks, sent; /* frames sent */
    double arrive_s;       /* of the packet that comes next */
};

static double uniform(struct world *world)
{
    world->random ^= world->random << 13;
    world->random ^= world->random >> 7;
    world->random ^= world->random << 17;
    return (double)(world->random >> 11) * 0x1p-53;
}

/* When the next packet arrives: as soon as a block fills it, and none overtakes. */
static void send_packet(struct world *world)
{
    double at_s = world->arrive_s + APART_S;

    world->sent += PACKET_FRAMES;
    while (world->blocks * BLOCK_FRAMES < world->sent) {
        world->blocks++;
        at_s = fmax(at_s, (double)(world->blocks * BLOCK_FRAMES) / RATE_HZ / (1 + SENDER) +
                              DELAY_S + JITTER_S * uniform(world));
    }
    world->arrive_s = at_s;
}

/* -1 dBFS; the second channel is a quarter turn ahead. */
static void make_packet(const struct world *world, uint8_t *pcm)
{
    double samples[PACKET_FRAMES * CHANNELS];

    for (uint32_t i = 0; i < PACKET_FRAMES; i++) {
        uint64_t n = world->sent - PACKET_FRAMES + i;
        double turn = (double)(n * world->tone_hz % RATE_HZ) / RATE_HZ;

        for (uint32_t c = 0; c < CHANNELS; c++)
            samples[i * CHANNELS + c] = pow(10, -1.0 / 20) * sin(2 * pi * turn + 1 + c * pi / 2);
    }
    pcm_write_double(pcm, samples, 4, PACKET_FRAMES * CHANNELS, NULL);
}

static uint64_t output_ns(size_t frame)
{
    return EPOCH_NS + (uint64_t)frame * 1000000000 / RATE_HZ;
}

static void receive(struct world *world, struct timeline *timeline, uint64_t until_ns)
{
    uint8_t pcm[PACKET_FRAMES * CHANNELS * 4];
    uint64_t now_ns = EPOCH_NS + (uint64_t)(world->arrive_s * 1e9);

    while (now_ns <= until_ns) {
        make_packet(world, pcm);
        timeline_push(timeline, pcm, PACKET_FRAMES, now_ns);
        send_packet(world);
        now_ns = EPOCH_NS + (uint64_t)(world->arrive_s * 1e9);
    }
}

/* What an output of 24 bits plays of both channels from SETTLED_FRAMES on. */
static void play(struct world *world, struct timeline *timeline, double *heard)
{
    double out[PERIOD_FRAMES * CHANNELS];
    uint8_t pcm[PERIOD_FRAMES * CHANNELS * 3];

    send_packet(world);
    for (size_t at = 0; at < SETTLED_FRAMES + FRAMES; at += PERIOD_FRAMES) {
        uint64_t now_ns = output_ns(at);

        receive(world, timeline, now_ns);
        timeline_tick(timeline, now_ns);
        timeline_pull(timeline, out, PERIOD_FRAMES, now_ns + AHEAD_NS, now_ns);
        pcm_write_double(pcm, out, 3, PERIOD_FRAMES * CHANNELS, NULL);
        pcm_read_double(out, pcm, 3, PERIOD_FRAMES * CHANNELS);
        for (size_t i = 0; i < PERIOD_FRAMES; i++)
            for (size_t c = 0; c < CHANNELS; c++)
                if (at + i >= SETTLED_FRAMES && at + i < SETTLED_FRAMES + FRAMES)
                    heard[c * FRAMES + at + i - SETTLED_FRAMES] = out[i * CHANNELS + c];
    }
}

static void test_tone(unsigned tone_hz, double fixed_s, double most_db)
{
    static struct timeline timeline;
    struct timeline_config config = {
        .format = {1, 32, CHANNELS, 3}, .mode = STEER_RESAMPLE, .limits = {.fixed_s = fixed_s}};
    struct world world = {.random = 0x9e3779b97f4a7c15ull, .tone_hz = tone_hz};
    double *heard = calloc(FRAMES * CHANNELS, sizeof *heard);
    void *memory = malloc(timeline_memory_bytes(&config.format, MOST_S));
    double heard_hz = tone_hz * (1 + SENDER);
    struct timeline_stats stats;

    if (heard != NULL && memory != NULL && timeline_start(&timeline, &config, memory, MOST_S)) {
        play(&world, &timeline, heard);
        timeline_stats(&timeline, &stats);
        for (size_t c = 0; c < CHANNELS; c++) {
            double db = residual_db(heard + c * FRAMES, FRAMES, RATE_HZ, &heard_hz, 1, 20);

            CHECK(db <= most_db, "%u Hz, channel %zu: %.1f dB", tone_hz, c, db);
            if (verbose)
                printf("%u Hz, channel %zu: %.2f dB\n", tone_hz, c, db);
        }
        CHECK(stats.underruns == 0 && stats.jumps == 0 && timeline.steer.dry == 0,
              "%u Hz: %u underruns, %u jumps, %u fades", tone_hz, stats.underruns, stats.jumps,
              timeline.steer.dry);
        CHECK(stats.arrival.holes == 0 && stats.concealed_frames == 0 && stats.refused_frames == 0,
              "%u Hz: %llu frames concealed, %llu refused", tone_hz,
              (unsigned long long)stats.concealed_frames, (unsigned long long)stats.refused_frames);
        if (verbose)
            printf("    target %.2f ms, off by %.4f ms, drift %.3f ppm\n", stats.target_s * 1e3,
                   stats.error_s * 1e3, stats.drift_ppm);
    } else {
        CHECK(false, "memory");
    }
    free(memory);
    free(heard);
}

int main(int count, char **words)
{
    verbose = count > 1 && strcmp(words[1], "-v") == 0;
    test_tone(997, 0, -140);
    test_tone(997, 0.05, -140);
    test_tone(12000, 0, -115);
    test_tone(12000, 0.05, -115);
    return check_summary();
}
