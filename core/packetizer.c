#include "core/packetizer.h"

#include "core/bytes.h"

void packetizer_start(struct packetizer *packetizer, const struct format *format)
{
    wire_write_header(packetizer->datagram, format);
    packetizer->payload_bytes = wire_payload_bytes(format);
    packetizer->filled = 0;
}

uint32_t packetizer_ready(const struct packetizer *packetizer)
{
    return packetizer->filled == packetizer->payload_bytes
               ? WIRE_HEADER_BYTES + packetizer->payload_bytes
               : 0;
}

size_t packetizer_feed(struct packetizer *packetizer, const uint8_t *pcm, size_t bytes)
{
    size_t room;

    if (packetizer_ready(packetizer))
        packetizer->filled = 0;
    room = packetizer->payload_bytes - packetizer->filled;
    if (bytes > room)
        bytes = room;
    bytes_copy(packetizer->datagram + WIRE_HEADER_BYTES + packetizer->filled, pcm, bytes);
    packetizer->filled += (uint32_t)bytes;
    return bytes;
}

uint32_t packetizer_flush(struct packetizer *packetizer)
{
    uint32_t filled = packetizer->filled;

    if (filled == 0 || filled == packetizer->payload_bytes) {
        packetizer->filled = 0;
        return 0;
    }
    bytes_zero(packetizer->datagram + WIRE_HEADER_BYTES + filled,
               packetizer->payload_bytes - filled);
    packetizer->filled = 0;
    return WIRE_HEADER_BYTES + packetizer->payload_bytes;
}
