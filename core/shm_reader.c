#include "core/shm_reader.h"

#include "core/atomic.h"
#include "core/bytes.h"

#define AT(field) offsetof(struct shm_header, field)

void shm_reader_init(struct shm_reader *reader, uint64_t region_bytes)
{
    bytes_zero((uint8_t *)reader, sizeof *reader);
    reader->region_bytes = region_bytes;
}

/* The only parser of the header; everything after it may rely on what it let through. */
static enum shm_fault parse(const uint8_t *snapshot, uint64_t region_bytes, struct shm_ring *ring)
{
    uint32_t frame_bytes;

    ring->format.rate_code = snapshot[AT(rate_code)];
    ring->format.bits = snapshot[AT(bits)];
    ring->format.channels = snapshot[AT(channels)];
    ring->format.mask = bytes_get_u16(snapshot + AT(mask));
    ring->offset = snapshot[AT(offset)];
    ring->chunks = bytes_get_u16(snapshot + AT(chunks));
    ring->chunk_bytes = bytes_get_u32(snapshot + AT(chunk_bytes));
    ring->write_index = bytes_get_u16(snapshot + AT(write_index));

    switch (format_check(&ring->format)) {
    case FORMAT_BAD_RATE:
        return SHM_BAD_RATE;
    case FORMAT_BAD_BITS:
        return SHM_BAD_BITS;
    case FORMAT_BAD_CHANNELS:
        return SHM_BAD_CHANNELS;
    case FORMAT_OK:
        break;
    }
    frame_bytes = format_frame_bytes(&ring->format);
    if (ring->offset < SHM_HEADER_BYTES)
        return SHM_BAD_OFFSET;
    if (ring->chunks < SHM_CHUNKS_MIN)
        return SHM_BAD_CHUNKS;
    if (ring->chunk_bytes == 0 || ring->chunk_bytes > SHM_CHUNK_BYTES_MAX ||
        ring->chunk_bytes % frame_bytes != 0)
        return SHM_BAD_CHUNK_BYTES;
    /* All slots fit if nothing stands before them, which is how the original counts, and a frame
     * at least of the last one as it is. */
    if ((uint64_t)ring->chunks * ring->chunk_bytes > region_bytes ||
        (uint64_t)(ring->chunks - 1) * ring->chunk_bytes + ring->offset + frame_bytes >
            region_bytes)
        return SHM_BAD_SIZE;
    if (ring->write_index >= ring->chunks)
        return SHM_BAD_INDEX;
    return SHM_OK;
}

static bool same_stream(const struct shm_ring *a, const struct shm_ring *b)
{
    return format_equal(&a->format, &b->format) && a->offset == b->offset &&
           a->chunks == b->chunks && a->chunk_bytes == b->chunk_bytes;
}

/* Slots from one to the other, forward round the ring. */
static uint32_t distance(const struct shm_ring *ring, uint32_t from, uint32_t to)
{
    return to >= from ? to - from : to + ring->chunks - from;
}

static uint32_t next_slot(const struct shm_reader *reader)
{
    return reader->last + 1 == reader->ring.chunks ? 0 : reader->last + 1;
}

static void locate(const struct shm_reader *reader, uint32_t slot, struct shm_chunk *chunk)
{
    const struct shm_ring *ring = &reader->ring;
    uint64_t left;

    chunk->format = ring->format;
    chunk->offset = ring->offset + (uint64_t)slot * ring->chunk_bytes;
    chunk->bytes = ring->chunk_bytes;
    left = reader->region_bytes - chunk->offset;
    if (left < chunk->bytes)
        chunk->bytes = (uint32_t)(left - left % format_frame_bytes(&ring->format));
}

enum shm_look shm_reader_look(struct shm_reader *reader, const uint8_t snapshot[SHM_HEADER_BYTES],
                              struct shm_chunk *chunk)
{
    struct shm_ring ring;
    enum shm_fault fault;
    uint32_t behind;

