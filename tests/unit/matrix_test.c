/* From every common layout to every other: the gains, and what is computed with them. */
#include "dsp/matrix.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/check.h"

#define LAYOUT_CHANNELS 12

struct layout {
    const char *name;
    uint8_t channels;
    uint16_t mask;
};

static const struct layout mono = {"mono", 1, 0x4}, stereo = {"stereo", 2, 0x3},
                           s21 = {"2.1", 3, 0xb}, s30 = {"3.0", 3, 0x7},
                           surround = {"surround", 4, 0x107}, quad = {"quad", 4, 0x33},
                           s50 = {"5.0", 5, 0x37}, s51 = {"5.1", 6, 0x3f},
                           side51 = {"5.1 side", 6, 0x60f}, s61 = {"6.1", 7, 0x13f},
                           side61 = {"6.1 side", 7, 0x70f}, s71 = {"7.1", 8, 0x63f},
                           wide71 = {"7.1 wide", 8, 0xff},
                           top = {"7.1.4", 12, 0xd63f}; /* the mask's bit 17 is not on the wire */

static bool make(struct matrix *matrix, const struct layout *from, const struct layout *to)
{
    uint8_t inputs[255], outputs[255];

    chanmap_positions(from->mask, from->channels, inputs);
    chanmap_positions(to->mask, to->channels, outputs);
    return matrix_make(matrix, inputs, from->channels, outputs, to->channels);
}

static const uint8_t stereo_positions[] = {SPEAKER_FL, SPEAKER_FR};

#define S 0.70710678f

