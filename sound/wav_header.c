#include "sound/wav_header.h"

#include <string.h>

#include "core/bytes.h"
#include "core/chanmap.h"

#define MASK_PLAIN 0x3u /* what a plain header means for one and two channels */
#define MASK_CENTRE 0x4u
#define SIZE_UNKNOWN UINT32_MAX

#define RIFF_BYTES 12u     /* id, size, WAVE */
#define CHUNK_BYTES 8u     /* id, size */
#define DS64_BYTES 28u     /* sizes of file and data, frames, and an empty table */
#define FMT_WAVEFORMAT 14u /* WAVEFORMAT has no bits */
#define FMT_PCM 16u        /* PCMWAVEFORMAT */
#define FMT_EXTENSIBLE 40u /* WAVEFORMATEXTENSIBLE */

_Static_assert(WAV_HEADER_BYTES == RIFF_BYTES + CHUNK_BYTES + DS64_BYTES + CHUNK_BYTES +
                                       FMT_EXTENSIBLE + CHUNK_BYTES,
               "the longest header sets the size");
_Static_assert(FMT_EXTENSIBLE >= FMT_PCM + CHUNK_BYTES, "padding needs a chunk of its own");

/* The rest of the GUID that an encoding's tag is put in front of: KSDATAFORMAT_SUBTYPE_PCM and its
 * kin. */
static const uint8_t subformat_tail[14] = {0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80,
                                           0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71};

static bool skip(wav_read_fn *read, void *context, uint64_t bytes)
{
    uint8_t waste[4096];

    while (bytes > 0) {
        size_t part = bytes < sizeof waste ? (size_t)bytes : sizeof waste;
        if (read(context, waste, part) != part)
            return false;
        bytes -= part;
    }
    return true;
}

/* Reads up to `room` bytes of a chunk's body and passes over the rest and the padding. Returns how
 * many bytes are in `body`, or false in `*whole` when the input ended. */
static uint32_t read_body(wav_read_fn *read, void *context, uint32_t size, uint8_t *body,
                          uint32_t room, bool *whole)
{
    uint32_t kept = size < room ? size : room;

    *whole = read(context, body, kept) == kept &&
             skip(read, context, (uint64_t)(size - kept) + size % 2);
    return kept;
}

/* Bytes of a sample's container, 0 when the format contradicts itself. A frame's size says more
 * than the bits: 24 of them may stand in 3 bytes or in 4. */
static uint32_t container_bytes(uint32_t frame_bytes, uint32_t channels, uint32_t bits)
{
    uint32_t bytes;

    if (channels == 0 || frame_bytes == 0 || frame_bytes % channels != 0)
        return 0;
    bytes = frame_bytes / channels;
    return bits > 0 && bits <= bytes * 8 ? bytes : 0;
}

static uint32_t ordinary_mask(uint8_t channels)
{
    return channels <= 2 ? MASK_PLAIN : chanmap_default_mask(channels);
}

static enum wav_fault parse_format(const uint8_t *fmt, uint32_t size, struct wav_header *header)
{
    uint32_t frame_bytes, bits, bytes, mask = 0;
    bool extensible;

    if (size < FMT_WAVEFORMAT)
        return WAV_BROKEN_FORMAT;
    header->tag = bytes_get_u16(fmt);
    header->channels = bytes_get_u16(fmt + 2);
    header->rate_hz = bytes_get_u32(fmt + 4);
    frame_bytes = bytes_get_u16(fmt + 12);
    extensible = header->tag == WAV_TAG_EXTENSIBLE;
    if (extensible) {
        if (size < FMT_EXTENSIBLE)
            return WAV_BROKEN_FORMAT;
        mask = bytes_get_u32(fmt + 20);
        if (memcmp(fmt + 26, subformat_tail, sizeof subformat_tail) == 0)
            header->tag = bytes_get_u16(fmt + 24);
    }
    if (header->tag != WAV_TAG_PCM && header->tag != WAV_TAG_FLOAT)
        return WAV_COMPRESSED;

    if (size >= FMT_PCM)
        bits = bytes_get_u16(fmt + 14);
    else
        bits = header->channels ? frame_bytes / header->channels * 8 : 0;
    bytes = container_bytes(frame_bytes, header->channels, bits);
    if (bytes == 0)
        return WAV_BROKEN_FORMAT;
    header->bits = (uint16_t)(bytes * 8);
    header->is_float = header->tag == WAV_TAG_FLOAT;
    if (header->is_float ? bits != 32 || bytes != 4 : bytes < 2 || bytes > 4)
        return WAV_BAD_BITS;
    if (header->channels > FORMAT_SEND_CHANNELS_MAX)
        return WAV_BAD_CHANNELS;
    if (!format_rate_code(header->rate_hz, &header->format.rate_code))
        return WAV_BAD_RATE;
    header->format.bits = (uint8_t)header->bits;
    header->format.channels = (uint8_t)header->channels;
    header->format.mask = (uint16_t)(extensible ? mask : ordinary_mask((uint8_t)header->channels));
    return WAV_OK;
}

/* Whether a size of data is one that programs write into a pipe, not knowing it: 0, all ones, or a
 * little below 2 or 4 GiB (sox: 0x7ffff000 rounded down to a frame, arecord: 0x80000000). */
static bool is_placeholder(uint32_t size)
{
    return size == 0 || (size >= 0x7fff0000u && size <= 0x80000000u) || size >= 0xffff0000u;
}

