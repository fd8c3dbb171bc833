#!/usr/bin/env python3
"""What the sender puts on the network is, byte for byte, what it was given."""

import fcntl
import math
import os
import signal
import struct
import subprocess
import sys
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import bed  # noqa: E402
from sending import FLOAT, PCM, Catcher, chunk, fmt_chunk, on_disk, riff  # noqa: E402
from sending import same_packets, sent  # noqa: E402

MASKS = (0, 3, 3, 0x7, 0x33, 0x37, 0x3F, 0x13F, 0x63F)  # of plain headers


def test_wav():
    """Integer PCM of every width, channel count and kind of header; a last packet that is not full
    and one that is."""
    def one(bits, channels, extensible, rate, frames):
        size = bits // 8 * channels
        pcm = bed.random_pcm(bits * channels, frames * size)
        mask = 0x60F if extensible else None
        fmt = (rate, bits, channels, mask if extensible else MASKS[channels])
        path = on_disk(riff(chunk(b"LIST", b"INFOodd"), fmt_chunk(PCM, fmt, mask),
                            chunk(b"data", pcm), chunk(b"id3 ", b"not sound" * 500)))
        same_packets(sent(path), pcm, fmt, f"WAV {fmt}, extensible {extensible}, {frames} frames")

    def job(number, bits, channels):
        rate = bed.RATES[number % len(bed.RATES)]
        whole = 1152 // (bits // 8 * channels)
        return lambda: one(bits, channels, number % 2 == 0, rate,
                           whole * 7 if number % 3 == 0 else 1000 + number)
    pairs = [(bits, channels) for bits in bed.WIDTHS for channels in range(1, 9)]
    bed.together([job(number, *pair) for number, pair in enumerate(pairs)], 4)


def test_wav_float():
    """Float becomes 32 bits: rounded, clipped, no number is silence."""
    samples = [0.0, 1.0, -1.0, 0.5, -0.5, 1.5, -1.5, math.nan, math.inf, -math.inf, 2.0 ** -31,
               2.0 ** -33, 1e-40, 0.1] + [math.sin(i * 0.05) for i in range(2000)]
    raw = struct.pack(f"<{len(samples)}f", *samples)

    def integer(sample):
        if math.isnan(sample):
            return 0
        if sample >= 1:
            return 2 ** 31 - 1
        return -2 ** 31 if sample <= -1 else round(sample * 2 ** 31)
    pcm = struct.pack(f"<{len(samples)}i", *map(integer, struct.unpack(f"<{len(samples)}f", raw)))
    for mask in (None, 0x30):
        fmt = (48000, 32, 2, 3 if mask is None else mask)
        path = on_disk(riff(fmt_chunk(FLOAT, fmt, mask), chunk(b"data", raw)))
        same_packets(sent(path, says="5 samples were over full scale"), pcm, fmt,
                     f"float WAV, mask {mask}")


