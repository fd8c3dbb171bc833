/* The format of a stream: rate, width, channels and speaker mask, as the wire says them. */
#ifndef CORE_FORMAT_H
#define CORE_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

/* The largest frame that a header can describe: 255 channels of 32 bits. */
#define FORMAT_FRAME_BYTES_MAX (255u * 4u)

/* What Windows' sound cards and our own senders offer; a header may say up to 255. */
#define FORMAT_SEND_CHANNELS_MAX 8u

struct format {
    uint8_t rate_code; /* bit 7: base rate, 0 = 48000 Hz, 1 = 44100 Hz; bits 0-6: multiplier */
    uint8_t bits;      /* per sample: 16, 24 (packed in 3 bytes) or 32 */
    uint8_t channels;  /* 1 to 255 */
    uint16_t mask;     /* low 16 bits of WAVEFORMATEXTENSIBLE.dwChannelMask */
};

enum format_fault {
    FORMAT_OK,
    FORMAT_BAD_RATE,     /* multiplier 0 */
    FORMAT_BAD_BITS,     /* neither 16, 24 nor 32 */
    FORMAT_BAD_CHANNELS, /* none */
};

/* Says whether a format can be played at all, and if not, what is wrong with it first. */
enum format_fault format_check(const struct format *format);

static inline bool format_equal(const struct format *a, const struct format *b)
{
    return a->rate_code == b->rate_code && a->bits == b->bits && a->channels == b->channels &&
           a->mask == b->mask;
}

/* Sampling rate in Hz of a rate code; 0 for multiplier 0. */
uint32_t format_rate_hz(uint8_t rate_code);

/* The rate code of a sampling rate in Hz. False when the wire has none: not a multiple, 1 to 127,
 * of 44100 or 48000. */
bool format_rate_code(uint32_t rate_hz, uint8_t *rate_code);

/* Bytes of one sample of one channel: 2, 3 or 4 for a legal format. */
static inline uint32_t format_sample_bytes(const struct format *format)
{
    return format->bits / 8u;
}

/* Bytes of one frame, which is one sample of every channel; never 0 for a legal format. */
static inline uint32_t format_frame_bytes(const struct format *format)
{
    return format_sample_bytes(format) * format->channels;
}

#endif
