#!/usr/bin/env python3
"""The test vectors of docs/vectors: as their generator makes them, as a reader written by
PROTOCOL.md understands them, and as the example loudspeaker of firmware/ plays them."""
import ctypes
import glob
import importlib.util
import os
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VECTORS = os.path.join(ROOT, "docs", "vectors")
passed = failed = 0


def check(condition, text):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print("FAILED:", text)


def read(path):
    with open(path, "rb") as file:
        return file.read()


# The reader: nothing here but what PROTOCOL.md says.

def datagrams(capture):
    """(time in us, sender, payload) of each UDP datagram to port 4010."""
    at = 24
    while at < len(capture):
        sec, usec, length, _ = struct.unpack_from("<IIII", capture, at)
        frame = capture[at + 16:at + 16 + length]
        at += 16 + length
        udp = 14 + (frame[14] & 15) * 4
        if frame[12:14] != b"\x08\x00" or frame[23] != 17:
            continue
        source, target, udp_length = struct.unpack_from(">HHH", frame, udp)
        if target == 4010:
            yield sec * 10**6 + usec, (frame[26:30], source), frame[udp + 8:udp + udp_length]


def streams(capture):
    """[(header, PCM in whole frames), ...] of the one sender that is heard, by format."""
    heard, last_us, out, partial = None, 0, [], b""
    for now_us, sender, payload in datagrams(capture):
        if len(payload) <= 5:
            continue
        code, bits, channels = payload[:3]
        if code & 0x7f == 0 or bits not in (16, 24, 32) or channels == 0:
            continue
        pause = now_us - last_us >= 10**6
        if heard not in (None, sender) and not pause:
            continue
        header, pcm, frame_bytes = payload[:5], payload[5:], bits // 8 * channels
        if not out or out[-1][0] != header:
            out.append((header, b""))
            partial = b""
        if sender != heard or pause or len(pcm) % frame_bytes == 0:
            partial = b""
        pcm = partial + pcm
        whole = len(pcm) - len(pcm) % frame_bytes
        out[-1] = (header, out[-1][1] + pcm[:whole])
        heard, last_us, partial = sender, now_us, pcm[whole:]
    return out


def wav(header, pcm):
    code, bits, channels, mask = struct.unpack("<BBBH", header)
    rate = (44100 if code & 0x80 else 48000) * (code & 0x7f)
    plain = bits == 16 and (mask in (0, 3) and channels <= 2 or (channels, mask) == (1, 4))
    fmt = struct.pack("<HHIIHH", 1 if plain else 0xfffe, channels, rate,
                      rate * channels * bits // 8, channels * bits // 8, bits)
    if not plain:
        if channels == 1 and mask in (0, 3):
            mask = 4
        fmt += struct.pack("<HHIHHIQ", 22, bits, mask, 1, 0, 0x100000, 0x719b3800aa000080)
    data = pcm + bytes(len(pcm) % 2)
    return (struct.pack("<4sI4s4sI", b"RIFF", 20 + len(fmt) + len(data), b"WAVE", b"fmt ", len(fmt))
            + fmt + struct.pack("<4sI", b"data", len(pcm)) + data)


# The example loudspeaker.

GAINS = {"FL": (32768, 0), "FR": (0, 32768), "FC": (23170, 23170), "LFE": (0, 0),
         "BL": (23170, 0), "BR": (0, 23170), "SL": (23170, 0), "SR": (0, 23170)}
BITS = {0: "FL", 1: "FR", 2: "FC", 3: "LFE", 4: "BL", 5: "BR", 9: "SL", 10: "SR"}
DEFAULT_MASKS = {2: 0x3, 4: 0x33}


def mixed(header, pcm):
    """What a loudspeaker must play: left and right, 32 bits."""
    _, bits, channels, mask = struct.unpack("<BBBH", header)
    if channels == 1:
        gains = [(32768, 32768)]
    else:
        mask = mask or DEFAULT_MASKS[channels]
        gains = [GAINS[BITS[bit]] for bit in range(16) if mask >> bit & 1]
    size, out = bits // 8, []
    for at in range(0, len(pcm), size * channels):
        samples = [int.from_bytes(pcm[at + n * size:at + (n + 1) * size], "little", signed=True)
                   << 32 - bits for n in range(channels)]
        for side in (0, 1):
            value = sum(sample * gain[side] for sample, gain in zip(samples, gains)) >> 15
            out.append(max(-2**31, min(2**31 - 1, value)))
    return out


def build_loudspeaker(folder):
    compiler = os.environ.get("CC") or next(filter(shutil.which, ("cc", "gcc", "clang")), None)
    if compiler is None:
        return None
    path = os.path.join(folder, "loudspeaker.so")
    subprocess.run([*compiler.split(), "-std=c11", "-O1", "-shared", "-fPIC", "-I" + ROOT,
                    "-o", path, os.path.join(ROOT, "firmware", "loudspeaker.c"),
                    *sorted(glob.glob(os.path.join(ROOT, "core", "*.c")))], check=True)
    return ctypes.CDLL(path)


def played(library, capture):
    """What the loudspeaker puts out, one list for each rate that I2S is set to."""
    speaker = ctypes.create_string_buffer(1 << 16)  # its ring comes first
    memory = (ctypes.c_int32 * (2 * 8192))()
    rate_hz = ctypes.c_uint32()
    frames = (ctypes.c_int32 * (2 * 8192))()
    out = []
    library.loudspeaker_init(speaker, memory, 8192)
    for now_us, (address, port), payload in datagrams(capture):
        for _ in range(2):
            if library.loudspeaker_datagram(speaker, payload, ctypes.c_size_t(len(payload)),
                                            int.from_bytes(address, "big"), port,
                                            now_us // 1000 % 2**32, ctypes.byref(rate_hz)) != 3:
                break
            library.loudspeaker_set_rate(speaker, rate_hz)
            out.append([])
        count = library.spsc_read(speaker, frames, ctypes.sizeof(frames))
        if count:
            out[-1] += frames[:count // 4]
    return out


def main():
    spec = importlib.util.spec_from_file_location("generate",
                                                  os.path.join(VECTORS, "generate.py"))
    generate = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(generate)
    made = generate.files()
    there = {os.path.basename(path) for path in glob.glob(os.path.join(VECTORS, "*"))
             if path.endswith((".pcap", ".wav"))}
    check(there == set(made), f"files differ: {sorted(there ^ set(made))}")
    for name in sorted(there & set(made)):
        check(read(os.path.join(VECTORS, name)) == made[name],
              f"{name} is not what generate.py makes")

    with tempfile.TemporaryDirectory() as folder:
        library = build_loudspeaker(folder)
        if library is None:
            print("SKIP: the example loudspeaker: no C compiler (Debian package gcc)")
        for name in sorted(name[:-5] for name in there if name.endswith(".pcap")):
            capture = read(os.path.join(VECTORS, name + ".pcap"))
            found = streams(capture)
            paths = [os.path.join(VECTORS, name + suffix + ".wav")
                     for suffix in ["", *(f"-{n}" for n in range(2, 9))]]
            paths = [path for path in paths if os.path.exists(path)]
            check(len(found) == len(paths), f"{name}: {len(found)} streams, {len(paths)} files")
            for (header, pcm), path in zip(found, paths):
                check(wav(header, pcm) == read(path), f"{os.path.basename(path)} differs")
            if library is not None:
                check(played(library, capture) == [mixed(*stream) for stream in found],
                      f"{name}: the loudspeaker plays something else")

    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
