/* What the timing of a playout promises, in virtual time. `timing_test` runs some hours of each
 * case, `timing_test day` a day; `-v` prints every figure. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulation/world.h"
#include "tests/support/check.h"

#define BASE_DELAY_S 0.2e-3 /* of the simulated network, which no playout can know of */

/* 0: not asked for. */
struct limits {
    double start_s;     /* |latency - target| at 1 s */
    double late_s;      /* ... means over a second, after settled_s */
    double wander;      /* of the ratio, rms */
    double added_s;     /* latency over the sender's hold and one output period */
    bool never_dry;     /* from the start on */
    bool dry_on_stalls; /* once for each stall, and else not after settled_s */
    bool counts_exact;  /* lost and doubled packets as injected */
    bool none_missing;  /* nothing was lost, nothing is said to be */
    uint32_t gap_error; /* packets a gap */
};

#define AUTOMATIC .fixed_s = -1

#define STEADY                                                                                     \
    {                                                                                              \
        .start_s = 1e-3, .late_s = 0.5e-3, .wander = 1e-6, .never_dry = true, .none_missing = true \
    }

static const struct {
    const char *name;
    struct world_config config;
    struct limits limits;
} cases[] = {
    {"+500 ppm against -500", {.sender_ppm = 500, .output_ppm = -500, .hours = 2}, STEADY},
    {"-500 ppm against +500", {.sender_ppm = -500, .output_ppm = 500, .hours = 2}, STEADY},
    {"crystals that wander", {.sender_ppm = 20, .wander_ppm = 0.2, .hours = 2}, STEADY},
    {"48 kHz, whole packets", {.packet_frames = 240, .sender_ppm = 300, .hours = 1}, STEADY},
    {"44.1 kHz", {.rate_hz = 44100, .block_frames = 441, .sender_ppm = -300, .hours = 1}, STEADY},
    {"blocks of 1024 frames", {.block_frames = 1024, .sender_ppm = 99, .hours = 1}, STEADY},
    {"shared memory, 20 ms",
     {.block_frames = 960, .packet_frames = 960, .sender_ppm = 99, .hours = 1},
     STEADY},
    {"output of 64 frames", {.period_frames = 64, .output_ppm = -250, .hours = 0.5}, STEADY},
    {"output of 2048 frames",
     {.period_frames = 2048, .fixed_s = 0.1, .output_ppm = 120, .hours = 1},
     STEADY},
    {"output that is vague",
     {.call_jitter_s = 2e-3, .when_jitter_s = 1e-3, .ahead_s = 5e-3, .output_ppm = 120, .hours = 1},
     STEADY},
    {"ramp of 10 ppm/s",
     {.sender_ppm = -250, .ramp_at_s = 120, .ramp_ppm_s = 10, .ramp_s = 50, .hours = 0.2},
     {.late_s = 2e-3, .never_dry = true, .none_missing = true}},
    {"ramp of -10 ppm/s",
     {.sender_ppm = 250, .ramp_at_s = 900, .ramp_ppm_s = -10, .ramp_s = 50, .hours = 0.5},
     {.late_s = 2e-3, .never_dry = true, .none_missing = true}},
    {"step of 100 ppm",
     {.ramp_at_s = 900, .step_ppm = 100, .hours = 0.5},
     {.late_s = 2e-3, .never_dry = true, .none_missing = true}},
    {"automatic, jitter 0.3 ms",
     {AUTOMATIC, .jitter_s = 0.3e-3, .sender_ppm = 50, .settled_s = 3600, .hours = 3},
     {.late_s = 0.5e-3, .added_s = 1.5e-3, .never_dry = true, .none_missing = true}},
    {"automatic, p99.99 5 ms",
     {AUTOMATIC, .network = NETWORK_TAIL, .jitter_s = 5e-3, .sender_ppm = 50, .settled_s = 3600,
      .hours = 3},
     {.added_s = 7e-3, .never_dry = true, .none_missing = true}},
#define WIFI                                                                                   \
    AUTOMATIC, .network = NETWORK_WIFI, .sender_ppm = 50, .stall_every_s = 30, .stall_s = 0.8, \
               .hours = 2
    {"Wi-Fi, 102 ms", {WIFI, .jitter_s = 0.1024}, {.dry_on_stalls = true, .none_missing = true}},
    {"Wi-Fi, 205 ms", {WIFI, .jitter_s = 0.2048}, {.dry_on_stalls = true, .none_missing = true}},
    {"Wi-Fi, 307 ms", {WIFI, .jitter_s = 0.3072}, {.dry_on_stalls = true, .none_missing = true}},
    {"1 % lost, one by one",
     {.jitter_s = 0.3e-3, .loss = 0.01, .loss_run = 1, .hours = 1},
     {.counts_exact = true, .gap_error = 0}},
    {"1 % lost, in runs",
     {.jitter_s = 0.3e-3, .loss = 0.01, .loss_run = 4, .hours = 1},
     {.counts_exact = true, .gap_error = 0}},
    {"... jitter 2.5 ms",
     {.jitter_s = 2.5e-3, .loss = 0.01, .loss_run = 4, .hours = 1},
     {.counts_exact = true, .gap_error = 0}},
    {"... jitter over half a packet",
     {.network = NETWORK_TAIL, .jitter_s = 5e-3, .loss = 0.01, .loss_run = 4, .hours = 1},
     {.counts_exact = true, .gap_error = 1}},
    {"doubled packets",
     {.jitter_s = 0.3e-3, .doubled = 0.001, .hours = 1},
     {.counts_exact = true, .never_dry = true, .none_missing = true}},
    {"pauses", {.silent_every_s = 20, .silent_s = 3.3, .hours = 1}, {.none_missing = true}},
    {"short pauses",
     {.fixed_s = 0.4, .silent_every_s = 5, .silent_s = 0.25, .hours = 1},
     {.none_missing = true}},
};

