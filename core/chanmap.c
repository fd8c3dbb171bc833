#include "core/chanmap.h"

#define MASK_STEREO 0x3u
#define MASK_CENTRE 0x4u

uint16_t chanmap_default_mask(uint8_t channels)
{
    /* ksmedia.h: none, MONO, STEREO, 3POINT0, QUAD, 5POINT0 (back), 5POINT1 (back), 5POINT1 with a
     * back centre, 7POINT1_SURROUND */
    static const uint16_t masks[] = {0, 0x4, 0x3, 0x7, 0x33, 0x37, 0x3f, 0x13f, 0x63f};

    return channels < sizeof masks / sizeof *masks ? masks[channels] : 0;
}

void chanmap_positions(uint32_t mask, uint8_t channels, uint8_t positions[255])
{
    uint32_t bit = 0;

    if (channels == 1 && (mask == 0 || mask == MASK_STEREO || mask == MASK_CENTRE)) {
        positions[0] = SPEAKER_MONO;
        return;
    }
    if (mask == 0)
        mask = chanmap_default_mask(channels);
    for (uint32_t channel = 0; channel < channels; channel++) {
        while (bit < SPEAKER_POSITIONS && (mask >> bit & 1) == 0)
            bit++;
        positions[channel] = bit < SPEAKER_POSITIONS ? (uint8_t)bit++ : SPEAKER_NONE;
    }
}

const char *chanmap_name(enum speaker_position speaker)
{
    static const char *const names[] = {
        [SPEAKER_FL] = "FL",     [SPEAKER_FR] = "FR",   [SPEAKER_FC] = "FC",
        [SPEAKER_LFE] = "LFE",   [SPEAKER_BL] = "BL",   [SPEAKER_BR] = "BR",
        [SPEAKER_FLC] = "FLC",   [SPEAKER_FRC] = "FRC", [SPEAKER_BC] = "BC",
        [SPEAKER_SL] = "SL",     [SPEAKER_SR] = "SR",   [SPEAKER_TC] = "TC",
        [SPEAKER_TFL] = "TFL",   [SPEAKER_TFC] = "TFC", [SPEAKER_TFR] = "TFR",
        [SPEAKER_TBL] = "TBL",   [SPEAKER_TBC] = "TBC", [SPEAKER_TBR] = "TBR",
        [SPEAKER_MONO] = "MONO", [SPEAKER_NONE] = "-",
    };

    return (unsigned)speaker <= SPEAKER_NONE && names[speaker] ? names[speaker] : "-";
}
