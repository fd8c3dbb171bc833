#include "dsp/resampler.h"

#include <string.h>

#include "dsp/resampler_kernel.h"

#define ONE ((uint64_t)1 << RESAMPLER_FRACTION_BITS)
#define BEFORE (RESAMPLER_TAPS / 2 - 1) /* frames before that of the position, which a tap is for */
#define AFTER (RESAMPLER_TAPS / 2)

/* Output frames that a position of 64 bits can advance by at once: 11 bits are for whole frames. */
#define ADVANCE_MAX 1024u

/* Long, so that the last taps are seldom moved to the front; short, so that 8 rows stay in the
 * first cache; no power of two, or they would meet there. */
#define ROW_FRAMES 328u

struct resampler {
    const struct resampler_filter *filter;
    resampler_kernel *kernel;
    unsigned channels;
    uint64_t step;  /* in 1 / ONE frames, as `at` */
    uint64_t at;    /* the next output frame's first tap, in the rows */
    uint64_t start; /* position of at = 0 */
    size_t filled;  /* frames in the rows */
    double rows[][ROW_FRAMES];
};

static unsigned row_count(unsigned channels)
{
    return (channels + RESAMPLER_GROUP - 1) / RESAMPLER_GROUP * RESAMPLER_GROUP;
}

size_t resampler_bytes(unsigned channels)
{
    if (channels < 1 || channels > RESAMPLER_CHANNELS_MAX)
        return 0;
    return sizeof(struct resampler) + row_count(channels) * sizeof(double[ROW_FRAMES]);
}

struct resampler *resampler_init(void *memory, unsigned channels)
{
    struct resampler *r = memory;

    if (resampler_bytes(channels) == 0)
        return NULL;
    r->filter = resampler_filter_get();
    r->kernel = resampler_kernel_choose();
    r->channels = channels;
    r->step = ONE;
    resampler_reset(r);
    return r;
}

void resampler_reset(struct resampler *r)
{
    memset(r->rows, 0, row_count(r->channels) * sizeof *r->rows);
    r->at = 0;
    r->start = 0;
    r->filled = BEFORE;
}

void resampler_set_ratio(struct resampler *r, double ratio)
{
    double deviation = ratio - 1; /* exact, as is the product */

    if (deviation > RESAMPLER_DEVIATION_MAX)
        deviation = RESAMPLER_DEVIATION_MAX;
    else if (deviation < -RESAMPLER_DEVIATION_MAX)
        deviation = -RESAMPLER_DEVIATION_MAX;
    else if (deviation != deviation)
        deviation = 0;
    r->step = (uint64_t)((int64_t)ONE + (int64_t)(deviation * (double)ONE));
}

/* Drops what no tap is for any more from the front of the rows. */
static void make_room(struct resampler *r)
{
    size_t done = (size_t)(r->at / ONE);

    for (unsigned row = 0; row < r->channels; row++)
        memmove(r->rows[row], r->rows[row] + done, (r->filled - done) * sizeof(double));
    r->filled -= done;
    r->start += done;
    r->at %= ONE;
}

static void append(struct resampler *r, const double *in, size_t frames)
{
    for (unsigned row = 0; row < r->channels; row++) {
        double *to = r->rows[row] + r->filled;

        for (size_t frame = 0; frame < frames; frame++)
            to[frame] = in[frame * r->channels + row];
    }
    r->filled += frames;
}

/* Output frames that the rows are long enough for. */
static size_t ready(const struct resampler *r)
{
    uint64_t end;

    if (r->filled < RESAMPLER_TAPS)
        return 0;
    end = (uint64_t)(r->filled - RESAMPLER_TAPS + 1) * ONE;
    return r->at < end ? (size_t)((end - r->at - 1) / r->step + 1) : 0;
}

/* Frames that the rows must have for `frames` output frames, ADVANCE_MAX at most. */
static size_t span(const struct resampler *r, uint64_t at, size_t frames)
{
    return (size_t)((at + (frames - 1) * r->step) / ONE) + RESAMPLER_TAPS;
}

size_t resampler_process(struct resampler *r, const double *in, size_t in_frames, size_t *used,
                         double *out, size_t out_frames)
{
    size_t taken = 0, made = 0;

    for (;;) {
        size_t left = out_frames - made, count = ready(r);
        struct resampler_run run = {r->filter, r->rows[0], ROW_FRAMES, r->channels, r->at, r->step};

        if (count > left)
            count = left;
        r->kernel(&run, out + made * r->channels, count);
        r->at += count * r->step;
        made += count;
        left -= count;
        if (left == 0 || taken == in_frames)
            break;
        count = span(r, r->at, left < ADVANCE_MAX ? left : ADVANCE_MAX) - r->filled;
        if (count > in_frames - taken)
            count = in_frames - taken;
        if (count > ROW_FRAMES - r->filled)
            make_room(r);
        if (count > ROW_FRAMES - r->filled)
            count = ROW_FRAMES - r->filled;
        append(r, in + taken * r->channels, count);
        taken += count;
    }
    *used = taken;
    return made;
}

size_t resampler_need(const struct resampler *r, size_t out_frames)
{
    struct resampler later = *r;
    size_t used;

    resampler_step(&later, out_frames, &used);
    return used;
}

unsigned resampler_delay_frames(const struct resampler *r)
{
    (void)r;
    return AFTER;
}

struct resampler_position resampler_position(const struct resampler *r)
{
    struct resampler_position position = {r->start + r->at / ONE,
                                          (double)(int64_t)(r->at % ONE) / (double)ONE};

    return position;
}

void resampler_step(struct resampler *r, size_t out_frames, size_t *used)
{
    *used = 0;
    while (out_frames > 0) {
        size_t count = out_frames < ADVANCE_MAX ? out_frames : ADVANCE_MAX;
        size_t most = span(r, r->at, count);

        if (most > r->filled) {
            *used += most - r->filled;
            r->filled = most;
        }
        r->at += count * r->step;
        r->filled -= (size_t)(r->at / ONE);
        r->start += r->at / ONE;
        r->at %= ONE;
        out_frames -= count;
    }
}