/* Gains as they are before the common divisor: rows are outputs. */
static const struct {
    const struct layout *from, *to;
    float divisor;
    float rows[8][LAYOUT_CHANNELS];
} table[] = {
    /* mono and stereo */
    {&mono, &mono, 1, {{1}}},
    {&mono, &stereo, 1, {{1}, {1}}},
    {&mono, &s21, 1, {{1}, {1}, {0}}},
    {&mono, &s51, 1, {{1}, {1}}},
    {&mono, &s71, 1, {{1}, {1}}},
    {&stereo, &mono, 2 * S, {{S, S}}},
    {&stereo, &stereo, 1, {{1}, {0, 1}}},
    {&stereo, &s21, 1, {{1}, {0, 1}}},
    {&stereo, &quad, 1, {{1}, {0, 1}}},
    {&stereo, &s51, 1, {{1}, {0, 1}}},
    {&stereo, &s71, 1, {{1}, {0, 1}}},
    {&s21, &stereo, 1, {{1}, {0, 1}}},
    {&s21, &mono, 2 * S, {{S, S}}},
    {&s21, &s51, 1, {{1}, {0, 1}, {0}, {0, 0, 1}}},
    /* BS.775-3, Annex 4, Table 2: from 3/2, 3/1 and 2/2 to less */
    {&s30, &stereo, 1 + S, {{1, 0, S}, {0, 1, S}}},
    {&s30, &mono, 1 + 2 * S, {{S, S, 1}}},
    {&s50, &mono, 2 + 2 * S, {{S, S, 1, .5f, .5f}}},
    {&s50, &stereo, 1 + 2 * S, {{1, 0, S, S}, {0, 1, S, 0, S}}},
    {&s50, &s30, 1 + S, {{1, 0, 0, S}, {0, 1, 0, 0, S}, {0, 0, 1}}},
    {&s50, &quad, 1 + S, {{1, 0, S}, {0, 1, S}, {0, 0, 0, 1}, {0, 0, 0, 0, 1}}},
    {&s50, &surround, 2 * S, {{1}, {0, 1}, {0, 0, 1}, {0, 0, 0, S, S}}},
    {&surround, &stereo, 1.5f + S, {{1, 0, S, .5f}, {0, 1, S, .5f}}},
    {&surround, &mono, 1 + 3 * S, {{S, S, 1, S}}},
    {&quad, &stereo, 1 + S, {{1, 0, S}, {0, 1, 0, S}}},
    {&quad, &mono, 1 + 2 * S, {{S, S, .5f, .5f}}},
    {&quad, &s51, 1, {{1}, {0, 1}, {0}, {0}, {0, 0, 1}, {0, 0, 0, 1}}},
    {&quad, &side51, 1, {{1}, {0, 1}, {0}, {0}, {0, 0, 1}, {0, 0, 0, 1}}},
    /* 5.1: without its effects */
    {&s51, &mono, 2 + 2 * S, {{S, S, 1, 0, .5f, .5f}}},
    {&s51, &stereo, 1 + 2 * S, {{1, 0, S, 0, S}, {0, 1, S, 0, 0, S}}},
    {&side51, &stereo, 1 + 2 * S, {{1, 0, S, 0, S}, {0, 1, S, 0, 0, S}}},
    {&s51, &s21, 1 + 2 * S, {{1, 0, S, 0, S}, {0, 1, S, 0, 0, S}, {0, 0, 0, 1}}},
    {&side51, &quad, 1 + S, {{1, 0, S}, {0, 1, S}, {0, 0, 0, 0, 1}, {0, 0, 0, 0, 0, 1}}},
    {&s51, &side51, 1, {{1}, {0, 1}, {0, 0, 1}, {0, 0, 0, 1}, {0, 0, 0, 0, 1}, {0, 0, 0, 0, 0, 1}}},
    {&s51, &s71, 1, {{1}, {0, 1}, {0, 0, 1}, {0, 0, 0, 1}, {0, 0, 0, 0, 1}, {0, 0, 0, 0, 0, 1}}},
    {&side51,
     &s71,
     1,
     {{1}, {0, 1}, {0, 0, 1}, {0, 0, 0, 1}, {0}, {0}, {0, 0, 0, 0, 1}, {0, 0, 0, 0, 0, 1}}},
    /* its kin */
    {&s61, &stereo, 1.5f + 2 * S, {{1, 0, S, 0, S, 0, .5f}, {0, 1, S, 0, 0, S, .5f}}},
    {&s61,
     &s51,
     1 + S,
     {{1}, {0, 1}, {0, 0, 1}, {0, 0, 0, 1}, {0, 0, 0, 0, 1, 0, S}, {0, 0, 0, 0, 0, 1, S}}},
    {&side61,
     &s71,
     1,
     {{1},
      {0, 1},
      {0, 0, 1},
      {0, 0, 0, 1},
      {0, 0, 0, 0, S},
      {0, 0, 0, 0, S},
      {0, 0, 0, 0, 0, 1},
      {0, 0, 0, 0, 0, 0, 1}}},
    {&s71, &mono, 3 + 2 * S, {{S, S, 1, 0, .5f, .5f, .5f, .5f}}},
    {&s71, &stereo, 1 + 3 * S, {{1, 0, S, 0, S, 0, S}, {0, 1, S, 0, 0, S, 0, S}}},
    {&s71, &quad, 1 + S, {{1, 0, S}, {0, 1, S}, {0, 0, 0, 0, 1, 0, S}, {0, 0, 0, 0, 0, 1, 0, S}}},
    {&s71,
     &s51,
     1 + S,
     {{1}, {0, 1}, {0, 0, 1}, {0, 0, 0, 1}, {0, 0, 0, 0, 1, 0, S}, {0, 0, 0, 0, 0, 1, 0, S}}},
    {&s71,
     &side51,
     1 + S,
     {{1}, {0, 1}, {0, 0, 1}, {0, 0, 0, 1}, {0, 0, 0, 0, S, 0, 1}, {0, 0, 0, 0, 0, S, 0, 1}}},
    {&wide71,
     &s51,
     1 + 2 * S,
     {{1, 0, 0, 0, 0, 0, S},
      {0, 1, 0, 0, 0, 0, 0, S},
      {0, 0, 1, 0, 0, 0, S, S},
      {0, 0, 0, 1},
      {0, 0, 0, 0, 1},
      {0, 0, 0, 0, 0, 1}}},
    {&wide71, &stereo, 1 + 3 * S, {{1, 0, S, 0, S, 0, S}, {0, 1, S, 0, 0, S, 0, S}}},
    /* FL FR FC LFE BL BR SL SR TFL TFR TBL, and one that has lost its name */
    {&top,
     &stereo,
     1.5f + 4 * S,
     {{1, 0, S, 0, S, 0, S, 0, S, 0, .5f}, {0, 1, S, 0, 0, S, 0, S, 0, S}}},
    {&top,
     &s71,
     1 + S,
     {{1, 0, 0, 0, 0, 0, 0, 0, S},
      {0, 1, 0, 0, 0, 0, 0, 0, 0, S},
      {0, 0, 1},
      {0, 0, 0, 1},
      {0, 0, 0, 0, 1, 0, 0, 0, 0, 0, S},
      {0, 0, 0, 0, 0, 1},
      {0, 0, 0, 0, 0, 0, 1},
      {0, 0, 0, 0, 0, 0, 0, 1}}},
};

