#!/usr/bin/env python3
"""What goes wrong around the receiver, and must not go wrong in it: the first datagram, its own
stalls, closed descriptors, full disks and hangups, files that are there already."""

import os
import resource
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import bed  # noqa: E402

FORMAT = (48000, 16, 2, 3)
FOREIGN = b"\x11" * bed.PCM_BYTES


def sound(seed, count):
    """(PCM, datagrams): so many full packets of random sound."""
    pcm = bed.random_pcm(seed, count * bed.PCM_BYTES)
    return pcm, bed.packets(pcm, FORMAT)


def test_first_datagram():
    """Whatever comes first, on a receiver that has heard nothing yet, and from the very sender that
    is heard afterwards."""
    pcm, datagrams = sound(51, 20)
    for size in (0, 1, 4, 5, 6, 7, 1157, 1472, 1473):
        for output in ("raw", "wav", "null"):
            group, port = bed.address()
            path = os.path.join(bed.directory(), "first.wav")
            with bed.Receiver("-o", output, *(["-d", path] if output == "wav" else []),
                              "-i", "lo", "-g", group, "-p", port) as receiver, \
                    bed.Sender(group, port) as sender:
                sender.send(bytes(size))
                sender.burst(datagrams, receiver)
                bed.equal(receiver.stop(), bed.EXIT_OK, f"{size} zeros first, {output}: exit code")
            heard = bytes(receiver.out) if output == "raw" else pcm
            if output == "wav":
                heard = bed.read_wav(path).pcm
            bed.same_bytes(heard, pcm, f"{size} zeros first, {output}")


def test_stall():
    """While the receiver stands still, another sender's packet comes to stand before those of the
    one that is heard; that one was not silent."""
    group, port = bed.address()
    pcm, datagrams = sound(52, 100)
    foreign = bed.packets(FOREIGN, FORMAT)[0]
    with bed.Receiver("-o", "raw", "-i", "lo", "-g", group, "-p", port) as receiver, \
            bed.Sender(group, port) as sender, \
            bed.Sender(group, port, source=("127.0.0.2", 0)) as other:
        sender.burst(datagrams[:50], receiver)
        os.kill(receiver.pid, signal.SIGSTOP)
        for datagram in datagrams[50:]:
            other.send(foreign)
            sender.send(datagram)
        # Longer than a sender holds the receiver; that time goes by is all that this waits for.
        bed.wait_until(lambda: False, timeout=1.1)
        os.kill(receiver.pid, signal.SIGCONT)
        receiver.taken(port)
        receiver.stop()
    bed.same_bytes(bytes(receiver.out), pcm, "a stall of 1.1 s with two senders")
    bed.equal(receiver.dropped().get("other sender"), 50, "a stall: the other's packets")


def is_bound(port):
    """Whether a UDP socket here has the port."""
    with open("/proc/thread-self/net/udp", encoding="ascii") as table:
        return any(int(line.split()[1].split(":")[1], 16) == port for line in list(table)[1:])


def test_closed_descriptors():
    """Without standard error nothing that is said gets into the sound; without standard output raw
    says so."""
    _, port = bed.address()
    pcm, datagrams = sound(53, 40)
    path = os.path.join(bed.directory(), "closed.wav")
    with subprocess.Popen(["sh", "-c", 'exec "$0" "$@" 2>&-', bed.SCREAM, "-v", "-o", "wav", "-d",
                           path, "-i", "lo", "-u", "-p", str(port)],
                          stdin=subprocess.DEVNULL) as process, \
            bed.Sender("127.0.0.1", port) as sender:
        bed.wait_until(lambda: is_bound(port))
        for datagram in datagrams:
            sender.send(datagram)
        bed.wait_until(lambda: os.path.getsize(path) >= len(pcm))
        process.terminate()
    bed.same_bytes(bed.read_wav(path).pcm, pcm, "standard error closed")
    done = subprocess.run(["sh", "-c", 'exec "$0" "$@" >&-', bed.SCREAM, "-o", "raw", "-i", "lo"],
                          stderr=subprocess.PIPE, check=False, timeout=20)
    bed.equal(done.returncode, bed.EXIT_OUTPUT, "standard output closed: exit code")
    bed.check(b"standard output is closed" in done.stderr, f"standard output closed: {done.stderr}")


def recorded(text, path, pcm, stop, **more):
    """A recording that ends in an unusual way is whole."""
    group, port = bed.address()
    with bed.Receiver("-o", "wav", "-d", path, "-i", "lo", "-g", group, "-p", port,
                      **more) as receiver, bed.Sender(group, port) as sender:
        sender.burst(bed.packets(pcm, FORMAT), receiver)
        code = stop(receiver)
    wav = bed.read_wav(path)
    bed.equal(wav.faults, [], f"{text}: header")
    return code, wav


