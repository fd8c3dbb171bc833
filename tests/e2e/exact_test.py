#!/usr/bin/env python3
"""Ten seconds of random PCM in every kind of format come out of the receiver as they went in."""

import itertools
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import bed  # noqa: E402
import net  # noqa: E402

SECONDS = 10
SAMPLED = 48     # formats; each rate, width and channel count among them, in turn
WORKERS = 3
MASKS = (0, 0x4, 0x3, 0x7, 0x33, 0x37, 0x3F, 0x13F, 0x63F)


def sample():
    """Formats such that each value of each of the three occurs equally often, in pairs that a seed
    chooses; the largest and the smallest stream are always there."""
    chance = random.Random(2)
    every = list(itertools.product(bed.RATES, bed.WIDTHS, range(1, 9)))
    chosen = [(192000, 32, 8), (44100, 16, 1)]
    used = {axis: {} for axis in range(3)}
    for fmt in chosen:
        for axis in range(3):
            used[axis][fmt[axis]] = used[axis].get(fmt[axis], 0) + 1
    while len(chosen) < SAMPLED:
        chance.shuffle(every)
        best = min((fmt for fmt in every if fmt not in chosen),
                   key=lambda fmt: sum(used[axis].get(fmt[axis], 0) / share
                                       for axis, share in enumerate((8, 16, 6))))
        chosen.append(best)
        for axis in range(3):
            used[axis][best[axis]] = used[axis].get(best[axis], 0) + 1
    return [(*fmt, MASKS[fmt[2]]) for fmt in chosen]


class Way:
    """A network between sender and receiver: interface names, where each of them lives, and the
    receiver's address."""

    def __init__(self, name, ns, interface, receiver_ns, receiver_interface, receiver_address):
        self.name, self.ns, self.interface = name, ns, interface
        self.receiver_ns, self.receiver_interface = receiver_ns, receiver_interface
        self.receiver_address = receiver_address


def ways():
    """lo, and a cable between two namespaces where they can be made."""
    yield Way("lo", None, "lo", None, "lo", "127.0.0.1")
    if bed.can_run_isolated():
        left, right = bed.Namespace(), bed.Namespace()
        net.veth(left, "out0", "10.11.0.1/24", right, "in0", "10.11.0.2/24")
        yield Way("veth", left, "out0", right, "in0", "10.11.0.2")


def exact(number, fmt, way, unicast, output, cut, real_time=False):
    """Sends and compares. `cut`: whole frames in each packet, "split" as the original does it, or
    "padded", where the last packet is filled up with silence."""
    group, port = bed.address()
    text = f"{fmt} over {way.name}, {'unicast' if unicast else 'multicast'}, {output}, {cut}"
    pcm = bed.random_pcm(number, SECONDS * fmt[0] * bed.frame_bytes(fmt))
    datagrams = bed.packets(pcm, fmt, split=cut != "whole", pad=cut == "padded")
    wanted = b"".join(datagram[bed.HEADER_BYTES:] for datagram in datagrams)
    place = bed.directory()
    path = os.path.join(place, "sound.wav")
    args = ["-o", output, "-p", port, "-i", way.receiver_interface]
    args += ["-u"] if unicast else ["-g", group]
    args += ["-d", path] if output == "wav" else []
    with bed.Receiver(*args, ns=way.receiver_ns) as receiver, \
            bed.Sender(way.receiver_address if unicast else group, port, way.interface,
                       way.ns) as sender:
        if real_time:
            sender.paced(datagrams, bed.packet_interval_s(fmt), at_once=2)
            receiver.taken(port)
        else:
            sender.burst(datagrams, receiver)
        if output == "raw":
            bed.check(receiver.wait_output(len(wanted)), f"{text}: all comes out while it runs")
        drops = receiver.queue(port)[1]
        bed.equal(receiver.stop(), bed.EXIT_OK, f"{text}: exit code")
    bed.equal(drops, 0, f"{text}: lost in the bed itself")
    bed.equal(receiver.dropped(), {}, f"{text}: datagrams dropped")
    if output == "raw":
        bed.same_bytes(bytes(receiver.out), wanted, text)
        return
    wav = bed.read_wav(path)
    whole = len(wanted) - len(wanted) % bed.frame_bytes(fmt)
    bed.equal(wav.faults, [], f"{text}: header")
    bed.equal(wav.format, fmt[:3], f"{text}: format")
    if wav.extensible:
        bed.equal(wav.mask, fmt[3], f"{text}: channel mask")
    bed.same_bytes(wav.pcm, wanted[:whole], text)
    os.unlink(path)


