#include "scream/receive_options.h"

#include <stddef.h>
#include <stdio.h>

#include "core/wire.h"
#include "scream/sources_text.h"
#include "sound/play.h"

#define AT(field) .offset = offsetof(struct receive_options, field)

#define LATENCY_MOST_MS 10000

/* The original's defaults. */
#define TARGET_MS 50
#define MAX_MS 100

const struct option_row receive_option_rows[] = {
    {OPTION_HEADING, .help = "Where the sound comes from"},
    {OPTION_FLAG, 'u', "unicast", NULL, "receive unicast; join no multicast group", AT(unicast)},
    {OPTION_NUMBER, 'p', "port", "PORT", "UDP port (4010)", AT(port), 1, 65535},
    {OPTION_TEXT, 'i', "interface", "IFACE",
     "name or IPv4 address of the interface to listen on\n(every one that can multicast)",
     AT(interface)},
    {OPTION_TEXT, 'g', "group", "GROUP", "multicast group (239.255.77.77)", AT(group)},
    {OPTION_TEXT, 0, "sources", "WHO",
     "who is heard: first (until it is silent), latest\n(who began last), or only those of a "
     "list:\n"
     "192.168.1.20,10.0.0.0/8 (first)",
     AT(sources_text)},
    {OPTION_TEXT, 'm', "shm", "PATH", "IVSHMEM device or file", AT(shared_memory)},
    {OPTION_FLAG, 'P', "pcap", NULL, "sniff the packets with libpcap", AT(sniff)},

    {OPTION_HEADING, .help = "Where it goes to"},
    {OPTION_TEXT, 'o', "output", "OUTPUT", "one of the outputs below (the first)", AT(output)},
    {OPTION_TEXT, 'd', "device", "DEVICE", "file of the output wav; ALSA or sndio device",
     AT(device)},
    {OPTION_TEXT, 's', "sink", "SINK", "PulseAudio sink (the server's default)", AT(sink)},
    {OPTION_TEXT, 'n', "name", "NAME", "PulseAudio stream name (Audio);\nJACK client name (scream)",
     AT(name)},
    {OPTION_NUMBER, 't', "target-latency", "MS", "latency to aim at (50)", AT(target_ms), 1,
     LATENCY_MOST_MS},
    {OPTION_NUMBER, 'l', "max-latency", "MS",
     "latency never exceeded (100, or twice the target\nif that is more)", AT(max_ms), 1,
     LATENCY_MOST_MS},
    {OPTION_FLAG, 'c', "no-connect", NULL, "leave JACK ports unconnected", AT(unconnected)},

    {OPTION_HEADING, .help = "The rest"},
    {OPTION_COUNT, 'v', "verbose", NULL, "say more; twice: still more", AT(verbosity)},
    {OPTION_FLAG, 'h', "help", NULL, "this text", AT(help)},
    {OPTION_FLAG, 0, "version", NULL, "version, and what was built in", AT(version)},
    OPTION_END,
};

bool receive_options_read(struct receive_options *options, int argc, const char *const *argv,
                          struct failure *failure)
{
    struct option_list arguments;

    *options = (struct receive_options){
        .port = WIRE_DEFAULT_PORT,
        .group = WIRE_DEFAULT_GROUP,
        .sources = {.policy = DEMUX_FIRST},
        .output = play_kinds[0].name,
    };
    if (!options_parse("scream", receive_option_rows, options, argc, argv, &arguments, failure))
        return false;
    if (arguments.count > 0) {
        failure_set(failure, EXIT_USAGE,
                    "'%.60s' is neither an option nor a command; 'scream --help' lists them",
                    arguments.items[0]);
        return false;
    }
    if (options->sources_text &&
        !sources_text_read(options->sources_text, &options->sources, failure))
        return false;
    if (options->sources.policy == DEMUX_MIX) {
        failure_set(failure, EXIT_USAGE,
                    "mixing senders is not in this version; --sources takes latest, first, or a "
                    "list of addresses and networks");
        return false;
    }
    if (options->target_ms == 0)
        options->target_ms =
            options->max_ms && options->max_ms < TARGET_MS ? options->max_ms : TARGET_MS;
    if (options->max_ms == 0)
        options->max_ms = options->target_ms * 2 > MAX_MS ? options->target_ms * 2 : MAX_MS;
    if (options->max_ms < options->target_ms) {
        failure_set(failure, EXIT_USAGE, "the maximal latency, -l %u, is below the target, -t %u",
                    options->max_ms, options->target_ms);
        return false;
    }
    return true;
}

void receive_options_help(void)
{
    printf("Usage: scream [OPTION]...         play what comes over the network\n"
           "       scream send [OPTION]...    send sound ('scream send --help')\n\n"
           "Plays the sound of a Scream sender anywhere on the local network.\n"
           "Defaults are in parentheses.\n\n");
    options_help(stdout, receive_option_rows);
    printf("\nOutputs:\n");
    for (const struct play_kind *kind = play_kinds; kind->name; kind++)
        printf("  %-24s%s\n", kind->name, kind->summary);
    printf("\nExit codes: 0 ended as asked (Ctrl-C, SIGTERM), 1 something broke, 2 bad option,\n"
           "3 network or interface unusable, 4 output unusable or lost.\n");
}