/* What a case does not say: the driver's 10 ms of 48 kHz, 16 bits, stereo, and an output of 256
 * frames. */
static struct world_config whole(const struct world_config *said, uint32_t seed)
{
    struct world_config config = *said;

    config.seed = seed;
    if (config.rate_hz == 0)
        config.rate_hz = 48000;
    if (config.block_frames == 0)
        config.block_frames = 480;
    if (config.packet_frames == 0)
        config.packet_frames = 288;
    if (config.period_frames == 0)
        config.period_frames = 256;
    if (config.jitter_s <= 0)
        config.jitter_s = 1e-3;
    if (config.fixed_s == 0)
        config.fixed_s = 0.05;
    else if (config.fixed_s < 0)
        config.fixed_s = 0;
    if (config.settled_s <= 0)
        config.settled_s = 10;
    return config;
}

static void judge(const char *name, const struct world_config *config, const struct limits *limits,
                  const struct world_report *report)
{
    uint64_t fades = (uint64_t)report->dry + report->jumped;
    double added_s = report->latency_s - report->hold_s - BASE_DELAY_S -
                     config->period_frames / (double)config->rate_hz;
    int64_t missed = (int64_t)report->lost_packets - (int64_t)report->missing_packets;

    if (limits->start_s > 0)
        CHECK(report->late_1s_s <= limits->start_s, "%s: %g ms", name, report->late_1s_s * 1e3);
    if (limits->late_s > 0)
        CHECK(report->late_s <= limits->late_s, "%s: %g ms", name, report->late_s * 1e3);
    if (limits->wander > 0)
        CHECK(report->wander <= limits->wander, "%s: %g ppm", name, report->wander * 1e6);
    if (limits->added_s > 0)
        CHECK(added_s <= limits->added_s, "%s: %g ms", name, added_s * 1e3);
    if (limits->never_dry)
        CHECK(fades == 0, "%s: %llu fades", name, (unsigned long long)fades);
    if (limits->dry_on_stalls)
        CHECK(report->dry_settled == 0 && fades >= report->stalls && fades <= report->stalls + 3,
              "%s: %u, %llu fades for %llu stalls", name, report->dry_settled,
              (unsigned long long)fades, (unsigned long long)report->stalls);
    if (limits->none_missing)
        CHECK(report->missing_packets == 0 && report->counted.holes == 0, "%s: %llu", name,
              (unsigned long long)report->missing_packets);
    if (limits->counts_exact) {
        CHECK((uint64_t)llabs(missed) <= limits->gap_error * report->counted.holes,
              "%s: %llu of %llu lost", name, (unsigned long long)report->missing_packets,
              (unsigned long long)report->lost_packets);
        CHECK(report->counted.excess_packets == report->doubled_packets, "%s: %llu of %llu doubled",
              name, (unsigned long long)report->counted.excess_packets,
              (unsigned long long)report->doubled_packets);
    }
    if (config->silent_every_s > 0)
        CHECK(report->counted.pauses + 1 >= report->pauses &&
                  report->counted.pauses <= report->pauses,
              "%s: %llu of %llu pauses", name, (unsigned long long)report->counted.pauses,
              (unsigned long long)report->pauses);
}

