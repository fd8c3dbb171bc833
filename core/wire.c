#include "core/wire.h"

#include "core/bytes.h"

_Static_assert(FORMAT_FRAME_BYTES_MAX <= WIRE_PCM_BYTES, "a datagram holds at least one frame");

enum wire_fault wire_parse(const uint8_t *datagram, size_t length, struct format *format)
{
    struct format said;

    if (length < WIRE_HEADER_BYTES)
        return WIRE_SHORT;
    if (length > WIRE_DATAGRAM_MAX)
        return WIRE_LONG;
    said.rate_code = datagram[0];
    said.bits = datagram[1];
    said.channels = datagram[2];
    said.mask = bytes_get_u16(datagram + 3);
    switch (format_check(&said)) {
    case FORMAT_BAD_RATE:
        return WIRE_BAD_RATE;
    case FORMAT_BAD_BITS:
        return WIRE_BAD_BITS;
    case FORMAT_BAD_CHANNELS:
        return WIRE_BAD_CHANNELS;
    case FORMAT_OK:
        break;
    }
    if (length == WIRE_HEADER_BYTES)
        return WIRE_EMPTY;
    *format = said;
    return WIRE_OK;
}

enum wire_fault wire_parse_tagged(const uint8_t *datagram, size_t length,
                                  char tag[WIRE_TAG_BYTES + 1], struct format *format)
{
    enum wire_fault fault;
    uint32_t i;

    if (length < WIRE_TAG_BYTES)
        return WIRE_SHORT;
    if (length > WIRE_DATAGRAM_MAX)
        return WIRE_LONG;
    fault = wire_parse(datagram + WIRE_TAG_BYTES, length - WIRE_TAG_BYTES, format);
    if (fault != WIRE_OK)
        return fault;
    for (i = 0; i < WIRE_TAG_BYTES && datagram[i] != 0; i++)
        tag[i] = datagram[i] >= ' ' && datagram[i] <= '~' ? (char)datagram[i] : '?';
    tag[i] = '\0';
    return WIRE_OK;
}

const char *wire_fault_name(enum wire_fault fault)
{
    static const char *const names[WIRE_FAULTS] = {
        [WIRE_OK] = "good",
        [WIRE_SHORT] = "too short for a header",
        [WIRE_EMPTY] = "header without sound",
        [WIRE_LONG] = "too long",
        [WIRE_BAD_RATE] = "no sampling rate",
        [WIRE_BAD_BITS] = "bits neither 16, 24 nor 32",
        [WIRE_BAD_CHANNELS] = "no channels",
    };

    return (unsigned)fault < WIRE_FAULTS ? names[fault] : "unknown";
}

void wire_write_header(uint8_t header[WIRE_HEADER_BYTES], const struct format *format)
{
    header[0] = format->rate_code;
    header[1] = format->bits;
    header[2] = format->channels;
    bytes_put_u16(header + 3, format->mask);
}

uint32_t wire_payload_bytes(const struct format *format)
{
    return WIRE_PCM_BYTES - WIRE_PCM_BYTES % format_frame_bytes(format);
}
