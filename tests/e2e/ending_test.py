#!/usr/bin/env python3
"""How the receiver ends: nothing that it received is lost, and nothing keeps it from ending."""

import os
import random
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import bed  # noqa: E402

FORMAT = (48000, 16, 2, 3)


def sound(seed, count):
    """(PCM, datagrams): so many full packets of random sound."""
    pcm = bed.random_pcm(seed, count * bed.PCM_BYTES)
    return pcm, bed.packets(pcm, FORMAT)


def ended_in_mid_stream(output, sig):
    """All that was sent before the signal is there, and nothing that was not sent in one piece."""
    text = f"{output}, {signal.Signals(sig).name} in mid-stream"
    group, port = bed.address()
    pcm, datagrams = sound(11, 4000)
    path = os.path.join(bed.directory(), "sound.wav")
    stop = threading.Event()
    with bed.Receiver("-o", output, *(["-d", path] if output == "wav" else []),
                      "-i", "lo", "-g", group, "-p", port) as receiver, \
            bed.Sender(group, port) as sender:
        sent = []

        def stream():
            for datagram in datagrams:
                if stop.is_set():
                    return
                sender.send(datagram)
                sent.append(None)
                time.sleep(0.0003)
        thread = threading.Thread(target=stream)
        thread.start()
        bed.wait_until(lambda: len(sent) > 500 + random.randrange(200))
        before = len(sent)
        code = receiver.stop(sig, timeout=10)
        stop.set()
        thread.join()
    bed.equal(code, bed.EXIT_OK, f"{text}: exit code")
    heard = bytes(receiver.out)
    if output == "wav":
        wav = bed.read_wav(path)
        bed.equal(wav.faults, [], f"{text}: header")
        bed.equal(wav.format, FORMAT[:3], f"{text}: format")
        heard = wav.pcm
    bed.check(pcm.startswith(heard), f"{text}: what is there is what was sent")
    bed.check(len(heard) >= before * bed.PCM_BYTES,
              f"{text}: {before} packets sent before it, {len(heard) / bed.PCM_BYTES} there")


def test_ended_in_mid_stream():
    """SIGTERM and SIGINT lose nothing of what was received."""
    for output in ("raw", "wav"):
        for sig in (signal.SIGTERM, signal.SIGINT):
            ended_in_mid_stream(output, sig)


def test_ended_with_a_full_queue():
    """What waits in the kernel when the signal comes was received too."""
    for output in ("raw", "wav"):
        group, port = bed.address()
        pcm, datagrams = sound(12, 80)
        path = os.path.join(bed.directory(), "sound.wav")
        with bed.Receiver("-o", output, *(["-d", path] if output == "wav" else []),
                          "-i", "lo", "-g", group, "-p", port) as receiver, \
                bed.Sender(group, port) as sender:
            os.kill(receiver.pid, signal.SIGSTOP)
            for datagram in datagrams:
                sender.send(datagram)
            os.kill(receiver.pid, signal.SIGTERM)
            os.kill(receiver.pid, signal.SIGCONT)
            bed.equal(receiver.wait(10), bed.EXIT_OK, f"{output}, full queue: exit code")
        heard = bytes(receiver.out) if output == "raw" else bed.read_wav(path).pcm
        bed.same_bytes(heard, pcm, f"{output}, ended with a full queue")


def test_ended_before_sound():
    """Ended before anything came: quick, clean, no empty sound file with a wrong header."""
    for output in ("raw", "wav", "null"):
        path = os.path.join(bed.directory(), "sound.wav")
        group, port = bed.address()
        with bed.Receiver("-o", output, *(["-d", path] if output == "wav" else []),
                          "-i", "lo", "-g", group, "-p", port) as receiver:
            bed.equal(receiver.stop(timeout=10), bed.EXIT_OK, f"{output}, no sound: exit code")
        bed.equal(bytes(receiver.out), b"", f"{output}, no sound: nothing on standard output")
        if os.path.exists(path):
            bed.equal(bed.read_wav(path).faults, [], f"{output}, no sound: header")


