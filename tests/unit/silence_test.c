#include <string.h>

#include "core/bytes.h"
#include "core/silence.h"
#include "tests/support/check.h"

static void put_sample(uint8_t *at, uint32_t bytes, int32_t value)
{
    for (uint32_t i = 0; i < bytes; i++)
        at[i] = (uint8_t)((uint32_t)value >> 8 * i);
}

/* With a threshold of 1 a mono frame is held back iff it is the second silent one in a row. */
static void knows_silence(void)
{
    static const struct {
        uint8_t bits;
        int32_t value;
        bool silent;
    } cases[] = {
        {16, 0, true},          {16, 4, true},          {16, -4, true},
        {16, 5, false},         {16, -5, false},        {16, INT16_MIN, false},
        {16, INT16_MAX, false}, {24, 1279, true},       {24, -1279, true},
        {24, 1280, false},      {24, -1280, false},     {24, -8388608, false},
        {32, 327679, true},     {32, -327679, true},    {32, 327680, false},
        {32, -327680, false},   {32, INT32_MIN, false}, {32, INT32_MAX, false},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct format format = {1, cases[i].bits, 1, 4};
        uint32_t bytes = cases[i].bits / 8u;
        struct silence_gate gate;
        uint8_t pcm[12];
        bool pass;

        for (uint32_t n = 0; n < 3; n++)
            put_sample(pcm + n * bytes, bytes, cases[i].value);
        silence_start(&gate, &format, 1);
        CHECK(silence_scan(&gate, pcm, 3, &pass) == (cases[i].silent ? 1u : 3u) && pass,
              "%d at %u bits", cases[i].value, cases[i].bits);
    }
}

/* Frames as letters: s silent, l loud in the first channel, r in the second; and what becomes of
 * each: + sent, . held back. */
static void runs(uint32_t threshold, const char *frames, const char *fates)
{
    struct format format = {1, 16, 2, 3};
    size_t count = strlen(frames);

    for (size_t block = 1; block <= count; block++) { /* however it is cut into calls */
        struct silence_gate gate;
        uint8_t pcm[64 * 4] = {0};
        char got[65] = "";
        size_t done = 0;

        for (size_t i = 0; i < count; i++) {
            if (frames[i] != 's')
                put_sample(pcm + 4 * i + (frames[i] == 'r' ? 2 : 0), 2, -1000);
        }
        silence_start(&gate, &format, threshold);
        while (done < count) {
            size_t part = count - done < block ? count - done : block;
            bool pass;

            part = silence_scan(&gate, pcm + 4 * done, part, &pass);
            memset(got + done, pass ? '+' : '.', part);
            done += part;
        }
        CHECK(strcmp(got, fates) == 0, "threshold %u, %s in blocks of %zu: %s", threshold, frames,
              block, got);
    }
}

static void saturates(void)
{
    struct format format = {1, 16, 2, 3};
    struct silence_gate gate;
    uint8_t pcm[8] = {0};
    bool pass;

    silence_start(&gate, &format, UINT32_MAX - 1);
    gate.silent_samples = UINT32_MAX - 1;
    CHECK(silence_scan(&gate, pcm, 2, &pass) == 2 && !pass, "does not wrap");
    CHECK(gate.silent_samples == UINT32_MAX, "stays at the top");
    silence_start(&gate, &format, 10);
    CHECK(silence_scan(&gate, pcm, 0, &pass) == 0, "nothing to look at");
}

int main(void)
{
    knows_silence();
    runs(0, "ssssssss", "++++++++");
    runs(1, "lssl", "+..+"); /* one silent sample after l, then three */
    runs(2, "ssss", "+...");
    runs(4, "ssssss", "++....");
    runs(5, "ssssss", "++....");
    runs(4, "lsss", "++..");
    runs(4, "rsss", "+++.");
    runs(4, "sssslsssrsss", "++..++..+++.");
    runs(4, "ssssrlsss", "++..+++..");
    runs(1000000, "ssssssss", "++++++++");
    saturates();
    return check_summary();
}
