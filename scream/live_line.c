#include "scream/live_line.h"

#include <langinfo.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "platform/clock.h"
#include "platform/log.h"

#define REDRAW_NS (200 * NS_PER_MS)
#define SILENT_NS (500 * NS_PER_MS)

/* What an empty meter stands for. */
#define METER_FLOOR_DBFS (-60.0f)
#define METER_CELLS 8

/* A bar of eighths, where the terminal has such characters: "█████▋  ". */
static void draw_meter(char *text, size_t size, float dbfs)
{
    static const char *const fine[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
    static const char *const plain[] = {" ", " ", " ", " ", "=", "=", "=", "=", "="};
    const char *const *eighths = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? fine : plain;
    float share = 1.0f - dbfs / METER_FLOOR_DBFS;
    int filled = share > 0.0f ? (int)lrintf(share * METER_CELLS * 8) : 0;
    size_t used = 0;

    for (int cell = 0; cell < METER_CELLS && used < size; cell++) {
        int part = filled - cell * 8;
        part = part < 0 ? 0 : part > 8 ? 8 : part;
        used += (size_t)snprintf(text + used, size - used, "%s", eighths[part]);
    }
}

/* One bar a channel for two channels, else one for the loudest. */
static void draw_level(char *text, size_t size, const struct level *level, unsigned channels)
{
    float loudest = 0.0f;
    char left[64], right[64];

    for (unsigned i = 0; i < LEVEL_CHANNELS; i++)
        loudest = fmaxf(loudest, level->peak[i]);
    draw_meter(left, sizeof left, level_dbfs(channels == 2 ? level->peak[0] : loudest));
    draw_meter(right, sizeof right, level_dbfs(level->peak[1]));
    snprintf(text, size, channels == 2 ? "%s|%s|%4.0f dB" : "%s%s|%4.0f dB", left,
             channels == 2 ? right : "", fmax(-99.0, level_dbfs(loudest)));
}

static void draw(struct receiver *receiver, uint64_t now_ns)
{
    const struct demux_sender *sender = receiver_sender(receiver);
    char name[RECEIVER_NAME_BYTES], level[160], latency[32] = "", line[400];
    uint64_t latency_ns = receiver->speaker ? speaker_latency_ns(receiver->speaker) : 0;
    uint64_t dropped = receiver_dropped(receiver);
    bool silent = sender->packets == 0 || now_ns - sender->last_ns > SILENT_NS;

    if (sender->packets == 0) {
        log_status("waiting for a sender");
        return;
    }
    receiver_sender_name(sender, name);
    draw_level(level, sizeof level, &receiver->level, sender->format.channels);
    if (latency_ns)
        snprintf(latency, sizeof latency, "%3.0f ms  ", (double)latency_ns / (double)NS_PER_MS);
    snprintf(line, sizeof line, "%s  %g/%u/%u  %s  %s%llu packets%s", name,
             (double)format_rate_hz(sender->format.rate_code) / 1000.0, sender->format.bits,
             sender->format.channels, silent ? "silent" : level, latency,
             (unsigned long long)sender->packets, dropped ? "" : "  ");
    if (dropped)
        snprintf(line + strlen(line), sizeof line - strlen(line), "  %llu dropped",
                 (unsigned long long)dropped);
    log_status(line);
}

void live_line_update(struct receiver *receiver)
{
    uint64_t now_ns = clock_now_ns();

    if (now_ns - receiver->drawn_ns < REDRAW_NS)
        return;
    receiver->drawn_ns = now_ns;
    draw(receiver, now_ns);
    memset(&receiver->level, 0, sizeof receiver->level);
}