def test_reader_gone():
    """Nobody reads standard output any more: it ends, and says why."""
    group, port = bed.address()
    _, datagrams = sound(13, 200)
    reader, writer = os.pipe()
    with bed.Receiver("-o", "raw", "-i", "lo", "-g", group, "-p", port,
                      stdout=writer) as receiver, bed.Sender(group, port) as sender:
        os.close(writer)
        sender.burst(datagrams[:10], receiver)
        os.read(reader, 100)
        os.close(reader)
        sender.paced(datagrams[10:20], 0.001)
        bed.equal(receiver.wait(10), bed.EXIT_OUTPUT, "the reader is gone: exit code")
    lines = [line for line in receiver.stderr.splitlines() if "standard output" in line]
    bed.equal(len(lines), 1, f"the reader is gone: one line says so ({receiver.stderr!r})")


def test_output_full():
    """Standard output on a full disk: it ends, and says why."""
    group, port = bed.address()
    _, datagrams = sound(14, 50)
    with open("/dev/full", "wb") as full, \
            bed.Receiver("-o", "raw", "-i", "lo", "-g", group, "-p", port,
                         stdout=full) as receiver, bed.Sender(group, port) as sender:
        sender.paced(datagrams, 0.0005)
        bed.equal(receiver.wait(10), bed.EXIT_OUTPUT, "standard output is full: exit code")
    bed.check("No space left" in receiver.stderr, f"standard output is full: {receiver.stderr!r}")


def test_disk_fills_up():
    """The disk of a wav fills up in mid-stream: it ends, says why, and the file is right."""
    place = bed.directory()
    small, copy = os.path.join(place, "small"), os.path.join(place, "copy.wav")
    os.mkdir(small)
    script = (f"mount -t tmpfs -o size=256k none {small} || exit 77; \"$@\"; code=$?; "
              f"cp {small}/sound.wav {copy}; exit $code")
    group, port = bed.address()
    pcm, datagrams = sound(15, 600)
    try:
        receiver = bed.Receiver("-o", "wav", "-d", f"{small}/sound.wav", "-i", "lo", "-g", group,
                                "-p", port, wrapper=("unshare", "-m", "sh", "-c", script, "sh"))
    except RuntimeError as error:
        bed.skip(f"no small disk can be mounted: {error}")
        return
    with receiver, bed.Sender(group, port) as sender:
        sender.paced(datagrams, 0.0005)
        bed.equal(receiver.wait(10), bed.EXIT_OUTPUT, "the disk fills up: exit code")
    bed.check("No space left" in receiver.stderr, f"the disk fills up: {receiver.stderr!r}")
    wav = bed.read_wav(copy)
    bed.equal(wav.faults, [], "the disk fills up: header")
    bed.check(len(wav.pcm) > 100000 and pcm.startswith(wav.pcm), "the disk fills up: all that fits")


def test_reader_slow():
    """A slow reader gets everything; one that has stopped reading does not keep it from ending."""
    group, port = bed.address()
    pcm, datagrams = sound(16, 90)  # more than a pipe holds, less than pipe and queue
    for reads in (True, False):
        text = "slow reader" if reads else "stuck reader"
        reader, writer = os.pipe()
        with bed.Receiver("-o", "raw", "-i", "lo", "-g", group, "-p", port,
                          stdout=writer) as receiver, bed.Sender(group, port) as sender:
            os.close(writer)
            sender.paced(datagrams, 0.0005)
            os.kill(receiver.pid, signal.SIGTERM)
            heard = b""
            while reads:
                piece = os.read(reader, 4096)
                heard += piece
                time.sleep(0.002)
                if not piece:
                    break
            start = time.monotonic()
            code = receiver.wait(20)
            bed.check(code is not None, f"{text}: ends ({time.monotonic() - start:.1f} s)")
            if reads:
                bed.equal(code, bed.EXIT_OK, f"{text}: exit code")
                bed.same_bytes(heard, pcm, text)
        os.close(reader)


if __name__ == "__main__":
    bed.main(test_ended_in_mid_stream, test_ended_with_a_full_queue, test_ended_before_sound,
             test_reader_gone, test_output_full, test_disk_fills_up, test_reader_slow)