    if (bytes_get_u32(snapshot + AT(magic)) != SHM_MAGIC) {
        if (reader->following)
            reader->counts[SHM_GONE]++;
        reader->standing = SHM_OK;
        reader->following = false;
        reader->watched = true;
        return SHM_CLOSED;
    }

    fault = parse(snapshot, reader->region_bytes, &ring);
    if (fault != SHM_OK) {
        if (fault != reader->standing)
            reader->counts[fault]++;
        reader->standing = fault;
        reader->following = false;
        reader->watched = false;
        return SHM_BROKEN;
    }
    reader->standing = SHM_OK;

    if (reader->following && !same_stream(&ring, &reader->ring)) {
        reader->counts[SHM_CHANGED]++;
        reader->following = false;
        reader->watched = true;
    }
    if (!reader->following) {
        reader->last = reader->watched ? 0 : ring.write_index;
        reader->following = true;
        reader->watched = false;
    }
    reader->ring = ring;

    behind = distance(&ring, reader->last, ring.write_index);
    if (behind > SHM_BEHIND_MAX) {
        reader->counts[SHM_JUMPED]++;
        /* On at write index - 1. But an index that is 0 or 1 can be that of a writer which began
         * anew unseen, whose first chunk is slot 1 and whose slot 0 holds old sound. */
        reader->last = ring.write_index <= 1 ? 0 : ring.write_index - 2;
    }
    if (reader->last == ring.write_index)
        return SHM_WAIT;
    locate(reader, next_slot(reader), chunk);
    return SHM_READ;
}

bool shm_reader_confirm(struct shm_reader *reader, const uint8_t snapshot[SHM_HEADER_BYTES])
{
    uint32_t slot = next_slot(reader);
    struct shm_ring ring;
    uint32_t written_since;

    reader->last = slot;
    if (bytes_get_u32(snapshot + AT(magic)) == SHM_MAGIC &&
        parse(snapshot, reader->region_bytes, &ring) == SHM_OK &&
        same_stream(&ring, &reader->ring)) {
        /* From this slot to the one that was complete, and on to the one that is now: the writer
         * works on the slot after that, which must not have come round to this one. */
        written_since = distance(&ring, slot, reader->ring.write_index) +
                        distance(&ring, reader->ring.write_index, ring.write_index);
        if (written_since + 1 < ring.chunks)
            return true;
    }
    reader->counts[SHM_TORN]++;
    return false;
}

void shm_snapshot(const uint8_t *region, uint8_t snapshot[SHM_HEADER_BYTES])
{
    typedef uint32_t __attribute__((may_alias)) shared_u32;
    const shared_u32 *words = (const shared_u32 *)(const void *)region;

    atomic_barrier();
    for (uint32_t i = 0; i < SHM_HEADER_BYTES / 4; i++) {
        uint32_t word = __atomic_load_n(words + i, __ATOMIC_ACQUIRE);

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        word = __builtin_bswap32(word);
#endif
        bytes_put_u32(snapshot + 4 * i, word);
    }
    atomic_barrier();
}

const char *shm_fault_name(enum shm_fault fault)
{
    static const char *const names[SHM_FAULTS] = {
        [SHM_OK] = "good",
        [SHM_BAD_RATE] = "no sampling rate",
        [SHM_BAD_BITS] = "bits neither 16, 24 nor 32",
        [SHM_BAD_CHANNELS] = "no channels",
        [SHM_BAD_OFFSET] = "chunks over the header",
        [SHM_BAD_CHUNKS] = "too few chunks",
        [SHM_BAD_CHUNK_BYTES] = "chunk of an impossible size",
        [SHM_BAD_SIZE] = "chunks past the end of the memory",
        [SHM_BAD_INDEX] = "write index outside the ring",
        [SHM_GONE] = "closed by the writer",
        [SHM_CHANGED] = "begun anew by the writer",
        [SHM_JUMPED] = "too far behind",
        [SHM_TORN] = "overwritten while read",
    };

    return (unsigned)fault < SHM_FAULTS ? names[fault] : "unknown";
}
