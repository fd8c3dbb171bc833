/* A writer that lies: the first two bytes are the memory's size in 256 bytes, then snapshots
 * follow, taken in turn for looks and confirmations. No chunk may leave the memory. */
#include <stdlib.h>

#include "core/bytes.h"
#include "core/shm_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct shm_reader reader;
    struct shm_chunk chunk;
    uint64_t region_bytes;
    bool reading = false;

    if (size < 2)
        return 0;
    region_bytes = bytes_get_u16(data) * (uint64_t)256;
    shm_reader_init(&reader, region_bytes);
    for (size_t at = 2; at + SHM_HEADER_BYTES <= size; at += SHM_HEADER_BYTES) {
        enum shm_look look;

        if (reading) {
            (void)shm_reader_confirm(&reader, data + at);
            reading = false;
            continue;
        }
        look = shm_reader_look(&reader, data + at, &chunk);
        expect((look == SHM_BROKEN) == (reader.standing != SHM_OK));
        if (look != SHM_READ)
            continue;
        reading = true;
        expect(format_check(&chunk.format) == FORMAT_OK);
        expect(chunk.bytes > 0 && chunk.bytes <= SHM_CHUNK_BYTES_MAX);
        expect(chunk.bytes % format_frame_bytes(&chunk.format) == 0);
        expect(chunk.offset >= SHM_HEADER_BYTES && chunk.offset + chunk.bytes <= region_bytes);
    }
    return 0;
}
