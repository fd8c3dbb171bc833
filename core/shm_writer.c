#include "core/shm_writer.h"

#include "core/atomic.h"
#include "core/bytes.h"

#define AT(field) offsetof(struct shm_header, field)

/* Stores that reach the other side in one piece, little endian. */
typedef uint16_t __attribute__((may_alias)) shared_u16;
typedef uint32_t __attribute__((may_alias)) shared_u32;

static void store_u16(uint8_t *at, uint16_t value)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap16(value);
#endif
    __atomic_store_n((shared_u16 *)(void *)at, value, __ATOMIC_RELEASE);
}

static void store_u32(uint8_t *at, uint32_t value)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap32(value);
#endif
    __atomic_store_n((shared_u32 *)(void *)at, value, __ATOMIC_RELEASE);
}

/* Whole frames of `chunk_ms`, in bytes; 0 when that is nothing or too much. */
static uint32_t chunk_size(const struct format *format, uint32_t chunk_ms)
{
    /* At most 127 * 48000 * 20: no overflow. */
    uint32_t frames = format_rate_hz(format->rate_code) * chunk_ms / 1000;
    uint32_t frame_bytes = format_frame_bytes(format);

    return frames <= SHM_CHUNK_BYTES_MAX / frame_bytes ? frames * frame_bytes : 0;
}

static void clear_header(uint8_t *region)
{
    store_u32(region + AT(magic), 0);
    atomic_barrier();
    bytes_zero(region, SHM_HEADER_BYTES);
    atomic_barrier();
}

bool shm_writer_open(struct shm_writer *writer, uint8_t *region, size_t region_bytes,
                     const struct format *format, uint32_t chunk_ms)
{
    uint32_t chunk_bytes;
    size_t chunks;

    if (chunk_ms == 0 || chunk_ms > SHM_CHUNK_MS || region_bytes < SHM_HEADER_BYTES)
        return false;
    chunk_bytes = chunk_size(format, chunk_ms);
    if (chunk_bytes == 0)
        return false;
    chunks = (region_bytes - SHM_HEADER_BYTES) / chunk_bytes;
    if (chunks < SHM_CHUNKS_MIN)
        return false;
    if (chunks > UINT16_MAX)
        chunks = UINT16_MAX;

    writer->region = region;
    writer->chunk_bytes = chunk_bytes;
    writer->filled = 0;
    writer->chunks = (uint16_t)chunks;
    writer->slot = 1;

    clear_header(region);
    region[AT(offset)] = SHM_HEADER_BYTES;
    bytes_put_u16(region + AT(chunks), writer->chunks);
    bytes_put_u32(region + AT(chunk_bytes), chunk_bytes);
    region[AT(rate_code)] = format->rate_code;
    region[AT(bits)] = format->bits;
    region[AT(channels)] = format->channels;
    bytes_put_u16(region + AT(mask), format->mask);
    atomic_barrier();
    store_u32(region + AT(magic), SHM_MAGIC);
    atomic_barrier();
    return true;
}

static uint8_t *fill_point(const struct shm_writer *writer)
{
    return writer->region + SHM_HEADER_BYTES + (size_t)writer->slot * writer->chunk_bytes +
           writer->filled;
}

static void publish(struct shm_writer *writer)
{
    atomic_barrier();
    store_u16(writer->region + AT(write_index), writer->slot);
    /* Out of the write-combining buffers now, not when they happen to be needed. */
    atomic_barrier();
    writer->slot = (uint16_t)(writer->slot + 1 == writer->chunks ? 0 : writer->slot + 1);
    writer->filled = 0;
}

void shm_writer_write(struct shm_writer *writer, const uint8_t *pcm, size_t bytes)
{
    while (bytes > 0) {
        size_t part = writer->chunk_bytes - writer->filled;

        if (part > bytes)
            part = bytes;
        bytes_copy(fill_point(writer), pcm, part);
        writer->filled += (uint32_t)part;
        pcm += part;
        bytes -= part;
        if (writer->filled == writer->chunk_bytes)
            publish(writer);
    }
}

void shm_writer_flush(struct shm_writer *writer)
{
    if (writer->filled == 0)
        return;
    bytes_zero(fill_point(writer), writer->chunk_bytes - writer->filled);
    publish(writer);
}

void shm_writer_close(struct shm_writer *writer)
{
    clear_header(writer->region);
}
