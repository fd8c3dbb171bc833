#include "stream/timeline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "tests/support/check.h"

#define MS 1000000ull
#define PI 3.14159265358979323846

static struct timeline timeline;
static void *memory;

static void start(const struct format *format, enum steer_mode mode, double fixed_s)
{
    struct timeline_config config = {
        .format = *format, .mode = mode, .limits = {.fixed_s = fixed_s}};

    free(memory);
    memory = malloc(timeline_memory_bytes(format, 0.5));
    CHECK(timeline_start(&timeline, &config, memory, 0.5), "start");
}

/* A sender of 997 Hz or of counted frames, and an output, each by a clock of its own. */
struct play {
    double sender_ppm, output_ppm;
    double silent_from_s, silent_to_s;
    uint32_t lost_every; /* packets; 0: none */
    bool counts, ticks;
};

struct heard {
    double step;    /* largest between neighbours */
    double level;   /* largest */
    uint32_t gaps;  /* silences after sound */
    uint64_t wrong; /* counted frames that do not follow on the one before */
    double first_s; /* when there was sound at first */
};

static const struct format stereo = {1, 16, 2, 3}, mono24 = {1, 24, 1, 0};

static void make_packet(uint8_t *pcm, const struct format *format, uint64_t at, uint32_t frames,
                        bool counts)
{
    uint32_t bytes = format_sample_bytes(format);

    for (uint32_t i = 0; i < frames * format->channels; i++) {
        uint64_t n = at + i / format->channels;
        double value = 0.5 * sin(2 * PI * 997 * (double)(n % 48000) / 48000);
        int32_t sample = counts ? (int32_t)(n & 0x3fff) + 1 : (int32_t)lrint(value * 32767);

        if (bytes == 3)
            sample *= 256;
        for (uint32_t b = 0; b < bytes; b++)
            pcm[i * bytes + b] = (uint8_t)((uint32_t)sample >> 8 * b);
    }
}

static void hear(struct heard *heard, double now, double *before, double t)
{
    heard->step = fmax(heard->step, fabs(now - *before));
    heard->level = fmax(heard->level, fabs(now));
    if (now != 0 && heard->first_s == 0)
        heard->first_s = t;
    *before = now;
}

static struct heard run(const struct format *format, const struct play *play, double seconds)
{
    enum { PACKET = 240, PERIOD = 256 };
    struct heard heard = {0};
    double send_s = 5e-3, pull_s = 3e-3, before = 0;
    uint64_t sent = 0, packets = 0;
    uint32_t silence = 0;
    double out[PERIOD * 2];
    uint8_t pcm[PERIOD * 8];
    int32_t last = 0;

    while (pull_s < seconds) {
        uint64_t send_ns = (uint64_t)(send_s * 1e9) + 1000 * MS;
        uint64_t pull_ns = (uint64_t)(pull_s * 1e9) + 1000 * MS;

        if (send_s <= pull_s) {
            make_packet(pcm, format, sent, PACKET, play->counts);
            sent += PACKET;
            packets++;
            if ((send_s < play->silent_from_s || send_s >= play->silent_to_s) &&
                (play->lost_every == 0 || packets % play->lost_every != 0))
                timeline_push(&timeline, pcm, PACKET, send_ns);
            send_s += PACKET / 48000.0 * (1 + play->sender_ppm * 1e-6);
            continue;
        }
        if (play->ticks)
            timeline_tick(&timeline, pull_ns + 6 * MS);
        if (play->counts) {
            timeline_pull_exact(&timeline, pcm, PERIOD, pull_ns + 5 * MS, pull_ns);
            for (uint32_t i = 0; i < PERIOD; i++) {
                int32_t value = bytes_get_sample(pcm + i * format_frame_bytes(format),
                                                 format_sample_bytes(format)) /
                                (format_sample_bytes(format) == 3 ? 256 : 1);

                if (value != 0 && last != 0 && value != last % 0x4000 + 1)
                    heard.wrong++;
                hear(&heard, value, &before, pull_s);
                last = value;
                silence = value == 0 ? silence + 1 : 0;
                heard.gaps += silence == 100 && heard.first_s != 0;
            }
        } else {
            timeline_pull(&timeline, out, PERIOD, pull_ns + 5 * MS, pull_ns);
            for (uint32_t i = 0; i < PERIOD; i++) {
                hear(&heard, out[i * format->channels], &before, pull_s);
                silence = out[i * format->channels] == 0 ? silence + 1 : 0;
                heard.gaps += silence == 100 && heard.first_s != 0;
            }
        }
        pull_s += PERIOD / 48000.0 * (1 + play->output_ppm * 1e-6);
    }
    return heard;
}

