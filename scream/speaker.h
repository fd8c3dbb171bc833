/* Gives an output that has a clock its streams: packets in, sound at the target latency out. */
#ifndef SCREAM_SPEAKER_H
#define SCREAM_SPEAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/format.h"
#include "core/packet.h"
#include "platform/failure.h"
#include "sound/play.h"

/* What the output holds itself, play_config's buffer_ms; the rest of the target latency waits in
 * the playout. */
static inline uint32_t speaker_buffer_ms(uint32_t target_ms)
{
    return target_ms > 1 ? target_ms / 2 : 1;
}

struct speaker;

struct speaker_stats {
    bool playing; /* a stream is open, of this format: */
    struct format format;
    uint32_t fill_frames;     /* wait in its playout now */
    uint64_t underruns;       /* times the playout ran empty though the sender went on */
    uint64_t dropped_frames;  /* over the maximal latency, or of a format that did not last */
    uint64_t refused_packets; /* of formats that the output or this receiver cannot play */
};

/* `play` has a clock, was opened with speaker_buffer_ms(target_ms), and stays the caller's.
 * `max_ms` is at least `target_ms`. All memory is taken here. NULL and `failure` on error. All
 * functions of a speaker belong to one thread; none is real-time safe. */
struct speaker *speaker_open(struct play *play, uint32_t target_ms, uint32_t max_ms,
                             struct failure *failure);

/* Takes a packet's PCM. Another format than the one that plays is gathered beside it, and becomes
 * the one that plays by a speaker_tick() after it lasted for the playout's share of the target
 * latency and the old frames have been pulled; a packet of the old format before that ends it. */
void speaker_push(struct speaker *speaker, const struct packet *packet);

/* Opens, changes and closes the output's stream, which may wait for the server. Call it after each
 * batch of packets and at least every 100 ms. A format that the output refuses costs one log line
 * and its packets, not more. `now_ns` is of the clock of packet->arrival_ns. */
void speaker_tick(struct speaker *speaker, uint64_t now_ns);

/* From the push of the next packet's first frame until it sounds; 0 when no stream is open. */
uint64_t speaker_latency_ns(struct speaker *speaker);

void speaker_stats(const struct speaker *speaker, struct speaker_stats *stats);

/* Plays out what was pushed, as far as 2 s over the maximal latency suffice, and closes the stream.
 */
void speaker_close(struct speaker *speaker);

#endif
