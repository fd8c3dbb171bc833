#include "scream/speaker.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "platform/clock.h"
#include "tests/support/check.h"
#include "tests/support/fake_play.h"

/* ---- a sender whose PCM counts, never 0 */

static const struct format mono = {1, 16, 1, 0}, stereo = {1, 16, 2, 3}, wide = {2, 32, 2, 3};
static struct speaker *speaker;
static uint64_t now_ns;

enum { TARGET_MS = 20, MAX_MS = 50, PREFILL = 480 }; /* half of the target at 48 kHz */

static void begin(void)
{
    struct failure failure = {0};

    memset(&fake, 0, sizeof fake);
    fake.play.ops = &fake_ops;
    now_ns = 1000 * NS_PER_S;
    speaker = speaker_open(&fake.play, TARGET_MS, MAX_MS, &failure);
}

static void push_bytes(const struct format *format, uint8_t first, uint32_t bytes)
{
    uint8_t pcm[1500];
    struct packet packet = {.format = *format, .pcm = pcm, .pcm_bytes = bytes};

    for (uint32_t i = 0; i < bytes; i++)
        pcm[i] = (uint8_t)(1 + (first + i) % 255);
    packet.arrival_ns = now_ns;
    speaker_push(speaker, &packet);
}

/* In packets of at most 96 frames, with a tick after each. */
static void push_frames(const struct format *format, uint32_t frames)
{
    while (frames > 0) {
        uint32_t some = frames < 96 ? frames : 96;

        push_bytes(format, 0, some * format_frame_bytes(format));
        speaker_tick(speaker, now_ns);
        frames -= some;
    }
}

static void wait_ms(uint64_t ms)
{
    now_ns += ms * NS_PER_MS;
    speaker_tick(speaker, now_ns);
}

static struct speaker_stats stats(void)
{
    struct speaker_stats stats;

    speaker_stats(speaker, &stats);
    return stats;
}

/* Ends the speaker without waiting for anything. */
static void end(void)
{
    fake.gone = true;
    speaker_close(speaker);
}

/* ---- */

static void test_prefill(void)
{
    begin();
    CHECK(speaker_latency_ns(speaker) == 0 && !stats().playing, "nothing plays");
    push_frames(&mono, PREFILL - 1);
    CHECK(fake.opens == 0, "one frame short");
    push_frames(&mono, 1);
    CHECK(fake.opens == 1 && stats().playing, "opened");
    CHECK(fake.sound_bytes == 0 && fake.silent_frames == BUFFER_FRAMES,
          "the output's own buffer is filled with silence");
    CHECK(stats().fill_frames == PREFILL, "%u", stats().fill_frames);
    CHECK(speaker_latency_ns(speaker) == 17 * NS_PER_MS, "%llu",
          (unsigned long long)speaker_latency_ns(speaker));
    fake_period(100);
    CHECK(fake.sound_bytes == 200, "sound: %zu", fake.sound_bytes);
    end();
    CHECK(fake.closes == 1, "%u", fake.closes);
}

/* A flood of formats that change with every packet opens nothing, and the good one plays on. */
static void test_flood(void)
{
    begin();
    for (unsigned i = 0; i < 3000; i++) {
        struct format format = {(uint8_t)(1 + i % 4), 16, (uint8_t)(1 + i % 255), 0};

        push_bytes(&format, 0, 1152);
        speaker_tick(speaker, now_ns);
    }
    CHECK(fake.opens == 0 && fake.refusals == 0, "%u opens, %u refusals", fake.opens,
          fake.refusals);
    CHECK(stats().dropped_frames > 0, "counted");

    push_frames(&mono, PREFILL);
    fake.sound_bytes = 0;
    for (unsigned i = 0; i < 300; i++) {
        push_bytes(&mono, (uint8_t)(i * 192), 192);
        push_bytes(i % 2 ? &stereo : &wide, 0, 1152);
        speaker_tick(speaker, now_ns);
        fake_period(96);
    }
    CHECK(fake.opens == 1 && fake.closes == 0, "%u opens, %u closes", fake.opens, fake.closes);
    CHECK(fake.sound_bytes == 300 * 192, "%zu", fake.sound_bytes);
    end();
}

