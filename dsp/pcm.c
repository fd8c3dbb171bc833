#include "dsp/pcm.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/bytes.h"

_Static_assert(sizeof(float) == 4, "a float sample is a float");

size_t pcm_from_float(uint8_t *to, const uint8_t *from, size_t samples)
{
    size_t clipped = 0;

    for (size_t i = 0; i < samples; i++) {
        uint32_t word = bytes_get_u32(from + 4 * i);
        int32_t value;
        float sample;

        memcpy(&sample, &word, sizeof sample);
        clipped += !(sample >= -1.0f && sample <= 1.0f);
        if (sample >= 1.0f)
            value = INT32_MAX;
        else if (sample <= -1.0f)
            value = INT32_MIN;
        else if (sample == sample)
            value = (int32_t)lrint((double)sample * 0x1p31);
        else
            value = 0;
        bytes_put_u32(to + 4 * i, (uint32_t)value);
    }
    return clipped;
}

/* Samples are taken in blocks of constant size, whose loops compilers turn into vectors. */
#define BLOCK 16u

static inline void unpack(int32_t values[BLOCK], const uint8_t *from, uint32_t sample_bytes)
{
    for (size_t i = 0; i < BLOCK; i++)
        values[i] = bytes_get_sample(from + i * sample_bytes, sample_bytes);
}

/* What `bytes_get_sample` calls 1 is the last of so many bits. */
static inline double last_bit(uint32_t sample_bytes)
{
    return sample_bytes == 2 ? 0x1p-15 : sample_bytes == 3 ? 0x1p-23 : 0x1p-31;
}

static inline void read_double(double *restrict to, const uint8_t *restrict from,
                               uint32_t sample_bytes, size_t samples)
{
    double scale = last_bit(sample_bytes);
    int32_t values[BLOCK];

    for (; samples >= BLOCK; samples -= BLOCK, to += BLOCK, from += BLOCK * sample_bytes) {
        unpack(values, from, sample_bytes);
        for (size_t i = 0; i < BLOCK; i++)
            to[i] = values[i] * scale;
    }
    for (size_t i = 0; i < samples; i++)
        to[i] = bytes_get_sample(from + i * sample_bytes, sample_bytes) * scale;
}

static inline void read_float(float *restrict to, const uint8_t *restrict from,
                              uint32_t sample_bytes, size_t samples)
{
    float scale = (float)last_bit(sample_bytes);
    int32_t values[BLOCK];

    for (; samples >= BLOCK; samples -= BLOCK, to += BLOCK, from += BLOCK * sample_bytes) {
        unpack(values, from, sample_bytes);
        for (size_t i = 0; i < BLOCK; i++)
            to[i] = (float)values[i] * scale;
    }
    for (size_t i = 0; i < samples; i++)
        to[i] = (float)bytes_get_sample(from + i * sample_bytes, sample_bytes) * scale;
}

/* A loop for each width: it is a constant within. */
void pcm_read_double(double *restrict to, const uint8_t *restrict from, uint32_t sample_bytes,
                     size_t samples)
{
    if (sample_bytes == 2)
        read_double(to, from, 2, samples);
    else if (sample_bytes == 3)
        read_double(to, from, 3, samples);
    else
        read_double(to, from, 4, samples);
}

void pcm_read_float(float *restrict to, const uint8_t *restrict from, uint32_t sample_bytes,
                    size_t samples)
{
    if (sample_bytes == 2)
        read_float(to, from, 2, samples);
    else if (sample_bytes == 3)
        read_float(to, from, 3, samples);
    else
        read_float(to, from, 4, samples);
}

/* To nearest, halves to even; for values well below 2^51 the sum has no bits left for a fraction.
 * (lrint() is a call and keeps loops from becoming vectors.) */
static inline int32_t round_even(double value)
{
#if FLT_EVAL_METHOD == 0
    return (int32_t)(value + 0x1.8p52 - 0x1.8p52);
#else
    return (int32_t)lrint(value);
#endif
}

