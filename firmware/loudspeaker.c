#include "firmware/loudspeaker.h"

#include "core/bytes.h"
#include "core/chanmap.h"
#include "core/wire.h"

#define GAIN_BITS 15
#define FULL 32768u
#define MINUS_3_DB 23170u
#define MINUS_6_DB 16384u

/* How loud each position is left and right, about as in ITU-R BS.775: without LFE, sides and backs
 * at -3 dB. The sum can pass full scale, and is then clipped. */
static const uint16_t position_gains[][2] = {
    [SPEAKER_FL] = {FULL, 0},
    [SPEAKER_FR] = {0, FULL},
    [SPEAKER_FC] = {MINUS_3_DB, MINUS_3_DB},
    [SPEAKER_LFE] = {0, 0},
    [SPEAKER_BL] = {MINUS_3_DB, 0},
    [SPEAKER_BR] = {0, MINUS_3_DB},
    [SPEAKER_FLC] = {MINUS_3_DB, 0},
    [SPEAKER_FRC] = {0, MINUS_3_DB},
    [SPEAKER_BC] = {MINUS_6_DB, MINUS_6_DB},
    [SPEAKER_SL] = {MINUS_3_DB, 0},
    [SPEAKER_SR] = {0, MINUS_3_DB},
    [SPEAKER_TC] = {MINUS_6_DB, MINUS_6_DB},
    [SPEAKER_TFL] = {MINUS_3_DB, 0},
    [SPEAKER_TFC] = {MINUS_6_DB, MINUS_6_DB},
    [SPEAKER_TFR] = {0, MINUS_3_DB},
    [SPEAKER_TBL] = {MINUS_3_DB, 0},
    [SPEAKER_TBC] = {MINUS_6_DB, MINUS_6_DB},
    [SPEAKER_TBR] = {0, MINUS_3_DB},
    [SPEAKER_MONO] = {FULL, FULL},
    [SPEAKER_NONE] = {0, 0},
};

bool loudspeaker_init(struct loudspeaker *speaker, int32_t *memory, uint32_t ring_frames)
{
    bytes_zero((uint8_t *)speaker, sizeof *speaker);
    speaker->ring_frames = ring_frames;
    return ring_frames >= 8 && ring_frames <= UINT32_MAX / LOUDSPEAKER_FRAME_BYTES &&
           spsc_init(&speaker->ring, (uint8_t *)memory, ring_frames * LOUDSPEAKER_FRAME_BYTES);
}

void loudspeaker_set_rate(struct loudspeaker *speaker, uint32_t rate_hz)
{
    speaker->rate_hz = rate_hz;
    speaker->sounding = false;
    (void)spsc_init(&speaker->ring, speaker->ring.memory, speaker->ring.size);
}

static void set_gains(struct loudspeaker *speaker, const struct format *format)
{
    uint8_t positions[255];
    uint32_t audible = 0;

    chanmap_positions(format->mask, format->channels, positions);
    for (uint32_t i = 0; i < format->channels; i++) {
        /* One channel is meant to be heard, wherever it says it stands. */
        uint32_t position = format->channels == 1 ? (uint32_t)SPEAKER_MONO : positions[i];

        speaker->gain[0][i] = position_gains[position][0];
        speaker->gain[1][i] = position_gains[position][1];
        audible |= speaker->gain[0][i] | (uint32_t)speaker->gain[1][i];
    }
    if (audible == 0) { /* no positions at all: better the first two than nothing */
        speaker->gain[0][0] = FULL;
        speaker->gain[1][1] = FULL;
    }
}

static int32_t clip(int64_t sum)
{
    sum >>= GAIN_BITS;
    return sum > INT32_MAX ? INT32_MAX : sum < INT32_MIN ? INT32_MIN : (int32_t)sum;
}

static void mix(const struct loudspeaker *speaker, const uint8_t *pcm, uint32_t frames,
                int32_t *out)
{
    uint32_t sample_bytes = format_sample_bytes(&speaker->format);
    uint32_t shift = 32u - speaker->format.bits;

    for (; frames > 0; frames--, out += 2) {
        int64_t left = 0, right = 0;

        for (uint32_t i = 0; i < speaker->format.channels; i++, pcm += sample_bytes) {
            int32_t sample = (int32_t)((uint32_t)bytes_get_sample(pcm, sample_bytes) << shift);

            left += (int64_t)sample * speaker->gain[0][i];
            right += (int64_t)sample * speaker->gain[1][i];
        }
        out[0] = clip(left);
        out[1] = clip(right);
    }
}

