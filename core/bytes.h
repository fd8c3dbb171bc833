/* Little-endian loads and stores that work at any alignment on any machine. */
#ifndef CORE_BYTES_H
#define CORE_BYTES_H

#include <stddef.h>
#include <stdint.h>

static inline uint16_t bytes_get_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | (uint16_t)(at[1] << 8));
}

static inline uint32_t bytes_get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint64_t bytes_get_u64(const uint8_t *at)
{
    return (uint64_t)bytes_get_u32(at) | (uint64_t)bytes_get_u32(at + 4) << 32;
}

static inline void bytes_put_u16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static inline void bytes_put_u32(uint8_t *at, uint32_t value)
{
    bytes_put_u16(at, (uint16_t)value);
    bytes_put_u16(at + 2, (uint16_t)(value >> 16));
}

static inline void bytes_put_u64(uint8_t *at, uint64_t value)
{
    bytes_put_u32(at, (uint32_t)value);
    bytes_put_u32(at + 4, (uint32_t)(value >> 32));
}

/* Signed little-endian sample of 16, 24 or 32 bits, as its own value (not scaled).
 * `bytes` is 2, 3 or 4. */
static inline int32_t bytes_get_sample(const uint8_t *at, uint32_t bytes)
{
    if (bytes == 2)
        return (int16_t)bytes_get_u16(at);
    if (bytes == 3)
        return (int32_t)((uint32_t)at[0] << 8 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 24) >> 8;
    return (int32_t)bytes_get_u32(at);
}

/* Copies without memcpy, which a freestanding target may lack; compilers that have it use it. */
static inline void bytes_copy(uint8_t *restrict to, const uint8_t *restrict from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = from[i];
}

static inline void bytes_zero(uint8_t *to, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = 0;
}

#endif
