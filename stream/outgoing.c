#include "stream/outgoing.h"

#include "core/wire.h"
#include "dsp/pcm.h"

void outgoing_start(struct outgoing *outgoing, const struct format *format,
                    uint32_t silence_samples, outgoing_send_fn *send, void *context)
{
    *outgoing = (struct outgoing){
        .frame_bytes = format_frame_bytes(format),
        .send = send,
        .context = context,
    };
    silence_start(&outgoing->gate, format, silence_samples);
    packetizer_start(&outgoing->packetizer, format);
}

static bool send_datagram(struct outgoing *outgoing, uint32_t length)
{
    if (length == 0)
        return true;
    outgoing->datagrams++;
    return outgoing->send(outgoing->context, outgoing->packetizer.datagram, length);
}

static bool packetize(struct outgoing *outgoing, const uint8_t *pcm, size_t bytes)
{
    while (bytes > 0) {
        size_t taken = packetizer_feed(&outgoing->packetizer, pcm, bytes);

        if (!send_datagram(outgoing, packetizer_ready(&outgoing->packetizer)))
            return false;
        pcm += taken;
        bytes -= taken;
    }
    return true;
}

bool outgoing_push(struct outgoing *outgoing, const uint8_t *pcm, size_t frames)
{
    while (frames > 0) {
        bool pass;
        size_t run = silence_scan(&outgoing->gate, pcm, frames, &pass);
        size_t bytes = run * outgoing->frame_bytes;

        outgoing->frames += run;
        if (!pass)
            outgoing->suppressed += run;
        else if (!packetize(outgoing, pcm, bytes))
            return false;
        pcm += bytes;
        frames -= run;
    }
    return true;
}

bool outgoing_push_float(struct outgoing *outgoing, const uint8_t *pcm, size_t frames)
{
    uint8_t converted[WIRE_PCM_BYTES];
    size_t room = sizeof converted / outgoing->frame_bytes;

    while (frames > 0) {
        size_t part = frames < room ? frames : room;
        size_t bytes = part * outgoing->frame_bytes;

        outgoing->clipped += pcm_from_float(converted, pcm, bytes / sizeof(float));
        if (!outgoing_push(outgoing, converted, part))
            return false;
        pcm += bytes;
        frames -= part;
    }
    return true;
}

bool outgoing_flush(struct outgoing *outgoing)
{
    return send_datagram(outgoing, packetizer_flush(&outgoing->packetizer));
}
