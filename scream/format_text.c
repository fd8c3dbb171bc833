#include "scream/format_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/chanmap.h"

#define MASK_PLAIN 0x3u

/* Reads digits up to `most` and moves behind them. */
static bool number(const char **at, unsigned base, uint32_t most, uint32_t *value)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t sum = 0;
    const char *start = *at;

    for (; **at; ++*at) {
        char c = **at >= 'A' && **at <= 'F' ? (char)(**at - 'A' + 'a') : **at;
        const char *digit = memchr(digits, c, base);
        if (!digit)
            break;
        sum = sum * base + (uint64_t)(digit - digits);
        if (sum > most)
            return false;
    }
    *value = (uint32_t)sum;
    return *at != start;
}

static bool slash(const char **at)
{
    if (**at != '/')
        return false;
    ++*at;
    return true;
}

bool format_text_parse(const char *text, struct format *format, struct failure *failure)
{
    const char *at = text;
    uint32_t rate_hz, bits, channels, mask;
    struct format said;

    if (!number(&at, 10, UINT32_MAX, &rate_hz) || !slash(&at) ||
        !number(&at, 10, UINT8_MAX, &bits) || !slash(&at) ||
        !number(&at, 10, UINT8_MAX, &channels)) {
        failure_set(failure, EXIT_USAGE,
                    "%s is no format: write RATE/BITS/CHANNELS[/MASK], as in 48000/16/2", text);
        return false;
    }
    if (!format_rate_code(rate_hz, &said.rate_code)) {
        failure_set(failure, EXIT_USAGE,
                    "%s: %" PRIu32 " Hz cannot be sent; it has to be a multiple of 44100 or 48000",
                    text, rate_hz);
        return false;
    }
    if (bits != 16 && bits != 24 && bits != 32) {
        failure_set(failure, EXIT_USAGE, "%s: bits have to be 16, 24 or 32", text);
        return false;
    }
    if (channels < 1 || channels > FORMAT_SEND_CHANNELS_MAX) {
        failure_set(failure, EXIT_USAGE, "%s: channels have to be 1 to %u", text,
                    FORMAT_SEND_CHANNELS_MAX);
        return false;
    }
    mask = channels <= 2 ? MASK_PLAIN : chanmap_default_mask((uint8_t)channels);
    if (*at) {
        bool good = slash(&at);
        bool hexadecimal = at[0] == '0' && (at[1] == 'x' || at[1] == 'X');

        if (hexadecimal)
            at += 2;
        if (!good || !number(&at, hexadecimal ? 16 : 10, UINT16_MAX, &mask) || *at) {
            failure_set(failure, EXIT_USAGE,
                        "%s: the channel mask has to be a number up to 0xffff, as in 0x3f", text);
            return false;
        }
    }
    said.bits = (uint8_t)bits;
    said.channels = (uint8_t)channels;
    said.mask = (uint16_t)mask;
    *format = said;
    return true;
}

__attribute__((format(printf, 4, 5))) static void append(char *text, size_t size, size_t *used,
                                                         const char *words, ...)
{
    va_list values;
    int length;

    if (*used >= size)
        return;
    va_start(values, words);
    length = vsnprintf(text + *used, size - *used, words, values);
    va_end(values);
    *used += length > 0 ? (size_t)length : 0;
}

void format_text_print(char *text, size_t size, const struct format *format)
{
    uint8_t positions[255];
    size_t used = 0;
    unsigned named = format->channels < SPEAKER_POSITIONS ? format->channels : SPEAKER_POSITIONS;

    chanmap_positions(format->mask, format->channels, positions);
    append(text, size, &used, "%" PRIu32 " Hz, %u bits, %u channel%s (",
           format_rate_hz(format->rate_code), format->bits, format->channels,
           format->channels == 1 ? "" : "s");
    for (unsigned channel = 0; channel < named; channel++)
        append(text, size, &used, "%s%s", channel ? " " : "", chanmap_name(positions[channel]));
    append(text, size, &used, "%s)", named < format->channels ? " ..." : "");
}
