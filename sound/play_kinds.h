/* The openers that the table in play.c walks; their contract is struct play_kind's. */
#ifndef SOUND_PLAY_KINDS_H
#define SOUND_PLAY_KINDS_H

#include "sound/play.h"

struct play *null_play_open(const struct play_config *config, struct failure *failure);
struct play *pulse_play_open(const struct play_config *config, struct failure *failure);
struct play *raw_play_open(const struct play_config *config, struct failure *failure);
struct play *wav_play_open(const struct play_config *config, struct failure *failure);

#endif
