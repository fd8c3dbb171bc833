#include "sound/play.h"

#include <string.h>

#include "sound/play_kinds.h"

const struct play_kind play_kinds[] = {
#ifdef HAVE_PULSE
    {"pulse", "a PulseAudio server, or PipeWire's", pulse_play_open},
#endif
    {"raw", "PCM as it came, without headers, on standard output", raw_play_open},
    {"wav", "a WAV file, named by -d FILE", wav_play_open},
    {"null", "nowhere; packets are only counted", null_play_open},
    {NULL, NULL, NULL},
};

const struct play_kind *play_find(const char *name)
{
    for (const struct play_kind *kind = play_kinds; kind->name; kind++)
        if (strcmp(kind->name, name) == 0)
            return kind;
    return NULL;
}
