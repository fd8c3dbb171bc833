/* Follows a stream in shared memory whose writer may lie, vanish or begin anew at any moment.
 *
 * The reader sees the memory through snapshots of its header alone, taken by the caller with pread
 * or shm_snapshot(). The caller's round, at least every two chunks' duration:
 *
 *     snapshot; look says SHM_READ -> copy the chunk; snapshot; confirm -> use the copy
 */
#ifndef CORE_SHM_READER_H
#define CORE_SHM_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/format.h"
#include "core/shm_layout.h"

/* More chunks behind than this, the reader jumps ahead, as the original does. */
#define SHM_BEHIND_MAX 3u

enum shm_fault {
    SHM_OK,
    /* The header cannot be believed; counted once for as long as it stays so. */
    SHM_BAD_RATE,        /* multiplier 0 */
    SHM_BAD_BITS,        /* neither 16, 24 nor 32 */
    SHM_BAD_CHANNELS,    /* none */
    SHM_BAD_OFFSET,      /* chunks over the header */
    SHM_BAD_CHUNKS,      /* under SHM_CHUNKS_MIN */
    SHM_BAD_CHUNK_BYTES, /* none, over SHM_CHUNK_BYTES_MAX, or not whole frames */
    SHM_BAD_SIZE,        /* the ring does not fit the memory */
    SHM_BAD_INDEX,       /* outside the ring */
    /* Events in a stream's life; counted each time. */
    SHM_GONE,    /* the writer closed the stream */
    SHM_CHANGED, /* another format or ring: the writer began anew between two looks */
    SHM_JUMPED,  /* over SHM_BEHIND_MAX behind; what lay between is lost */
    SHM_TORN,    /* a chunk that may have been overwritten while it was copied */
    SHM_FAULTS   /* how many kinds there are */
};

enum shm_look {
    SHM_READ,   /* copy the chunk, then confirm */
    SHM_WAIT,   /* nothing new */
    SHM_CLOSED, /* no stream */
    SHM_BROKEN, /* a stream that cannot be believed: `standing` says why */
};

/* What a header says, after every check. */
struct shm_ring {
    struct format format;
    uint32_t offset;
    uint32_t chunks;
    uint32_t chunk_bytes;
    uint32_t write_index;
};

struct shm_reader {
    uint64_t region_bytes;
    enum shm_fault standing; /* what is wrong with the header now */
    bool following;          /* `ring` and `last` hold */
    bool watched;            /* saw that there was no stream before: all of the next one is new */
    struct shm_ring ring;    /* as of the last look */
    uint32_t last;           /* slot that was done with last */
    uint64_t counts[SHM_FAULTS];
};

struct shm_chunk {
    struct format format; /* legal */
    uint64_t offset;      /* from the start of the region */
    uint32_t bytes;       /* whole frames, 1 frame to SHM_CHUNK_BYTES_MAX; all inside the region */
};

/* `region_bytes` is the true size of the memory or file. */
void shm_reader_init(struct shm_reader *reader, uint64_t region_bytes);

/* Looks at a snapshot. On SHM_READ `*chunk` is what to copy next. A stream that runs already is
 * joined after its last complete chunk; one whose beginning could be seen is read from there.
 *
 * The last slot may be cut short: the original lets it run past the end of the memory. */
enum shm_look shm_reader_look(struct shm_reader *reader, const uint8_t snapshot[SHM_HEADER_BYTES],
                              struct shm_chunk *chunk);

/* Compares a snapshot taken after the chunk of the last SHM_READ was copied. False when the writer
 * may have written to that chunk meanwhile: throw the copy away and look again. */
bool shm_reader_confirm(struct shm_reader *reader, const uint8_t snapshot[SHM_HEADER_BYTES]);

/* Takes a snapshot of mapped memory, aligned to 4, each field in one piece. A barrier on each side
 * keeps it in its place between copies. */
void shm_snapshot(const uint8_t *region, uint8_t snapshot[SHM_HEADER_BYTES]);

/* A few words for each fault, for people. */
const char *shm_fault_name(enum shm_fault fault);

#endif