static void test_table(void)
{
    struct matrix matrix;

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const struct layout *from = table[i].from, *to = table[i].to;

        CHECK(make(&matrix, from, to), "%s to %s", from->name, to->name);
        CHECK(matrix.inputs == from->channels && matrix.outputs == to->channels, "%s to %s",
              from->name, to->name);
        for (size_t out = 0; out < to->channels; out++)
            for (size_t in = 0; in < from->channels; in++)
                CHECK(fabsf(matrix.gains[in][out] - table[i].rows[out][in] / table[i].divisor) <
                          1e-6f,
                      "%s to %s: output %zu, input %zu: %g", from->name, to->name, out, in,
                      (double)matrix.gains[in][out]);
    }
}

/* From any layout to any other: a layout is itself, nothing clips, and what is no effect is heard.
 */
static void test_all_pairs(void)
{
    static const struct layout *const all[] = {&mono,   &stereo, &s21,    &s30,    &surround,
                                               &quad,   &s50,    &s51,    &side51, &s61,
                                               &side61, &s71,    &wide71, &top};
    struct matrix matrix;

    for (size_t a = 0; a < sizeof all / sizeof *all; a++) {
        for (size_t b = 0; b < sizeof all / sizeof *all; b++) {
            uint8_t positions[255];
            float largest = 0;

            make(&matrix, all[a], all[b]);
            chanmap_positions(all[a]->mask, all[a]->channels, positions);
            if (a == b)
                CHECK(matrix.identity, "%s", all[a]->name);
            for (size_t out = 0; out < matrix.outputs; out++) {
                float sum = 0;

                for (size_t in = 0; in < matrix.inputs; in++)
                    sum += matrix.gains[in][out];
                largest = fmaxf(largest, sum);
            }
            CHECK(largest > 0.999999f && largest < 1.000001f, "%s to %s: %g", all[a]->name,
                  all[b]->name, (double)largest);
            for (size_t in = 0; in < matrix.inputs; in++) {
                float sum = 0;

                for (size_t out = 0; out < matrix.outputs; out++)
                    sum += matrix.gains[in][out];
                CHECK(sum > 0 || positions[in] == SPEAKER_LFE || positions[in] == SPEAKER_NONE,
                      "%s to %s: channel %zu is silent", all[a]->name, all[b]->name, in);
            }
        }
    }
}

