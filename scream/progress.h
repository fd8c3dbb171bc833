/* How far a file has been sent: a line with a bar, drawn over and over. */
#ifndef SCREAM_PROGRESS_H
#define SCREAM_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

#define PROGRESS_COLUMNS 79u

/* Writes minutes and seconds, or hours too: "3:07", "1:02:03". */
void progress_time(char *text, size_t size, uint64_t seconds);

/* Writes " 42%  0:12 / 0:29 [=====>     ]", PROGRESS_COLUMNS wide. `total_frames` and `rate_hz` are
 * not 0, `frames` is not more than `total_frames`. */
void progress_line(char line[PROGRESS_COLUMNS + 1], uint64_t frames, uint64_t total_frames,
                   uint32_t rate_hz);

#endif
