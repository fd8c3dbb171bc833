#include "scream/speaker.h"

#include <stdlib.h>

#include "platform/clock.h"
#include "platform/log.h"
#include "platform/wait.h"
#include "scream/format_text.h"
#include "stream/playout.h"

/* What a playout's memory suffices for: 8 channels of 32 bits at 384 kHz, or 64 at 48 kHz. */
static const struct format largest = {.rate_code = 8, .bits = 32, .channels = 8};

#define PAUSE_NS (200 * NS_PER_MS) /* after so long without a packet none is waited for */
#define IDLE_NS (60 * NS_PER_S)    /* ... and after so long the output's stream is closed */
#define LATE_NS NS_PER_S /* over the maximal latency: an output that has stopped pulling */
#define CLOSE_NS (2 * NS_PER_S)
#define REPEAT_NS (60 * NS_PER_S) /* a refusal is said again */
#define REFUSED_NS (2 * NS_PER_S) /* then the output is asked again: its sink may be back */
#define LOOK_NS (5 * NS_PER_MS)

/* One format's frames on their way to the output. */
struct voice {
    struct playout playout;
    uint8_t *memory;
    struct format format;
    uint64_t packets;
    uint32_t underruns, dropped_frames; /* of the playout, so far counted */
};

struct speaker {
    struct play *play;
    struct play_stream *stream; /* pulls from `playing` */
    struct voice voices[2];
    struct voice *playing, *next; /* NULL: none */
    uint32_t memory_bytes, target_ms, max_ms;
    bool strayed; /* the last packet was not of the format that plays */
    uint64_t heard_ns, changed_ns;
    struct format refused; /* channels 0: none */
    uint64_t refused_ns;   /* when that was */
    struct format said;    /* of the refusal that was last said */
    uint64_t said_ns;      /* when that was; 0: never */
    struct speaker_stats stats;
};

static uint32_t frames_of(const struct format *format, uint32_t ms)
{
    uint64_t frames = (uint64_t)format_rate_hz(format->rate_code) * ms / 1000;

    return frames < 1 ? 1 : frames > UINT32_MAX ? UINT32_MAX : (uint32_t)frames;
}

struct speaker *speaker_open(struct play *play, uint32_t target_ms, uint32_t max_ms,
                             struct failure *failure)
{
    struct speaker *speaker = calloc(1, sizeof *speaker);
    uint32_t buffer_ms = speaker_buffer_ms(target_ms);

    if (!speaker)
        goto no_memory;
    speaker->play = play;
    speaker->target_ms = target_ms > buffer_ms ? target_ms - buffer_ms : 1;
    speaker->max_ms = max_ms > buffer_ms ? max_ms - buffer_ms : 1;
    if (speaker->max_ms < speaker->target_ms)
        speaker->max_ms = speaker->target_ms;
    speaker->memory_bytes = playout_memory_bytes(&largest, frames_of(&largest, speaker->max_ms));
    for (int i = 0; i < 2; i++) {
        /* Not cleared: what no format needs is never touched, and costs nothing. */
        speaker->voices[i].memory = speaker->memory_bytes ? malloc(speaker->memory_bytes) : NULL;
        if (!speaker->voices[i].memory)
            goto no_memory;
    }
    return speaker;

no_memory:
    failure_set(failure, EXIT_OUTPUT, "not enough memory to hold %u ms of sound; ask for less: -l",
                (unsigned)max_ms);
    if (speaker) {
        free(speaker->voices[0].memory);
        free(speaker->voices[1].memory);
    }
    free(speaker);
    return NULL;
}

/* ---- voices */

static void count_dropped(struct speaker *speaker, struct voice *voice)
{
    uint32_t dropped = playout_dropped_frames(&voice->playout);

    speaker->stats.dropped_frames += dropped - voice->dropped_frames;
    voice->dropped_frames = dropped;
}