/* Every position is heard on every pair of the fronts, the sides and the backs, and in mono. */
static void test_every_position(void)
{
    static const uint8_t outputs[][2] = {{SPEAKER_FL, SPEAKER_FR}, {SPEAKER_MONO, SPEAKER_MONO}};
    struct matrix matrix;

    for (uint8_t position = 0; position <= SPEAKER_MONO; position++) {
        if (position == SPEAKER_POSITIONS || position == SPEAKER_LFE)
            continue;
        for (size_t i = 0; i < 2; i++) {
            CHECK(matrix_make(&matrix, &position, 1, outputs[i], 2 - i), "position %u", position);
            CHECK(matrix.gains[0][0] > 0 || (i == 0 && matrix.gains[0][1] > 0), "position %u",
                  position);
        }
    }
}

static void test_identity(void)
{
    static const struct {
        const char *what;
        uint8_t from[4], to[4];
        uint8_t inputs, outputs;
        bool identity;
    } cases[] = {
        {"the same", {SPEAKER_FL, SPEAKER_FR}, {SPEAKER_FL, SPEAKER_FR}, 2, 2, true},
        {"exchanged", {SPEAKER_FL, SPEAKER_FR}, {SPEAKER_FR, SPEAKER_FL}, 2, 2, false},
        {"more", {SPEAKER_FL, SPEAKER_FR}, {SPEAKER_FL, SPEAKER_FR, SPEAKER_FC}, 2, 3, false},
        {"backs for sides",
         {SPEAKER_FL, SPEAKER_FR, SPEAKER_BL, SPEAKER_BR},
         {SPEAKER_FL, SPEAKER_FR, SPEAKER_SL, SPEAKER_SR},
         4,
         4,
         true},
        {"some without a position",
         {SPEAKER_FL, SPEAKER_FR, SPEAKER_NONE, SPEAKER_NONE},
         {SPEAKER_FL, SPEAKER_FR, SPEAKER_NONE, SPEAKER_NONE},
         4,
         4,
         true},
        {"none has a position", {SPEAKER_FL, SPEAKER_FR}, {SPEAKER_NONE, SPEAKER_NONE}, 2, 2, true},
        {"one is mono", {SPEAKER_FL}, {SPEAKER_MONO}, 1, 1, false},
    };
    struct matrix matrix;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK(matrix_make(&matrix, cases[i].from, cases[i].inputs, cases[i].to, cases[i].outputs),
              "%s", cases[i].what);
        CHECK(matrix.identity == cases[i].identity, "%s", cases[i].what);
    }
}

static void test_sizes(void)
{
    static const uint8_t nowhere[19] = {SPEAKER_NONE, SPEAKER_NONE};
    struct matrix matrix = {.inputs = 77};

    CHECK(!matrix_make(&matrix, nowhere, 0, nowhere, 2), "no input");
    CHECK(!matrix_make(&matrix, nowhere, 2, nowhere, 0), "no output");
    CHECK(!matrix_make(&matrix, nowhere, 19, nowhere, 2), "too many inputs");
    CHECK(!matrix_make(&matrix, nowhere, 2, nowhere, 19), "too many outputs");
    CHECK(matrix.inputs == 77, "left alone");
    CHECK(matrix_make(&matrix, nowhere, 18, stereo_positions, 2), "the most");
}

