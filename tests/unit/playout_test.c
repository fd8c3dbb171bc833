#include "stream/playout.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "tests/support/check.h"

static uint32_t random_state = 1;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % bound;
}

static struct playout playout;
static uint8_t *memory;

static void start(const struct format *format, uint32_t target, uint32_t max,
                  enum playout_mode mode)
{
    free(memory);
    memory = malloc(playout_memory_bytes(format, max));
    playout_start(&playout, memory, format, target, max);
    playout_set_mode(&playout, mode);
}

/* Mono of 16 bits: frames count up from `first`. */
static const struct format mono = {1, 16, 1, 0};

static void push_count(uint16_t first, uint32_t frames)
{
    for (uint32_t i = 0; i < frames; i++) {
        uint8_t frame[2];

        bytes_put_u16(frame, (uint16_t)(first + i));
        playout_push(&playout, frame, sizeof frame);
    }
}

/* Pulls and says whether there came `sound` frames that count up from `first`, then silence. */
static bool pull_counts(uint32_t frames, uint16_t first, uint32_t sound)
{
    uint8_t pcm[2 * 4096];

    memset(pcm, 0xa5, sizeof pcm);
    playout_pull(&playout, pcm, frames, 0);
    for (uint32_t i = 0; i < frames; i++)
        if (bytes_get_u16(pcm + 2 * i) != (i < sound ? (uint16_t)(first + i) : 0))
            return false;
    return bytes_get_u16(pcm + 2 * frames) == 0xa5a5;
}

static void test_memory(void)
{
    static const struct {
        struct format format;
        uint32_t max_frames, bytes;
    } cases[] = {
        {{1, 16, 1, 0}, 1, 4},
        {{1, 16, 2, 3}, 3600, 32768},
        {{1, 16, 2, 3}, 4096, 32768},
        {{1, 16, 2, 3}, 4097, 65536},
        {{1, 32, 255, 0}, 1u << 20, 1u << 31},
        {{1, 32, 255, 0}, 1u << 21, 0},
        {{1, 32, 255, 0}, UINT32_MAX, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t bytes = playout_memory_bytes(&cases[i].format, cases[i].max_frames);

        CHECK(bytes == cases[i].bytes, "%zu: %u", i, bytes);
    }
}

/* What goes in comes out, whatever the pieces. */
static void test_exact(void)
{
    static const struct format formats[] = {
        {1, 16, 1, 0}, {1, 16, 2, 3},     {129, 24, 2, 3}, {1, 24, 5, 0},
        {2, 32, 7, 0}, {1, 16, 8, 0x63f}, {1, 32, 255, 0},
    };
    enum { FRAMES = 3000, MAX = 700, TARGET = 50 };

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        uint32_t frame_bytes = format_frame_bytes(&formats[i]);
        size_t bytes = (size_t)FRAMES * frame_bytes, in = 0, out = 0;
        uint8_t *sent = malloc(bytes), *got = malloc(bytes);

        for (size_t at = 0; at < bytes; at++)
            sent[at] = (uint8_t)random_below(256);
        start(&formats[i], TARGET, MAX, PLAYOUT_RUN);
        while (out < bytes) {
            size_t piece = 1 + random_below(1400);
            uint32_t fill, frames;

            if (piece > bytes - in)
                piece = bytes - in;
            if (in + piece - out <= (size_t)MAX * frame_bytes) {
                playout_push(&playout, sent + in, piece);
                in += piece;
            }
            fill = playout_fill_frames(&playout);
            if (out == 0 && fill < TARGET)
                continue;
            frames = random_below(fill + 1);
            playout_pull(&playout, got + out, frames, 0);
            out += (size_t)frames * frame_bytes;
        }
        CHECK(memcmp(sent, got, bytes) == 0, "format %zu", i);
        CHECK(playout_underruns(&playout) == 0 && playout_dropped_frames(&playout) == 0,
              "format %zu: %u %u", i, playout_underruns(&playout),
              playout_dropped_frames(&playout));
        free(sent);
        free(got);
    }
}