def test_hangup():
    """A terminal that is closed ends it like SIGTERM; nohup is respected."""
    pcm, _ = sound(54, 400)
    path = os.path.join(bed.directory(), "hangup.wav")
    code, wav = recorded("hangup", path, pcm, lambda receiver: receiver.stop(signal.SIGHUP))
    bed.equal(code, bed.EXIT_OK, "hangup: exit code")
    bed.same_bytes(wav.pcm, pcm, "hangup")

    def hang_up_first(receiver):
        os.kill(receiver.pid, signal.SIGHUP)
        bed.check(receiver.running(), "nohup: a hangup is nothing")
        return receiver.stop()
    code, wav = recorded("nohup", path, pcm, hang_up_first,
                            wrapper=("sh", "-c", 'trap "" HUP; exec "$0" "$@"'))
    bed.equal(code, bed.EXIT_OK, "nohup: exit code")
    bed.same_bytes(wav.pcm, pcm, "nohup")


def test_blocked_signal():
    """SIGTERM that whoever started us had blocked."""
    group, port = bed.address()
    code = ("import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM});"
            "os.execv(sys.argv[1], sys.argv[1:])")
    with bed.Receiver("-o", "null", "-i", "lo", "-g", group, "-p", port,
                      wrapper=(sys.executable, "-c", code)) as receiver:
        bed.equal(receiver.stop(timeout=10), bed.EXIT_OK, "SIGTERM blocked at the start")


def test_file_size_limit():
    """The largest file allowed: one line, and what is there can be played."""
    group, port = bed.address()
    pcm, datagrams = sound(55, 400)
    path = os.path.join(bed.directory(), "limit.wav")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100000, before[1]))
    try:
        with bed.Receiver("-o", "wav", "-d", path, "-i", "lo", "-g", group, "-p", port) as receiver, \
                bed.Sender(group, port) as sender:
            for datagram in datagrams:
                sender.send(datagram)
            code = receiver.wait(timeout=10)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    wav, stderr = bed.read_wav(path), receiver.stderr
    bed.equal(code, bed.EXIT_OUTPUT, "file size limit: exit code")
    bed.check("File too large" in stderr, f"file size limit: {stderr}")
    bed.check(wav.pcm and pcm.startswith(wav.pcm), "file size limit: what there was room for")


def test_other_files():
    """A file that follows never takes the place of one that is there."""
    place = bed.directory()
    group, port = bed.address()
    with open(os.path.join(place, "a-2.wav"), "wb") as old:
        old.write(b"precious")
    wide = (96000, 24, 6, 0x3f)
    pcm, datagrams = sound(56, 10)
    other = bed.random_pcm(57, 1152)
    with bed.Receiver("-o", "wav", "-d", os.path.join(place, "a.wav"), "-i", "lo", "-g", group,
                      "-p", port) as receiver, bed.Sender(group, port) as sender:
        sender.burst(datagrams + bed.packets(other, wide), receiver)
        receiver.stop()
    with open(os.path.join(place, "a-2.wav"), "rb") as old:
        bed.equal(old.read(), b"precious", "a file that was there")
    bed.same_bytes(bed.read_wav(os.path.join(place, "a.wav")).pcm, pcm, "the first file")
    bed.same_bytes(bed.read_wav(os.path.join(place, "a-3.wav")).pcm, other, "the one that follows")


def test_storm_of_formats():
    """However often stray packets change the format, the good sound goes on in its files."""
    place = bed.directory()
    group, port = bed.address()
    pcm, datagrams = sound(58, 400)
    with bed.Receiver("-o", "wav", "-d", os.path.join(place, "s.wav"), "-i", "lo", "-g", group,
                      "-p", port) as receiver, bed.Sender(group, port) as sender:
        for number, datagram in enumerate(datagrams):
            sender.send(datagram)
            if number < 200:
                sender.send(bytes([1, 16, 3 + number, 0, 0]) + FOREIGN[:2 * (3 + number)])
        receiver.taken(port)
        receiver.stop()
    files = sorted((name for name in os.listdir(place)),
                   key=lambda name: int(name[2:-4]) if "-" in name else 1)
    wavs = [bed.read_wav(os.path.join(place, name)) for name in files]
    good = b"".join(wav.pcm for wav in wavs if wav.format == FORMAT[:3] and FOREIGN[:8] not in
                    wav.pcm)
    bed.check(len(files) <= 99, f"a storm of formats: {len(files)} files")
    bed.check("left out of" in receiver.stderr, "a storm of formats: is said while it happens")
    bed.same_bytes(good, pcm, "a storm of formats")


if __name__ == "__main__":
    bed.main(test_first_datagram, test_stall, test_closed_descriptors, test_hangup,
             test_blocked_signal, test_file_size_limit, test_other_files, test_storm_of_formats)
