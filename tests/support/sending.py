"""What tests of the sender share: a socket that catches packets, WAV files of any kind."""

import os
import socket
import struct
import subprocess
import threading

import bed

IP_RECVTTL, IP_RECVTOS = 12, 13
SUBTYPE_TAIL = bytes.fromhex("000000001000800000aa00389b71")
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE


class Catcher:
    """A socket on a port, in a group or without; collects until it is asked."""

    def __init__(self, group=None, port=None, interface="lo", address="", ns=None):
        own_group, own_port = bed.address()
        self.group, self.port = group or own_group, port or own_port
        self.datagrams, self.senders, self.ttls, self.classes = [], set(), set(), set()
        if ns:
            ns.__enter__()
        try:
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
            self.socket.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
            self.socket.setsockopt(socket.IPPROTO_IP, IP_RECVTOS, 1)
            self.socket.bind((address, self.port))
            if not address:
                index = socket.if_nametoindex(interface)
                self.socket.setsockopt(
                    socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                    struct.pack("=4s4si", socket.inet_aton(self.group), b"\0" * 4, index))
        finally:
            if ns:
                ns.__exit__()
        self.thread = threading.Thread(target=self._collect, daemon=True)
        self.stopping = self.enough = False
        self.thread.start()

    def _collect(self):
        self.socket.settimeout(0.05)
        while not self.enough:
            try:
                data, controls, _, sender = self.socket.recvmsg(2048, 256)
            except TimeoutError:
                if self.stopping:
                    return
                continue
            self.datagrams.append(data)
            self.senders.add(sender)
            for _, kind, value in controls:
                if kind == socket.IP_TTL:
                    self.ttls.add(struct.unpack("=i", value)[0])
                elif kind == socket.IP_TOS:
                    self.classes.add(value[0])

    def all(self, sender_ended=True):
        """Everything that came, to the last of it when the sender has ended."""
        self.stopping, self.enough = True, not sender_ended
        self.thread.join()
        self.socket.close()
        return self.datagrams

    @property
    def where(self):
        """Options that send here on lo."""
        return "-g", self.group, "-p", self.port, "-i", "lo"


def chunk(name, body, size=None):
    """A chunk with its padding; `size` is what it says."""
    return struct.pack("<4sI", name, len(body) if size is None else size) + body + \
        b"\0" * (len(body) & 1)


def fmt_chunk(tag, fmt, mask=None, valid=None):
    """A plain format of 16 bytes, or with a mask an extensible one. `fmt` is (rate, bits of the
    container, channels)."""
    rate, bits, channels = fmt[:3]
    align = bits // 8 * channels
    if mask is None:
        return chunk(b"fmt ", struct.pack("<HHIIHH", tag, channels, rate, rate * align, align,
                                          valid or bits))
    return chunk(b"fmt ", struct.pack("<HHIIHH", EXTENSIBLE, channels, rate, rate * align, align,
                                      bits)
                 + struct.pack("<HHIH", 22, valid or bits, mask, tag) + SUBTYPE_TAIL)


def riff(*chunks):
    """A file of chunks."""
    body = b"WAVE" + b"".join(chunks)
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def on_disk(data):
    """A file with that in it."""
    path = os.path.join(bed.directory(), "sound.wav")
    with open(path, "wb") as file:
        file.write(data)
    return path


def sent(*args, stdin=None, code=bed.EXIT_OK, says=""):
    """What reaches the group when the sender runs to its end."""
    catcher = Catcher()
    given = {"stdin": subprocess.DEVNULL}
    if stdin is not None:
        reader, writer = os.pipe()
        given = {"stdin": reader}
        feeder = threading.Thread(target=feed, args=(writer, stdin), daemon=True)
        feeder.start()
    result = bed.run("send", *catcher.where, *args, **given)
    if stdin is not None:
        os.close(reader)
        feeder.join()
    bed.equal(result.returncode, code, f"exit code of {args}: {result.stderr}")
    bed.check(says in result.stderr, f"{args} says {says!r}: {result.stderr}")
    return catcher.all()


def feed(writer, data):
    """Writes all to a pipe, in pieces that are no whole frames, and closes it."""
    try:
        for at in range(0, len(data), 1001):
            os.write(writer, data[at:at + 1001])
    except BrokenPipeError:
        pass
    os.close(writer)


def same_packets(got, pcm, fmt, text):
    """The datagrams of that PCM, the last one filled up with silence."""
    wanted = bed.packets(pcm, fmt, pad=True)
    bed.equal([len(datagram) for datagram in got], [len(datagram) for datagram in wanted],
              f"{text}: lengths")
    bed.same_bytes(b"".join(got), b"".join(wanted), text)
