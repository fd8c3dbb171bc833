/* Writes a stream into shared memory, for the original receiver's eyes and ours. */
#ifndef CORE_SHM_WRITER_H
#define CORE_SHM_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/format.h"
#include "core/shm_layout.h"

#define SHM_CHUNK_MS 20u /* what the original writes */

struct shm_writer {
    uint8_t *region;
    uint32_t chunk_bytes;
    uint32_t filled; /* bytes of the chunk that is being written */
    uint16_t chunks;
    uint16_t slot; /* of that chunk */
};

/* Starts a stream of a legal format in `region_bytes` of mapped memory, aligned to 4. Chunks last
 * `chunk_ms`, 1 to SHM_CHUNK_MS, cut down to whole frames (5 ms at 44100 Hz are 220 frames).
 * False, and nothing written, when the duration is out of range, when a chunk would be empty or
 * over SHM_CHUNK_BYTES_MAX, or when the region has no room for SHM_CHUNKS_MIN of them. */
bool shm_writer_open(struct shm_writer *writer, uint8_t *region, size_t region_bytes,
                     const struct format *format, uint32_t chunk_ms);

/* Writes PCM, and tells readers of every chunk that it completes. Never reads the memory, which
 * would be slow where it is write-combined. Real-time safe. */
void shm_writer_write(struct shm_writer *writer, const uint8_t *pcm, size_t bytes);

/* Completes the chunk that is begun, if any, with silence: for a stream that pauses or stops. */
void shm_writer_flush(struct shm_writer *writer);

/* Ends the stream: zeroes the whole header, so that readers see it gone. */
void shm_writer_close(struct shm_writer *writer);

#endif