static void test_change(void)
{
    begin();
    push_frames(&mono, PREFILL);
    push_frames(&stereo, PREFILL);
    CHECK(fake.opens == 1 && fake.closes == 0, "the old frames are not yet pulled");
    fake_period(PREFILL - 1);
    wait_ms(1);
    CHECK(fake.opens == 1, "one is left");
    fake_period(1);
    CHECK(fake.sound_bytes == PREFILL * 2, "the old is whole: %zu", fake.sound_bytes);
    wait_ms(1);
    CHECK(fake.opens == 2 && fake.closes == 1, "%u opens, %u closes", fake.opens, fake.closes);
    CHECK(format_equal(&fake.stream.format, &stereo), "the new one");
    fake_period(PREFILL);
    CHECK(fake.sound_bytes == PREFILL * 6, "the new is whole: %zu", fake.sound_bytes);
    CHECK(stats().underruns == 0 && stats().dropped_frames == 0, "nothing lost");

    push_frames(&mono, 96);
    push_frames(&stereo, PREFILL);
    fake_period(PREFILL);
    CHECK(fake.opens == 2 && stats().dropped_frames == 96, "a format that does not last: %llu",
          (unsigned long long)stats().dropped_frames);
    end();

    begin();
    push_frames(&mono, PREFILL);
    push_frames(&stereo, PREFILL);
    wait_ms(MAX_MS);
    CHECK(fake.opens == 1, "waits for the old frames");
    wait_ms(2000);
    CHECK(fake.opens == 2, "but not for ever, where nobody pulls");
    end();
}

/* Lines in the file that standard error goes to. */
static unsigned lines_said(const char *path)
{
    FILE *file = fopen(path, "r");
    unsigned lines = 0;

    if (!file)
        return 0;
    for (int c = fgetc(file); c != EOF; c = fgetc(file))
        lines += c == '\n';
    fclose(file);
    return lines;
}

static void test_refused(void)
{
    static const struct format many = {1, 16, 33, 0}, huge = {0x7f, 32, 255, 0};
    char path[] = "/tmp/speaker-test-XXXXXX";
    int file = mkstemp(path), old = dup(STDERR_FILENO);

    if (file < 0 || old < 0) {
        CHECK_SKIP("no temporary file");
        return;
    }
    dup2(file, STDERR_FILENO);
    begin();
    for (unsigned i = 0; i < 1000; i++) {
        push_bytes(&many, 0, 990);
        wait_ms(1);
    }
    CHECK(fake.refusals == 1, "asked once: %u", fake.refusals);
    CHECK(lines_said(path) == 1, "one line: %u", lines_said(path));
    CHECK(stats().refused_packets == 1000, "%llu", (unsigned long long)stats().refused_packets);
    wait_ms(1000);
    for (unsigned i = 0; i < 900; i++) {
        push_bytes(&huge, 0, 1020);
        wait_ms(1);
    }
    CHECK(fake.refusals == 1, "more than fits is not even asked for");
    CHECK(lines_said(path) == 2, "a line for another: %u", lines_said(path));
    CHECK(stats().refused_packets == 1900, "%llu", (unsigned long long)stats().refused_packets);
    push_frames(&mono, PREFILL);
    CHECK(fake.opens == 1, "what can be played is");
    for (unsigned i = 0; i < 100; i++) {
        push_bytes(&huge, 0, 1020);
        push_bytes(&many, 0, 990);
        push_frames(&mono, 1);
    }
    fake_period(PREFILL + 100);
    CHECK(fake.sound_bytes == (PREFILL + 100) * 2, "and goes on: %zu", fake.sound_bytes);
    CHECK(lines_said(path) <= 3, "not a line for each change: %u", lines_said(path));
    end();

    begin();
    fake.gone = true;
    CHECK(ftruncate(file, 0) == 0, "empty file");
    push_frames(&mono, 5 * PREFILL);
    CHECK(fake.refusals > 0 && lines_said(path) == 0, "that the output has gone is not said here");
    end();
    dup2(old, STDERR_FILENO);
    close(old);
    close(file);
    unlink(path);
}

