#include "core/spsc.h"

#include "core/atomic.h"
#include "core/bytes.h"

bool spsc_init(struct spsc *ring, uint8_t *memory, uint32_t bytes)
{
    if (bytes == 0 || (bytes & (bytes - 1)) != 0)
        return false;
    ring->memory = memory;
    ring->size = bytes;
    ring->written = 0;
    ring->read = 0;
    return true;
}

uint32_t spsc_fill(const struct spsc *ring)
{
    /* In this order the difference is never negative on the writer's side, where only `read` can
     * move, nor on the reader's, where only `written` can. */
    uint32_t read = atomic_get_acquire(&ring->read);

    return atomic_get_acquire(&ring->written) - read;
}

uint32_t spsc_reserve(const struct spsc *ring, uint8_t **span)
{
    uint32_t written = atomic_get_own(&ring->written);
    uint32_t room = ring->size - (written - atomic_get_acquire(&ring->read));
    uint32_t at = written & (ring->size - 1);

    *span = ring->memory + at;
    return room < ring->size - at ? room : ring->size - at;
}

void spsc_commit(struct spsc *ring, uint32_t bytes)
{
    atomic_put_release(&ring->written, atomic_get_own(&ring->written) + bytes);
}

uint32_t spsc_write(struct spsc *ring, const uint8_t *from, uint32_t bytes)
{
    uint32_t done = 0;
    uint8_t *span;

    while (done < bytes) {
        uint32_t room = spsc_reserve(ring, &span);

        if (room == 0)
            break;
        if (room > bytes - done)
            room = bytes - done;
        bytes_copy(span, from + done, room);
        spsc_commit(ring, room);
        done += room;
    }
    return done;
}

uint32_t spsc_peek(const struct spsc *ring, const uint8_t **span)
{
    uint32_t read = atomic_get_own(&ring->read);
    uint32_t fill = atomic_get_acquire(&ring->written) - read;
    uint32_t at = read & (ring->size - 1);

    *span = ring->memory + at;
    return fill < ring->size - at ? fill : ring->size - at;
}

void spsc_consume(struct spsc *ring, uint32_t bytes)
{
    atomic_put_release(&ring->read, atomic_get_own(&ring->read) + bytes);
}

uint32_t spsc_read(struct spsc *ring, uint8_t *to, uint32_t bytes)
{
    uint32_t done = 0;
    const uint8_t *span;

    while (done < bytes) {
        uint32_t fill = spsc_peek(ring, &span);

        if (fill == 0)
            break;
        if (fill > bytes - done)
            fill = bytes - done;
        bytes_copy(to + done, span, fill);
        spsc_consume(ring, fill);
        done += fill;
    }
    return done;
}
