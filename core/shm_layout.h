/* The shared memory between a guest's driver and its host's receiver (IVSHMEM).
 *
 * Warning: this layout is spoken by other people's drivers and receivers of every age. It cannot
 * be changed, only followed. Either side may lie to the other: who reads trusts no field. */
#ifndef CORE_SHM_LAYOUT_H
#define CORE_SHM_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

/* Natural alignment, little endian; the chunks of PCM follow at `offset`, one after the other. For
 * its offsets only: fields are read and written through bytes.h, for hosts of either byte order. */
struct shm_header {
    uint32_t magic;       /* SHM_MAGIC; written last by who opens, zeroed with all else at close */
    uint16_t write_index; /* the last complete chunk; the first one goes to slot 1 */
    uint8_t offset;       /* of slot 0 from the start; 24 in every writer known */
    uint16_t chunks;      /* slots in the ring */
    uint32_t chunk_bytes; /* 20 ms of audio in the original */
    uint8_t rate_code, bits, channels; /* as on the wire */
    uint16_t mask;
};

#define SHM_MAGIC 0x11112014u
#define SHM_HEADER_BYTES 24u

/* Our own bound: no writer comes near it (192 kHz, 8 channels, 32 bits: 122880), and a reader
 * can have its buffer ready. */
#define SHM_CHUNK_BYTES_MAX (1u << 20)

/* With one slot the index could never say that something is new. */
#define SHM_CHUNKS_MIN 2u

_Static_assert(offsetof(struct shm_header, magic) == 0, "shared with other programs");
_Static_assert(offsetof(struct shm_header, write_index) == 4, "shared with other programs");
_Static_assert(offsetof(struct shm_header, offset) == 6, "shared with other programs");
_Static_assert(offsetof(struct shm_header, chunks) == 8, "shared with other programs");
_Static_assert(offsetof(struct shm_header, chunk_bytes) == 12, "shared with other programs");
_Static_assert(offsetof(struct shm_header, rate_code) == 16, "shared with other programs");
_Static_assert(offsetof(struct shm_header, bits) == 17, "shared with other programs");
_Static_assert(offsetof(struct shm_header, channels) == 18, "shared with other programs");
_Static_assert(offsetof(struct shm_header, mask) == 20, "shared with other programs");
_Static_assert(sizeof(struct shm_header) == SHM_HEADER_BYTES, "shared with other programs");

#endif