static void print(const char *name, const struct world_report *report, double period_s)
{
    printf("%-30s 1 s %.2f ms, later %.3f ms, latency %.2f ms (added %.2f), wander %.3f ppm, fades "
           "%u, jumps %u, lost %llu of %llu, doubled %llu of %llu, stalls %llu of %llu, pauses "
           "%llu of %llu\n",
           name, report->late_1s_s * 1e3, report->late_s * 1e3, report->latency_s * 1e3,
           (report->latency_s - report->hold_s - BASE_DELAY_S - period_s) * 1e3,
           report->wander * 1e6, report->dry, report->jumped,
           (unsigned long long)report->missing_packets, (unsigned long long)report->lost_packets,
           (unsigned long long)report->counted.excess_packets,
           (unsigned long long)report->doubled_packets, (unsigned long long)report->counted.stalls,
           (unsigned long long)report->stalls, (unsigned long long)report->counted.pauses,
           (unsigned long long)report->pauses);
}

/* Over seeds: the error of the ratio is a matter of chance, its deviation is not. */
static void test_ratio(bool verbose)
{
    enum { RUNS = 40 };
    double early = 0, late = 0;

    for (uint32_t seed = 1; seed <= RUNS; seed++) {
        struct world_config config = {.hours = 310.0 / 3600};
        struct world_report report;

        config.sender_ppm = (double)(seed * 97 % 1000) - 500;
        config.output_ppm = (double)(seed * 31 % 400) - 200;
        config = whole(&config, seed);
        report = world_run(&config);
        early += report.ratio_30s * report.ratio_30s / RUNS;
        late += report.ratio_300s * report.ratio_300s / RUNS;
    }
    CHECK(sqrt(early) <= 1e-6, "%g ppm at 30 s", sqrt(early) * 1e6);
    CHECK(sqrt(late) <= 0.1e-6, "%g ppm at 5 min", sqrt(late) * 1e6);
    if (verbose)
        printf("ratio: %.3f ppm rms at 30 s, %.3f at 5 min\n", sqrt(early) * 1e6, sqrt(late) * 1e6);
}

/* A ramp comes whenever it likes: early, when the filter is wide, or when it has closed. */
static void test_ramps(bool verbose)
{
    static const double begins_s[] = {30, 60, 300, 900, 3000};
    double worst = 0;

    for (uint32_t i = 0; i < 10; i++) {
        double sign = i % 2 ? -1 : 1;
        struct world_config config = {
            .sender_ppm = -250 * sign,
            .ramp_at_s = begins_s[i / 2],
            .ramp_ppm_s = 10 * sign,
            .ramp_s = 50,
            .hours = (begins_s[i / 2] + 200) / 3600,
        };
        struct world_report report;

        config = whole(&config, i + 1);
        report = world_run(&config);
        worst = fmax(worst, report.late_s);
        CHECK(report.late_s <= 2e-3, "a ramp at %g s: %g ms", config.ramp_at_s,
              report.late_s * 1e3);
        CHECK(report.dry == 0 && report.jumped == 0, "a ramp at %g s: %u", config.ramp_at_s,
              report.dry);
    }
    if (verbose)
        printf("ramps: %.3f ms at worst\n", worst * 1e3);
}

int main(int argc, char **argv)
{
    bool verbose = false, day = false;

    for (int i = 1; i < argc; i++) {
        verbose |= strcmp(argv[i], "-v") == 0;
        day |= strcmp(argv[i], "day") == 0;
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world_config config = whole(&cases[i].config, (uint32_t)i + 1);
        struct world_report report;

        if (day)
            config.hours = 24;
        report = world_run(&config);
        judge(cases[i].name, &config, &cases[i].limits, &report);
        if (verbose)
            print(cases[i].name, &report, config.period_frames / (double)config.rate_hz);
    }
    test_ratio(verbose);
    test_ramps(verbose);
    return check_summary();
}
