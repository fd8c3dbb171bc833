/* Who may be heard, as text: mix, latest, first, or a list. */
#ifndef SCREAM_SOURCES_TEXT_H
#define SCREAM_SOURCES_TEXT_H

#include <stdbool.h>

#include "platform/failure.h"
#include "stream/demux.h"

/* Reads "mix", "latest" or "first", for which everybody may be heard, or IPv4 addresses and
 * networks parted by commas, as "192.168.1.20,10.0.0.0/8", for which the policy stays what it is.
 * False and `failure` (EXIT_USAGE), and `sources` left alone, when it is anything else. */
bool sources_text_read(const char *text, struct demux_sources *sources, struct failure *failure);

#endif