static void test_modes(void)
{
    start(&mono, 100, 400, PLAYOUT_HOLD);
    CHECK(pull_counts(10, 0, 0), "empty");
    push_count(1, 150);
    CHECK(pull_counts(10, 0, 0), "held");
    playout_set_mode(&playout, PLAYOUT_RUN);
    CHECK(pull_counts(0, 0, 0), "no frames asked for");
    CHECK(pull_counts(10, 1, 10), "over the target");

    start(&mono, 100, 400, PLAYOUT_RUN);
    push_count(1, 99);
    CHECK(pull_counts(10, 0, 0), "one below the target");
    push_count(100, 1);
    CHECK(pull_counts(10, 1, 10), "at the target");
    CHECK(pull_counts(10, 11, 10), "sounds on below it");

    start(&mono, 100, 400, PLAYOUT_RUN);
    push_count(1, 120);
    CHECK(pull_counts(150, 0, 0), "less than a large pull asks for");
    push_count(121, 30);
    CHECK(pull_counts(150, 1, 150), "as much as it asks for");
    CHECK(playout_underruns(&playout) == 0, "%u", playout_underruns(&playout));

    start(&mono, 100, 400, PLAYOUT_RUN);
    push_count(1, 400);
    CHECK(pull_counts(1000, 1, 400), "a pull over the maximum starts all the same");

    start(&mono, 100, 400, PLAYOUT_RUN);
    push_count(1, 5);
    CHECK(pull_counts(10, 0, 0), "waits");
    playout_set_mode(&playout, PLAYOUT_FINISH);
    CHECK(pull_counts(3, 1, 3), "finishes without the target");
    CHECK(pull_counts(10, 4, 2), "to the end");
    CHECK(pull_counts(10, 0, 0), "and is silent");
    CHECK(playout_underruns(&playout) == 0, "the end is no underrun");
    push_count(6, 5);
    playout_set_mode(&playout, PLAYOUT_RUN);
    CHECK(pull_counts(5, 0, 0), "waits for the target again");
}

static void test_underrun(void)
{
    start(&mono, 100, 400, PLAYOUT_RUN);
    push_count(1, 100);
    CHECK(pull_counts(90, 1, 90), "sound");
    CHECK(pull_counts(20, 91, 10), "runs out");
    CHECK(pull_counts(20, 0, 0), "silence");
    CHECK(playout_underruns(&playout) == 1, "%u", playout_underruns(&playout));
    push_count(101, 99);
    CHECK(pull_counts(20, 0, 0), "waits");
    push_count(200, 1);
    CHECK(pull_counts(100, 101, 100), "sound again, nothing lost");
    CHECK(playout_underruns(&playout) == 1, "%u", playout_underruns(&playout));
    CHECK(pull_counts(1, 0, 0), "ran out on the spot");
    CHECK(playout_underruns(&playout) == 2, "%u", playout_underruns(&playout));
    CHECK(playout_dropped_frames(&playout) == 0, "%u", playout_dropped_frames(&playout));
}

static void test_too_late(void)
{
    start(&mono, 100, 400, PLAYOUT_RUN);
    push_count(1, 400);
    CHECK(pull_counts(10, 1, 10), "at the maximum");
    push_count(401, 11);
    CHECK(pull_counts(10, 312, 10), "the oldest are left out down to the target");
    CHECK(playout_dropped_frames(&playout) == 301, "%u", playout_dropped_frames(&playout));
    CHECK(playout_fill_frames(&playout) == 90, "%u", playout_fill_frames(&playout));
    push_count(412, 311);
    CHECK(pull_counts(200, 523, 200), "... down to what is asked for");
    CHECK(playout_underruns(&playout) == 0, "%u", playout_underruns(&playout));
}

