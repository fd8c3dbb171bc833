#!/usr/bin/env python3
"""Whatever arrives: no crash, no hang, no garbage played, memory constant, every drop counted, and
the good stream goes on exact."""

import collections
import os
import random
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import bed  # noqa: E402

# Frames of 15 bytes, split across packets as the original does it: the hardest to keep aligned.
FORMAT = (48000, 24, 5, 0x37)
# Where packets may be lost, a lost one must not change the next.
WHOLE_FORMAT = (48000, 24, 2, 0x3)
# Another host: a second sender on the good one's own host might pass for it, restarted.
ENEMY = "127.0.0.2"
OUTPUTS = ("raw", "wav", "null")
FLOOD_SECONDS = 2
FLOOD_COUNT = 1500000
GROWTH_KB = 1536  # of resident memory under fire: some pages of the C library, no more
# Keeps what ASan holds back of freed memory from being taken for growth.
ENVIRONMENT = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}


def kind(datagram):
    """What is wrong with a datagram, by the words of the program's last lines; None: nothing."""
    if len(datagram) < bed.HEADER_BYTES:
        return "too short for a header"
    if len(datagram) > bed.DATAGRAM_MAX:
        return "too long"
    if datagram[0] & 0x7F == 0:
        return "no sampling rate"
    if datagram[1] not in bed.WIDTHS:
        return "bits neither 16, 24 nor 32"
    if datagram[2] == 0:
        return "no channels"
    return "header without sound" if len(datagram) == bed.HEADER_BYTES else None


def edges():
    """Every header byte through all its values, every length, masks of every density."""
    chance = random.Random(5)
    body = chance.randbytes(65536)
    good = bed.header(48000, 16, 2, 3)
    found = []
    for at in range(bed.HEADER_BYTES):
        for value in range(256):
            for size in (0, 1, 1152):
                found.append(good[:at] + bytes([value]) + good[at + 1:] + body[:size])
    for size in [*range(0, 1501), 2000, 4096, 8192, 9000, 16384, 32768, 65000, 65506, 65507]:
        found.append((good + body)[:size])
        if size <= 1500:
            found.append(body[size:2 * size])
    for mask in (0, 1, 3, 4, 0x8000, 0x5555, 0xAAAA, 0x60F, 0x63F, 0x7FFF, 0xFFFF):
        for channels in (0, 1, 2, 3, 8, 9, 16, 17, 18, 19, 254, 255):
            for bits in (0, 8, 16, 20, 24, 32, 64, 255):
                for rate in (0x00, 0x01, 0x7F, 0x80, 0x81, 0xFF):
                    found.append(bytes([rate, bits, channels, mask & 255, mask >> 8])
                                 + body[:chance.choice((1, 2, 3, 1020, 1152))])
    chance.shuffle(found)
    return found


def good_stream(count, fmt=FORMAT):
    """(PCM, datagrams) of the stream that must go on."""
    pcm = bed.random_pcm(6, count * bed.PCM_BYTES)
    return pcm, bed.packets(pcm, fmt, split=True)


class Fired:
    """A receiver with one output, and how to read what it made of the good stream."""

    def __init__(self, output, unicast=False, fmt=FORMAT):
        self.output, self.format = output, fmt
        self.group, self.port = bed.address()
        if unicast:
            self.group = "127.0.0.1"
        self.place = bed.directory()
        self.path = os.path.join(self.place, "sound.wav")
        args = ["-o", output, "-i", "lo", "-p", self.port]
        args += ["-u"] if unicast else ["-g", self.group]
        args += ["-d", self.path] if output == "wav" else []
        self.receiver = bed.Receiver(*args, env=ENVIRONMENT)

    def friend(self):
        """A sender that means well."""
        return bed.Sender(self.group, self.port)

    def enemy(self):
        """One that does not."""
        return bed.Sender(self.group, self.port, source=(ENEMY, 0))

    def pcm(self):
        """All that it played; None when that cannot be told."""
        if self.output == "raw":
            return bytes(self.receiver.out)
        if self.output == "null":
            return None
        wav = bed.read_wav(self.path)
        bed.equal(wav.faults, [], "wav: header")
        bed.equal(wav.format, self.format[:3], "wav: format")
        bed.equal(os.listdir(self.place), ["sound.wav"], "wav: one file")
        return wav.pcm


def same_stream(text, got, wanted, output, fmt=FORMAT):
    """check() that the output is the good stream; a wav has whole frames only."""
    if got is None:
        return
    if output == "wav":
        wanted = wanted[:len(wanted) - len(wanted) % bed.frame_bytes(fmt)]
    bed.same_bytes(got, wanted, text)


def small_growth(text, before_kb, after_kb):
    """check() that memory stayed."""
    bed.check(after_kb - before_kb <= GROWTH_KB,
              f"{text}: memory grew from {before_kb} to {after_kb} kB")


