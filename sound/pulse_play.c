/* Plays on a PulseAudio server, or on what speaks its protocol. */
#include "sound/pulse.h"

#include <stdlib.h>
#include <string.h>

#include <pulse/pulseaudio.h>

#include "platform/clock.h"
#include "platform/stop.h"
#include "sound/play_kinds.h"

#define LOOK_MS 50u /* how often a wait looks at the clock and at a stop */

/* ---- waiting for the server; all with the loop's lock held */

static void on_look(pa_mainloop_api *api, pa_time_event *event, const struct timeval *when,
                    void *context)
{
    struct pulse *pulse = context;

    (void)api, (void)when;
    pa_threaded_mainloop_signal(pulse->loop, 0);
    pa_context_rttime_restart(pulse->context, event, pa_rtclock_now() + LOOK_MS * PA_USEC_PER_MSEC);
}

bool pulse_wait(struct pulse *pulse, bool (*done)(const void *), const void *what,
                uint32_t timeout_ms, bool until_stop)
{
    uint64_t deadline_ns = clock_now_ns() + timeout_ms * NS_PER_MS;
    pa_time_event *look = pa_context_rttime_new(
        pulse->context, pa_rtclock_now() + LOOK_MS * PA_USEC_PER_MSEC, on_look, pulse);

    while (!done(what) && clock_now_ns() < deadline_ns && !(until_stop && stop_requested()))
        pa_threaded_mainloop_wait(pulse->loop);
    if (look)
        pa_threaded_mainloop_get_api(pulse->loop)->time_free(look);
    return done(what);
}

static bool context_settled(const void *what)
{
    pa_context_state_t state = pa_context_get_state(((const struct pulse *)what)->context);

    return state == PA_CONTEXT_READY || !PA_CONTEXT_IS_GOOD(state);
}

static bool operation_settled(const void *what)
{
    return pa_operation_get_state(what) != PA_OPERATION_RUNNING;
}

const char *pulse_fault(const struct pulse *pulse, bool answered)
{
    return answered ? pa_strerror(pa_context_errno(pulse->context)) : "no answer within 5 s";
}

static void on_context_state(pa_context *context, void *pulse)
{
    (void)context;
    pa_threaded_mainloop_signal(((struct pulse *)pulse)->loop, 0);
}

/* ---- sinks */

struct sink_search {
    struct pulse *pulse;
    size_t found;
    char names[160];
};

static void on_sink(pa_context *context, const pa_sink_info *info, int end, void *what)
{
    struct sink_search *search = what;
    size_t used = strlen(search->names);

    (void)context;
    if (end) {
        pa_threaded_mainloop_signal(search->pulse->loop, 0);
        return;
    }
    search->found++;
    if (used + strlen(info->name) + 3 < sizeof search->names) {
        strcat(search->names, used ? ", " : "");
        strcat(search->names, info->name);
    }
}

/* Takes the operation over. */
static bool search_sinks(struct pulse *pulse, pa_operation *operation)
{
    bool settled =
        operation && pulse_wait(pulse, operation_settled, operation, PULSE_ANSWER_MS, true);

    if (operation) {
        pa_operation_cancel(operation);
        pa_operation_unref(operation);
    }
    return settled;
}

static bool check_sink(struct pulse *pulse, struct failure *failure)
{
    struct sink_search search = {.pulse = pulse};

    search_sinks(pulse,
                 pa_context_get_sink_info_by_name(pulse->context, pulse->sink, on_sink, &search));
    if (search.found)
        return true;
    search_sinks(pulse, pa_context_get_sink_info_list(pulse->context, on_sink, &search));
    failure_set(failure, EXIT_OUTPUT, "PulseAudio has no sink %.80s; choose one with -s: %s",
                pulse->sink, search.found ? search.names : "(there is none)");
    return false;
}

/* ---- the output */

static bool check_alive(struct pulse *pulse, struct failure *failure)
{
    if (pa_context_get_state(pulse->context) != PA_CONTEXT_READY)
        failure_set(failure, EXIT_OUTPUT,
                    "the PulseAudio server has gone (%s); start scream again when it is back",
                    pulse_fault(pulse, true));
    else if (pulse->killed)
        failure_set(failure, EXIT_OUTPUT,
                    "PulseAudio ended the stream, as its sink has gone; choose another with -s");
    else
        return true;
    return false;
}