/* Nobody pulls: whatever is left out, each channel keeps its place, and all frames count. */
static void test_overflow(void)
{
    for (uint8_t channels = 1; channels < 12; channels++) {
        const struct format format = {1, 24, channels, 0};
        uint32_t frame_bytes = format_frame_bytes(&format), pushed = 0, frames, dropped;
        uint8_t pcm[12 * 3 * 256], byte;
        bool in_place = true;

        start(&format, 10, 100, PLAYOUT_RUN);
        while (pushed < 1000 * frame_bytes) {
            uint8_t piece[1400];
            uint32_t bytes = 1 + random_below(random_below(2) ? sizeof piece : 7);

            if (bytes > 1000 * frame_bytes - pushed)
                bytes = 1000 * frame_bytes - pushed;
            for (uint32_t i = 0; i < bytes; i++)
                piece[i] = (uint8_t)(1 + (pushed + i) % frame_bytes);
            playout_push(&playout, piece, bytes);
            pushed += bytes;
            if (random_below(50) == 0)
                playout_pull(&playout, pcm, random_below(100), 0);
        }
        frames = playout_fill_frames(&playout);
        CHECK(frames > 0, "%u channels", channels);
        playout_set_mode(&playout, PLAYOUT_FINISH);
        playout_pull(&playout, pcm, frames < 100 ? frames : 100, 0);
        for (uint32_t i = 0; i < (frames < 100 ? frames : 100) * frame_bytes; i++)
            in_place = in_place && pcm[i] == 1 + i % frame_bytes;
        CHECK(in_place, "%u channels", channels);

        start(&format, 10, 100, PLAYOUT_HOLD);
        byte = 1;
        for (uint32_t i = 0; i < 1000 * frame_bytes; i++)
            playout_push(&playout, &byte, 1);
        dropped = playout_dropped_frames(&playout);
        CHECK(dropped + playout_fill_frames(&playout) == 1000, "%u channels: %u dropped", channels,
              dropped);
    }
}

static void test_end_frame(void)
{
    static const struct format stereo = {1, 16, 2, 3};
    static const uint8_t part[] = {1, 2, 3}, whole[] = {5, 6, 7, 8};
    static const uint8_t wanted[] = {1, 2, 3, 0, 5, 6, 7, 8};
    uint8_t pcm[8];

    start(&stereo, 1, 100, PLAYOUT_FINISH);
    playout_end_frame(&playout);
    CHECK(playout_fill_frames(&playout) == 0, "nothing was begun");
    playout_push(&playout, part, sizeof part);
    playout_end_frame(&playout);
    playout_push(&playout, whole, sizeof whole);
    playout_end_frame(&playout);
    CHECK(playout_fill_frames(&playout) == 2, "%u", playout_fill_frames(&playout));
    playout_pull(&playout, pcm, 2, 0);
    CHECK(memcmp(pcm, wanted, sizeof wanted) == 0, "the rest of a frame is silence");
}

/* Frames are n and its complement, n from 1 on: silence cannot be mistaken for one. */
enum { THREAD_FRAMES = 1000000 };
static const struct format pair = {1, 32, 2, 3};

static void *push_all(void *context)
{
    uint8_t frame[8];
    uint32_t split = 0;

    for (uint32_t n = 1; n <= THREAD_FRAMES; n++) {
        bytes_put_u32(frame, n);
        bytes_put_u32(frame + 4, ~n);
        while (playout_fill_frames(&playout) >= 1900)
            sched_yield();
        split = (split + 3) % 8;
        playout_push(&playout, frame, split);
        playout_push(&playout, frame + split, 8 - split);
    }
    playout_set_mode(&playout, PLAYOUT_FINISH);
    return context;
}

static void test_two_threads(void)
{
    static uint8_t pcm[8 * 512];
    uint32_t next = 1;
    bool right = true;
    pthread_t thread;

    start(&pair, 64, 2000, PLAYOUT_RUN);
    if (pthread_create(&thread, NULL, push_all, NULL) != 0) {
        CHECK_SKIP("no second thread");
        return;
    }
    while (right && next <= THREAD_FRAMES) {
        uint32_t frames = 1 + random_below(512);
        uint32_t before = next;

        playout_pull(&playout, pcm, frames, 0);
        for (uint32_t i = 0; i < frames; i++) {
            uint32_t n = bytes_get_u32(pcm + 8 * i), other = bytes_get_u32(pcm + 8 * i + 4);

            if (n == 0 && other == 0)
                continue;
            right = right && n == next && other == ~n;
            next++;
        }
        if (next == before)
            sched_yield();
    }
    CHECK(right && next == THREAD_FRAMES + 1, "at frame %u", next);
    if (!right) /* the other side waits for nobody */
        exit(check_summary());
    pthread_join(thread, NULL);
    CHECK(playout_dropped_frames(&playout) == 0, "%u", playout_dropped_frames(&playout));
}

int main(void)
{
    test_memory();
    test_exact();
    test_modes();
    test_underrun();
    test_too_late();
    test_overflow();
    test_end_frame();
    test_two_threads();
    free(memory);
    return check_summary();
}
