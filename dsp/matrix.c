#include "dsp/matrix.h"

#define DB_3 0.70710678f /* BS.775's 0.7071: half the power */
#define DB_6 0.5f

/* The channel `from` goes to `to` at `gain`, to each where there are two. */
struct fold {
    uint8_t from, to[2];
    float gain;
    float joining; /* instead of `gain` where a channel of the input lives there; 0: no other */
};

#define ONE(from, to, gain)                                   \
    {                                                         \
        SPEAKER_##from, {SPEAKER_##to, SPEAKER_##to}, gain, 0 \
    }
#define FOR(from, to)                                         \
    {                                                         \
        SPEAKER_##from, {SPEAKER_##to, SPEAKER_##to}, 1, DB_3 \
    }
#define TWO(from, left, right, gain)                               \
    {                                                              \
        SPEAKER_##from, {SPEAKER_##left, SPEAKER_##right}, gain, 0 \
    }

/* Where a channel goes whose own loudspeaker is not there: the first row whose loudspeakers all
 * are. The last ones serve outputs that no room has, so that nothing goes silent. */
/* clang-format off */
static const struct fold folds[] = {
    ONE(FL, FC, DB_3), ONE(FL, MONO, DB_3), FOR(FL, FLC), FOR(FL, SL), FOR(FL, BL), FOR(FL, TFL),
    ONE(FR, FC, DB_3), ONE(FR, MONO, DB_3), FOR(FR, FRC), FOR(FR, SR), FOR(FR, BR), FOR(FR, TFR),
    ONE(FC, MONO, 1), TWO(FC, FL, FR, DB_3), TWO(FC, FLC, FRC, DB_3), TWO(FC, SL, SR, DB_3),
    TWO(FC, BL, BR, DB_3),

    /* between left and centre; without a centre, the nearest */
    TWO(FLC, FL, FC, DB_3), FOR(FLC, FL), ONE(FLC, FC, DB_3), ONE(FLC, MONO, DB_3), FOR(FLC, SL),
    FOR(FLC, BL),
    TWO(FRC, FR, FC, DB_3), FOR(FRC, FR), ONE(FRC, FC, DB_3), ONE(FRC, MONO, DB_3), FOR(FRC, SR),
    FOR(FRC, BR),

    FOR(BL, SL), ONE(BL, BC, DB_3), ONE(BL, FL, DB_3), ONE(BL, FC, DB_6), ONE(BL, MONO, DB_6),
    FOR(BR, SR), ONE(BR, BC, DB_3), ONE(BR, FR, DB_3), ONE(BR, FC, DB_6), ONE(BR, MONO, DB_6),
    FOR(SL, BL), ONE(SL, BC, DB_3), ONE(SL, FL, DB_3), ONE(SL, FC, DB_6), ONE(SL, MONO, DB_6),
    FOR(SR, BR), ONE(SR, BC, DB_3), ONE(SR, FR, DB_3), ONE(SR, FC, DB_6), ONE(SR, MONO, DB_6),
    TWO(BC, BL, BR, DB_3), TWO(BC, SL, SR, DB_3), TWO(BC, FL, FR, DB_6), ONE(BC, FC, DB_3),
    ONE(BC, MONO, DB_3),

    ONE(TFL, FL, DB_3), ONE(TFL, FC, DB_6), ONE(TFL, MONO, DB_6),
    ONE(TFR, FR, DB_3), ONE(TFR, FC, DB_6), ONE(TFR, MONO, DB_6),
    TWO(TFC, TFL, TFR, DB_3), ONE(TFC, FC, DB_3), TWO(TFC, FL, FR, DB_6), ONE(TFC, MONO, DB_3),
    ONE(TBL, BL, DB_3), ONE(TBL, SL, DB_3), ONE(TBL, BC, DB_6), ONE(TBL, FL, DB_6),
    ONE(TBL, FC, DB_6), ONE(TBL, MONO, DB_6),
    ONE(TBR, BR, DB_3), ONE(TBR, SR, DB_3), ONE(TBR, BC, DB_6), ONE(TBR, FR, DB_6),
    ONE(TBR, FC, DB_6), ONE(TBR, MONO, DB_6),
    TWO(TBC, TBL, TBR, DB_3), ONE(TBC, BC, DB_3), TWO(TBC, BL, BR, DB_6), TWO(TBC, SL, SR, DB_6),
    TWO(TBC, FL, FR, DB_6), ONE(TBC, FC, DB_6), ONE(TBC, MONO, DB_6),
    TWO(TC, TFL, TFR, DB_3), TWO(TC, FL, FR, DB_6), ONE(TC, FC, DB_3), ONE(TC, MONO, DB_3),

    TWO(MONO, FL, FR, 1), ONE(MONO, FC, 1), TWO(MONO, FLC, FRC, 1), TWO(MONO, SL, SR, 1),
    TWO(MONO, BL, BR, 1), ONE(MONO, FL, 1), ONE(MONO, FR, 1),
};
/* clang-format on */

