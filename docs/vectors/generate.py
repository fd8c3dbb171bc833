#!/usr/bin/env python3
"""Makes the test vectors of PROTOCOL.md: packet captures, and the WAV files that they must give.

usage: generate.py [FOLDER]     (this one, if none is named)

The same bytes on every run. The WAV files are written from the sound that went into the packets,
not read back from them.
"""
import os
import struct
import sys

GROUP, PORT = "239.255.77.77", 4010
SENDER = ("192.0.2.10", 50000)


class Format:
    def __init__(self, rate_hz, bits, channels, mask):
        self.rate_hz, self.bits, self.channels, self.mask = rate_hz, bits, channels, mask
        self.frame_bytes = bits // 8 * channels
        base, flag = (48000, 0) if rate_hz % 48000 == 0 else (44100, 0x80)
        self.header = struct.pack("<BBBH", flag | rate_hz // base, bits, channels, mask)


def sound(fmt, frames, first=0):
    """A triangle in each channel, higher from one to the next, over a noise in the lowest bits."""
    out = bytearray()
    top = 1 << fmt.bits - 2
    for n in range(first, first + frames):
        for channel in range(fmt.channels):
            phase = n * (channel + 1) * 512 % 65536
            level = abs(phase - 32768) - 16384
            noise = (n * 2654435761 + channel * 40503) % 2**32 >> 28
            value = level * top // 16384 + noise
            out += (value % 2**fmt.bits).to_bytes(fmt.bits // 8, "little")
    return bytes(out)


def wav(fmt, pcm):
    """Plain for 16 bits in one channel or two in their usual places, else extensible with the
    packets' own mask; mono says that it is the centre."""
    pcm = pcm[:len(pcm) - len(pcm) % fmt.frame_bytes]
    plain = fmt.bits == 16 and ((fmt.channels == 1 and fmt.mask in (0, 3, 4)) or
                                (fmt.channels == 2 and fmt.mask in (0, 3)))
    body = struct.pack("<HHIIHH", 1 if plain else 0xfffe, fmt.channels, fmt.rate_hz,
                       fmt.rate_hz * fmt.frame_bytes, fmt.frame_bytes, fmt.bits)
    if not plain:
        mask = 4 if fmt.channels == 1 and fmt.mask in (0, 3) else fmt.mask
        body += struct.pack("<HHI", 22, fmt.bits, mask)
        body += bytes.fromhex("0100000000001000800000aa00389b71")
    chunks = b"fmt " + struct.pack("<I", len(body)) + body
    chunks += b"data" + struct.pack("<I", len(pcm)) + pcm + bytes(len(pcm) % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def address_bytes(text):
    return bytes(int(part) for part in text.split("."))


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ethernet(payload, sender, to):
    source, target = address_bytes(sender[0]), address_bytes(to)
    length = 8 + len(payload)
    udp = struct.pack(">HHHH", sender[1], PORT, length, 0) + payload
    pseudo = source + target + struct.pack(">BBH", 0, 17, length)
    udp = udp[:6] + struct.pack(">H", checksum(pseudo + udp) or 0xffff) + payload
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + length, 0, 0x4000, 1, 17, 0, source, target)
    ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
    if target[0] >> 4 == 0xe:
        to_mac = bytes([1, 0, 0x5e, target[1] & 0x7f]) + target[2:]
    else:
        to_mac = b"\x02\x00" + target
    return to_mac + b"\x02\x00" + source + b"\x08\x00" + ip + udp


class Capture:
    def __init__(self, to=GROUP):
        self.to, self.now_us = to, 0
        self.data = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)

    def send(self, payload, sender=SENDER, step_us=1000):
        frame = ethernet(payload, sender, self.to)
        self.data += struct.pack("<IIII", 1700000000 + self.now_us // 10**6,
                                 self.now_us % 10**6, len(frame), len(frame)) + frame
        self.now_us += step_us

    def stream(self, fmt, pcm, size=1152, sender=SENDER):
        for at in range(0, len(pcm), size):
            part = pcm[at:at + size]
            step_us = len(part) * 10**6 // (fmt.frame_bytes * fmt.rate_hz)
            self.send(fmt.header + part, sender, step_us)


def of_packets(fmt, packets, size=1152):
    """So many full packets of sound, a frame more or less."""
    return sound(fmt, -(-packets * size // fmt.frame_bytes))[:packets * size]


def plain_vector(fmt, packets, to=GROUP):
    capture, pcm = Capture(to), of_packets(fmt, packets)
    capture.stream(fmt, pcm)
    return capture.data, [wav(fmt, pcm)]


def short_datagrams():
    fmt = Format(48000, 16, 2, 3)
    sizes = [4, 400, 1148, 1, 3, 6, 6, 1152, 2, 2, 40]
    capture, pcm, at = Capture(), sound(fmt, sum(sizes) // 4), 0
    for size in sizes:
        capture.stream(fmt, pcm[at:at + size])
        at += size
    return capture.data, [wav(fmt, pcm)]


def malformed():
    fmt, other = Format(48000, 16, 2, 3), ("192.0.2.11", 50000)
    bad = [b"", b"\x01", fmt.header[:4], fmt.header,
           b"\x00\x10\x02\x03\x00", b"\x80\x10\x02\x03\x00", b"\x01\x00\x02\x03\x00",
           b"\x01\x08\x02\x03\x00", b"\x01\x11\x02\x03\x00", b"\x01\xff\x02\x03\x00",
           b"\x01\x10\x00\x03\x00", bytes(5)]
    bad = [item + (bytes(8) if len(item) == 5 and item != fmt.header else b"") for item in bad]
    capture, pcm = Capture(), of_packets(fmt, 4)
    for item in bad:
        capture.send(item, other)
    for n in range(4):
        capture.stream(fmt, pcm[n * 1152:(n + 1) * 1152])
        for item in bad[n * 3:n * 3 + 3]:
            capture.send(item)
    return capture.data, [wav(fmt, pcm)]


def two_senders():
    fmt, other = Format(48000, 16, 2, 3), Format(44100, 16, 2, 3)
    capture, pcm = Capture(), of_packets(fmt, 4)
    for n in range(4):
        part = pcm[n * 1152:(n + 1) * 1152]
        capture.stream(fmt, part)
        capture.stream(other, part[::-1], sender=("192.0.2.11", SENDER[1]))
        capture.stream(fmt, part[::-1], sender=(SENDER[0], SENDER[1] + 1))
    return capture.data, [wav(fmt, pcm)]


def format_change():
    before, after = Format(48000, 16, 2, 3), Format(44100, 24, 2, 3)
    capture = Capture()
    first, second = of_packets(before, 3)[:-2], of_packets(after, 3)
    capture.stream(before, first)  # ends with half a frame, which is nothing
    capture.stream(after, second)
    return capture.data, [wav(before, first), wav(after, second)]


def vectors():
    """NAME: (capture, [WAV, ...])."""
    return {
        "stereo-16": plain_vector(Format(48000, 16, 2, 3), 6),
        "mono-16-44k1": plain_vector(Format(44100, 16, 1, 3), 4),
        "surround51-24-96k": plain_vector(Format(96000, 24, 6, 0x3f), 6),
        "surround71-32-192k": plain_vector(Format(192000, 32, 8, 0x63f), 8),
        "five-split-frames": plain_vector(Format(48000, 16, 5, 0x37), 7),
        "mask-0": plain_vector(Format(48000, 16, 4, 0), 4),
        "unicast": plain_vector(Format(48000, 24, 2, 3), 3, to="192.0.2.20"),
        "short-datagrams": short_datagrams(),
        "malformed": malformed(),
        "two-senders": two_senders(),
        "format-change": format_change(),
    }


def files():
    """File name: contents."""
    out = {}
    for name, (capture, wavs) in vectors().items():
        out[name + ".pcap"] = capture
        for n, data in enumerate(wavs, 1):
            out[name + (f"-{n}" if n > 1 else "") + ".wav"] = data
    return out


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    for name, data in files().items():
        with open(os.path.join(folder, name), "wb") as out:
            out.write(data)


if __name__ == "__main__":
    main()