static void test_parse(void)
{
    static const struct {
        const char *text;
        size_t inputs, outputs;
        bool good;
    } cases[] = {
        {"1", 1, 1, true},
        {"1,0;0,1", 2, 2, true},
        {" 1 , 0 ; 0 , 1 ", 2, 2, true},
        {"1,0,.7071,0,-.5,0.;0,1,0.7071,0,0,-0.5", 6, 2, true},
        {"16,-16", 2, 1, true},
        {"16.0001", 1, 1, false},
        {"17", 1, 1, false},
        {"99999999999999999999999999999999999999999999999", 1, 1, false},
        {"0.00000000000000000000000000000000000000000000000000000000001", 1, 1, true},
        {"", 1, 1, false},
        {"1,0", 2, 2, false},
        {"1,0;0", 2, 2, false},
        {"1,0;0,1;", 2, 2, false},
        {"1,0;0,1,", 2, 2, false},
        {"1,0,0,1", 2, 2, false},
        {"1;0;0;1", 2, 2, false},
        {"1,,0;0,1", 2, 2, false},
        {"1 0;0 1", 2, 2, false},
        {"1e0", 1, 1, false},
        {"0x1", 1, 1, false},
        {"+1", 1, 1, false},
        {"--1", 1, 1, false},
        {"- 1", 1, 1, false},
        {"-", 1, 1, false},
        {".", 1, 1, false},
        {"1.2.3", 1, 1, false},
        {"nan", 1, 1, false},
        {"inf", 1, 1, false},
        {"1\n", 1, 1, false},
        {"1", 0, 1, false},
        {"1", 1, 19, false},
    };
    struct matrix matrix;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        matrix.inputs = 77;
        CHECK(matrix_parse(&matrix, cases[i].text, cases[i].inputs, cases[i].outputs) ==
                  cases[i].good,
              "'%s'", cases[i].text);
        CHECK(cases[i].good || matrix.inputs == 77, "'%s': left alone", cases[i].text);
    }
    matrix_parse(&matrix, cases[3].text, 6, 2);
    CHECK(matrix.gains[0][0] == 1 && matrix.gains[2][0] == .7071f && matrix.gains[4][0] == -.5f,
          "the first row");
    CHECK(matrix.gains[1][1] == 1 && matrix.gains[2][1] == .7071f && matrix.gains[5][1] == -.5f,
          "the second row");
    CHECK(!matrix.identity, "five are dropped");
    CHECK(matrix_parse(&matrix, "1,0;0,1", 2, 2) && matrix.identity, "a text can be identity");
}

/* Against the plain sum, for every number of channels. */
static void test_apply(void)
{
    enum { FRAMES = 5 };
    float from[FRAMES * MATRIX_CHANNELS_MAX], to[FRAMES * MATRIX_CHANNELS_MAX + 1];
    double wide_from[FRAMES * MATRIX_CHANNELS_MAX], wide_to[FRAMES * MATRIX_CHANNELS_MAX + 1];
    struct matrix matrix = {0};
    uint32_t state = 1;

    for (size_t i = 0; i < sizeof from / sizeof *from; i++)
        wide_from[i] = from[i] = (float)((state = state * 1664525u + 1013904223u) >> 16) / 65536;
    for (uint8_t inputs = 1; inputs <= MATRIX_CHANNELS_MAX; inputs++) {
        for (uint8_t outputs = 1; outputs <= MATRIX_CHANNELS_MAX; outputs++) {
            size_t samples = (size_t)FRAMES * outputs;
            unsigned wrong = 0;

            memset(&matrix, 0, sizeof matrix);
            matrix.inputs = inputs;
            matrix.outputs = outputs;
            for (size_t in = 0; in < inputs; in++)
                for (size_t out = 0; out < outputs; out++)
                    matrix.gains[in][out] = (float)(in * 31 + out * 7) / 64;
            to[samples] = 77;
            wide_to[samples] = 77;
            matrix_apply(&matrix, to, from, FRAMES);
            matrix_apply_double(&matrix, wide_to, wide_from, FRAMES);
            for (size_t i = 0; i < samples; i++) {
                double sum = 0;

                for (size_t in = 0; in < inputs; in++)
                    sum += wide_from[i / outputs * inputs + in] *
                           (double)matrix.gains[in][i % outputs];
                wrong += fabs(sum - (double)to[i]) > 1e-4 || fabs(sum - wide_to[i]) > 1e-12;
            }
            CHECK(wrong == 0, "%u to %u channels: %u", inputs, outputs, wrong);
            CHECK(to[samples] == 77 && wide_to[samples] == 77, "%u to %u channels: past its end",
                  inputs, outputs);
        }
    }
}

int main(void)
{
    test_table();
    test_all_pairs();
    test_every_position();
    test_identity();
    test_sizes();
    test_parse();
    test_apply();
    return check_summary();
}