/* To run empty is a fault only when the sender went on. */
static void count_underruns(struct speaker *speaker, struct voice *voice, uint64_t now_ns)
{
    uint32_t underruns = playout_underruns(&voice->playout);

    if (clock_elapsed_ns(speaker->heard_ns, now_ns) < PAUSE_NS)
        speaker->stats.underruns += underruns - voice->underruns;
    voice->underruns = underruns;
}

/* Gives up a voice that nobody pulls from; what it still holds is dropped. */
static void voice_end(struct speaker *speaker, struct voice *voice)
{
    count_dropped(speaker, voice);
    speaker->stats.dropped_frames += playout_fill_frames(&voice->playout);
}

static void close_stream(struct speaker *speaker)
{
    if (!speaker->playing)
        return;
    play_stream_close(speaker->play, speaker->stream);
    speaker->stream = NULL;
    voice_end(speaker, speaker->playing);
    speaker->playing = NULL;
}

static void drop_next(struct speaker *speaker)
{
    if (speaker->next)
        voice_end(speaker, speaker->next);
    speaker->next = NULL;
}

/* One line for a format, but not for each of those who change it all the time. */
static void refuse(struct speaker *speaker, const struct format *format, const char *reason,
                   uint64_t now_ns)
{
    char text[FORMAT_TEXT_BYTES];

    speaker->refused = *format;
    speaker->refused_ns = now_ns;
    if (speaker->said_ns && clock_elapsed_ns(speaker->said_ns, now_ns) <
                                (format_equal(&speaker->said, format) ? REPEAT_NS : NS_PER_S))
        return;
    speaker->said = *format;
    speaker->said_ns = now_ns;
    format_text_print(text, sizeof text, format);
    log_line(LOG_WARNING, "cannot play %s: %s", text, reason);
}

/* Begins to gather another format. */
static bool begin_next(struct speaker *speaker, const struct format *format, uint64_t now_ns)
{
    struct voice *voice = &speaker->voices[speaker->playing == &speaker->voices[0]];
    uint32_t max_frames = frames_of(format, speaker->max_ms);
    uint32_t bytes = playout_memory_bytes(format, max_frames);

    drop_next(speaker);
    if (bytes == 0 || bytes > speaker->memory_bytes) {
        refuse(speaker, format, "that is more than this receiver plays", now_ns);
        return false;
    }
    *voice = (struct voice){.memory = voice->memory, .format = *format};
    playout_start(&voice->playout, voice->memory, format, frames_of(format, speaker->target_ms),
                  max_frames);
    if (speaker->playing)
        playout_set_mode(&speaker->playing->playout, PLAYOUT_FINISH);
    speaker->next = voice;
    speaker->changed_ns = now_ns;
    return true;
}

static bool is_refused(const struct speaker *speaker, const struct format *format, uint64_t now_ns)
{
    return format_equal(&speaker->refused, format) &&
           clock_elapsed_ns(speaker->refused_ns, now_ns) < REFUSED_NS;
}

void speaker_push(struct speaker *speaker, const struct packet *packet)
{
    struct voice *voice = speaker->playing;
    bool same = voice && format_equal(&voice->format, &packet->format);

    if (same) {
        count_underruns(speaker, voice, packet->arrival_ns);
        drop_next(speaker);
        if (speaker->strayed)
            playout_end_frame(&voice->playout);
        speaker->strayed = false;
        playout_set_mode(&voice->playout, PLAYOUT_RUN);
    }
    speaker->heard_ns = packet->arrival_ns;
    if (!same) {
        speaker->strayed = true;
        voice = speaker->next;
        if ((!voice || !format_equal(&voice->format, &packet->format)) &&
            (is_refused(speaker, &packet->format, packet->arrival_ns) ||
             !begin_next(speaker, &packet->format, packet->arrival_ns))) {
            speaker->stats.refused_packets++;
            return;
        }
        voice = speaker->next;
    }
    voice->packets++;
    playout_push(&voice->playout, packet->pcm, packet->pcm_bytes);
}

