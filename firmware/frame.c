#include "firmware/frame.h"

#define ETHERNET_BYTES 14u
#define IPV4_BYTES_MIN 20u
#define UDP_BYTES 8u
#define ETHERTYPE_IPV4 0x0800u
#define PROTOCOL_UDP 17u

static uint32_t get_be16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

bool frame_find_datagram(const uint8_t *frame, size_t length, uint16_t to_port,
                         struct frame_datagram *datagram)
{
    const uint8_t *ip = frame + ETHERNET_BYTES, *udp;
    uint32_t ip_bytes, total_bytes, udp_bytes;

    if (length < ETHERNET_BYTES + IPV4_BYTES_MIN || get_be16(frame + 12) != ETHERTYPE_IPV4)
        return false;
    ip_bytes = (ip[0] & 0xfu) * 4;
    total_bytes = get_be16(ip + 2);
    if (ip[0] >> 4 != 4 || ip_bytes < IPV4_BYTES_MIN || total_bytes < ip_bytes + UDP_BYTES ||
        total_bytes > length - ETHERNET_BYTES)
        return false;
    /* More fragments, or not the first. */
    if (ip[9] != PROTOCOL_UDP || (get_be16(ip + 6) & 0x3fff) != 0)
        return false;

    udp = ip + ip_bytes;
    udp_bytes = get_be16(udp + 4);
    if (get_be16(udp + 2) != to_port || udp_bytes < UDP_BYTES || udp_bytes > total_bytes - ip_bytes)
        return false;
    datagram->address = get_be16(ip + 12) << 16 | get_be16(ip + 14);
    datagram->port = (uint16_t)get_be16(udp);
    datagram->payload = udp + UDP_BYTES;
    datagram->length = udp_bytes - UDP_BYTES;
    return true;
}
