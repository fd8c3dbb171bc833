#include "scream/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void progress_time(char *text, size_t size, uint64_t seconds)
{
    uint64_t minutes = seconds / 60;

    if (minutes < 60)
        snprintf(text, size, "%u:%02u", (unsigned)minutes, (unsigned)(seconds % 60));
    else
        snprintf(text, size, "%" PRIu64 ":%02u:%02u", minutes / 60, (unsigned)(minutes % 60),
                 (unsigned)(seconds % 60));
}

void progress_line(char line[PROGRESS_COLUMNS + 1], uint64_t frames, uint64_t total_frames,
                   uint32_t rate_hz)
{
    double part = (double)frames / (double)total_frames;
    char elapsed[32], total[32];
    unsigned used, room, filled;

    progress_time(elapsed, sizeof elapsed, frames / rate_hz);
    progress_time(total, sizeof total, total_frames / rate_hz);
    used = (unsigned)snprintf(line, PROGRESS_COLUMNS + 1, "%3u%%  %s / %s [",
                              (unsigned)(part * 100), elapsed, total);
    room = used + 2 < PROGRESS_COLUMNS ? PROGRESS_COLUMNS - used - 1 : 0;
    if (room == 0)
        return;
    filled = (unsigned)(part * room);
    memset(line + used, '=', filled);
    memset(line + used + filled, ' ', room - filled);
    if (filled < room)
        line[used + filled] = '>';
    line[used + room] = ']';
    line[used + room + 1] = '\0';
}
