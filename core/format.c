#include "core/format.h"

#define BASE_44K1 0x80u
#define MULTIPLIER 0x7fu

enum format_fault format_check(const struct format *format)
{
    if ((format->rate_code & MULTIPLIER) == 0)
        return FORMAT_BAD_RATE;
    if (format->bits != 16 && format->bits != 24 && format->bits != 32)
        return FORMAT_BAD_BITS;
    if (format->channels == 0)
        return FORMAT_BAD_CHANNELS;
    return FORMAT_OK;
}

uint32_t format_rate_hz(uint8_t rate_code)
{
    uint32_t base_hz = rate_code & BASE_44K1 ? 44100 : 48000;

    return base_hz * (rate_code & MULTIPLIER);
}

bool format_rate_code(uint32_t rate_hz, uint8_t *rate_code)
{
    static const struct {
        uint32_t hz;
        uint32_t flag;
    } bases[] = {{48000, 0}, {44100, BASE_44K1}};

    for (unsigned i = 0; i < sizeof bases / sizeof *bases; i++) {
        uint32_t multiplier = rate_hz / bases[i].hz;
        if (rate_hz % bases[i].hz == 0 && multiplier >= 1 && multiplier <= MULTIPLIER) {
            *rate_code = (uint8_t)(bases[i].flag | multiplier);
            return true;
        }
    }
    return false;
}
