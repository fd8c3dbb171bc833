#include <stdio.h>
#include <string.h>

#include "platform/log.h"
#include "platform/stop.h"
#include "scream/commands.h"
#include "scream/live_line.h"
#include "scream/receive_options.h"
#include "scream/receiver.h"
#include "sound/play.h"
#include "transport/udp.h"

static void print_version(void)
{
    printf("scream %s (outputs:", SCREAM_VERSION);
    for (const struct play_kind *kind = play_kinds; kind->name; kind++)
        printf(" %s", kind->name);
    printf(")\n");
}

static struct source *open_source(const struct receive_options *options, bool stamps,
                                  struct failure *failure)
{
    const struct udp_source_config config = {
        .unicast = options->unicast,
        .group = options->group,
        .port = (uint16_t)options->port,
        .interface = options->interface,
        .stamps = stamps,
    };

    if (options->shared_memory || options->sniff) {
        failure_set(failure, EXIT_USAGE, "%s is not in this version; the network is: leave %s out",
                    options->shared_memory ? "IVSHMEM" : "sniffing with libpcap",
                    options->shared_memory ? "-m" : "-P");
        return NULL;
    }
    return udp_source_open(&config, failure);
}

static struct play *open_play(const struct receive_options *options, struct failure *failure)
{
    const struct play_kind *kind = play_find(options->output);
    const struct play_config config = {
        .device = options->device,
        .sink = options->sink,
        .name = options->name,
        .buffer_ms = speaker_buffer_ms(options->target_ms),
    };
    char names[80];
    size_t used = 0;

    if (kind)
        return kind->open(&config, failure);
    for (kind = play_kinds; kind->name && used < sizeof names; kind++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                 kind == play_kinds ? "" : ", ", kind->name);
    failure_set(failure, EXIT_USAGE, "the output '%.40s' is not in this version; there are: %s",
                options->output, names);
    return NULL;
}

/* Ends what the loop began, however it ended: what has arrived is still played. */
static void finish(struct receiver *receiver, struct failure *failure)
{
    if (failure->code == EXIT_OK)
        receiver_drain(receiver, failure);
    log_status(NULL);
    receiver_finish(receiver);
    receiver_report(receiver);
}

int receive_main(int argc, const char *const *argv)
{
    struct failure failure = {0};
    struct receive_options options;
    struct receiver receiver;
    struct source *source;
    struct play *play;

    if (!receive_options_read(&options, argc, argv, &failure))
        goto end;
    if (options.help || options.version) {
        (options.help ? receive_options_help : print_version)();
        return EXIT_OK;
    }
    log_set_level((enum log_level)(LOG_NOTICE + (options.verbosity < 2 ? options.verbosity : 2)));
    stop_install();
    play = open_play(&options, &failure);
    if (play == NULL)
        goto end;
    source = open_source(&options, play_has_clock(play), &failure);
    if (source == NULL)
        goto close_play;
    if (!receiver_open(&receiver, source, &options.sources, play, options.target_ms, options.max_ms,
                       &failure))
        goto close_source;
    while (!stop_requested() && receiver_step(&receiver, &failure))
        if (receiver.watched)
            live_line_update(&receiver);
    finish(&receiver, &failure);
close_source:
    source_close(source);
close_play:
    play_close(play, &failure);
end:
    if (failure.code != EXIT_OK)
        log_line(LOG_ERROR, "%s", failure.text);
    return (int)failure.code;
}
