/* Streams on a PulseAudio server. */
#include "sound/pulse.h"

#include <stdlib.h>

#include <pulse/pulseaudio.h>

#include "core/chanmap.h"
#include "platform/clock.h"

struct play_stream {
    struct pulse *pulse;
    pa_stream *stream;
    pa_operation *drain;
    play_pull_fn *pull;
    void *pull_context;
    size_t frame_bytes;
    uint32_t rate_hz;
};

static void on_write(pa_stream *stream, size_t bytes, void *context)
{
    struct play_stream *play = context;
    uint64_t when_ns = clock_now_ns();
    pa_usec_t latency_us;
    int negative;

    if (pa_stream_get_latency(stream, &latency_us, &negative) == 0 && !negative)
        when_ns += latency_us * 1000;
    for (size_t left = bytes - bytes % play->frame_bytes; left > 0;) {
        size_t piece = left;
        void *pcm;

        if (pa_stream_begin_write(stream, &pcm, &piece) < 0)
            return;
        piece = piece < left ? piece - piece % play->frame_bytes : left;
        if (piece == 0) {
            pa_stream_cancel_write(stream);
            return;
        }
        play->pull(play->pull_context, pcm, piece / play->frame_bytes, when_ns);
        if (pa_stream_write(stream, pcm, piece, NULL, 0, PA_SEEK_RELATIVE) < 0)
            return;
        left -= piece;
        when_ns += piece / play->frame_bytes * NS_PER_S / play->rate_hz;
    }
}

static bool stream_settled(const void *what)
{
    pa_stream_state_t state = pa_stream_get_state(((const struct play_stream *)what)->stream);

    return state == PA_STREAM_READY || !PA_STREAM_IS_GOOD(state);
}

static void on_stream_state(pa_stream *stream, void *context)
{
    struct play_stream *play = context;

    if (pa_stream_get_state(stream) == PA_STREAM_FAILED)
        play->pulse->killed = true;
    pa_threaded_mainloop_signal(play->pulse->loop, 0);
}

static void stream_free(struct play_stream *stream)
{
    if (stream->drain) {
        pa_operation_cancel(stream->drain);
        pa_operation_unref(stream->drain);
    }
    pa_stream_set_state_callback(stream->stream, NULL, NULL);
    pa_stream_set_write_callback(stream->stream, NULL, NULL);
    pa_stream_disconnect(stream->stream);
    pa_stream_unref(stream->stream);
    free(stream);
}

static pa_channel_map map_channels(const struct format *format)
{
    static const pa_channel_position_t places[] = {
        [SPEAKER_FL] = PA_CHANNEL_POSITION_FRONT_LEFT,
        [SPEAKER_FR] = PA_CHANNEL_POSITION_FRONT_RIGHT,
        [SPEAKER_FC] = PA_CHANNEL_POSITION_FRONT_CENTER,
        [SPEAKER_LFE] = PA_CHANNEL_POSITION_LFE,
        [SPEAKER_BL] = PA_CHANNEL_POSITION_REAR_LEFT,
        [SPEAKER_BR] = PA_CHANNEL_POSITION_REAR_RIGHT,
        [SPEAKER_FLC] = PA_CHANNEL_POSITION_FRONT_LEFT_OF_CENTER,
        [SPEAKER_FRC] = PA_CHANNEL_POSITION_FRONT_RIGHT_OF_CENTER,
        [SPEAKER_BC] = PA_CHANNEL_POSITION_REAR_CENTER,
        [SPEAKER_SL] = PA_CHANNEL_POSITION_SIDE_LEFT,
        [SPEAKER_SR] = PA_CHANNEL_POSITION_SIDE_RIGHT,
        [SPEAKER_TC] = PA_CHANNEL_POSITION_TOP_CENTER,
        [SPEAKER_TFL] = PA_CHANNEL_POSITION_TOP_FRONT_LEFT,
        [SPEAKER_TFC] = PA_CHANNEL_POSITION_TOP_FRONT_CENTER,
        [SPEAKER_TFR] = PA_CHANNEL_POSITION_TOP_FRONT_RIGHT,
        [SPEAKER_TBL] = PA_CHANNEL_POSITION_TOP_REAR_LEFT,
        [SPEAKER_TBC] = PA_CHANNEL_POSITION_TOP_REAR_CENTER,
        [SPEAKER_TBR] = PA_CHANNEL_POSITION_TOP_REAR_RIGHT,
        [SPEAKER_MONO] = PA_CHANNEL_POSITION_MONO,
    };
    pa_channel_map map = {.channels = format->channels};
    uint8_t positions[255];
    int aux = PA_CHANNEL_POSITION_AUX0;

    chanmap_positions(format->mask, format->channels, positions);
    for (int i = 0; i < format->channels; i++)
        map.map[i] =
            positions[i] < SPEAKER_NONE ? places[positions[i]] : (pa_channel_position_t)aux++;
    return map;
}

static pa_sample_format_t sample_format(const struct format *format)
{
    if (format->bits == 16)
        return PA_SAMPLE_S16LE;
    return format->bits == 24 ? PA_SAMPLE_S24LE : PA_SAMPLE_S32LE;
}

/* The server asks in quarters of the buffer, and starts as soon as it is filled. With a prebuf of
 * 0 it would, after an underrun, swallow sound until it has caught up with its own clock. */
