#!/usr/bin/env python3
"""What the receiver does on a network: who is heard, and where."""

import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import bed  # noqa: E402
import net  # noqa: E402

FORMAT = (48000, 16, 2, 3)
SILENT_S = 1.3  # longer than a sender or interface may be silent and keep the stream


def sound(seed, count):
    """(PCM, datagrams): so many full packets of random sound."""
    pcm = bed.random_pcm(seed, count * bed.PCM_BYTES)
    return pcm, bed.packets(pcm, FORMAT)


def test_several_receivers():
    """Several on one host hear the same group and port, each all of it."""
    group, port = bed.address()
    pcm, datagrams = sound(1, 2000)
    receivers = [bed.Receiver("-o", "raw", "-i", "lo", "-g", group, "-p", port)
                 for _ in range(3)]
    with bed.Sender(group, port) as sender:
        sender.burst(datagrams, *receivers)
    for number, receiver in enumerate(receivers):
        bed.equal(receiver.stop(), bed.EXIT_OK, f"several receivers, {number}: exit code")
        bed.same_bytes(bytes(receiver.out), pcm, f"several receivers, {number}")


def test_unicast_shared():
    """A second unicast receiver on the port starts, and -v says what that means."""
    _, port = bed.address()
    pcm, datagrams = sound(2, 500)
    with bed.Receiver("-v", "-u", "-o", "raw", "-i", "lo", "-p", port) as one, \
            bed.Receiver("-v", "-u", "-o", "raw", "-i", "lo", "-p", port) as two, \
            bed.Sender("127.0.0.1", port) as sender:
        sender.burst(datagrams, one, two)
        one.stop()
        two.stop()
    bed.check("only one" in two.stderr, "-v -u says that only one receiver hears a datagram")
    bed.equal(sorted((len(one.out), len(two.out))), [0, len(pcm)], "shared unicast: one hears all")


class Cables:
    """A receiver's host with two interfaces, in0 and in1, each joined to a sender's: out0, out1,
    which are in one namespace."""

    def __init__(self):
        self.sender, self.receiver = bed.Namespace(), bed.Namespace()
        net.veth(self.sender, "out0", "10.21.0.1/24", self.receiver, "in0", "10.21.0.2/24")
        net.veth(self.sender, "out1", "10.22.0.1/24", self.receiver, "in1", "10.22.0.2/24")
        with self.receiver:
            for interface in ("all", "default", "in0", "in1"):
                with open(f"/proc/sys/net/ipv4/conf/{interface}/rp_filter", "w",
                          encoding="ascii") as setting:
                    setting.write("0")


def test_interface_named():
    """With -i, by name or address, only that interface is heard."""
    if not bed.can_run_isolated():
        return
    cables = Cables()
    for named in ("in0", "10.21.0.2"):
        group, port = bed.address()
        pcm, datagrams = sound(3, 300)
        with bed.Receiver("-o", "raw", "-i", named, "-g", group, "-p", port,
                          ns=cables.receiver) as receiver, \
                bed.Sender(group, port, "out0", cables.sender) as good, \
                bed.Sender(group, port, "out1", cables.sender) as other:
            bed.check("in0" in receiver.stderr and "in1" not in receiver.stderr,
                      f"-i {named}: says where it listens")
            other.burst(datagrams[:100], receiver)
            good.burst(datagrams, receiver)
            other.burst(datagrams[:100], receiver)
            bed.equal(receiver.stop(), bed.EXIT_OK, f"-i {named}: exit code")
        bed.same_bytes(bytes(receiver.out), pcm, f"-i {named} hears in0 alone")
    _, port = bed.address()
    pcm, datagrams = sound(4, 300)
    with bed.Receiver("-u", "-o", "raw", "-i", "in0", "-p", port, ns=cables.receiver) as receiver, \
            bed.Sender("10.21.0.2", port, None, cables.sender) as good, \
            bed.Sender("10.22.0.2", port, None, cables.sender) as other:
        other.burst(datagrams[:100], receiver)
        good.burst(datagrams, receiver)
        receiver.stop()
    bed.same_bytes(bytes(receiver.out), pcm, "-u -i in0 hears its address alone")


def test_interface_default():
    """Without -i it joins on every interface that can multicast, and says which."""
    if not bed.can_run_isolated():
        return
    cables = Cables()
    group, port = bed.address()
    pcm, datagrams = sound(5, 400)
    with bed.Receiver("-o", "raw", "-g", group, "-p", port, ns=cables.receiver) as receiver, \
            bed.Sender(group, port, "out0", cables.sender) as first, \
            bed.Sender(group, port, "out1", cables.sender) as second:
        bed.check("in0" in receiver.stderr and "in1" in receiver.stderr,
                  "default: says that it joined on in0 and in1")
        first.burst(datagrams[:200], receiver)
        time.sleep(SILENT_S)
        second.burst(datagrams[200:], receiver)
        bed.equal(receiver.stop(), bed.EXIT_OK, "default: exit code")
    bed.same_bytes(bytes(receiver.out), pcm, "default: both interfaces are heard")


