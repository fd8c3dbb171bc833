/* Formats as people write and read them. */
#ifndef SCREAM_FORMAT_TEXT_H
#define SCREAM_FORMAT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/format.h"
#include "platform/failure.h"

#define FORMAT_TEXT_BYTES 160u

/* Reads RATE/BITS/CHANNELS[/MASK], as in 48000/16/2 or 96000/24/6/0x3f. The mask is hexadecimal
 * after 0x, else decimal; without it, it is what a plain WAV file means: 0x0003 for one or two
 * channels, for more their default. At most FORMAT_SEND_CHANNELS_MAX channels. False and `failure`
 * (EXIT_USAGE) on error. */
bool format_text_parse(const char *text, struct format *format, struct failure *failure);

/* Writes a legal format as "48000 Hz, 16 bits, 2 channels (FL FR)", cut where it does not fit.
 * FORMAT_TEXT_BYTES are enough for any. */
void format_text_print(char *text, size_t size, const struct format *format);

#endif