static pa_buffer_attr buffer_attr(const pa_sample_spec *spec, uint32_t buffer_ms)
{
    uint64_t frame_bytes = pa_frame_size(spec);
    uint64_t frames = (uint64_t)spec->rate * buffer_ms / 1000;
    uint64_t most = INT32_MAX / frame_bytes;

    frames = frames < 8 ? 8 : frames > most ? most : frames;
    return (pa_buffer_attr){
        .maxlength = UINT32_MAX,
        .tlength = (uint32_t)(frames * frame_bytes),
        .prebuf = UINT32_MAX,
        .minreq = (uint32_t)(frames / 4 * frame_bytes),
        .fragsize = UINT32_MAX,
    };
}

struct play_stream *pulse_stream_open(struct play *play, const struct format *format,
                                      const char *title, play_pull_fn *pull, void *pull_context,
                                      struct failure *failure)
{
    struct pulse *pulse = (struct pulse *)play;
    const char *name = pulse->name ? pulse->name : title ? title : "Audio";
    pa_sample_spec spec = {sample_format(format), format_rate_hz(format->rate_code),
                           format->channels};
    pa_buffer_attr buffer;
    pa_channel_map map;
    struct play_stream *stream;
    bool settled = true;

    if (format->channels > PA_CHANNELS_MAX || spec.rate > PA_RATE_MAX) {
        failure_set(failure, EXIT_OUTPUT, "PulseAudio takes at most %u channels and %u Hz",
                    (unsigned)PA_CHANNELS_MAX, (unsigned)PA_RATE_MAX);
        return NULL;
    }
    buffer = buffer_attr(&spec, pulse->buffer_ms);
    map = map_channels(format);
    stream = calloc(1, sizeof *stream);
    if (!stream) {
        failure_set(failure, EXIT_OUTPUT, "out of memory");
        return NULL;
    }
    *stream = (struct play_stream){.pulse = pulse,
                                   .pull = pull,
                                   .pull_context = pull_context,
                                   .frame_bytes = pa_frame_size(&spec),
                                   .rate_hz = spec.rate};

    pa_threaded_mainloop_lock(pulse->loop);
    stream->stream = pa_stream_new(pulse->context, name, &spec, &map);
    if (!stream->stream)
        goto no_stream;
    pa_stream_set_state_callback(stream->stream, on_stream_state, stream);
    pa_stream_set_write_callback(stream->stream, on_write, stream);
    if (pa_stream_connect_playback(stream->stream, pulse->sink, &buffer,
                                   PA_STREAM_ADJUST_LATENCY | PA_STREAM_INTERPOLATE_TIMING |
                                       PA_STREAM_AUTO_TIMING_UPDATE,
                                   NULL, NULL) < 0)
        goto not_connected;
    settled = pulse_wait(pulse, stream_settled, stream, PULSE_ANSWER_MS, false);
    if (pa_stream_get_state(stream->stream) != PA_STREAM_READY)
        goto not_connected;
    pa_threaded_mainloop_unlock(pulse->loop);
    return stream;

not_connected:
    failure_set(failure, EXIT_OUTPUT, "PulseAudio opens no stream: %s",
                pulse_fault(pulse, settled));
    pulse->killed = false; /* refused, which is not killed */
    stream_free(stream);
    pa_threaded_mainloop_unlock(pulse->loop);
    return NULL;
no_stream:
    failure_set(failure, EXIT_OUTPUT, "PulseAudio opens no stream: %s", pulse_fault(pulse, true));
    pa_threaded_mainloop_unlock(pulse->loop);
    free(stream);
    return NULL;
}

uint64_t pulse_stream_latency_ns(struct play_stream *stream)
{
    pa_usec_t latency_us = 0;
    int negative = 0;
    bool known;

    pa_threaded_mainloop_lock(stream->pulse->loop);
    known = pa_stream_get_latency(stream->stream, &latency_us, &negative) == 0 && !negative;
    pa_threaded_mainloop_unlock(stream->pulse->loop);
    return known ? latency_us * 1000 : 0;
}

static void on_drained(pa_stream *stream, int success, void *context)
{
    struct play_stream *play = context;
    struct pulse *pulse = play->pulse;

    (void)stream, (void)success;
    pulse->draining = NULL;
    pa_operation_unref(play->drain);
    play->drain = NULL;
    stream_free(play);
    pa_threaded_mainloop_signal(pulse->loop, 0);
}

static bool drain_settled(const void *what)
{
    const struct pulse *pulse = what;

    return pulse->draining == NULL || pa_context_get_state(pulse->context) != PA_CONTEXT_READY;
}

bool pulse_stream_finish(struct pulse *pulse)
{
    pulse_wait(pulse, drain_settled, pulse, pulse->buffer_ms + PULSE_DRAIN_MS, false);
    if (!pulse->draining)
        return true;
    stream_free(pulse->draining);
    pulse->draining = NULL;
    return false;
}

/* The server plays out while the next stream may already begin; one at a time. */
void pulse_stream_close(struct play_stream *stream)
{
    struct pulse *pulse = stream->pulse;

    pa_threaded_mainloop_lock(pulse->loop);
    pa_stream_set_state_callback(stream->stream, NULL, NULL);
    pa_stream_set_write_callback(stream->stream, NULL, NULL);
    if (pulse->draining)
        pulse_stream_finish(pulse);
    stream->drain = pa_stream_drain(stream->stream, on_drained, stream);
    if (stream->drain)
        pulse->draining = stream;
    else
        stream_free(stream);
    pa_threaded_mainloop_unlock(pulse->loop);
}
