#include "scream/receiver.h"

#include <stdio.h>
#include <string.h>

#include "platform/clock.h"
#include "platform/log.h"
#include "scream/format_text.h"

#define WAIT_NS (100 * NS_PER_MS)
#define DRAIN_NS NS_PER_S

bool receiver_open(struct receiver *receiver, struct source *source,
                   const struct demux_sources *senders, struct play *play, uint32_t target_ms,
                   uint32_t max_ms, struct failure *failure)
{
    memset(receiver, 0, sizeof *receiver);
    receiver->source = source;
    receiver->play = play;
    receiver->watched = log_status_wanted();
    receiver->checked_ns = clock_now_ns();
    demux_init(&receiver->demux, senders, 1);
    if (play_has_clock(play))
        receiver->speaker = speaker_open(play, target_ms, max_ms, failure);
    return !play_has_clock(play) || receiver->speaker != NULL;
}

void receiver_sender_name(const struct demux_sender *sender, char name[RECEIVER_NAME_BYTES])
{
    const struct packet_origin *origin = &sender->origin;

    snprintf(name, RECEIVER_NAME_BYTES, "%u.%u.%u.%u:%u", origin->address >> 24,
             origin->address >> 16 & 255, origin->address >> 8 & 255, origin->address & 255,
             origin->port);
}

/* Says whose sound in which format plays from here on. Whoever changes it with every packet gets a
 * line a second, and the last one is not left out. */
static void announce(struct receiver *receiver, uint64_t now_ns)
{
    char name[RECEIVER_NAME_BYTES], text[FORMAT_TEXT_BYTES];

    receiver->unannounced =
        receiver->announced_ns && clock_elapsed_ns(receiver->announced_ns, now_ns) < NS_PER_S;
    if (receiver->unannounced)
        return;
    receiver->announced_ns = now_ns;
    receiver_sender_name(receiver_sender(receiver), name);
    format_text_print(text, sizeof text, &receiver_sender(receiver)->format);
    log_line(LOG_NOTICE, "playing %s: %s", name, text);
}

static bool write_spans(struct receiver *receiver, struct failure *failure)
{
    size_t count = receiver->span_count;

    receiver->span_count = 0;
    return count == 0 ||
           play_write(receiver->play, &receiver->span_format, receiver->spans, count, failure);
}

static bool add_span(struct receiver *receiver, const uint8_t *pcm, size_t bytes,
                     struct failure *failure)
{
    if (receiver->span_count == PLAY_SPANS_MAX && !write_spans(receiver, failure))
        return false;
    receiver->spans[receiver->span_count++] = (struct play_span){pcm, bytes};
    return true;
}

static void measure(struct receiver *receiver, const struct packet *packet, uint32_t ending_bytes)
{
    if (packet->pcm_bytes > ending_bytes)
        level_measure(&receiver->level, &packet->format, packet->pcm + ending_bytes,
                      (packet->pcm_bytes - ending_bytes) / format_frame_bytes(&packet->format));
}

/* Ends what is left of a frame. */
static const uint8_t silence[FORMAT_FRAME_BYTES_MAX];

static void push_speaker(struct receiver *receiver, const struct packet *packet,
                         uint32_t lost_bytes)
{
    struct packet rest = *packet;

    rest.pcm = silence;
    rest.pcm_bytes = lost_bytes;
    if (lost_bytes)
        speaker_push(receiver->speaker, &rest);
    speaker_push(receiver->speaker, packet);
}

static bool take(struct receiver *receiver, const struct packet *packet, struct failure *failure)
{
    struct demux_result result = demux_push(&receiver->demux, packet);

    if (result.verdict != DEMUX_TAKEN)
        return true;
    if (result.new_sender || result.new_format) {
        if (!write_spans(receiver, failure))
            return false;
        receiver->span_format = packet->format;
        announce(receiver, packet->arrival_ns);
    }
    if (receiver->watched)
        measure(receiver, packet, result.ending_bytes);
    if (receiver->speaker) {
        push_speaker(receiver, packet, result.lost_bytes);
        return true;
    }
    if (result.lost_bytes && !add_span(receiver, silence, result.lost_bytes, failure))
        return false;
    return add_span(receiver, packet->pcm, packet->pcm_bytes, failure);
}

/* Takes a batch; `*now_ns` is the time of it. */
static bool receive(struct receiver *receiver, uint64_t wait_ns, uint64_t *now_ns,
                    struct failure *failure)
{
    struct packet packets[SOURCE_BATCH];
    size_t count = source_receive(receiver->source, packets, wait_ns, failure);

