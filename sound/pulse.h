/* What the two files of the PulseAudio output share. */
#ifndef SOUND_PULSE_H
#define SOUND_PULSE_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/failure.h"
#include "sound/play.h"

struct pa_context;
struct pa_threaded_mainloop;

#define PULSE_ANSWER_MS 5000u
#define PULSE_DRAIN_MS 2000u /* over what the server's buffer holds */

struct pulse {
    struct play play;
    struct pa_threaded_mainloop *loop; /* its lock guards all below */
    struct pa_context *context;
    char *sink, *name; /* NULL: the default */
    uint32_t buffer_ms;
    struct play_stream *draining; /* closed, and playing out; at most one */
    bool killed;                  /* the server ended a stream */
};

/* All but the operations are called with the loop's lock held. */

/* Waits until `done`, at most so long, and if `until_stop` not beyond a stop. Says what `done`
 * said last. */
bool pulse_wait(struct pulse *pulse, bool (*done)(const void *), const void *what,
                uint32_t timeout_ms, bool until_stop);

/* Why the server did not do what was asked; `answered`: it said so. */
const char *pulse_fault(const struct pulse *pulse, bool answered);

/* Waits until the stream that was closed last has played out. False when it did not. */
bool pulse_stream_finish(struct pulse *pulse);

/* struct play_ops */
struct play_stream *pulse_stream_open(struct play *play, const struct format *format,
                                      const char *title, play_pull_fn *pull, void *pull_context,
                                      struct failure *failure);
uint64_t pulse_stream_latency_ns(struct play_stream *stream);
void pulse_stream_close(struct play_stream *stream);

#endif
