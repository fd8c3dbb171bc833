/* Loses packets of music and conceals them. One line for each loss: where it was, the error against
 * the lost original in dB, relative to silence and to the last packet repeated; the largest step at
 * the joints relative to the signal's own; and CPU time in us. With a frame number instead of
 * losses, the sound around that one loss: time in ms, original, concealed and silenced, repeated.
 * Usage: conceal losses|at NUMBER RATE FILE   FILE: stereo, raw native float. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dsp/conceal.h"

#define CHANNELS 2u
#define PACKET 288u /* frames: 16-bit stereo */
#define QUIET 1e-5  /* mean square of a packet that nobody would miss: -50 dBFS */
#define JOINT 8u    /* frames after the start of the hole that belong to the joint */
#define AFTER 1000u /* frames that are to follow a hole */
#define AROUND 600u /* frames of a picture before and after the hole */

struct loss {
    double silence_db, repeat_db, step, cpu_us;
};

static uint64_t seed = 0x9e3779b97f4a7c15u;

/* xorshift64, Marsaglia 2003. */
static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static double energy(const float *samples, const float *minus, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        const double sample = (double)samples[i] - (minus ? (double)minus[i] : 0);
        sum += sample * sample;
    }
    return sum;
}

/* Largest difference between neighbours from a frame to an end, in each channel. */
static float largest_step(const float *frames, size_t from, size_t end)
{
    float largest = 0;
    for (size_t i = from * CHANNELS; i < end * CHANNELS; i++) {
        largest = fmaxf(largest, fabsf(frames[i] - frames[i - CHANNELS]));
    }
    return largest;
}

static double cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* Plays a packet, lost at frame `at`, and what follows it into `played`, from frame `at` on. */
static struct loss conceal_one(struct conceal *conceal, const float *music, size_t at,
                               float *played)
{
    const size_t join = conceal->join_frames;
    const float *lost = music + at * CHANNELS;
    float *made = malloc((PACKET + join) * CHANNELS * sizeof(float));
    const double before = cpu_us();
    conceal_predict(conceal, music + (at - conceal->history_frames) * CHANNELS,
                    conceal->history_frames, CHANNELS, made, PACKET + join);
    struct loss loss = {.cpu_us = cpu_us() - before};
    memcpy(played, lost, AFTER * CHANNELS * sizeof(float));
    memcpy(played, made, PACKET * CHANNELS * sizeof(float));
    conceal_join(played + PACKET * CHANNELS, made + PACKET * CHANNELS, CHANNELS, join, 0, join);
    free(made);

    const size_t samples = PACKET * CHANNELS;
    const double error = energy(played, lost, samples) + 1e-12;
    loss.silence_db = 10 * log10(error / energy(lost, NULL, samples));
    loss.repeat_db = 10 * log10(error / (energy(lost, lost - samples, samples) + 1e-12));

    float joined[(1 + JOINT) * CHANNELS];
    memcpy(joined, lost - CHANNELS, CHANNELS * sizeof(float));
    memcpy(joined + CHANNELS, played, JOINT * CHANNELS * sizeof(float));
    const float steps =
        fmaxf(largest_step(joined, 1, 1 + JOINT), largest_step(played, PACKET, PACKET + join + 1));
    loss.step = (double)steps / (double)largest_step(music, at - PACKET, at + 2 * PACKET + join);
    return loss;
}

static void print_around(const float *music, size_t at, uint32_t rate_hz, const float *played)
{
    for (size_t i = at - AROUND; i < at + PACKET + AROUND; i++) {
        const float original = music[i * CHANNELS];
        const float concealed = i < at ? original : played[(i - at) * CHANNELS];
        const int hole = i >= at && i < at + PACKET;
        printf("%.4f %.6f %.6f %.6f\n", ((double)i - (double)at) * 1e3 / rate_hz, (double)original,
               (double)concealed, (double)(hole ? music[(i - PACKET) * CHANNELS] : original));
    }
}

static float *read_music(const char *path, size_t *frames)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        return NULL;
    }
    *frames = (size_t)ftell(file) / (CHANNELS * sizeof(float));
    rewind(file);
    float *music = malloc(*frames * CHANNELS * sizeof(float) + 1);
    if (music != NULL) {
        *frames = fread(music, CHANNELS * sizeof(float), *frames, file);
    }
    fclose(file);
    return music;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: conceal losses|at NUMBER RATE FILE\n");
        return 2;
    }
    const size_t number = strtoul(argv[2], NULL, 10);
    const uint32_t rate_hz = (uint32_t)strtoul(argv[3], NULL, 10);
    struct conceal conceal;
    conceal_init(&conceal, malloc(conceal_memory_bytes(rate_hz)), rate_hz);
    const size_t first = conceal.history_frames + AROUND;
    size_t frames = 0;
    float *music = read_music(argv[4], &frames), *played = malloc(AFTER * CHANNELS * sizeof(float));
    if (music == NULL || frames < 2 * (first + AFTER)) {
        fprintf(stderr, "conceal: cannot use %s\n", argv[4]);
        return 1;
    }
    if (strcmp(argv[1], "at") == 0) {
        conceal_one(&conceal, music, number, played);
        print_around(music, number, rate_hz, played);
        return 0;
    }
    for (size_t i = 0, tries = 0; i < number && tries < 100 * number; tries++) {
        const size_t at = first + next_random() % (frames - first - AFTER);
        if (energy(music + at * CHANNELS, NULL, PACKET * CHANNELS) < QUIET * PACKET * CHANNELS) {
            continue;
        }
        const struct loss loss = conceal_one(&conceal, music, at, played);
        printf("%zu %.3f %.3f %.4f %.1f\n", at, loss.silence_db, loss.repeat_db, loss.step,
               loss.cpu_us);
        i++;
    }
    return 0;
}