/* Triangular noise between -1 and 1: the sum of the two halves of a number that takes each 32-bit
 * value once in 2^32, by a mixer without state (fmix32 of MurmurHash3, Austin Appleby, public
 * domain), so that every sample of a block has its own. */
static inline double triangular(uint32_t n)
{
    n ^= n >> 16;
    n *= 0x85ebca6bu;
    n ^= n >> 13;
    n *= 0xc2b2ae35u;
    n ^= n >> 16;
    return ((int32_t)(n >> 16) + (int32_t)(n & 0xffff) - 0xffff) * 0x1p-16;
}

/* Quantizes a block. Returns how many were clipped. */
static inline uint32_t quantize(int32_t values[BLOCK], const double from[BLOCK], double scale,
                                const struct pcm_dither *dither)
{
    uint32_t clipped = 0;
    double scaled[BLOCK];

    for (size_t i = 0; i < BLOCK; i++)
        clipped += !(from[i] >= -1.0) | !(from[i] <= 1.0);
    for (size_t i = 0; i < BLOCK; i++)
        scaled[i] = from[i] == from[i] ? from[i] * scale : 0.0;
    if (dither)
        for (size_t i = 0; i < BLOCK; i++)
            scaled[i] += triangular(dither->next + (uint32_t)i);
    for (size_t i = 0; i < BLOCK; i++) {
        double least = scaled[i] > -scale ? scaled[i] : -scale;

        values[i] = round_even(least < scale - 1 ? least : scale - 1);
    }
    return clipped;
}

static inline void pack(uint8_t *to, const int32_t values[BLOCK], uint32_t sample_bytes,
                        size_t samples)
{
    for (size_t i = 0; i < samples; i++) {
        uint8_t *at = to + i * sample_bytes;

        bytes_put_u16(at, (uint16_t)values[i]);
        if (sample_bytes == 3)
            at[2] = (uint8_t)(values[i] >> 16);
        else if (sample_bytes == 4)
            bytes_put_u16(at + 2, (uint16_t)(values[i] >> 16));
    }
}

/* A block, or the `samples` that are left of one. */
static inline uint32_t write_block(uint8_t *to, const double from[BLOCK], uint32_t sample_bytes,
                                   size_t samples, struct pcm_dither *dither)
{
    int32_t values[BLOCK];
    uint32_t clipped = quantize(values, from, 1 / last_bit(sample_bytes), dither);

    if (dither)
        dither->next += (uint32_t)samples;
    if (sample_bytes == 2)
        pack(to, values, 2, samples);
    else if (sample_bytes == 3)
        pack(to, values, 3, samples);
    else
        pack(to, values, 4, samples);
    return clipped;
}

size_t pcm_write_double(uint8_t *restrict to, const double *restrict from, uint32_t sample_bytes,
                        size_t samples, struct pcm_dither *dither)
{
    size_t clipped = 0;

    for (; samples > 0;) {
        size_t count = samples < BLOCK ? samples : BLOCK;
        double block[BLOCK] = {0};

        for (size_t i = 0; i < count; i++)
            block[i] = from[i];
        clipped += write_block(to, block, sample_bytes, count, dither);
        from += count;
        to += count * sample_bytes;
        samples -= count;
    }
    return clipped;
}

size_t pcm_write_float(uint8_t *restrict to, const float *restrict from, uint32_t sample_bytes,
                       size_t samples, struct pcm_dither *dither)
{
    size_t clipped = 0;

    for (; samples > 0;) {
        size_t count = samples < BLOCK ? samples : BLOCK;
        double block[BLOCK] = {0};

        for (size_t i = 0; i < count; i++)
            block[i] = (double)from[i];
        clipped += write_block(to, block, sample_bytes, count, dither);
        from += count;
        to += count * sample_bytes;
        samples -= count;
    }
    return clipped;
}