/* Loudspeakers of one side. */
struct layout {
    const uint8_t *positions;
    size_t channels;
};

/* The channel at a position, or `channels`. */
static size_t find(const struct layout *layout, uint8_t position)
{
    size_t channel = 0;

    while (channel < layout->channels && layout->positions[channel] != position)
        channel++;
    return channel;
}

static bool has(const struct layout *layout, uint8_t position)
{
    return find(layout, position) < layout->channels;
}

static bool has_positions(const struct layout *layout)
{
    for (size_t i = 0; i < layout->channels; i++)
        if (layout->positions[i] != SPEAKER_NONE)
            return true;
    return false;
}

static const struct fold *find_fold(const struct layout *output, uint8_t position)
{
    for (size_t i = 0; i < sizeof folds / sizeof *folds; i++)
        if (folds[i].from == position && has(output, folds[i].to[0]) && has(output, folds[i].to[1]))
            return &folds[i];
    return NULL;
}

static void place(float *gains, uint8_t position, const struct layout *input,
                  const struct layout *output)
{
    const struct fold *fold;
    float gain;

    if (has(output, position)) {
        gains[find(output, position)] = 1;
        return;
    }
    fold = find_fold(output, position);
    if (fold == NULL)
        return;
    gain = fold->joining != 0 && has(input, fold->to[0]) ? fold->joining : fold->gain;
    gains[find(output, fold->to[0])] = gain;
    gains[find(output, fold->to[1])] = gain;
}

/* The n-th channel without a position goes to the output's n-th. */
static void place_nowhere(float *gains, size_t n, const struct layout *output)
{
    for (size_t i = 0; i < output->channels; i++)
        if (output->positions[i] == SPEAKER_NONE && n-- == 0)
            gains[i] = 1;
}

static void normalise(struct matrix *matrix)
{
    float largest = 1;

    for (size_t out = 0; out < matrix->outputs; out++) {
        float sum = 0;

        for (size_t in = 0; in < matrix->inputs; in++)
            sum += matrix->gains[in][out];
        largest = sum > largest ? sum : largest;
    }
    for (size_t in = 0; in < matrix->inputs; in++)
        for (size_t out = 0; out < matrix->outputs; out++)
            matrix->gains[in][out] /= largest;
}

static void find_identity(struct matrix *matrix)
{
    matrix->identity = matrix->inputs == matrix->outputs;
    for (size_t in = 0; in < matrix->inputs; in++)
        for (size_t out = 0; out < matrix->outputs; out++)
            if (matrix->gains[in][out] != (in == out ? 1.0f : 0.0f))
                matrix->identity = false;
}

static bool sizes_fit(size_t inputs, size_t outputs)
{
    return inputs >= 1 && inputs <= MATRIX_CHANNELS_MAX && outputs >= 1 &&
           outputs <= MATRIX_CHANNELS_MAX;
}