static bool pulse_alive(struct play *play, struct failure *failure)
{
    struct pulse *pulse = (struct pulse *)play;
    bool alive;

    pa_threaded_mainloop_lock(pulse->loop);
    alive = check_alive(pulse, failure);
    pa_threaded_mainloop_unlock(pulse->loop);
    return alive;
}

static void pulse_free(struct pulse *pulse)
{
    if (pulse->loop)
        pa_threaded_mainloop_stop(pulse->loop);
    if (pulse->context) {
        pa_context_disconnect(pulse->context);
        pa_context_unref(pulse->context);
    }
    if (pulse->loop)
        pa_threaded_mainloop_free(pulse->loop);
    pa_xfree(pulse->sink);
    pa_xfree(pulse->name);
    free(pulse);
}

static bool pulse_close(struct play *play, struct failure *failure)
{
    struct pulse *pulse = (struct pulse *)play;
    bool whole = true;

    pa_threaded_mainloop_lock(pulse->loop);
    if (pulse->draining && !pulse_stream_finish(pulse)) {
        whole = false;
        if (check_alive(pulse, failure))
            failure_set(failure, EXIT_OUTPUT, "PulseAudio did not play the last sound in time");
    }
    pa_threaded_mainloop_unlock(pulse->loop);
    pulse_free(pulse);
    return whole;
}

static const struct play_ops pulse_ops = {
    .stream_open = pulse_stream_open,
    .stream_latency_ns = pulse_stream_latency_ns,
    .stream_close = pulse_stream_close,
    .alive = pulse_alive,
    .close = pulse_close,
};

/* With the loop's lock held. */
static bool connect_context(struct pulse *pulse, struct failure *failure)
{
    bool settled = true;

    pa_context_set_state_callback(pulse->context, on_context_state, pulse);
    if (pa_context_connect(pulse->context, NULL, PA_CONTEXT_NOFLAGS, NULL) == 0)
        settled = pulse_wait(pulse, context_settled, pulse, PULSE_ANSWER_MS, true);
    if (pa_context_get_state(pulse->context) == PA_CONTEXT_READY)
        return true;
    failure_set(failure, EXIT_OUTPUT,
                "cannot reach a PulseAudio server (%s); start one with \"pulseaudio --start\" or "
                "choose another output: -o wav -d FILE, -o raw",
                pulse_fault(pulse, settled));
    return false;
}

struct play *pulse_play_open(const struct play_config *config, struct failure *failure)
{
    struct pulse *pulse = calloc(1, sizeof *pulse);
    pa_proplist *properties = pa_proplist_new();
    bool open = false;

    if (!pulse)
        goto out;
    if (config->name && !pa_utf8_valid(config->name)) {
        failure_set(failure, EXIT_USAGE, "PulseAudio takes names in UTF-8 only; choose another -n");
        goto out;
    }
    pulse->play.ops = &pulse_ops;
    pulse->sink = config->sink ? pa_xstrdup(config->sink) : NULL;
    pulse->name = config->name ? pa_xstrdup(config->name) : NULL;
    pulse->buffer_ms = config->buffer_ms;
    pulse->loop = pa_threaded_mainloop_new();
    if (!pulse->loop || !properties)
        goto out;
    pa_proplist_sets(properties, PA_PROP_APPLICATION_ICON_NAME, "audio-card");
    pulse->context = pa_context_new_with_proplist(pa_threaded_mainloop_get_api(pulse->loop),
                                                  "Scream", properties);
    if (!pulse->context || pa_threaded_mainloop_start(pulse->loop) < 0)
        goto out;
    pa_threaded_mainloop_lock(pulse->loop);
    open = connect_context(pulse, failure) && (!pulse->sink || check_sink(pulse, failure));
    pa_threaded_mainloop_unlock(pulse->loop);
out:
    if (properties)
        pa_proplist_free(properties);
    if (open)
        return &pulse->play;
    failure_set(failure, EXIT_OUTPUT, "out of memory for PulseAudio");
    if (pulse)
        pulse_free(pulse);
    return NULL;
}
