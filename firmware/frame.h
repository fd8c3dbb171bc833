/* Finds the UDP payload in an Ethernet frame, for boards without a network stack. */
#ifndef FIRMWARE_FRAME_H
#define FIRMWARE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct frame_datagram {
    uint32_t address; /* the sender's, host byte order */
    uint16_t port;
    const uint8_t *payload; /* inside the frame */
    size_t length;
};

/* Reads a frame without its checksum: untagged Ethernet, IPv4 whole and not a fragment, UDP to
 * `to_port`. Checksums are left to the controller. False for anything else. */
bool frame_find_datagram(const uint8_t *frame, size_t length, uint16_t to_port,
                         struct frame_datagram *datagram);

#endif