/* ---- the output's stream */

/* Ends what plays and plays what was gathered. */
static void change(struct speaker *speaker, uint64_t now_ns)
{
    struct failure failure = {0}, gone = {0};
    struct voice *voice = speaker->next;

    close_stream(speaker);
    speaker->next = NULL;
    speaker->stream = play_stream_open(speaker->play, &voice->format, NULL, playout_pull,
                                       &voice->playout, &failure);
    if (!speaker->stream) {
        speaker->stats.refused_packets += voice->packets;
        /* An output that has gone is its owner's to tell of. */
        if (play_alive(speaker->play, &gone))
            refuse(speaker, &voice->format, failure.text, now_ns);
        return;
    }
    speaker->playing = voice;
    speaker->strayed = false;
    speaker->refused.channels = 0;
    playout_set_mode(&voice->playout, PLAYOUT_RUN);
}

static bool next_is_ready(const struct speaker *speaker, bool paused, uint64_t now_ns)
{
    const struct voice *playing = speaker->playing, *next = speaker->next;
    uint32_t fill = playout_fill_frames(&next->playout);

    /* One packet may be the whole target, but lasts no longer than a flood's. */
    if (fill == 0 ||
        (!paused && (next->packets < 2 || fill < frames_of(&next->format, speaker->target_ms))))
        return false;
    return !playing || playout_fill_frames(&playing->playout) == 0 ||
           clock_elapsed_ns(speaker->changed_ns, now_ns) > speaker->max_ms * NS_PER_MS + LATE_NS;
}

void speaker_tick(struct speaker *speaker, uint64_t now_ns)
{
    uint64_t silent_ns = clock_elapsed_ns(speaker->heard_ns, now_ns);
    bool paused = silent_ns >= PAUSE_NS;

    if (speaker->next && next_is_ready(speaker, paused, now_ns))
        change(speaker, now_ns);
    if (speaker->playing) {
        count_dropped(speaker, speaker->playing);
        if (paused)
            playout_set_mode(&speaker->playing->playout, PLAYOUT_FINISH);
        if (silent_ns >= IDLE_NS)
            close_stream(speaker);
    }
}

uint64_t speaker_latency_ns(struct speaker *speaker)
{
    const struct voice *voice = speaker->playing;

    if (!voice)
        return 0;
    return playout_fill_frames(&voice->playout) * NS_PER_S /
               format_rate_hz(voice->format.rate_code) +
           play_stream_latency_ns(speaker->play, speaker->stream);
}

void speaker_stats(const struct speaker *speaker, struct speaker_stats *stats)
{
    const struct voice *voice = speaker->playing;

    *stats = speaker->stats;
    stats->playing = voice != NULL;
    if (voice) {
        stats->format = voice->format;
        stats->fill_frames = playout_fill_frames(&voice->playout);
    }
}

static void play_out(struct speaker *speaker, uint64_t give_up_ns)
{
    struct failure gone = {0};

    if (!speaker->playing)
        return;
    playout_set_mode(&speaker->playing->playout, PLAYOUT_FINISH);
    while (playout_fill_frames(&speaker->playing->playout) > 0 && clock_now_ns() < give_up_ns &&
           play_alive(speaker->play, &gone))
        wait_readable(-1, LOOK_NS);
}

void speaker_close(struct speaker *speaker)
{
    uint64_t give_up_ns;

    if (!speaker)
        return;
    give_up_ns = clock_now_ns() + speaker->max_ms * NS_PER_MS + CLOSE_NS;
    play_out(speaker, give_up_ns);
    if (speaker->next && playout_fill_frames(&speaker->next->playout) > 0) {
        change(speaker, clock_now_ns());
        play_out(speaker, give_up_ns);
    }
    close_stream(speaker);
    free(speaker->voices[0].memory);
    free(speaker->voices[1].memory);
    free(speaker);
}
