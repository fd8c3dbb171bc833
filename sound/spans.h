/* Writing spans to a descriptor, whole. */
#ifndef SOUND_SPANS_H
#define SOUND_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sound/play.h"

/* Writes all of the spans (at most PLAY_SPANS_MAX), waiting as long as the reader takes, but no
 * longer than a second after a stop was asked for. Adds what was written to `*written`. Returns 0,
 * or the errno that ended it; EINTR: the reader took too long after the stop. */
int spans_write(int fd, const struct play_span *spans, size_t count, uint64_t *written);

#endif