/* The largest step of 997 Hz at half scale at 48 kHz is 0.0653; a click is larger. */
static void test_no_click(void)
{
    static const struct {
        const char *name;
        struct play play;
        uint32_t gaps, underruns;
        uint64_t missing;
    } cases[] = {
        {"plain", {.sender_ppm = 300, .output_ppm = -200}, 0, 0, 0},
        {"pause", {.silent_from_s = 4, .silent_to_s = 5.5}, 1, 0, 0},
        {"short pause", {.silent_from_s = 4, .silent_to_s = 4.3}, 1, 0, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct timeline_stats stats;
        struct heard heard;

        start(&stereo, STEER_RESAMPLE, 0.05);
        heard = run(&stereo, &cases[i].play, 10);
        timeline_stats(&timeline, &stats);
        CHECK(heard.step < 0.0655, "%s: %g", cases[i].name, heard.step);
        CHECK(heard.level > 0.499 && heard.level < 0.501, "%s: %g", cases[i].name, heard.level);
        CHECK(heard.gaps == cases[i].gaps, "%s: %u", cases[i].name, heard.gaps);
        CHECK(stats.underruns == cases[i].underruns, "%s: %u", cases[i].name, stats.underruns);
        CHECK(stats.arrival.missing_frames == cases[i].missing, "%s: %llu", cases[i].name,
              (unsigned long long)stats.arrival.missing_frames);
        CHECK(fabs(stats.error_s) < 1e-3, "%s: %g", cases[i].name, stats.error_s);
        CHECK(heard.first_s > 0.035 && heard.first_s < 0.05, "%s: begins at %g", cases[i].name,
              heard.first_s);
    }
}

static void test_exact(void)
{
    struct play play = {.counts = true};
    struct timeline_stats stats;
    struct heard heard;

    start(&mono24, STEER_OFF, 0.05);
    heard = run(&mono24, &play, 20);
    timeline_stats(&timeline, &stats);
    CHECK(heard.wrong == 0 && heard.gaps == 0 && stats.underruns == 0, "%llu %u %u",
          (unsigned long long)heard.wrong, heard.gaps, stats.underruns);
}

/* Every hundredth packet is lost: counted, and made by whoever fills. */
static void test_loss(void)
{
    struct play play = {.lost_every = 100, .ticks = true};
    struct timeline_stats stats;
    struct heard heard;

    start(&stereo, STEER_RESAMPLE, 0.05);
    heard = run(&stereo, &play, 30);
    timeline_stats(&timeline, &stats);
    CHECK(stats.arrival.missing_frames == 59 * 240 || stats.arrival.missing_frames == 60 * 240,
          "%llu", (unsigned long long)stats.arrival.missing_frames);
    CHECK(stats.underruns == 0, "%u", stats.underruns);
    CHECK(heard.gaps == stats.arrival.holes, "%u silences", heard.gaps);
    CHECK(fabs(stats.error_s) < 1e-3, "%g", stats.error_s);
}

/* Nobody pulls for a while, then somebody does: no more than the memory was held, and the sound is
 * where it belongs. */
static void test_overflow(void)
{
    static uint8_t pcm[240 * 4];
    static double out[480 * 2];
    struct timeline_stats stats;
    uint64_t now_ns = 1000 * MS;

    start(&stereo, STEER_RESAMPLE, 0.05);
    memset(pcm, 0x11, sizeof pcm);
    for (unsigned i = 0; i < 2000; i++, now_ns += 5 * MS)
        timeline_push(&timeline, pcm, 240, now_ns);
    timeline_stats(&timeline, &stats);
    CHECK(stats.refused_frames > 0 && timeline_fill_frames(&timeline) * 4 <= timeline.ring.size,
          "%llu", (unsigned long long)stats.refused_frames);
    for (unsigned i = 0; i < 200; i++, now_ns += 10 * MS) {
        timeline_push(&timeline, pcm, 240, now_ns - 5 * MS);
        timeline_push(&timeline, pcm, 240, now_ns);
        timeline_pull(&timeline, out, 480, now_ns + 10 * MS, now_ns);
    }
    timeline_stats(&timeline, &stats);
    CHECK(out[0] > 0.1 && fabs(stats.error_s) < 1e-3, "%g %g", out[0], stats.error_s);
}

int main(void)
{
    static const struct format huge = {127, 32, 255, 0};

    CHECK(timeline_memory_bytes(&huge, 60) == 0, "no ring is that large");
    test_no_click();
    test_exact();
    test_loss();
    test_overflow();
    free(memory);
    return check_summary();
}