def test_wav_sizes():
    """RF64, sizes that are not known, and sizes that are not true, from files and from pipes."""
    fmt = (48000, 16, 2, 3)
    pcm = bed.random_pcm(7, 4001 * 4)
    head = fmt_chunk(PCM, fmt)
    rf64 = (struct.pack("<4sI4s", b"RF64", 0xFFFFFFFF, b"WAVE")
            + chunk(b"ds64", struct.pack("<QQQI", len(pcm) + 72, len(pcm), 4001, 0)) + head
            + chunk(b"data", pcm, 0xFFFFFFFF))
    huge = rf64.replace(struct.pack("<Q", len(pcm)), struct.pack("<Q", 1 << 40))
    after = chunk(b"LIST", b"INFO" * 100)
    for text, data, says in (
            ("RF64", rf64 + after, ""),
            ("RF64 of a terabyte, cut short", huge, ""),
            ("size 0", riff(head, chunk(b"data", pcm, 0)), ""),
            ("size of all ones", riff(head, chunk(b"data", pcm, 0xFFFFFFFF)), ""),
            ("size of sox in a pipe", riff(head, chunk(b"data", pcm, 0x7FFFF000)), ""),
            ("cut short", riff(head, chunk(b"data", pcm, 9_000_000)), "cut short"),
            ("data before LIST", riff(head, chunk(b"data", pcm), after), "")):
        same_packets(sent(on_disk(data), says=says), pcm, fmt, f"{text}, from a file")
        same_packets(sent("-", stdin=data), pcm, fmt, f"{text}, from a pipe")
    odd = riff(head, chunk(b"data", pcm + b"xyz"))
    same_packets(sent(on_disk(odd)), pcm, fmt, "a partial frame at the end is left out")
    same_packets(sent(on_disk(riff(head, chunk(b"data", b"")))), b"", fmt, "no sound at all")
    valid = riff(fmt_chunk(PCM, (48000, 32, 2), 3, valid=24), chunk(b"data", pcm))
    same_packets(sent(on_disk(valid)), pcm[:len(pcm) // 8 * 8], (48000, 32, 2, 3),
                 "24 valid bits in 32 go out as 32")


def test_raw():
    """Raw PCM from a pipe; whole frames in each packet where 1152 bytes are none."""
    cases = [(48000, 16, 2, 3, 288 * 3), (44100, 24, 1, 3, 1000), (96000, 16, 5, 0x37, 1000),
             (48000, 16, 7, 0x13F, 500), (192000, 24, 7, 0x13F, 700), (48000, 32, 5, 0x37, 571),
             (192000, 32, 8, 0x63F, 2000), (48000, 24, 6, 0x60F, 1), (48000, 16, 2, 0, 289)]

    def one(case):
        fmt, frames = case[:4], case[4]
        pcm = bed.random_pcm(frames, frames * bed.frame_bytes(fmt))
        text = f"{fmt[0]}/{fmt[1]}/{fmt[2]}"
        if fmt[3] != MASKS[fmt[2]]:
            text += f"/{fmt[3]:#x}"
        got = sent("--format", text, stdin=pcm + b"\x55" * (bed.frame_bytes(fmt) - 1))
        same_packets(got, pcm, fmt, f"raw {text}, {frames} frames and a partial one")
    bed.together([lambda case=case: one(case) for case in cases], 3)
    same_packets(sent("-f48000/16/2", "-", stdin=b"ab" * 500), b"ab" * 500, (48000, 16, 2, 3),
                 "- and --format together")


def test_silence():
    """The gate lets as many silent samples pass as it is told, and counts the rest."""
    loud, silent = struct.pack("<2h", 1000, -1000), struct.pack("<2h", 4, -4)
    pcm = loud * 300 + silent * 1000 + loud * 300
    for options, held in (((), 0), (("--silence-threshold", 0), 0),
                          (("--silence-threshold", 400), 800),
                          (("--silence-threshold", 2000), 0)):
        wanted = loud * 300 + silent * (1000 - held) + loud * 300
        got = sent("--format", "48000/16/2", *options, stdin=pcm,
                   says=f"{held} frames suppressed as silence")
        same_packets(got, wanted, (48000, 16, 2, 3), f"silence with {options}")


def test_signals():
    """Signals have the format and the length that were asked for, and take their time."""
    for options, fmt, frames in (
            (("--signal", "sine", "--duration", 0.25), (48000, 16, 2, 3), 12000),
            (("--signal=sweep", "--duration=0.1", "-f96000/24/6"), (96000, 24, 6, 0x3F), 9600),
            (("--signal", "channels", "--duration", 0.1, "-f", "44100/32/8/0x60f"),
             (44100, 32, 8, 0x60F), 4410)):
        start = time.monotonic()
        got = sent(*options)
        spent = time.monotonic() - start
        per_packet = 1152 // bed.frame_bytes(fmt)
        bed.equal(len(got), -(-frames // per_packet), f"packets of {options}")
        bed.equal({datagram[:5] for datagram in got}, {bed.header(*fmt)}, f"header of {options}")
        bed.check(spent >= (frames - per_packet) / fmt[0], f"{options} took {spent} s only")
    got = sent("--signal", "channels", "--duration", 0.1, "-f", "48000/16/6",
               says="channel 1 of 6: FL")
    pcm = b"".join(datagram[5:] for datagram in got)
    bed.check(any(pcm[0::12]) and not any(any(pcm[at::12]) for at in range(2, 12)),
              "the first channel sounds alone")
    quiet = bed.run("send", "-q", *Catcher().where, "--signal", "channels", "--duration", 0.05)
    bed.equal(quiet.stderr, "", "-q")


def test_stop():
    """SIGTERM in mid-stream: what has been read goes out, the last packet is filled up."""
    catcher = Catcher()
    pcm = bed.random_pcm(3, 1000)
    reader, writer = os.pipe()
    process = subprocess.Popen([bed.SCREAM, "send", *map(str, catcher.where), "-f", "48000/16/1"],
                               stdin=reader, stderr=subprocess.PIPE)
    os.write(writer, pcm)

    def unread():
        return struct.unpack("=i", fcntl.ioctl(reader, termios.FIONREAD, b"\0" * 4))[0]
    bed.check(bed.wait_until(lambda: unread() == 0), "it reads what there is")
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)
    bed.equal(process.returncode, 0, f"exit code while waiting for input: {err}")
    same_packets(catcher.all(), pcm, (48000, 16, 1, 3), "SIGTERM, live input")
    os.close(reader)
    os.close(writer)

    for sig in (signal.SIGTERM, signal.SIGINT):
        catcher = Catcher()
        pcm = bed.random_pcm(4, 48000 * 4 * 60)
        path = on_disk(riff(fmt_chunk(PCM, (48000, 16, 2)), chunk(b"data", pcm)))
        process = subprocess.Popen([bed.SCREAM, "send", *map(str, catcher.where), path],
                                   stderr=subprocess.PIPE)
        bed.check(bed.wait_until(lambda: len(catcher.datagrams) > 20), "it sends")
        process.send_signal(sig)
        _, err = process.communicate(timeout=20)
        bed.equal(process.returncode, 0, f"exit code in mid-stream: {err}")
        got = catcher.all()
        bed.same_bytes(b"".join(got), b"".join(bed.packets(pcm, (48000, 16, 2, 3))[:len(got)]),
                       "a part of the file, from its start")
        bed.check(f"in {len(got)} packets sent" in err.decode(), f"{len(got)} packets: {err}")


def test_stop_early():
    """SIGTERM while a header, or a writer at the other end, is waited for: that is no failure."""
    fifo = os.path.join(bed.directory(), "fifo")
    os.mkfifo(fifo)
    for name, args in (("a silent pipe", ("-",)), ("a FIFO without a writer", (fifo,))):
        reader, writer = os.pipe()
        with subprocess.Popen([bed.SCREAM, "send", "-i", "lo", *args], stdin=reader,
                              stderr=subprocess.PIPE) as process:
            # Asleep in open() or read(): it catches the signal by then.
            bed.wait_until(lambda: waits(process.pid))
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=20)
        bed.equal((process.returncode, err), (0, b""), f"stopped at {name}")
        os.close(reader)
        os.close(writer)


def waits(pid):
    """Whether a process is asleep with its handler for SIGTERM in place."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        fields = dict(line.split(":", 1) for line in status)
    return fields["State"].split()[0] == "S" and \
        int(fields["SigCgt"], 16) >> (signal.SIGTERM - 1) & 1


def test_live():
    """A packet leaves as soon as it is full, though the input has more to come."""
    catcher = Catcher()
    reader, writer = os.pipe()
    process = subprocess.Popen([bed.SCREAM, "send", *map(str, catcher.where), "-f", "48000/16/2"],
                               stdin=reader, stderr=subprocess.PIPE)
    pcm = bed.random_pcm(5, 1152 * 5)
    for number in range(5):
        os.write(writer, pcm[number * 1152:number * 1152 + 1151])
        os.write(writer, pcm[number * 1152 + 1151:number * 1152 + 1152])
        bed.check(bed.wait_until(lambda: len(catcher.datagrams) > number),
                  f"packet {number} is out")
    os.close(writer)
    process.communicate(timeout=20)
    os.close(reader)
    same_packets(catcher.all(), pcm, (48000, 16, 2, 3), "live input")


def test_errors():
    """One line that says what to do, and an exit code of its own kind."""
    good = on_disk(riff(fmt_chunk(PCM, (48000, 16, 2)), chunk(b"data", b"abcd")))

    def wav(*args, **more):
        return on_disk(riff(fmt_chunk(*args, **more), chunk(b"data", b"abcd" * 100)))
    lo = ("-i", "lo")
    usage, network, broken = bed.EXIT_USAGE, bed.EXIT_NETWORK, bed.EXIT_INPUT
    for args, code, says in (
            ((), usage, "nothing to send"),
            (("a.wav", "b.wav"), usage, "only one file"),
            (("--bogus", good), usage, "--bogus"),
            (("-p", 0, good), usage, "65535"), (("-p", 65536, good), usage, "65535"),
            (("--ttl", 0, good), usage, "255"), (("--ttl", 256, good), usage, "255"),
            (("--dscp", 64, good), usage, "63"), (("--source-port", 65536, good), usage, "65535"),
            (("--silence-threshold", -1, good), usage, "threshold"),
            (("--format", "48000/16", "-"), usage, "RATE/BITS/CHANNELS"),
            (("--format", "48000/8/2"), usage, "bits"),
            (("--format", "48001/16/2"), usage, "48001"),
            (("--format", "48000/16/9"), usage, "channels"),
            (("--format", "48000/16/2", good), usage, "standard input"),
            (("--signal", "noise"), usage, "sine, sweep"),
            (("--signal", "sine", good), usage, "either"),
            (("--signal", "sine", "--level", 1), usage, "level"),
            (("--signal", "sine", "--duration", 0), usage, "duration"),
            (("--signal", "sine", "--frequency", 24000), usage, "half the sampling rate"),
            (("--duration", 1, good), usage, "--duration"),
            (("-g", "10.0.0.1", good), network, "--to"),
            (("-g", "nonsense", good), network, "--to"),
            (("-g", "239.1.1.256", good), network, "--to"),
            (("-i", "nosuch0", good), network, "lo"), (("-i", "192.0.2.77", good), network, "lo"),
            (("--to", ":4010", good), usage, "host"),
            (("--to", "127.0.0.1:0", good), usage, "65535"),
            (("--to", "127.0.0.1:65536", good), usage, "65535"),
            (("--to", "127.0.0.1:40x", good), usage, "65535"),
            (("--to", "127.0.0.1:", good), usage, "65535"),
            (("--to", "0.0.0.0", good), network, "0.0.0.0"),
            (("--to", "nosuchhost.invalid", good), network, "nosuchhost.invalid"),
            ((*lo, "/nosuch/file.wav"), broken, "/nosuch/file.wav"),
            ((*lo, bed.directory()), broken, "directory"),
            ((*lo, on_disk(b""), "--level", -3), bed.EXIT_USAGE, "for a --signal only"),
            ((*lo, on_disk(b"")), broken, "is empty"),
            ((*lo, on_disk(b"ID3" + b"x" * 100)), broken, "sox"),
            ((*lo, on_disk(riff(chunk(b"data", b"abcd")))), broken, "header"),
            ((*lo, on_disk(riff(fmt_chunk(PCM, (48000, 16, 2))))), broken, "before its sound"),
            ((*lo, on_disk(riff(chunk(b"LIST", b"abcd", 1 << 30)))), broken, "before its sound"),
            ((*lo, wav(PCM, (48000, 8, 2))), broken, "-b 16"),
            ((*lo, wav(FLOAT, (48000, 64, 2))), broken, "-b 32"),
            ((*lo, wav(PCM, (48000, 16, 10))), broken, "-c 8"),
            ((*lo, wav(PCM, (22050, 16, 2))), broken, "-r 44100"),
            ((*lo, wav(PCM, (8000, 16, 2))), broken, "-r 48000"),
            ((*lo, wav(PCM, (0, 16, 2))), broken, "-r 48000"),
            ((*lo, wav(0x55, (48000, 16, 2))), broken, "0x0055")):
        result = bed.run("send", *args)
        bed.equal(result.returncode, code, f"exit code of {args}: {result.stderr}")
        last = (result.stderr.splitlines() or [""])[-1]
        bed.check(says in last and last.startswith("scream: "), f"{args} says {says}: {last}")
    result = bed.run("send", "--help")
    bed.equal((result.returncode, result.stderr), (0, ""), "--help")
    bed.check(b"--silence-threshold" in result.stdout, "--help lists the options")
    bed.check(all(len(line) <= 80 for line in result.stdout.splitlines()), "help is 80 wide")


if __name__ == "__main__":
    bed.main(test_wav, test_wav_float, test_wav_sizes, test_raw, test_silence, test_signals,
             test_stop, test_stop_early, test_live, test_errors)
