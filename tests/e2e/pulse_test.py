#!/usr/bin/env python3
"""Sound through a real PulseAudio server: exact, and what happens when it cannot be."""

import os
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import bed  # noqa: E402
import pulse  # noqa: E402

STEREO = (48000, 16, 2, 3)
FORMATS = (STEREO, (44100, 16, 2, 3), (48000, 24, 2, 3), (96000, 32, 2, 3), (48000, 16, 6, 0x3f))
EXACT_S = 10
BLOCK_S = 0.01  # how real senders hand over
STALL_S = 0.03  # no server without real-time priority is sure to outlast more in a buffer of 100 ms
TRIES = 4


class Stalls:
    """Watches whether the machine itself stands still: the longest delay of a short sleep."""

    def __init__(self):
        self.longest_s = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self):
        before = time.monotonic()
        while not self._ended.wait(0.005):
            now = time.monotonic()
            self.longest_s = max(self.longest_s, now - before - 0.005)
            before = now

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()
        return False


def unless_stalled(attempt, text):
    """Runs `attempt`, which returns what went wrong, or nothing. Again if the machine stalled
    meanwhile; when it does so each time, that is all that can be said."""
    for _ in range(TRIES):
        with Stalls() as stalls:
            fault = attempt()
        if not fault or stalls.longest_s < STALL_S:
            bed.check(not fault, f"{text}: {fault}")
            return
        print(f"{text}: once more, the machine stalled for {stalls.longest_s * 1000:.0f} ms: "
              f"{fault.splitlines()[0]}", flush=True)
    bed.skip(f"{text}: the machine stalls each time")


class Playing:
    """A server, a recorder and a receiver that plays on it what `sender` sends."""

    def __init__(self, fmt, *options):
        group, port = bed.address()
        self.server = pulse.Server(fmt)
        self.recorder = pulse.Recorder(self.server)
        self.receiver = bed.Receiver("-o", "pulse", "-i", "lo", "-g", group, "-p", port, "-t", 200,
                                     "-l", 1000, *options, env=self.server.env)
        self.sender = bed.Sender(group, port)

    def pace(self, datagrams, fmt):
        """Sends in blocks of about BLOCK_S."""
        interval = bed.packet_interval_s(fmt)
        self.sender.paced(datagrams, interval, max(1, round(BLOCK_S / interval)))

    def end(self):
        """Ends the receiver, then the recorder. Returns (exit code, what was recorded)."""
        code = self.receiver.stop()
        time.sleep(0.5)  # what was played is on its way to the recorder's file
        return code, self.recorder.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sender.close()
        if self.receiver.running():
            self.receiver.kill()
        self.recorder.__exit__()
        self.server.kill()
        return False


def sound(seed, fmt, seconds):
    """Random PCM without a zero byte at its ends, which silence would swallow."""
    size = int(fmt[0] * seconds) * bed.frame_bytes(fmt)
    return b"\x55" + bed.random_pcm(seed, size - 2) + b"\x55"


def missing(recorded, pcm, stderr=""):
    """Nothing when the PCM is in the recording, whole and contiguous; else how much of it is."""
    if recorded.find(pcm) >= 0:
        return ""
    step, found = min(4800, len(pcm) - 1), 0
    for at in range(0, len(pcm) - step, step):
        found += recorded.find(pcm[at:at + step]) >= 0
    return (f"{found} of {len(range(0, len(pcm) - step, step))} pieces are in the recording of "
            f"{len(recorded)} bytes\n{stderr}")


def play_exact(fmt, pcm, datagrams, *options):
    """Plays it and says what is missing of it in the recording, or nothing."""
    with Playing(fmt, *options) as playing:
        playing.pace(datagrams, fmt)
        code, recorded = playing.end()
        bed.equal(code, bed.EXIT_OK, f"{fmt}: exit code")
        return missing(recorded, pcm, playing.receiver.stderr)


def test_exact():
    """Every format arrives whole and contiguous, from the first frame to the last."""
    for number, fmt in enumerate(FORMATS):
        pcm = sound(number, fmt, EXACT_S)
        datagrams = bed.packets(pcm, fmt)
        unless_stalled(lambda: play_exact(fmt, pcm, datagrams), f"{fmt}")


def test_names():
    """What a mixer shows."""
    for options, name in (((), "Audio"), (("-n", "The room"), "The room")):
        with Playing(STEREO, *options) as playing:
            datagrams = bed.packets(sound(10, STEREO, 1), STEREO)
            playing.pace(datagrams, STEREO)
            shown = playing.server.list("sink-inputs")
            for wanted in (f'media.name = "{name}"', 'application.name = "Scream"',
                           'application.icon_name = "audio-card"', "s16le 2ch 48000Hz"):
                bed.check(wanted in shown, f"a mixer shows {wanted}: {shown}")


def test_split_frames():
    """Frames that go over the end of packets, as the original sends them for 5 channels."""
    fmt = (48000, 16, 5, 0x1f)
    pcm = sound(11, fmt, 2)
    datagrams = bed.packets(pcm, fmt, split=True)
    unless_stalled(lambda: play_exact(fmt, pcm, datagrams), "split frames")


