/* The one writer of standard error: log lines, and a status line that they do not tear. */
#ifndef PLATFORM_LOG_H
#define PLATFORM_LOG_H

#include <stdbool.h>

enum log_level {
    LOG_ERROR,   /* why it ends or cannot start */
    LOG_WARNING, /* it goes on, but somebody should look */
    LOG_NOTICE,  /* what it does; on by default */
    LOG_DETAIL,  /* -v */
    LOG_TRACE,   /* -v -v */
};

/* Shows lines up to that level. Not real-time safe, as nothing in this file is. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/* Writes one line, "scream: " before it, nothing needed after it. Any thread. */
__attribute__((format(printf, 2, 3))) void log_line(enum log_level level, const char *text, ...);

/* Whether standard error is a terminal and shows notices, so that log_status() shows something. */
bool log_status_wanted(void);

/* Replaces the status line, cut to the terminal's width; NULL or "" takes it away. Does nothing
 * unless log_status_wanted(). */
void log_status(const char *line);

#endif
