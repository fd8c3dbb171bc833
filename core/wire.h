/* One datagram: 5 header bytes and interleaved little-endian PCM. The only parser of them. */
#ifndef CORE_WIRE_H
#define CORE_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "core/format.h"

#define WIRE_HEADER_BYTES 5u
#define WIRE_PCM_BYTES 1152u /* PCM in a full datagram of the original sender */
#define WIRE_DATAGRAM_BYTES (WIRE_HEADER_BYTES + WIRE_PCM_BYTES)
#define WIRE_DATAGRAM_MAX 1472u /* what fits an Ethernet frame whole; no sender sends more */

#define WIRE_DEFAULT_GROUP "239.255.77.77"
#define WIRE_DEFAULT_PORT 4010u

enum wire_fault {
    WIRE_OK,
    WIRE_SHORT,        /* no room for the header */
    WIRE_EMPTY,        /* a header and no PCM */
    WIRE_LONG,         /* over WIRE_DATAGRAM_MAX */
    WIRE_BAD_RATE,     /* multiplier 0 */
    WIRE_BAD_BITS,     /* neither 16, 24 nor 32 */
    WIRE_BAD_CHANNELS, /* none */
    WIRE_FAULTS        /* how many kinds there are */
};

/* Reads a datagram. On WIRE_OK `*format` is legal, and the PCM is the `length` minus
 * WIRE_HEADER_BYTES bytes after the header, not necessarily whole frames. On any fault `*format`
 * is left alone. */
enum wire_fault wire_parse(const uint8_t *datagram, size_t length, struct format *format);

/* ScreamRouter's per-process senders (port 16402) put a tag before the header: the program's name,
 * shorter ones ended by a NUL. */
#define WIRE_TAG_BYTES 30u

/* Reads a datagram with a tag before its header: as wire_parse() from WIRE_TAG_BYTES on, but that
 * WIRE_DATAGRAM_MAX bounds the whole. On WIRE_OK `tag` is the text, where anything but printable
 * ASCII has become '?'; on any fault it is left alone. */
enum wire_fault wire_parse_tagged(const uint8_t *datagram, size_t length,
                                  char tag[WIRE_TAG_BYTES + 1], struct format *format);

/* A few words for each fault, for people: "too short for a header". */
const char *wire_fault_name(enum wire_fault fault);

void wire_write_header(uint8_t header[WIRE_HEADER_BYTES], const struct format *format);

/* The most PCM bytes that one of our datagrams carries: WIRE_PCM_BYTES where that is a whole
 * number of frames, else the largest whole number of frames that fits. A frame over
 * WIRE_PCM_BYTES does not exist (FORMAT_FRAME_BYTES_MAX). */
uint32_t wire_payload_bytes(const struct format *format);

#endif
