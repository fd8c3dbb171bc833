#include "scream/send_options.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "core/ipv4.h"
#include "core/wire.h"
#include "scream/format_text.h"

#define AT(field) .offset = offsetof(struct send_options, field)

/* Of a signal. */
#define FREQUENCY_HZ 440
#define LEVEL_DBFS (-20)
#define LEVEL_NOT_SAID 1 /* above what may be said */

static const struct option_row rows[] = {
    {OPTION_HEADING, .help = "Where the sound goes to"},
    {OPTION_TEXT, 'g', "group", "GROUP", "multicast group (239.255.77.77, unless there is --to)",
     AT(group)},
    {OPTION_LIST, 0, "to", "HOST[:PORT]", "send to a host, unicast; can be given several times",
     AT(to)},
    {OPTION_NUMBER, 'p', "port", "PORT", "UDP port (4010)", AT(port), 1, 65535},
    {OPTION_TEXT, 'i', "interface", "IFACE",
     "name or IPv4 address of the interface to send on\n(as routed)", AT(interface)},
    {OPTION_NUMBER, 0, "source-port", "PORT", "UDP port to send from (the system's choice)",
     AT(source_port), 0, 65535},
    {OPTION_NUMBER, 0, "ttl", "HOPS", "time to live (the system's: 1 for multicast)", AT(ttl), 1,
     255},
    {OPTION_NUMBER, 0, "dscp", "CLASS", "DiffServ code point, 46 is expedited (0)", AT(dscp), 0,
     63},
    {OPTION_FLAG, 0, "no-loopback", NULL, "multicast is not for receivers on this host",
     AT(no_loopback)},

    {OPTION_HEADING, .help = "Where it comes from"},
    {OPTION_TEXT, 'f', "format", "FORMAT",
     "raw PCM from standard input, of this format:\nRATE/BITS/CHANNELS[/MASK], as in 48000/16/2;\n"
     "also the format of a signal (48000/16/2)",
     AT(format_text)},
    {OPTION_TEXT, 0, "signal", "SIGNAL",
     "a test signal: sine; sweep, 20 Hz to 20 kHz;\nchannels, k beeps on the k-th channel",
     AT(signal_text)},
    {OPTION_DECIMAL, 0, "frequency", "HZ", "of sine and channels (440)", AT(frequency_hz), 1, 1e6},
    {OPTION_DECIMAL, 0, "level", "DBFS", "peak of a signal (-20)", AT(level_dbfs), -150, 0},
    {OPTION_DECIMAL, 0, "duration", "SECONDS",
     "of a signal (sine: until stopped; sweep: 10;\nchannels: each once)", AT(duration_s), 0.001,
     1e9},

    {OPTION_HEADING, .help = "The rest"},
    {OPTION_NUMBER, 0, "silence-threshold", "SAMPLES",
     "send nothing after so many silent samples,\nall channels counted (0: always send)",
     AT(silence_samples), 0, UINT32_MAX},
    {OPTION_COUNT, 'v', "verbose", NULL, "say more; twice: still more", AT(verbosity)},
    {OPTION_FLAG, 'q', "quiet", NULL, "say only what goes wrong", AT(quiet)},
    {OPTION_FLAG, 'h', "help", NULL, "this text", AT(help)},
    OPTION_END,
};

static const struct {
    const char *name;
    enum tone_signal signal;
} signals[] = {
    {"sine", TONE_SINE},
    {"sweep", TONE_SWEEP},
    {"channels", TONE_CHANNELS},
};

static bool read_destinations(struct send_options *options, struct failure *failure)
{
    struct udp_sink_config *sink = &options->sink;
    const char *group = options->group ? options->group : WIRE_DEFAULT_GROUP;
    uint32_t address;

    *sink = (struct udp_sink_config){
        .port = (uint16_t)options->port,
        .interface = options->interface,
        .source_port = (uint16_t)options->source_port,
        .ttl = (uint8_t)options->ttl,
        .dscp = (uint8_t)options->dscp,
        .loopback = !options->no_loopback,
    };
    if (!ipv4_parse(group, IPV4_TEXT_BYTES, &address) || !ipv4_is_multicast(address)) {
        failure_set(failure, EXIT_NETWORK,
                    "'%.40s' is no multicast group, which are 224.0.0.0 to 239.255.255.255; to "
                    "send unicast use --to",
                    group);
        return false;
    }
    if (options->group || options->to.count == 0)
        sink->destinations[sink->destination_count++] = group;
    for (size_t i = 0; i < options->to.count; i++) {
        if (sink->destination_count == UDP_DESTINATIONS_MAX) {
            failure_set(failure, EXIT_USAGE, "no more than %u destinations can be sent to",
                        UDP_DESTINATIONS_MAX);
            return false;
        }
        sink->destinations[sink->destination_count++] = options->to.items[i];
    }
    return true;
}