    *now_ns = count > 0 ? receiver->source->read_ns : clock_now_ns();
    for (size_t i = 0; i < count; i++)
        if (!take(receiver, &packets[i], failure))
            return false;
    if (!receiver->source->more)
        demux_observe(&receiver->demux, *now_ns);
    return write_spans(receiver, failure) && failure->code == EXIT_OK;
}

uint64_t receiver_dropped(const struct receiver *receiver)
{
    const struct source_counters *source = source_count(receiver->source);
    uint64_t dropped = source->kernel_dropped;

    for (int fault = WIRE_OK + 1; fault < WIRE_FAULTS; fault++)
        dropped += source->faults[fault];
    for (int verdict = DEMUX_TAKEN + 1; verdict < DEMUX_VERDICTS; verdict++)
        dropped += receiver->demux.counts[verdict];
    return dropped;
}

/* A list of counts and names, each told only when there is something to tell. */
struct list {
    char text[512];
    size_t used;
};

static void list_add(struct list *list, uint64_t count, const char *name)
{
    if (count > 0 && list->used < sizeof list->text)
        list->used +=
            (size_t)snprintf(list->text + list->used, sizeof list->text - list->used, "%s%llu %s",
                             list->used ? ", " : "", (unsigned long long)count, name);
}

static void report_drops(const struct receiver *receiver, enum log_level level)
{
    const struct source_counters *source = source_count(receiver->source);
    struct list list = {0};

    for (int fault = WIRE_OK + 1; fault < WIRE_FAULTS; fault++)
        list_add(&list, source->faults[fault], wire_fault_name((enum wire_fault)fault));
    for (int verdict = DEMUX_TAKEN + 1; verdict < DEMUX_VERDICTS; verdict++)
        list_add(&list, receiver->demux.counts[verdict],
                 demux_verdict_name((enum demux_verdict)verdict));
    list_add(&list, source->kernel_dropped, "lost in the kernel's queue");
    if (list.used)
        log_line(level, "dropped: %s", list.text);
}

static bool check_each_second(struct receiver *receiver, uint64_t now_ns, struct failure *failure)
{
    uint64_t dropped;

    if (now_ns - receiver->checked_ns < NS_PER_S)
        return true;
    receiver->checked_ns = now_ns;
    if (receiver->unannounced)
        announce(receiver, now_ns);
    dropped = receiver_dropped(receiver);
    if (dropped != receiver->dropped_said)
        report_drops(receiver, LOG_DETAIL);
    receiver->dropped_said = dropped;
    return play_alive(receiver->play, failure);
}

bool receiver_step(struct receiver *receiver, struct failure *failure)
{
    uint64_t now_ns;

    if (!receive(receiver, receiver->source->more ? 0 : WAIT_NS, &now_ns, failure))
        return false;
    if (receiver->speaker)
        speaker_tick(receiver->speaker, now_ns);
    return check_each_second(receiver, now_ns, failure);
}

void receiver_drain(struct receiver *receiver, struct failure *failure)
{
    uint64_t give_up_ns = clock_now_ns() + DRAIN_NS;
    uint64_t now_ns;

    while (receive(receiver, 0, &now_ns, failure) && receiver->source->more && now_ns < give_up_ns)
        ;
}

void receiver_finish(struct receiver *receiver)
{
    struct speaker_stats stats;

    if (receiver->speaker == NULL)
        return;
    speaker_stats(receiver->speaker, &stats);
    speaker_close(receiver->speaker);
    receiver->speaker = NULL;
    if (stats.underruns || stats.dropped_frames || stats.refused_packets)
        log_line(LOG_NOTICE,
                 "%llu underruns, %llu frames dropped as too late, %llu packets of formats that "
                 "cannot be played",
                 (unsigned long long)stats.underruns, (unsigned long long)stats.dropped_frames,
                 (unsigned long long)stats.refused_packets);
}

void receiver_report(const struct receiver *receiver)
{
    bool heard = false;
    char name[RECEIVER_NAME_BYTES];

    for (size_t i = DEMUX_SENDERS_MAX; i-- > 0;) {
        const struct demux_sender *sender = &receiver->demux.senders[i];

        if (!sender->present || sender->packets == 0)
            continue;
        heard = true;
        receiver_sender_name(sender, name);
        log_line(LOG_NOTICE, "heard %s: %llu packets, %llu bytes of sound in %.1f s", name,
                 (unsigned long long)sender->packets, (unsigned long long)sender->bytes,
                 (double)(sender->last_ns - sender->first_ns) / (double)NS_PER_S);
    }
    if (!heard)
        log_line(LOG_NOTICE, "heard nobody");
    report_drops(receiver, LOG_NOTICE);
}
