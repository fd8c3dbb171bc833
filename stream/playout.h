/* One stream's frames between the thread that receives (push) and the output's thread (pull). */
#ifndef STREAM_PLAYOUT_H
#define STREAM_PLAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/format.h"
#include "core/spsc.h"

/* What pull may give; the pushing thread says. */
enum playout_mode {
    PLAYOUT_HOLD,   /* silence only: the output fills its own buffer first */
    PLAYOUT_RUN,    /* sound from the moment the target fill is reached; when it runs empty,
                     * silence until the target is reached again */
    PLAYOUT_FINISH, /* all that is there, without waiting for the target */
};

struct playout {
    struct spsc ring;
    uint32_t frame_bytes, target_frames, max_frames;
    uint32_t mode; /* enum playout_mode, set by the pushing thread */

    /* The pushing thread's own. */
    uint32_t partial_bytes; /* of the frame that the last push began and did not end */
    uint32_t cut_bytes;     /* still to come of frames that are left out */
    uint32_t refused_frames;

    /* The pulling thread's own; the counters are read by the other. */
    bool sounding;
    uint32_t underruns, skipped_frames;
};

/* Bytes of memory, a power of two, that a stream of a legal format needs: twice its maximum, for
 * what comes while nobody pulls. 0 when no ring can be that large. */
uint32_t playout_memory_bytes(const struct format *format, uint32_t max_frames);

/* Starts a stream of a legal format, empty and in PLAYOUT_HOLD, over the caller's memory of
 * playout_memory_bytes(). 1 <= target_frames <= max_frames. Nobody may be pulling yet. */
void playout_start(struct playout *playout, uint8_t *memory, const struct format *format,
                   uint32_t target_frames, uint32_t max_frames);

/* Pushing thread. */
void playout_set_mode(struct playout *playout, enum playout_mode mode);

/* Pushing thread: takes PCM in pieces that need not be whole frames. What finds no room, because
 * nobody pulls, is left out in whole frames, so that the channels stay in their places. */
void playout_push(struct playout *playout, const uint8_t *pcm, size_t bytes);

/* Pushing thread: ends a frame that was begun with silence; the next push begins a new one. */
void playout_end_frame(struct playout *playout);

/* A play_pull_fn; `context` is the playout. Gives `frames` frames, silence where there is no sound
 * to give. Sound starts with a pull that finds the target fill, and at least what it asks for as
 * far as max_frames allow. When more than max_frames wait, the oldest are left out down to that
 * same fill. Real-time safe; `when_ns` is not looked at. */
void playout_pull(void *context, uint8_t *pcm, size_t frames, uint64_t when_ns);

/* Pushing thread: whole frames that wait, at most; a pull may take some at any moment. */
uint32_t playout_fill_frames(const struct playout *playout);

/* Pushing thread: how often there was sound and it ran out before PLAYOUT_FINISH; modulo 2^32. */
uint32_t playout_underruns(const struct playout *playout);

/* Pushing thread: frames left out on either side, by push and by pull; modulo 2^32. */
uint32_t playout_dropped_frames(const struct playout *playout);

#endif
