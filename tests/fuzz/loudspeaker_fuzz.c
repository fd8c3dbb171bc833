/* Ethernet frames to the example loudspeaker: each is a length in two bytes and so many bytes. */
#include <stdlib.h>

#include "core/bytes.h"
#include "firmware/frame.h"
#include "firmware/loudspeaker.h"

#define RING_FRAMES 64u
#define HALF_FRAMES 16u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int32_t memory[2 * RING_FRAMES], half[2 * HALF_FRAMES];
    static struct loudspeaker speaker;
    uint32_t now_ms = 0;

    expect(loudspeaker_init(&speaker, memory, RING_FRAMES));
    while (size >= 2) {
        size_t length = bytes_get_u16(data) & 0x7ffu;
        struct frame_datagram datagram;
        uint32_t rate_hz;

        data += 2;
        size -= 2;
        if (length > size)
            length = size;
        if (frame_find_datagram(data, length, 4010, &datagram)) {
            expect(datagram.payload >= data && datagram.payload + datagram.length <= data + length);
            if (loudspeaker_datagram(&speaker, datagram.payload, datagram.length, datagram.address,
                                     datagram.port, now_ms, &rate_hz) == LOUDSPEAKER_NEW_RATE) {
                loudspeaker_set_rate(&speaker, rate_hz);
                expect(loudspeaker_datagram(&speaker, datagram.payload, datagram.length,
                                            datagram.address, datagram.port, now_ms,
                                            &rate_hz) == LOUDSPEAKER_TAKEN);
            }
            now_ms += datagram.payload[-1] * 8u; /* its checksum, which nobody looks at */
        }
        loudspeaker_fill(&speaker, half, HALF_FRAMES);
        data += length;
        size -= length;
    }
    return 0;
}
