#include "platform/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CLEAR_LINE "\r\033[K"

static enum log_level shown = LOG_NOTICE;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char status[512];

void log_set_level(enum log_level level)
{
    shown = level;
}

enum log_level log_get_level(void)
{
    return shown;
}

bool log_status_wanted(void)
{
    static int terminal = -1;

    if (terminal < 0)
        terminal = isatty(STDERR_FILENO);
    return terminal && shown >= LOG_NOTICE;
}

/* Bytes of `line` that fill at most `columns` columns: UTF-8 continuation bytes take none. */
static int bytes_in_columns(const char *line, int columns)
{
    int at = 0;

    while (line[at] && columns > 0) {
        at++;
        while (((unsigned char)line[at] & 0xc0) == 0x80)
            at++;
        columns--;
    }
    return at;
}

static void write_status(void)
{
    struct winsize window;
    int columns = 80;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0)
        columns = window.ws_col;
    fprintf(stderr, CLEAR_LINE "%.*s", bytes_in_columns(status, columns - 1), status);
}

void log_line(enum log_level level, const char *text, ...)
{
    char line[1024];
    va_list values;

    if (level > shown)
        return;
    va_start(values, text);
    vsnprintf(line, sizeof line, text, values);
    va_end(values);
    /* A file's name may hold anything, also what terminals obey. */
    for (char *at = line; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?';
    pthread_mutex_lock(&lock);
    fprintf(stderr, "%sscream: %s\n", status[0] ? CLEAR_LINE : "", line);
    if (status[0])
        write_status();
    fflush(stderr);
    pthread_mutex_unlock(&lock);
}

void log_status(const char *line)
{
    if (!log_status_wanted())
        return;
    pthread_mutex_lock(&lock);
    if (line && line[0]) {
        snprintf(status, sizeof status, "%s", line);
        write_status();
    } else if (status[0]) {
        status[0] = '\0';
        fputs(CLEAR_LINE, stderr);
    }
    fflush(stderr);
    pthread_mutex_unlock(&lock);
}
