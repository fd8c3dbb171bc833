/* A running receiver: from a source through the stream to an output. */
#ifndef SCREAM_RECEIVER_H
#define SCREAM_RECEIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "dsp/level.h"
#include "platform/failure.h"
#include "scream/speaker.h"
#include "sound/play.h"
#include "stream/demux.h"
#include "transport/source.h"

struct receiver {
    struct source *source;
    struct play *play;
    struct speaker *speaker; /* of an output with a clock, else NULL */
    struct demux demux;
    bool watched;                           /* somebody looks at the level */
    struct level level;                     /* since it was last looked at */
    uint64_t drawn_ns;                      /* when that was */
    uint64_t checked_ns;                    /* when the once-a-second things were done */
    uint64_t announced_ns;                  /* when the last format was said */
    bool unannounced;                       /* another one since, not yet said */
    uint64_t dropped_said;                  /* drops that -v has told of */
    struct play_span spans[PLAY_SPANS_MAX]; /* gathered for an output without a clock */
    size_t span_count;
    struct format span_format;
};

/* Source and output stay the caller's; `senders` says who may be heard, one at a time. False and
 * `failure` on error. */
bool receiver_open(struct receiver *receiver, struct source *source,
                   const struct demux_sources *senders, struct play *play, uint32_t target_ms,
                   uint32_t max_ms, struct failure *failure);

/* Waits for packets, a tenth of a second at most, and plays them. False and `failure` when it
 * cannot go on. */
bool receiver_step(struct receiver *receiver, struct failure *failure);

/* Plays what has arrived and was not yet looked at. For a second at most: a flood has no end. */
void receiver_drain(struct receiver *receiver, struct failure *failure);

/* Lets the output play what it has, and takes back its memory. */
void receiver_finish(struct receiver *receiver);

/* All packets that were not played, whatever the cause. */
uint64_t receiver_dropped(const struct receiver *receiver);

/* Says on the log what was heard, and each kind of drop with its count. */
void receiver_report(const struct receiver *receiver);

/* Who is heard, or was last; not present: nobody yet. */
static inline const struct demux_sender *receiver_sender(const struct receiver *receiver)
{
    return &receiver->demux.senders[0];
}

/* "127.0.0.1:4242" */
#define RECEIVER_NAME_BYTES 24
void receiver_sender_name(const struct demux_sender *sender, char name[RECEIVER_NAME_BYTES]);

#endif
