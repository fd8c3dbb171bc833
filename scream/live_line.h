/* The line that shows what a receiver does, redrawn while somebody watches. */
#ifndef SCREAM_LIVE_LINE_H
#define SCREAM_LIVE_LINE_H

#include "scream/receiver.h"

/* Redraws the line, five times a second however often it is called. */
void live_line_update(struct receiver *receiver);

#endif