static bool read_tone(struct send_options *options, struct failure *failure)
{
    const char *format_text = options->format_text ? options->format_text : "48000/16/2";
    struct tone_config *tone = &options->tone;
    size_t i = 0;

    while (i < sizeof signals / sizeof *signals &&
           strcmp(signals[i].name, options->signal_text) != 0)
        i++;
    if (i == sizeof signals / sizeof *signals) {
        failure_set(failure, EXIT_USAGE,
                    "there is no signal '%.40s'; there are sine, sweep and channels",
                    options->signal_text);
        return false;
    }
    *tone = (struct tone_config){
        .signal = signals[i].signal,
        .frequency_hz = options->frequency_hz > 0 ? options->frequency_hz : FREQUENCY_HZ,
        .level_dbfs = options->level_dbfs <= 0 ? options->level_dbfs : LEVEL_DBFS,
        .frames = CAPTURE_FRAMES_UNKNOWN,
    };
    if (!format_text_parse(format_text, &tone->format, failure))
        return false;
    if (options->duration_s > 0)
        tone->frames = (uint64_t)ceil(options->duration_s * format_rate_hz(tone->format.rate_code));
    return true;
}

static bool read_input(struct send_options *options, const struct option_list *arguments,
                       struct failure *failure)
{
    const char *path = arguments->count ? arguments->items[0] : NULL;

    if (arguments->count > 1) {
        failure_set(failure, EXIT_USAGE, "only one file can be sent at a time, not '%.60s' too",
                    arguments->items[1]);
        return false;
    }
    if (options->signal_text) {
        options->input = SEND_TONE;
        if (path) {
            failure_set(failure, EXIT_USAGE, "either a signal or '%.60s' can be sent, not both",
                        path);
            return false;
        }
        return read_tone(options, failure);
    }
    if (options->duration_s > 0 || options->frequency_hz > 0 || options->level_dbfs <= 0) {
        failure_set(failure, EXIT_USAGE,
                    "--duration, --frequency and --level are for a --signal only");
        return false;
    }
    if (options->format_text) {
        options->input = SEND_RAW;
        if (path && strcmp(path, "-") != 0) {
            failure_set(failure, EXIT_USAGE,
                        "raw PCM comes from standard input: scream send --format %.40s < %.60s",
                        options->format_text, path);
            return false;
        }
        return format_text_parse(options->format_text, &options->raw_format, failure);
    }
    options->input = SEND_WAV;
    options->path = path;
    if (path == NULL)
        failure_set(failure, EXIT_USAGE,
                    "nothing to send: name a WAV file or -, or use --format or --signal; "
                    "'scream send --help' lists the options");
    return path != NULL;
}

bool send_options_read(struct send_options *options, int argc, const char *const *argv,
                       struct failure *failure)
{
    struct option_list arguments;

    *options = (struct send_options){
        .port = WIRE_DEFAULT_PORT,
        .level_dbfs = LEVEL_NOT_SAID,
    };
    if (!options_parse("scream send", rows, options, argc, argv, &arguments, failure))
        return false;
    return options->help ||
           (read_input(options, &arguments, failure) && read_destinations(options, failure));
}

void send_options_help(void)
{
    printf("Usage: scream send [OPTION]... FILE              a WAV file\n"
           "       scream send [OPTION]... -                 WAV on standard input\n"
           "       scream send [OPTION]... --format FORMAT   raw PCM on standard input\n"
           "       scream send [OPTION]... --signal SIGNAL   a test signal\n\n"
           "Sends sound to Scream receivers on the local network.\n"
           "Defaults are in parentheses.\n\n");
    options_help(stdout, rows);
    printf("\nExit codes: 0 all was sent, or ended as asked (Ctrl-C, SIGTERM), 1 something\n"
           "broke, 2 bad option, 3 network or interface unusable, 5 input unreadable or not\n"
           "sendable.\n");
}