enum wav_fault wav_header_read(wav_read_fn *read, void *context, struct wav_header *header)
{
    uint8_t riff[RIFF_BYTES], chunk[CHUNK_BYTES], body[FMT_EXTENSIBLE];
    uint64_t long_data_bytes = WAV_DATA_UNKNOWN;
    bool is_long, have_format = false, whole;

    memset(header, 0, sizeof *header);
    if (read(context, riff, sizeof riff) != sizeof riff)
        return WAV_NOT_WAV;
    is_long = memcmp(riff, "RF64", 4) == 0 || memcmp(riff, "BW64", 4) == 0;
    if ((!is_long && memcmp(riff, "RIFF", 4) != 0) || memcmp(riff + 8, "WAVE", 4) != 0)
        return WAV_NOT_WAV;

    while (read(context, chunk, sizeof chunk) == sizeof chunk) {
        uint32_t size = bytes_get_u32(chunk + 4);

        if (memcmp(chunk, "data", 4) == 0) {
            if (!have_format)
                return WAV_NO_FORMAT;
            header->said_bytes = size;
            if (is_long && size == SIZE_UNKNOWN)
                header->data_bytes = long_data_bytes;
            else
                header->data_bytes = is_placeholder(size) ? WAV_DATA_UNKNOWN : size;
            return WAV_OK;
        }
        if (memcmp(chunk, "fmt ", 4) == 0) {
            uint32_t kept = read_body(read, context, size, body, sizeof body, &whole);
            enum wav_fault fault = whole ? parse_format(body, kept, header) : WAV_CUT_SHORT;

            if (fault != WAV_OK)
                return fault;
            have_format = true;
        } else if (is_long && memcmp(chunk, "ds64", 4) == 0) {
            uint32_t kept = read_body(read, context, size, body, DS64_BYTES, &whole);

            if (!whole)
                return WAV_CUT_SHORT;
            if (kept == DS64_BYTES && bytes_get_u64(body + 8) != 0)
                long_data_bytes = bytes_get_u64(body + 8);
        } else if (!skip(read, context, (uint64_t)size + size % 2)) {
            return WAV_CUT_SHORT;
        }
    }
    return WAV_CUT_SHORT;
}

/* Returns where the chunk's body starts. */
static uint8_t *put_chunk(uint8_t *at, const char id[5], uint32_t size)
{
    memcpy(at, id, 4);
    bytes_put_u32(at + 4, size);
    return at + CHUNK_BYTES;
}

/* Whether a plain header means the same. */
static bool is_plain(const struct format *format)
{
    if (format->bits != 16 || format->channels > 2)
        return false;
    return format->mask == 0 || format->mask == MASK_PLAIN ||
           (format->channels == 1 && format->mask == MASK_CENTRE);
}

static uint8_t *put_format(uint8_t *at, const struct format *format)
{
    bool plain = is_plain(format);
    uint32_t rate_hz = format_rate_hz(format->rate_code);
    uint32_t frame_bytes = format_frame_bytes(format);
    uint16_t mask = format->mask;

    at = put_chunk(at, "fmt ", plain ? FMT_PCM : FMT_EXTENSIBLE);
    bytes_put_u16(at, plain ? WAV_TAG_PCM : WAV_TAG_EXTENSIBLE);
    bytes_put_u16(at + 2, format->channels);
    bytes_put_u32(at + 4, rate_hz);
    bytes_put_u32(at + 8, (uint32_t)((uint64_t)rate_hz * frame_bytes));
    bytes_put_u16(at + 12, (uint16_t)frame_bytes);
    bytes_put_u16(at + 14, format->bits);
    if (plain)
        return put_chunk(at + FMT_PCM, "JUNK", FMT_EXTENSIBLE - FMT_PCM - CHUNK_BYTES) +
               (FMT_EXTENSIBLE - FMT_PCM - CHUNK_BYTES);
    /* A lone channel called FL would be played on the left only. */
    if (format->channels == 1 && (mask == 0 || mask == MASK_PLAIN))
        mask = MASK_CENTRE;
    bytes_put_u16(at + 16, FMT_EXTENSIBLE - FMT_PCM - 2);
    bytes_put_u16(at + 18, format->bits);
    bytes_put_u32(at + 20, mask);
    bytes_put_u16(at + 24, WAV_TAG_PCM);
    memcpy(at + 26, subformat_tail, sizeof subformat_tail);
    return at + FMT_EXTENSIBLE;
}

void wav_header_write(uint8_t out[WAV_HEADER_BYTES], const struct format *format,
                      uint64_t data_bytes)
{
    bool known = data_bytes != WAV_DATA_UNKNOWN;
    uint64_t riff_bytes = WAV_HEADER_BYTES - CHUNK_BYTES + data_bytes + data_bytes % 2;
    bool is_long = known && riff_bytes >= SIZE_UNKNOWN;
    uint8_t *at = out;

    memset(out, 0, WAV_HEADER_BYTES);
    at = put_chunk(at, is_long ? "RF64" : "RIFF",
                   known && !is_long ? (uint32_t)riff_bytes : SIZE_UNKNOWN);
    memcpy(at, "WAVE", 4);
    at = put_chunk(at + 4, is_long ? "ds64" : "JUNK", DS64_BYTES);
    if (is_long) {
        bytes_put_u64(at, riff_bytes);
        bytes_put_u64(at + 8, data_bytes);
        bytes_put_u64(at + 16, data_bytes / format_frame_bytes(format));
    }
    at = put_format(at + DS64_BYTES, format);
    put_chunk(at, "data", known && !is_long ? (uint32_t)data_bytes : SIZE_UNKNOWN);
}