def test_other_group():
    """A group that another program on this host joined on the same port is not ours."""
    group, port = bed.address()
    other_group, _ = bed.address()
    pcm, datagrams = sound(6, 200)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((other_group, port))
        other.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                         socket.inet_aton(other_group) + socket.inet_aton("127.0.0.1"))
        with bed.Receiver("-o", "raw", "-i", "lo", "-g", group, "-p", port) as receiver, \
                bed.Sender(other_group, port) as stranger, bed.Sender(group, port) as sender:
            stranger.burst(datagrams[:50], receiver)
            sender.burst(datagrams, receiver)
            receiver.stop()
        bed.same_bytes(bytes(receiver.out), pcm, "another group on the same port is not heard")
        bed.equal(receiver.dropped(), {}, "another group on the same port is not even counted")


def test_two_interfaces():
    """One sender heard on two interfaces is one stream, taken from one of them at a time."""
    if not bed.can_run_isolated():
        return
    cables = Cables()
    group, port = bed.address()
    pcm, datagrams = sound(7, 300)
    source = ("10.21.0.1", 30000)
    with bed.Receiver("-o", "raw", "-g", group, "-p", port, ns=cables.receiver) as receiver, \
            bed.Sender(group, port, "out0", cables.sender, source) as first, \
            bed.Sender(group, port, "out1", cables.sender, source) as second:
        def both(some):
            for datagram in some:
                first.send(datagram)
                second.send(datagram)
            receiver.taken(port)

        both(datagrams[:100])
        time.sleep(SILENT_S)
        second.burst(datagrams[100:200], receiver)
        both(datagrams[200:])
        bed.equal(receiver.stop(), bed.EXIT_OK, "two interfaces: exit code")
    bed.same_bytes(bytes(receiver.out), pcm, "two interfaces: one stream, and the other takes over")
    bed.equal(receiver.dropped(), {"other interface": 200}, "two interfaces: copies counted")


def test_interface_falls_silent():
    """The other interface takes over in the middle of a stream."""
    if not bed.can_run_isolated():
        return
    cables = Cables()
    group, port = bed.address()
    pcm, datagrams = sound(8, 1000)
    source = ("10.21.0.1", 30000)
    with bed.Receiver("-o", "raw", "-g", group, "-p", port, ns=cables.receiver) as receiver, \
            bed.Sender(group, port, "out0", cables.sender, source) as first, \
            bed.Sender(group, port, "out1", cables.sender, source) as second:
        for number, datagram in enumerate(datagrams):
            if number < 300:
                first.send(datagram)
            second.send(datagram)
            time.sleep(0.002)
        receiver.taken(port)
        receiver.stop()
    heard = bytes(receiver.out)
    before = 300 * bed.PCM_BYTES
    bed.check(heard[:before] == pcm[:before], "an interface falls silent: exact until then")
    bed.check(len(heard) > before and pcm.endswith(heard[before:]),
              f"an interface falls silent: exact after the gap ({len(heard) - before} bytes more)")


def test_two_senders():
    """The first sender heard holds the stream until it has been silent for a second."""
    group, port = bed.address()
    pcm, datagrams = sound(9, 300)
    _, strange = sound(10, 100)
    with bed.Receiver("-o", "raw", "-i", "lo", "-g", group, "-p", port) as receiver, \
            bed.Sender(group, port) as first, \
            bed.Sender(group, port, source=("127.0.0.2", 0)) as second:
        for number in range(100):
            first.send(datagrams[number])
            second.send(strange[number])
        receiver.taken(port)
        time.sleep(SILENT_S)
        second.burst(datagrams[100:200], receiver)
        first.burst(strange[:70], receiver)
        second.burst(datagrams[200:], receiver)
        bed.equal(receiver.stop(), bed.EXIT_OK, "two senders: exit code")
        ports = [sender.name[1] for sender in (first, second)]
    bed.same_bytes(bytes(receiver.out), pcm, "two senders: one at a time")
    bed.equal(receiver.dropped(), {"other sender": 170}, "two senders: the other's are counted")
    for number in ports:
        bed.check(f":{number}" in receiver.stderr, f"two senders: a summary of :{number}")


def test_sender_restarts():
    """A sender that restarts, from another port of the same address, need not wait so long."""
    group, port = bed.address()
    pcm, datagrams = sound(18, 200)
    with bed.Receiver("-o", "raw", "-i", "lo", "-g", group, "-p", port) as receiver, \
            bed.Sender(group, port) as before, bed.Sender(group, port) as after:
        before.burst(datagrams[:100], receiver)
        time.sleep(0.3)
        after.burst(datagrams[100:], receiver)
        receiver.stop()
    bed.same_bytes(bytes(receiver.out), pcm, "a sender restarts: heard after 0.3 s")


