#include <inttypes.h>
#include <stdio.h>

#include "core/wire.h"
#include "platform/clock.h"
#include "platform/log.h"
#include "platform/stop.h"
#include "scream/commands.h"
#include "scream/format_text.h"
#include "scream/progress.h"
#include "scream/send_options.h"
#include "stream/outgoing.h"
#include "stream/pacer.h"

#define PROGRESS_NS (200 * NS_PER_MS)

struct sender {
    struct capture *capture;
    struct sink *sink;
    struct pacer pacer;
    struct outgoing outgoing;
    uint64_t shown_ns; /* when the progress was */
    struct failure *failure;
};

static bool send_datagram(void *context, const uint8_t *datagram, size_t length)
{
    struct sender *sender = context;

    return sink_send(sender->sink, datagram, length, sender->failure);
}

static struct capture *open_capture(const struct send_options *options, struct failure *failure)
{
    switch (options->input) {
    case SEND_WAV:
        return wav_capture_open(options->path, failure);
    case SEND_RAW:
        return raw_capture_open(&options->raw_format, failure);
    case SEND_TONE:
        return tone_capture_open(&options->tone, failure);
    }
    return NULL;
}

static void say_input(const struct send_options *options, const struct capture *capture)
{
    const char *name = options->input == SEND_TONE ? options->signal_text : options->path;
    uint32_t rate_hz = format_rate_hz(capture->format.rate_code);
    char format[FORMAT_TEXT_BYTES], length[32];

    if (options->input == SEND_RAW || (options->input == SEND_WAV && name[0] == '-' && !name[1]))
        name = "standard input";
    format_text_print(format, sizeof format, &capture->format);
    if (capture->total_frames == CAPTURE_FRAMES_UNKNOWN) {
        log_line(LOG_NOTICE, "%s: %s", name, format);
        return;
    }
    progress_time(length, sizeof length, capture->total_frames / rate_hz);
    log_line(LOG_NOTICE, "%s: %s, %s long", name, format, length);
}

static void show_progress(struct sender *sender)
{
    uint64_t total_frames = sender->capture->total_frames;
    char line[PROGRESS_COLUMNS + 1];
    uint64_t now_ns;

    if (total_frames == CAPTURE_FRAMES_UNKNOWN || !log_status_wanted())
        return;
    now_ns = clock_now_ns();
    if (sender->shown_ns && now_ns < sender->shown_ns + PROGRESS_NS)
        return;
    sender->shown_ns = now_ns;
    progress_line(line, sender->outgoing.frames, total_frames,
                  format_rate_hz(sender->capture->format.rate_code));
    log_status(line);
}

/* Sends until the input ends or a stop is asked for; a packet that waits for its time by then goes
 * out before it. */
static void run(struct sender *sender, uint32_t silence_samples)
{
    struct capture *capture = sender->capture;
    size_t packet_frames =
        wire_payload_bytes(&capture->format) / format_frame_bytes(&capture->format);
    bool (*push)(struct outgoing *, const uint8_t *, size_t) =
        capture->is_float ? outgoing_push_float : outgoing_push;
    uint8_t pcm[WIRE_PCM_BYTES];

    pacer_start(&sender->pacer, format_rate_hz(capture->format.rate_code));
    outgoing_start(&sender->outgoing, &capture->format, silence_samples, send_datagram, sender);
    while (!stop_requested()) {
        size_t frames = capture_read(capture, pcm, packet_frames, sender->failure);
        uint64_t due_ns;

        if (frames == 0)
            break;
        due_ns = pacer_next_ns(&sender->pacer, clock_now_ns(), (uint32_t)frames);
        clock_sleep_until_ns(due_ns);
        if (!push(&sender->outgoing, pcm, frames))
            break;
        show_progress(sender);
    }
    outgoing_flush(&sender->outgoing);
    log_status(NULL);
}

static void say_summary(const struct sender *sender)
{
    const struct outgoing *outgoing = &sender->outgoing;

    log_line(LOG_NOTICE,
             "%" PRIu64 " frames in %" PRIu64 " packets sent, %" PRIu64 " packets unsent, %" PRIu64
             " frames suppressed as silence",
             outgoing->frames - outgoing->suppressed, sender->sink->datagrams, sender->sink->unsent,
             outgoing->suppressed);
    if (outgoing->clipped)
        log_line(LOG_WARNING, "%" PRIu64 " samples were over full scale and have been clipped",
                 outgoing->clipped);
    if (sender->pacer.reanchors)
        log_line(LOG_DETAIL, "the input was more than %u ms late %" PRIu64 " times",
                 (unsigned)(PACER_LATE_NS / NS_PER_MS), sender->pacer.reanchors);
}

int send_main(int argc, const char *const *argv)
{
    struct failure failure = {0};
    struct send_options options;
    struct sender sender = {.failure = &failure};

    if (!send_options_read(&options, argc, argv, &failure))
        goto end;
    if (options.help) {
        send_options_help();
        return EXIT_OK;
    }
    log_set_level(
        options.quiet
            ? LOG_WARNING
            : (enum log_level)(LOG_NOTICE + (options.verbosity < 2 ? options.verbosity : 2)));
    stop_install();
    sender.capture = open_capture(&options, &failure);
    if (sender.capture == NULL)
        goto end;
    say_input(&options, sender.capture);
    sender.sink = udp_sink_open(&options.sink, &failure);
    if (sender.sink == NULL)
        goto close_capture;
    run(&sender, options.silence_samples);
    say_summary(&sender);
    sink_close(sender.sink);
close_capture:
    capture_close(sender.capture);
end:
    if (failure.code != EXIT_OK)
        log_line(LOG_ERROR, "%s", failure.text);
    return (int)failure.code;
}
