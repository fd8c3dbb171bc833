#include "core/ipv4.h"

bool ipv4_parse(const char *text, size_t length, uint32_t *address)
{
    uint32_t result = 0, part = 0;
    uint32_t digits = 0, dots = 0;
    size_t i;

    for (i = 0; i < length && text[i] != '\0'; i++) {
        if (text[i] == '.') {
            if (digits == 0 || ++dots > 3)
                return false;
            result = result << 8 | part;
            part = 0;
            digits = 0;
            continue;
        }
        if (text[i] < '0' || text[i] > '9' || (digits > 0 && part == 0))
            return false;
        part = part * 10 + (uint32_t)(text[i] - '0');
        digits++;
        if (part > 255)
            return false;
    }
    if (dots != 3 || digits == 0)
        return false;
    *address = result << 8 | part;
    return true;
}

bool ipv4_parse_wide(const uint16_t *text, size_t length, uint32_t *address)
{
    char narrow[IPV4_TEXT_BYTES];
    size_t count;

    for (count = 0; count < length && text[count] != 0; count++) {
        if (count == sizeof narrow || text[count] > 0x7f)
            return false;
        narrow[count] = (char)text[count];
    }
    return ipv4_parse(narrow, count, address);
}

size_t ipv4_format(uint32_t address, char text[IPV4_TEXT_BYTES])
{
    size_t at = 0;

    for (int shift = 24; shift >= 0; shift -= 8) {
        uint32_t part = address >> shift & 0xff;

        if (part >= 100)
            text[at++] = (char)('0' + part / 100);
        if (part >= 10)
            text[at++] = (char)('0' + part / 10 % 10);
        text[at++] = (char)('0' + part % 10);
        text[at++] = shift > 0 ? '.' : '\0';
    }
    return at - 1;
}
