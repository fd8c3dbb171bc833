/* IPv4 addresses as text. An address is a number in host byte order: 127.0.0.1 is 0x7f000001. */
#ifndef CORE_IPV4_H
#define CORE_IPV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IPV4_TEXT_BYTES 16u /* "255.255.255.255" and its end */

/* Reads exactly four decimal parts of 0 to 255, without leading zeros or anything around them.
 * The text ends after `length` characters or at a NUL before. False leaves `*address` alone. */
bool ipv4_parse(const char *text, size_t length, uint32_t *address);

/* The same for Windows' 16-bit characters. */
bool ipv4_parse_wide(const uint16_t *text, size_t length, uint32_t *address);

/* Writes the text with a NUL; returns its length without. */
size_t ipv4_format(uint32_t address, char text[IPV4_TEXT_BYTES]);

static inline bool ipv4_is_multicast(uint32_t address)
{
    return address >> 28 == 0xe;
}

#endif
