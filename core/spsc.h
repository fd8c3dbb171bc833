/* Lock-free byte ring over the caller's memory, for exactly one writer and one reader. */
#ifndef CORE_SPSC_H
#define CORE_SPSC_H

#include <stdbool.h>
#include <stdint.h>

/* Every function below is real-time safe (no lock, no wait, no call) and may run on its side at
 * any time, in a callback, a DPC or an interrupt too. */
struct spsc {
    uint8_t *memory;
    uint32_t size;    /* bytes, a power of two */
    uint32_t written; /* bytes ever, modulo 2^32; only the writer changes it */
    uint32_t read;    /* likewise, the reader */
};

/* Makes an empty ring, before either side runs. False when `bytes` is no power of two. */
bool spsc_init(struct spsc *ring, uint8_t *memory, uint32_t bytes);

/* Bytes that wait. Either side: for the reader it is at least so many, for the writer at most. */
uint32_t spsc_fill(const struct spsc *ring);

/* Writer. Copies up to `bytes` into the ring; returns how many had room. */
uint32_t spsc_write(struct spsc *ring, const uint8_t *from, uint32_t bytes);

/* Writer. The free bytes up to the end of the memory, to be written in place: sets `*span` and
 * returns how many. spsc_commit() hands the first `bytes` of them over. A ring whose end the room
 * goes round gives the rest with the next call. */
uint32_t spsc_reserve(const struct spsc *ring, uint8_t **span);
void spsc_commit(struct spsc *ring, uint32_t bytes);

/* Reader. Copies up to `bytes` out of the ring; returns how many there were. */
uint32_t spsc_read(struct spsc *ring, uint8_t *to, uint32_t bytes);

/* Reader. The waiting bytes up to the end of the memory, to be read in place: sets `*span` and
 * returns how many. spsc_consume() gives the first `bytes` of them back; it may also be given up
 * to spsc_fill(), to pass over more than one span. */
uint32_t spsc_peek(const struct spsc *ring, const uint8_t **span);
void spsc_consume(struct spsc *ring, uint32_t bytes);

#endif
