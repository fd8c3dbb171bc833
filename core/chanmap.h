/* From a channel mask to loudspeakers: the only such table. */
#ifndef CORE_CHANMAP_H
#define CORE_CHANMAP_H

#include <stdint.h>

#include "core/format.h"

/* The 18 positions of dwChannelMask in the order of its bits, so that position n is bit n.
 * (Microsoft, WAVEFORMATEXTENSIBLE.) The wire carries the first 16. */
enum speaker_position {
    SPEAKER_FL,
    SPEAKER_FR,
    SPEAKER_FC,
    SPEAKER_LFE,
    SPEAKER_BL,
    SPEAKER_BR,
    SPEAKER_FLC,
    SPEAKER_FRC,
    SPEAKER_BC,
    SPEAKER_SL,
    SPEAKER_SR,
    SPEAKER_TC,
    SPEAKER_TFL,
    SPEAKER_TFC,
    SPEAKER_TFR,
    SPEAKER_TBL,
    SPEAKER_TBC,
    SPEAKER_TBR,
    SPEAKER_POSITIONS, /* how many there are */
    SPEAKER_MONO,      /* one channel that belongs to every loudspeaker */
    SPEAKER_NONE,      /* a channel without a position */
};

/* Says where each channel of a format sounds: positions[0 .. channels-1].
 *
 * The set bits of the mask, from the lowest up, are the positions of the channels in turn; bits
 * beyond the channels are ignored, channels beyond the bits get SPEAKER_NONE. Two exceptions,
 * because that is what senders mean by them: one channel with mask 0, 3 (a plain WAVEFORMATEX) or
 * 4 is SPEAKER_MONO, and mask 0 stands for chanmap_default_mask(). */
void chanmap_positions(uint32_t mask, uint8_t channels, uint8_t positions[255]);

/* The mask that Windows gives to this many channels by default; 0 where it has none. */
uint16_t chanmap_default_mask(uint8_t channels);

/* "FL", "LFE", "MONO", "-" for none. */
const char *chanmap_name(enum speaker_position speaker);

#endif
