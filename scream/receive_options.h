/* The receiver's command line. */
#ifndef SCREAM_RECEIVE_OPTIONS_H
#define SCREAM_RECEIVE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/failure.h"
#include "scream/options.h"
#include "stream/demux.h"

struct receive_options {
    bool help, version;
    uint32_t verbosity;
    bool unicast;
    uint32_t port;
    const char *interface;
    const char *group;
    const char *sources_text; /* NULL: not said */
    struct demux_sources sources;
    const char *shared_memory; /* -m */
    bool sniff;                /* -P */
    const char *output;
    const char *device;
    const char *sink;
    const char *name;
    uint32_t target_ms; /* 0: not said */
    uint32_t max_ms;    /* 0: not said */
    bool unconnected;   /* -c */
};

extern const struct option_row receive_option_rows[];

/* Reads the command line into `options`, defaults filled in. False and `failure` on error. */
bool receive_options_read(struct receive_options *options, int argc, const char *const *argv,
                          struct failure *failure);

void receive_options_help(void);

#endif