def test_short_sound():
    """A sound shorter than the target latency is heard all the same, and while we still run."""
    pcm = sound(12, STEREO, 0.03)
    with Playing(STEREO) as playing:
        playing.pace(bed.packets(pcm, STEREO), STEREO)
        bed.check(bed.wait_until(lambda: pcm in playing.recorder.read(), 10, 0.1),
                  "a short sound is played")
        playing.pace(bed.packets(pcm, STEREO), STEREO)
        code, recorded = playing.end()
        bed.equal(code, bed.EXIT_OK, "short sounds: exit code")
        bed.equal(recorded.count(pcm), 2, "... and the one before the end too")


def test_format_change():
    """Both parts are heard whole. In a sink of 32 bits, each sample has what it was in its top."""
    first, second = STEREO, (48000, 24, 2, 3)
    parts = [sound(13, first, 3), sound(14, second, 3)]
    wide = [b"".join(b"\0\0" + parts[0][i:i + 2] for i in range(0, len(parts[0]), 2)),
            b"".join(b"\0" + parts[1][i:i + 3] for i in range(0, len(parts[1]), 3))]

    def attempt():
        with Playing((48000, 32, 2, 3)) as playing:
            for part, fmt in zip(parts, (first, second)):
                playing.pace(bed.packets(part, fmt), fmt)
            code, recorded = playing.end()
            bed.equal(code, bed.EXIT_OK, "format change: exit code")
            return missing(recorded, wide[0], playing.receiver.stderr) or \
                missing(recorded, wide[1], playing.receiver.stderr)
    unless_stalled(attempt, "format change")


def hostile_packets():
    """{format's words: datagram} that no server can play."""
    pcm = bytes(1020)
    return {"33 channels": struct.pack("<BBBH", 1, 16, 33, 3) + pcm[:990],
            "255 channels": struct.pack("<BBBH", 1, 32, 255, 3) + pcm,
            "6096000 Hz": struct.pack("<BBBH", 0x7f, 32, 8, 0x63f) + pcm[:992]}


def hostile_lines(playing):
    """Sends each hostile format for a while; checks that each costs one line."""
    for words, packet in hostile_packets().items():
        for _ in range(3):
            playing.sender.send(packet)
        bed.check(bed.wait_until(lambda: any("cannot play" in line and words in line for line
                                             in playing.receiver.stderr.splitlines())),
                  f"{words}: says that it cannot be played: {playing.receiver.stderr}")
        for _ in range(20):
            playing.sender.send(packet)
        time.sleep(1.2)  # a line a second at most
    lines = [line for line in playing.receiver.stderr.splitlines() if "cannot play" in line]
    bed.equal(len(lines), 3, f"one line for each format: {lines}")


def test_hostile():
    """Formats that no server plays cost a line, and neither the program nor the good stream."""
    pcm = sound(15, STEREO, 5)
    datagrams = bed.packets(pcm, STEREO)

    def attempt():
        with Playing(STEREO) as playing:
            hostile_lines(playing)
            for at in range(0, len(datagrams), 50):
                playing.pace(datagrams[at:at + 50], STEREO)
                for packet in hostile_packets().values():
                    playing.sender.send(packet)
            code, recorded = playing.end()
            bed.equal(code, bed.EXIT_OK, "hostile formats: exit code")
            return missing(recorded, pcm, playing.receiver.stderr)
    unless_stalled(attempt, "hostile formats: the good stream")


def test_no_server():
    """Says so in one line with what to do, at once."""
    result = bed.run("-o", "pulse", "-i", "lo",
                     env={"PULSE_SERVER": "unix:" + os.path.join(bed.directory(), "none")})
    bed.equal(result.returncode, bed.EXIT_OUTPUT, "no server: exit code")
    bed.equal(result.stderr.count("\n"), 1, f"no server: one line: {result.stderr}")
    for wanted in ("PulseAudio", "pulseaudio --start", "-o wav -d FILE", "-o raw"):
        bed.check(wanted in result.stderr, f"no server: {wanted} in: {result.stderr}")


def test_unknown_sink():
    """Names the sinks that there are; a known one plays."""
    with pulse.Server() as server:
        result = bed.run("-o", "pulse", "-i", "lo", "-s", "nosuch", env=server.env)
    bed.equal(result.returncode, bed.EXIT_OUTPUT, "unknown sink: exit code")
    bed.equal(result.stderr.count("\n"), 1, f"unknown sink: one line: {result.stderr}")
    bed.check("nosuch" in result.stderr and result.stderr.strip().endswith("cap"),
              f"unknown sink: names the others: {result.stderr}")
    pcm = sound(16, STEREO, 0.5)
    unless_stalled(lambda: play_exact(STEREO, pcm, bed.packets(pcm, STEREO), "-s", "cap"),
                   "known sink")


def test_server_lost():
    """A server that dies in mid-play ends the program with one line."""
    with Playing(STEREO) as playing:
        datagrams = bed.packets(sound(17, STEREO, 1), STEREO)
        playing.pace(datagrams, STEREO)
        playing.server.kill()
        playing.pace(datagrams, STEREO)
        bed.equal(playing.receiver.wait(10), bed.EXIT_OUTPUT, "server lost: exit code")
        lines = [line for line in playing.receiver.stderr.splitlines() if "PulseAudio" in line]
        bed.check(len(lines) == 1 and "has gone" in lines[0],
                  f"server lost: one line: {playing.receiver.stderr}")


if pulse.available():
    bed.main(test_exact, test_names, test_split_frames, test_short_sound, test_format_change,
             test_hostile, test_no_server, test_unknown_sink, test_server_lost)
else:
    bed.summary()