static void put_frames(struct loudspeaker *speaker, const uint8_t *pcm, uint32_t frames)
{
    uint32_t frame_bytes = format_frame_bytes(&speaker->format);

    while (frames > 0) {
        uint8_t *span;
        uint32_t count = spsc_reserve(&speaker->ring, &span) / LOUDSPEAKER_FRAME_BYTES;

        if (count == 0) {
            speaker->overrun_frames += frames;
            return;
        }
        if (count > frames)
            count = frames;
        mix(speaker, pcm, count, (int32_t *)(void *)span);
        spsc_commit(&speaker->ring, count * LOUDSPEAKER_FRAME_BYTES);
        pcm += count * frame_bytes;
        frames -= count;
    }
}

/* Some senders split a frame between two datagrams. */
static void put_pcm(struct loudspeaker *speaker, const uint8_t *pcm, uint32_t bytes)
{
    uint32_t frame_bytes = format_frame_bytes(&speaker->format);

    /* Those send no whole frames ever, so this one begins anew: something was lost. */
    if (bytes % frame_bytes == 0)
        speaker->partial_bytes = 0;
    if (speaker->partial_bytes > 0) {
        uint32_t part = frame_bytes - speaker->partial_bytes;

        if (part > bytes)
            part = bytes;
        bytes_copy(speaker->partial + speaker->partial_bytes, pcm, part);
        speaker->partial_bytes += part;
        pcm += part;
        bytes -= part;
        if (speaker->partial_bytes < frame_bytes)
            return;
        put_frames(speaker, speaker->partial, 1);
    }
    put_frames(speaker, pcm, bytes / frame_bytes);
    speaker->partial_bytes = bytes % frame_bytes;
    bytes_copy(speaker->partial, pcm + (bytes - speaker->partial_bytes), speaker->partial_bytes);
}

enum loudspeaker_verdict loudspeaker_datagram(struct loudspeaker *speaker, const uint8_t *datagram,
                                              size_t length, uint32_t address, uint16_t port,
                                              uint32_t now_ms, uint32_t *rate_hz)
{
    bool same = address == speaker->address && port == speaker->port;
    bool pause = !speaker->heard || now_ms - speaker->heard_ms >= LOUDSPEAKER_HOLD_MS;
    struct format format;

    if (wire_parse(datagram, length, &format) != WIRE_OK) {
        speaker->malformed++;
        return LOUDSPEAKER_MALFORMED;
    }
    if (!same && !pause) {
        speaker->other_sender++;
        return LOUDSPEAKER_OTHER_SENDER;
    }
    if (format_rate_hz(format.rate_code) != speaker->rate_hz) {
        *rate_hz = format_rate_hz(format.rate_code);
        return LOUDSPEAKER_NEW_RATE;
    }

    if (pause || !same)
        speaker->partial_bytes = 0;
    if (!format_equal(&format, &speaker->format)) {
        speaker->format = format;
        speaker->partial_bytes = 0;
        set_gains(speaker, &format);
    }
    speaker->address = address;
    speaker->port = port;
    speaker->heard = true;
    speaker->heard_ms = now_ms;
    speaker->taken++;
    put_pcm(speaker, datagram + WIRE_HEADER_BYTES, (uint32_t)length - WIRE_HEADER_BYTES);
    return LOUDSPEAKER_TAKEN;
}

void loudspeaker_fill(struct loudspeaker *speaker, int32_t *half, uint32_t frames)
{
    uint32_t waiting = spsc_fill(&speaker->ring) / LOUDSPEAKER_FRAME_BYTES;
    uint32_t count = frames, left;

    if (!speaker->sounding && waiting >= speaker->ring_frames / 2)
        speaker->sounding = true;
    if (!speaker->sounding) {
        count = 0;
    } else if (waiting < frames) {
        speaker->sounding = false;
        speaker->underruns++;
        count = waiting;
    } else {
        /* The sender's clock and ours differ: one frame now and then is not heard. */
        left = waiting - frames;
        if (left < speaker->ring_frames / 8) {
            count = frames - 1;
            speaker->repeated_frames++;
        } else if (left > speaker->ring_frames / 4 * 3) {
            spsc_consume(&speaker->ring, LOUDSPEAKER_FRAME_BYTES);
            speaker->skipped_frames++;
        }
    }

    spsc_read(&speaker->ring, (uint8_t *)half, count * LOUDSPEAKER_FRAME_BYTES);
    for (uint32_t i = count; i < frames; i++) {
        bool repeat = speaker->sounding && i > 0;

        half[2 * i] = repeat ? half[2 * i - 2] : 0;
        half[2 * i + 1] = repeat ? half[2 * i - 1] : 0;
    }
}
