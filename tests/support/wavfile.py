"""A reader of WAV files for tests: plain and extensible headers, RF64; strict about sizes."""

import dataclasses
import os
import struct

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
# KSDATAFORMAT_SUBTYPE_*: the format tag, then these 14 bytes.
SUBTYPE_TAIL = bytes.fromhex("000000001000800000aa00389b71")


@dataclasses.dataclass
class Wav:
    """What a WAV file says and holds. `mask` is None in a plain header; `faults` names what is
    wrong with sizes and fields."""
    rate: int
    bits: int
    channels: int
    mask: object
    is_float: bool
    extensible: bool
    rf64: bool
    pcm: bytes
    faults: list

    @property
    def frame_bytes(self):
        """Bytes of a frame."""
        return self.bits // 8 * self.channels

    @property
    def format(self):
        """(rate_hz, bits, channels)."""
        return self.rate, self.bits, self.channels


def read_wav(path):
    """Reads a whole file; raises ValueError when it is no WAV file at all."""
    with open(path, "rb") as file:
        data = file.read()
    size = os.path.getsize(path)
    magic, riff_size, form = struct.unpack_from("<4sI4s", data.ljust(12, b"\0"))
    if magic not in (b"RIFF", b"RF64") or form != b"WAVE":
        raise ValueError(f"{path} is no WAV file: {data[:12]!r}")
    faults = []
    rf64 = magic == b"RF64"
    fmt = pcm = None
    ds64_data = None
    at = 12
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        body = at + 8
        if name == b"ds64":
            riff_size, ds64_data, _ = struct.unpack_from("<QQQ", data, body)
        elif name == b"fmt ":
            fmt = data[body:body + length]
        elif name == b"data":
            if rf64 and length == 0xFFFFFFFF and ds64_data is not None:
                length = ds64_data
            pcm = data[body:body + length]
            if len(pcm) != length:
                faults.append(f"data chunk says {length} bytes, {len(pcm)} are there")
        at = body + length + (length & 1)
    if at != size:
        faults.append(f"chunks end at {at}, the file at {size}")
    if riff_size + 8 != size:
        faults.append(f"RIFF says {riff_size} + 8 bytes, the file has {size}")
    if fmt is None or pcm is None or len(fmt) < 16:
        raise ValueError(f"{path} has no fmt or data chunk")
    tag, channels, rate, byte_rate, align, bits = struct.unpack_from("<HHIIHH", fmt)
    mask = None
    extensible = tag == EXTENSIBLE
    if extensible:
        extra, valid, mask, tag = struct.unpack_from("<HHIH", fmt, 16)
        if len(fmt) != 40 or extra != 22 or fmt[26:40] != SUBTYPE_TAIL:
            faults.append("extensible header is not one")
        if valid != bits:
            faults.append(f"{valid} valid bits of {bits}")
    if tag not in (PCM, FLOAT):
        faults.append(f"format tag {tag}")
    if align != channels * bits // 8 or byte_rate != align * rate & 0xFFFFFFFF:
        faults.append(f"block align {align}, byte rate {byte_rate}")
    if align and len(pcm) % align:
        faults.append(f"{len(pcm)} bytes are no whole frames of {align}")
    return Wav(rate, bits, channels, mask, tag == FLOAT, extensible, rf64, pcm, faults)