static void test_pauses(void)
{
    begin();
    push_frames(&mono, 96);
    wait_ms(199);
    CHECK(fake.opens == 0, "more may come");
    wait_ms(1);
    CHECK(fake.opens == 1, "a short sound is played all the same");
    wait_ms(1);
    fake_period(100);
    CHECK(fake.sound_bytes == 192, "%zu", fake.sound_bytes);
    push_frames(&mono, 96);
    fake_period(100);
    CHECK(fake.sound_bytes == 192, "more may come");
    wait_ms(200);
    fake_period(100);
    CHECK(fake.sound_bytes == 384, "and again: %zu", fake.sound_bytes);

    push_frames(&mono, PREFILL);
    fake_period(PREFILL);
    fake_period(1);
    wait_ms(100);
    push_frames(&mono, PREFILL);
    CHECK(stats().underruns == 1, "a gap is an underrun: %llu",
          (unsigned long long)stats().underruns);
    fake_period(PREFILL);
    fake_period(1);
    wait_ms(1000);
    push_frames(&mono, PREFILL);
    CHECK(stats().underruns == 1, "a pause is none: %llu", (unsigned long long)stats().underruns);
    fake_period(PREFILL);

    wait_ms(59999);
    CHECK(fake.closes == 0, "silence for a minute");
    wait_ms(1);
    CHECK(fake.closes == 1 && !stats().playing, "then the stream is closed");
    push_frames(&mono, PREFILL);
    CHECK(fake.opens == 2, "and opened again");
    end();
}

/* A foreign packet in the middle of a frame leaves the channels in their places. */
static void test_split_frames(void)
{
    static const struct format five = {1, 24, 5, 0};
    bool in_place = true;

    begin();
    for (uint32_t i = 0; i < 21; i++)
        push_bytes(&five, (uint8_t)(i * 1152 % 15), 1152);
    wait_ms(1);
    push_bytes(&stereo, 0, 100);
    fake_period(1024);
    fake_period(1024);
    fake.sound_bytes = 0;
    for (unsigned i = 0; i < PREFILL; i++)
        push_bytes(&five, 0, 15);
    fake_period(PREFILL + 1);
    for (size_t i = 15; i < fake.sound_bytes; i++)
        in_place = in_place && fake.sound[i] == 1 + i % 15;
    CHECK(fake.opens == 1 && fake.sound_bytes > 15 * (PREFILL - 2) && in_place, "%zu bytes",
          fake.sound_bytes);
    end();
}

/* What was pushed is played before the end, the next format too. */
static void test_close(void)
{
    begin();
    push_frames(&mono, PREFILL);
    push_frames(&stereo, 96);
    fake.moves_itself = true;
    speaker_close(speaker);
    CHECK(fake.opens == 2 && fake.closes == 2, "%u opens, %u closes", fake.opens, fake.closes);
    CHECK(fake.sound_bytes == PREFILL * 2 + 96 * 4, "%zu", fake.sound_bytes);
    speaker_close(NULL);
}

static void test_latency(void)
{
    static const struct {
        uint32_t target_ms, buffer_ms;
    } cases[] = {{0, 1}, {1, 1}, {2, 1}, {3, 1}, {50, 25}, {51, 25}, {10000, 5000}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t target = cases[i].target_ms;
        struct failure failure = {0};
        struct speaker *one = speaker_open(&fake.play, target, target, &failure);

        CHECK(speaker_buffer_ms(target) == cases[i].buffer_ms, "%u ms: %u", target,
              speaker_buffer_ms(target));
        CHECK(one != NULL, "%u ms: %s", target, failure.text);
        speaker_close(one);
    }
}

int main(void)
{
    test_prefill();
    test_flood();
    test_change();
    test_refused();
    test_pauses();
    test_split_frames();
    test_close();
    test_latency();
    return check_summary();
}