def under_fire(output, unicast):
    """The good stream with every hostile datagram in between."""
    text = f"{output}, {'unicast' if unicast else 'multicast'}, under fire"
    hostile = edges()
    pcm, good = good_stream(len(hostile) // 4 + 2)
    fired = Fired(output, unicast)
    wanted = collections.Counter()
    with fired.receiver as receiver, fired.friend() as friend, fired.enemy() as enemy:
        before_kb = 0
        friend.send(good[0])
        for number, datagram in enumerate(hostile):
            if number % 4 == 0:
                friend.send(good[number // 4 + 1])
            enemy.send(datagram)
            wanted[kind(datagram) or "other sender"] += 1
            if number % 32 == 0 or len(datagram) > 4096:
                bed.wait_until(lambda: receiver.queue(fired.port)[0] < 65536)
            if number == len(hostile) // 10:
                before_kb = receiver.rss_kb()
        friend.burst(good[(len(hostile) - 1) // 4 + 2:], receiver)
        small_growth(text, before_kb, receiver.rss_kb())
        drops = receiver.queue(fired.port)[1]
        bed.equal(receiver.stop(), bed.EXIT_OK, f"{text}: exit code")
    bed.equal(drops, 0, f"{text}: lost in the bed itself")
    bed.equal(receiver.dropped(), dict(wanted), f"{text}: each kind counted")
    same_stream(text, fired.pcm(), pcm, output)


def test_under_fire():
    """All of edges(), multicast to every output and unicast to one."""
    jobs = [lambda output=output: under_fire(output, False) for output in OUTPUTS]
    bed.together([*jobs, lambda: under_fire("raw", True)], 2)


def odd_formats(count):
    """Legal datagrams, each in another format than the one before, most of them odd."""
    chance = random.Random(7)
    found = []
    for number in range(count):
        head = bytes([chance.choice((1, 2, 4, 127, 129, 132, 255)), bed.WIDTHS[number % 3],
                      chance.choice((1, 2, 5, 8, 19, 254, 255)), *chance.randbytes(2)])
        found.append(head + chance.randbytes(chance.choice((1, 2, 3, 500, 1152, 1467))))
    return found


def changing(output, count):
    """A format change on every packet, from the sender that is heard; then a good one goes on."""
    text = f"{output}, {count} format changes"
    odd = odd_formats(count)
    pcm, good = good_stream(200)
    fired = Fired(output)
    with fired.receiver as receiver, fired.enemy() as enemy, fired.friend() as friend:
        enemy.burst(odd[:count // 2], receiver)
        before_kb = receiver.rss_kb()
        enemy.burst(odd[count // 2:], receiver)
        time.sleep(1.3)
        friend.burst(good, receiver)
        small_growth(text, before_kb, receiver.rss_kb())
        code = receiver.stop()
    bed.equal(receiver.dropped(), {}, f"{text}: nothing dropped")
    if output != "wav":
        bed.equal(code, bed.EXIT_OK, f"{text}: exit code")
        if output == "raw":
            body = b"".join(datagram[bed.HEADER_BYTES:] for datagram in odd)
            bed.same_bytes(fired.pcm(), body + pcm, text)
        return
    names = sorted(os.listdir(fired.place), key=lambda name: int(("0" + "".join(
        letter for letter in name if letter.isdigit())).lstrip("0") or 1))
    wavs = [bed.read_wav(os.path.join(fired.place, name)) for name in names]
    bed.equal([wav.faults for wav in wavs if wav.faults], [], f"{text}: headers")
    bed.check(len(names) <= 99, f"{text}: {len(names)} files")
    if count < 90:
        bed.equal(code, bed.EXIT_OK, f"{text}: exit code")
        bed.equal(len(names), count + 1, f"{text}: a file for each format")
        bed.equal(wavs[-1].format, FORMAT[:3], f"{text}: the good stream's format")
        same_stream(text, wavs[-1].pcm, pcm, output)
        for wav, datagram in zip(wavs, odd):
            size = len(datagram) - bed.HEADER_BYTES
            bed.same_bytes(wav.pcm, datagram[bed.HEADER_BYTES:][:size - size % wav.frame_bytes],
                           f"{text}: {wav.format}")
    else:
        bed.equal(code, bed.EXIT_OUTPUT, f"{text}: says that not all was written")


def test_changing():
    """Many changes to every output; few to wav, which makes a file for each."""
    jobs = [lambda output=output: changing(output, 5000) for output in OUTPUTS]
    bed.together([*jobs, lambda: changing("wav", 60)], 4)


def pieces_of(got, pcm):
    """How many packets of the good stream the output has, in order; -1 when there is anything
    else in it."""
    found, at = 0, 0
    wanted = [pcm[start:start + bed.PCM_BYTES] for start in range(0, len(pcm), bed.PCM_BYTES)]
    for start in range(0, len(got), bed.PCM_BYTES):
        piece = got[start:start + bed.PCM_BYTES]
        while at < len(wanted) and wanted[at][:len(piece)] != piece:
            at += 1
        if at == len(wanted):
            return -1
        found, at = found + 1, at + 1
    return found


def build_flood():
    """The path of the flooder; None, with a SKIP, where there is no compiler."""
    compiler = os.environ.get("CC", "cc").split()
    flood = os.path.join(bed.directory(), "flood")
    try:
        subprocess.run([*compiler, "-std=c11", "-O2", "-o", flood,
                        os.path.join(bed.ROOT, "tests", "support", "flood.c")], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        bed.skip(f"no compiler for the flooder: {error}")
        return None
    return flood


def run_flood(flood, group, port, count, seconds, seed):
    """So many datagrams, or for so long. Returns how many of each kind it sent."""
    told = subprocess.run([flood, group, str(port), ENEMY, str(count), str(seconds), str(seed)],
                          check=True, stdout=subprocess.PIPE).stdout.decode()
    sent = collections.Counter()
    for line in told.splitlines():
        number, name = line.split(" ", 1)
        sent["other sender" if name == "good" else name] += int(number)
    return sent


def flooded(output, flood):
    """Random datagrams at full speed, while the good stream goes on at its own pace."""
    text = f"{output}, flooded"
    pcm, good = good_stream(4000, WHOLE_FORMAT)
    fired = Fired(output, fmt=WHOLE_FORMAT)
    done = threading.Event()
    sent = []
    with fired.receiver as receiver, fired.friend() as friend:
        friend.burst(good[:50], receiver)
        wanted = run_flood(flood, fired.group, fired.port, 2000, 1, 1)
        before_kb = receiver.rss_kb()
        thread = threading.Thread(target=lambda: sent.append(
            friend.paced(good[50:3900], 0.0005, at_once=2, stop=done)))
        thread.start()
        wanted += run_flood(flood, fired.group, fired.port, FLOOD_COUNT, FLOOD_SECONDS, 2)
        done.set()
        thread.join()
        bed.check(receiver.taken(fired.port), f"{text}: takes all that is left")
        after = 50 + sent[0]
        friend.burst(good[after:after + 100], receiver)  # these bring the kernel's last count
        small_growth(text, before_kb, receiver.rss_kb())
        drops = receiver.queue(fired.port)[1]
        bed.equal(receiver.stop(), bed.EXIT_OK, f"{text}: exit code")
    after += 100
    counted = receiver.dropped()
    bed.equal(counted.get("lost in the kernel's queue", 0), drops, f"{text}: the kernel's count")
    got = fired.pcm()
    print(f"{text}: {sum(wanted.values())} datagrams, {drops} lost in the kernel's queue")
    if drops == 0:
        bed.equal(counted, dict(wanted), f"{text}: each kind counted")
        same_stream(text, got, pcm[:after * bed.PCM_BYTES], output, WHOLE_FORMAT)
        return
    for name in bed.DROPS[:-1]:
        bed.check(counted.get(name, 0) <= wanted[name],
                  f"{text}: {name}: {counted.get(name)} counted of {wanted[name]}")
    if output == "raw":
        found = pieces_of(got, pcm)
        bed.check(found > 0, f"{text}: only the good stream, in order")
        bed.equal(sum(counted.values()) + found, sum(wanted.values()) + after,
                  f"{text}: each datagram is played or counted")


def overflown(flood):
    """More than the kernel's queue holds, while the receiver sleeps: each datagram that is lost
    there is counted too."""
    text = "raw, queue overflown"
    pcm, good = good_stream(200, WHOLE_FORMAT)
    fired = Fired("raw", fmt=WHOLE_FORMAT)
    with fired.receiver as receiver, fired.friend() as friend:
        friend.burst(good[:100], receiver)
        os.kill(receiver.pid, signal.SIGSTOP)
        wanted = run_flood(flood, fired.group, fired.port, 60000, 20, 3)
        os.kill(receiver.pid, signal.SIGCONT)
        receiver.taken(fired.port)
        friend.burst(good[100:], receiver)
        drops = receiver.queue(fired.port)[1]
        bed.equal(receiver.stop(), bed.EXIT_OK, f"{text}: exit code")
    sent = sum(wanted.values())
    counted = receiver.dropped()
    bed.check(drops > 0, f"{text}: it is, by {drops}")
    bed.equal(counted.get("lost in the kernel's queue"), drops, f"{text}: the kernel's count")
    taken = pieces_of(fired.pcm(), pcm)
    bed.equal(sum(counted.values()) + taken, sent + len(good), f"{text}: all accounted for")
    bed.equal(taken, len(good), f"{text}: the good stream goes on")


def test_flood():
    """One output after the other: a flood needs the machine."""
    flood = build_flood()
    if flood is None:
        return
    for output in OUTPUTS:
        bed.guarded(flooded, output, flood)
    bed.guarded(overflown, flood)


if __name__ == "__main__":
    bed.main(test_under_fire, test_changing, test_flood)
