/* The sender's command line. */
#ifndef SCREAM_SEND_OPTIONS_H
#define SCREAM_SEND_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/format.h"
#include "platform/failure.h"
#include "scream/options.h"
#include "sound/capture.h"
#include "transport/udp.h"

enum send_input { SEND_WAV, SEND_RAW, SEND_TONE };

struct send_options {
    /* As they were said: */
    bool help, quiet, no_loopback;
    uint32_t verbosity;
    const char *group; /* NULL: not said */
    uint32_t port, source_port, ttl, dscp;
    const char *interface;
    struct option_list to;
    const char *format_text, *signal_text;
    double frequency_hz, duration_s; /* 0: not said */
    double level_dbfs;               /* over 0: not said */
    uint32_t silence_samples;

    /* What it comes to: */
    struct udp_sink_config sink;
    enum send_input input;
    const char *path;         /* of SEND_WAV */
    struct format raw_format; /* of SEND_RAW */
    struct tone_config tone;
};

/* Reads the command line into `options`, defaults filled in; with `help` the second half is not.
 * False and `failure` on error. */
bool send_options_read(struct send_options *options, int argc, const char *const *argv,
                       struct failure *failure);

void send_options_help(void);

#endif
