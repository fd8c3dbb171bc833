#!/usr/bin/env python3
"""Whatever arrives while a PulseAudio server plays: as hostile_test.py, for the output pulse."""

import collections
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import bed  # noqa: E402
import hostile_test as hostile  # noqa: E402
import pulse  # noqa: E402

FORMAT = (48000, 16, 2, 3)
SECONDS = 5
BLOCK = 2  # packets that a real sender hands over at once


class Playing:
    """A server that is recorded, a receiver that plays on it, a friend and an enemy."""

    def __init__(self):
        group, self.port = bed.address()
        self.group = group
        self.server = pulse.Server(FORMAT)
        self.recorder = pulse.Recorder(self.server)
        self.receiver = bed.Receiver("-o", "pulse", "-i", "lo", "-g", group, "-p", self.port,
                                     "-t", 300, "-l", 2000,
                                     env=dict(hostile.ENVIRONMENT, **self.server.env))
        self.friend = bed.Sender(group, self.port)
        self.enemy = bed.Sender(group, self.port, source=(hostile.ENEMY, 0))

    def end(self, text):
        """Ends all. Returns what was recorded."""
        bed.equal(self.receiver.stop(), bed.EXIT_OK, f"{text}: exit code")
        time.sleep(0.5)  # what was played is on its way to the recorder's file
        return self.recorder.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for sender in (self.friend, self.enemy):
            sender.close()
        if self.receiver.running():
            self.receiver.kill()
        self.recorder.__exit__()
        self.server.kill()
        return False


def good_sound(seed):
    """(PCM, datagrams) of the stream that must go on, without silence at its ends."""
    pcm = b"\x55" + bed.random_pcm(seed, SECONDS * FORMAT[0] * bed.frame_bytes(FORMAT) - 2)
    pcm += b"\x55"
    return pcm, bed.packets(pcm, FORMAT)


def heard(recorded, pcm, text):
    """check() that the good stream was played whole, and nothing else but silence."""
    at = recorded.find(pcm)
    if bed.check(at >= 0, f"{text}: the good stream is played exact"):
        rest = recorded[:at] + recorded[at + len(pcm):]
        # The last packet may be short; what fills it and what is around it is silence.
        bed.check(not rest.strip(b"\0"), f"{text}: and nothing else")


def test_under_fire():
    """The good stream at its pace, all of edges() in between."""
    text = "pulse, under fire"
    bad = hostile.edges()
    pcm, good = good_sound(30)
    share = len(bad) // (len(good) - 200) + 1
    wanted = collections.Counter(hostile.kind(datagram) or "other sender" for datagram in bad)
    with Playing() as playing:
        start, before_kb, at = time.monotonic(), 0, 0
        for number, datagram in enumerate(good):
            if number % BLOCK == 0:
                wait = start + number * bed.packet_interval_s(FORMAT) - time.monotonic()
                time.sleep(max(0.0, wait))
            playing.friend.send(datagram)
            if number == 100:
                before_kb = playing.receiver.rss_kb()
            if number >= 100:
                for enemy in bad[at:at + share]:
                    playing.enemy.send(enemy)
                at += share
        playing.receiver.taken(playing.port)
        hostile.small_growth(text, before_kb, playing.receiver.rss_kb())
        bed.equal(playing.receiver.queue(playing.port)[1], 0, f"{text}: lost in the bed itself")
        recorded = playing.end(text)
    bed.equal(playing.receiver.dropped(), dict(wanted), f"{text}: each kind counted")
    heard(recorded, pcm, text)


def test_changing():
    """A format change on every packet, from the sender that is heard; then the good one goes on,
    and none of the others is played."""
    text = "pulse, format changes"
    odd = hostile.odd_formats(4000)
    pcm, good = good_sound(31)
    with Playing() as playing:
        playing.enemy.burst(odd[:1000], playing.receiver)
        before_kb = playing.receiver.rss_kb()
        playing.enemy.paced(odd[1000:], 0.0005)
        time.sleep(1.3)
        hostile.small_growth(text, before_kb, playing.receiver.rss_kb())
        playing.friend.paced(good, bed.packet_interval_s(FORMAT), BLOCK)
        recorded = playing.end(text)
    bed.equal(playing.receiver.dropped(), {}, f"{text}: nothing dropped")
    bed.check(recorded.find(pcm) >= 0, f"{text}: the good stream is played exact")


def test_flood():
    """Random datagrams at full speed, while the good stream goes on at its own pace."""
    text = "pulse, flooded"
    flood = hostile.build_flood()
    if flood is None:
        return
    pcm, good = good_sound(32)
    with Playing() as playing:
        thread = threading.Thread(target=playing.friend.paced,
                                  args=(good, bed.packet_interval_s(FORMAT), BLOCK))
        thread.start()
        time.sleep(0.5)
        hostile.run_flood(flood, playing.group, playing.port, 2000, 1, 1)
        before_kb = playing.receiver.rss_kb()
        told = hostile.run_flood(flood, playing.group, playing.port, hostile.FLOOD_COUNT,
                                 hostile.FLOOD_SECONDS, 2)
        hostile.small_growth(text, before_kb, playing.receiver.rss_kb())
        thread.join()
        drops = playing.receiver.queue(playing.port)[1]
        recorded = playing.end(text)
    print(f"{text}: {sum(told.values())} datagrams, {drops} lost in the kernel's queue")
    counted = playing.receiver.dropped()
    bed.equal(counted.get("lost in the kernel's queue", 0), drops, f"{text}: the kernel's count")
    if drops == 0:
        heard(recorded, pcm, text)


if __name__ == "__main__":
    if not pulse.available():
        bed.summary()
    bed.main(test_under_fire, test_changing, test_flood)
