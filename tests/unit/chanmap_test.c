#include <string.h>

#include "core/chanmap.h"
#include "tests/support/check.h"

static void gives_positions(void)
{
    static const struct {
        uint32_t mask;
        uint8_t channels;
        const char *names;
    } cases[] = {
        {0x3, 2, "FL FR"},
        {0x0, 2, "FL FR"},
        {0x3, 1, "MONO"}, /* a plain WAVEFORMATEX */
        {0x4, 1, "MONO"},
        {0x0, 1, "MONO"},
        {0x1, 1, "FL"},
        {0x8, 1, "LFE"},
        {0x7, 3, "FL FR FC"},
        {0x33, 4, "FL FR BL BR"},
        {0x107, 4, "FL FR FC BC"},
        {0x3f, 6, "FL FR FC LFE BL BR"},
        {0x60f, 6, "FL FR FC LFE SL SR"},
        {0x63f, 8, "FL FR FC LFE BL BR SL SR"},
        {0xff, 8, "FL FR FC LFE BL BR FLC FRC"},
        {0x0, 5, "FL FR FC BL BR"},
        {0x0, 9, "- - - - - - - - -"},
        {0x3, 4, "FL FR - -"}, /* a plain WAVEFORMATEX of four channels */
        {0x3f, 2, "FL FR"},
        {0xf800, 5, "TC TFL TFC TFR TBL"},
        {0x30000, 2, "TBC TBR"},
        {0xfffc0000, 2, "- -"}, /* bits that have no name */
        {0x3, 0, ""},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t positions[255];
        char names[128] = "";

        chanmap_positions(cases[i].mask, cases[i].channels, positions);
        for (unsigned c = 0; c < cases[i].channels; c++) {
            strcat(names, c > 0 ? " " : "");
            strcat(names, chanmap_name((enum speaker_position)positions[c]));
        }
        CHECK(strcmp(names, cases[i].names) == 0, "mask 0x%x, %u channels: %s", cases[i].mask,
              cases[i].channels, names);
    }
}

static unsigned bits_set(unsigned value)
{
    unsigned count = 0;

    for (; value != 0; value &= value - 1)
        count++;
    return count;
}

static void defaults_name_every_channel(void)
{
    for (unsigned channels = 1; channels <= FORMAT_SEND_CHANNELS_MAX; channels++)
        CHECK(bits_set(chanmap_default_mask((uint8_t)channels)) == channels, "%u channels",
              channels);
    CHECK(chanmap_default_mask(0) == 0 && chanmap_default_mask(9) == 0 &&
              chanmap_default_mask(255) == 0,
          "no default");
}

static void stays_inside_for_every_mask(void)
{
    uint8_t positions[256];
    unsigned bad = 0;

    for (uint32_t mask = 0; mask < 0x10000; mask++) {
        unsigned channels = mask % 256;

        memset(positions, 0xaa, sizeof positions);
        chanmap_positions(mask, (uint8_t)channels, positions);
        for (unsigned c = 0; c < channels; c++)
            bad += positions[c] > SPEAKER_NONE || positions[c] == SPEAKER_POSITIONS;
        bad += positions[channels] != 0xaa;
    }
    CHECK(bad == 0, "%u positions out of range", bad);
    CHECK(strcmp(chanmap_name(SPEAKER_POSITIONS), "-") == 0, "no position");
    CHECK(strcmp(chanmap_name((enum speaker_position)1000), "-") == 0, "no position");
}

int main(void)
{
    gives_positions();
    defaults_name_every_channel();
    stays_inside_for_every_mask();
    return check_summary();
}