def test_exact():
    """Every sampled format, each on another combination of way, cast, output and cut."""
    turns = itertools.product(("whole", "split", "padded"), list(ways()), (False, True),
                              ("raw", "wav"))
    turns = list(turns)
    random.Random(3).shuffle(turns)
    jobs = []
    for number, fmt in enumerate(sample()):
        way = turns[number % len(turns)]
        jobs.append(lambda number=number, fmt=fmt, way=way:
                    exact(number, fmt, way[1], way[2], way[3], way[0]))
    jobs.sort(key=lambda job: -job.__defaults__[1][0] * bed.frame_bytes(job.__defaults__[1]))
    bed.together(jobs, WORKERS)


def test_split_frames():
    """Channel counts whose frame does not divide 1152, split across packets, to both outputs."""
    formats = [(48000, 16, 5, 0x37), (44100, 24, 7, 0x13F), (96000, 24, 5, 0x37),
               (48000, 32, 7, 0x13F)]
    jobs = [lambda fmt=fmt, output=output: exact(fmt[2], fmt, way, False, output, "split")
            for way in ways() for fmt in formats for output in ("raw", "wav")]
    bed.together(jobs, WORKERS)


def sent_by_us(number, fmt, way, output):
    """`scream send` to the receiver, by its own clock."""
    group, port = bed.address()
    text = f"{fmt} from scream send over {way.name}, {output}"
    pcm = bed.random_pcm(number, SECONDS * fmt[0] * bed.frame_bytes(fmt))
    place = bed.directory()
    path, source = os.path.join(place, "sound.wav"), os.path.join(place, "sound.pcm")
    with open(source, "wb") as file:
        file.write(pcm)
    args = ["-d", path] if output == "wav" else []
    with bed.Receiver("-o", output, *args, "-g", group, "-p", port, "-i", way.receiver_interface,
                      ns=way.receiver_ns) as receiver:
        with open(source, "rb") as file:
            sent = bed.run("send", "-q", "-g", group, "-p", port, "-i", way.interface, "-f",
                           f"{fmt[0]}/{fmt[1]}/{fmt[2]}/{fmt[3]:#x}", ns=way.ns, stdin=file,
                           timeout=3 * SECONDS)
        bed.equal((sent.returncode, sent.stderr), (bed.EXIT_OK, ""), f"{text}: the sender")
        receiver.taken(port)
        drops = receiver.queue(port)[1]
        bed.equal(receiver.stop(), bed.EXIT_OK, f"{text}: exit code")
    bed.equal(drops, 0, f"{text}: lost in the bed itself")
    got = bytes(receiver.out)
    if output == "wav":
        wav = bed.read_wav(path)
        bed.equal((wav.faults, wav.format), ([], fmt[:3]), f"{text}: header")
        got = wav.pcm
    packet = bed.PCM_BYTES - bed.PCM_BYTES % bed.frame_bytes(fmt)
    bed.same_bytes(got, pcm + bytes(-len(pcm) % packet), f"{text}, and silence in the last packet")


def test_real_time():
    """At the pace of a real sender, several at once; and from our own."""
    way = list(ways())[-1]
    formats = [(48000, 16, 2, 3), (44100, 24, 6, 0x3F), (96000, 24, 2, 3), (192000, 32, 2, 3)]
    jobs = [lambda fmt=fmt, turn=turn: exact(turn, fmt, way, turn % 2 == 1,
                                             "wav" if turn & 2 else "raw", "whole", True)
            for turn, fmt in enumerate(formats)]
    formats = [(192000, 32, 8, 0x63F), (44100, 24, 7, 0x13F), (48000, 16, 2, 3),
               (176400, 24, 5, 0x37)]
    jobs += [lambda fmt=fmt, turn=turn: sent_by_us(turn, fmt, way, "wav" if turn & 1 else "raw")
             for turn, fmt in enumerate(formats)]
    bed.together(jobs, len(jobs))


if __name__ == "__main__":
    bed.main(test_exact, test_split_frames, test_real_time)