def test_sources_latest():
    """With --sources latest, who begins later is heard after a few packets, and stays heard."""
    group, port = bed.address()
    old, old_datagrams = sound(20, 100)
    new, new_datagrams = sound(21, 100)
    with bed.Receiver("-o", "raw", "-i", "lo", "-g", group, "-p", port, "--sources",
                      "latest") as receiver, \
            bed.Sender(group, port) as first, \
            bed.Sender(group, port, source=("127.0.0.2", 0)) as second:
        first.burst(old_datagrams[:20], receiver)
        for number in range(20, 100):
            first.send(old_datagrams[number])
            second.send(new_datagrams[number])
        receiver.taken(port)
        receiver.stop()
        ports = [sender.name[1] for sender in (first, second)]
    heard = bytes(receiver.out)
    before = 23 * bed.PCM_BYTES  # and one more of the first before the second's fourth
    bed.check(heard[:before] == old[:before], "latest: the first is heard until the second is in")
    bed.check(new.endswith(heard[before + bed.PCM_BYTES:]) and len(heard) == 101 * bed.PCM_BYTES,
              f"latest: then the second, all of it ({len(heard)} bytes)")
    bed.equal(receiver.dropped(), {"other sender": 3 + 76}, "latest: the others are counted")
    for number in ports:
        bed.check(f":{number}: " in receiver.stderr.partition("heard")[2],
                  f"latest: a summary of :{number}")


def test_sources_list():
    """With a list, nobody else is heard, however long it is silent."""
    group, port = bed.address()
    pcm, datagrams = sound(22, 100)
    _, strange = sound(23, 70)
    with bed.Receiver("-o", "raw", "-i", "lo", "-g", group, "-p", port, "--sources",
                      "10.1.2.3,127.0.2.0/24") as receiver, \
            bed.Sender(group, port, source=("127.0.1.255", 0)) as other, \
            bed.Sender(group, port, source=("127.0.2.7", 0)) as listed:
        other.burst(strange[:50], receiver)
        listed.burst(datagrams[:50], receiver)
        time.sleep(SILENT_S)
        other.burst(strange[50:], receiver)
        listed.burst(datagrams[50:], receiver)
        receiver.stop()
    bed.same_bytes(bytes(receiver.out), pcm, "list: who is listed is heard")
    bed.equal(receiver.dropped(), {"sender not listed": 70}, "list: the others are counted")


def test_cut_frame():
    """A frame whose end never comes is ended with silence, so that what follows is in step."""
    fmt = (48000, 24, 5, 0x37)
    pcm = bed.random_pcm(19, 4 * bed.PCM_BYTES)
    datagrams = bed.packets(pcm, fmt, split=True)
    for restarts in (False, True):
        text = "a frame is cut off, and the sender " + ("restarts" if restarts else "goes on")
        group, port = bed.address()
        with bed.Receiver("-o", "raw", "-i", "lo", "-g", group, "-p", port) as receiver, \
                bed.Sender(group, port) as before, bed.Sender(group, port) as after:
            before.burst(datagrams[:3], receiver)
            time.sleep(SILENT_S)
            (after if restarts else before).burst(datagrams[:1], receiver)
            receiver.stop()
        played = pcm[:3 * bed.PCM_BYTES]
        missing = -len(played) % bed.frame_bytes(fmt)
        bed.same_bytes(bytes(receiver.out), played + bytes(missing) + pcm[:bed.PCM_BYTES], text)


def test_format_changes():
    """Raw takes every format as it comes; wav starts a new file for each."""
    formats = [(48000, 16, 2, 3), (96000, 24, 2, 3), (96000, 24, 6, 0x3F), (48000, 16, 2, 3)]
    pieces = [bed.random_pcm(seed, 480 * bed.frame_bytes(fmt))
              for seed, fmt in enumerate(formats)]
    datagrams = [datagram for piece, fmt in zip(pieces, formats)
                 for datagram in bed.packets(piece, fmt)]
    path = os.path.join(bed.directory(), "take.wav")
    group, port = bed.address()
    with bed.Receiver("-o", "raw", "-i", "lo", "-g", group, "-p", port) as raw, \
            bed.Receiver("-o", "wav", "-d", path, "-i", "lo", "-g", group, "-p", port) as wav, \
            bed.Sender(group, port) as sender:
        sender.burst(datagrams, raw, wav)
        raw.stop()
        bed.equal(wav.stop(), bed.EXIT_OK, "format changes: exit code of wav")
    bed.same_bytes(bytes(raw.out), b"".join(pieces), "format changes: raw")
    for number, (piece, fmt) in enumerate(zip(pieces, formats)):
        name = path if number == 0 else path.replace(".wav", f"-{number + 1}.wav")
        if not bed.check(os.path.exists(name), f"format changes: there is {name}"):
            continue
        got = bed.read_wav(name)
        bed.equal(got.faults, [], f"format changes: header {number + 1}")
        bed.equal(got.format, fmt[:3], f"format changes: format {number + 1}")
        bed.same_bytes(got.pcm, piece, f"format changes: file {number + 1}")


if __name__ == "__main__":
    bed.main(test_several_receivers, test_unicast_shared, test_interface_named,
             test_interface_default, test_other_group, test_two_interfaces,
             test_interface_falls_silent, test_two_senders, test_sender_restarts, test_sources_latest,
             test_sources_list, test_cut_frame,
             test_format_changes)