bool matrix_make(struct matrix *matrix, const uint8_t *from, size_t inputs, const uint8_t *to,
                 size_t outputs)
{
    const struct layout input = {from, inputs}, output = {to, outputs};
    size_t nowhere = 0;
    bool by_position;

    if (!sizes_fit(inputs, outputs))
        return false;
    *matrix = (struct matrix){.inputs = (uint8_t)inputs, .outputs = (uint8_t)outputs};
    by_position = has_positions(&input) && has_positions(&output);
    for (size_t in = 0; in < inputs; in++) {
        if (!by_position) {
            if (in < outputs)
                matrix->gains[in][in] = 1;
        } else if (from[in] == SPEAKER_NONE) {
            place_nowhere(matrix->gains[in], nowhere++, &output);
        } else {
            place(matrix->gains[in], from[in], &input, &output);
        }
    }
    normalise(matrix);
    find_identity(matrix);
    return true;
}

static const char *skip_blanks(const char *text)
{
    while (*text == ' ')
        text++;
    return text;
}

/* One number and the blanks around it. Returns what follows, or NULL. strtof() would take more
 * than a number, and another number in another locale. */
static const char *parse_gain(const char *text, float *gain)
{
    double value = 0, unit = 1;
    bool negative, digits = false;

    text = skip_blanks(text);
    negative = *text == '-';
    text += negative;
    for (; *text >= '0' && *text <= '9' && value <= MATRIX_GAIN_MAX; text++, digits = true)
        value = value * 10 + (*text - '0');
    if (*text == '.')
        for (text++; *text >= '0' && *text <= '9'; text++, digits = true)
            value += (unit /= 10) * (*text - '0');
    if (!digits || value > MATRIX_GAIN_MAX)
        return NULL;
    *gain = (float)(negative ? -value : value);
    return skip_blanks(text);
}

bool matrix_parse(struct matrix *matrix, const char *text, size_t inputs, size_t outputs)
{
    struct matrix made = {.inputs = (uint8_t)inputs, .outputs = (uint8_t)outputs};

    if (!sizes_fit(inputs, outputs))
        return false;
    for (size_t out = 0; out < outputs; out++) {
        for (size_t in = 0; in < inputs; in++) {
            char end = in + 1 < inputs ? ',' : out + 1 < outputs ? ';' : '\0';

            text = parse_gain(text, &made.gains[in][out]);
            if (text == NULL || *text != end)
                return false;
            text++;
        }
    }
    *matrix = made;
    find_identity(matrix);
    return true;
}

/* The loop for one type of sample. With a constant width its inner loops become a few vector
 * instructions. */
#define DEFINE_APPLY(name, type)                                                    \
    static inline void name(const struct matrix *matrix, type *restrict to,         \
                            const type *restrict from, size_t frames, size_t width) \
    {                                                                               \
        for (size_t frame = 0; frame < frames; frame++) {                           \
            type sums[MATRIX_ROW] = {0};                                            \
                                                                                    \
            for (size_t in = 0; in < matrix->inputs; in++)                          \
                for (size_t out = 0; out < width; out++)                            \
                    sums[out] += from[in] * (type)matrix->gains[in][out];           \
            for (size_t out = 0; out < matrix->outputs; out++)                      \
                to[out] = sums[out];                                                \
            from += matrix->inputs;                                                 \
            to += matrix->outputs;                                                  \
        }                                                                           \
    }

DEFINE_APPLY(apply_float, float)
DEFINE_APPLY(apply_double, double)

#define PAIR 2
#define NARROW 4
#define MIDDLE 8

void matrix_apply(const struct matrix *matrix, float *restrict to, const float *restrict from,
                  size_t frames)
{
    if (matrix->outputs <= PAIR)
        apply_float(matrix, to, from, frames, PAIR);
    else if (matrix->outputs <= NARROW)
        apply_float(matrix, to, from, frames, NARROW);
    else if (matrix->outputs <= MIDDLE)
        apply_float(matrix, to, from, frames, MIDDLE);
    else
        apply_float(matrix, to, from, frames, MATRIX_ROW);
}

void matrix_apply_double(const struct matrix *matrix, double *restrict to,
                         const double *restrict from, size_t frames)
{
    if (matrix->outputs <= PAIR)
        apply_double(matrix, to, from, frames, PAIR);
    else if (matrix->outputs <= NARROW)
        apply_double(matrix, to, from, frames, NARROW);
    else if (matrix->outputs <= MIDDLE)
        apply_double(matrix, to, from, frames, MIDDLE);
    else
        apply_double(matrix, to, from, frames, MATRIX_ROW);
}
