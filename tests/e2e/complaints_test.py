#!/usr/bin/env python3
"""What the receiver says to a user: help, and one clear line for what cannot be used."""

import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import bed  # noqa: E402


def test_complaints():
    """What cannot be used: one clear line, the right exit code, nothing half done."""
    place = bed.directory()
    usage, network, output = bed.EXIT_USAGE, bed.EXIT_NETWORK, bed.EXIT_OUTPUT
    lo = ["-i", "lo", "-o", "raw"]
    cases = [
        # arguments, exit code, words in the line
        (["--bogus"], usage, "--bogus"),
        (["-Z"], usage, "-Z"),
        ([*lo, "stray"], usage, "stray"),
        ([*lo, "-p"], usage, "-p"),
        ([*lo, "-g"], usage, "-g"),
        ([*lo, "-d"], usage, "-d"),
        ([*lo, "-p", "0"], usage, "65535"),
        ([*lo, "-p", "65536"], usage, "65535"),
        ([*lo, "-p", "-1"], usage, "-1"),
        ([*lo, "-p", "40x"], usage, "40x"),
        ([*lo, "-p", ""], usage, "-p"),
        ([*lo, "-t", "x"], usage, "-t"),
        (["-i", "nosuch0", "-o", "raw"], network, "nosuch0"),
        (["-i", "192.0.2.77", "-o", "raw"], network, "192.0.2.77"),
        (["-u", "-i", "nosuch0", "-o", "raw"], network, "nosuch0"),
        ([*lo, "-g", "10.0.0.1"], network, "10.0.0.1"),
        ([*lo, "-g", "240.0.0.1"], network, "240.0.0.1"),
        ([*lo, "-g", "example"], network, "example"),
        ([*lo, "-g", "239.255.77.777"], network, "239.255.77.777"),
        (["-i", "lo", "-o", "nosuch"], usage, "nosuch"),
        (["-i", "lo", "-o", "jack"], usage, "jack"),
        (["-i", "lo", "-o", "sndio"], usage, "sndio"),
        (["-i", "lo", "-o", "alsa"], usage, "alsa"),
        ([*lo, "-m", "/dev/shm/scream"], usage, "-m"),
        ([*lo, "-P"], usage, "-P"),
        (["-i", "lo", "-o", "wav"], usage, "-d"),
        (["-i", "lo", "-o", "wav", "-d", f"{place}/none/x.wav"], output, f"{place}/none/x.wav"),
        (["-i", "lo", "-o", "wav", "-d", place], output, place),
        (["-i", "lo", "-o", "wav", "-d", "/dev/full"], output, "/dev/full"),
    ]
    for arguments, code, words in cases:
        if "-p" not in arguments:
            arguments = [*arguments, "-p", str(bed.address()[1])] if code != usage else arguments
        ended = bed.run(*arguments, timeout=5)
        text = " ".join(arguments)
        bed.equal(ended.returncode, code, f"{text}: exit code ({ended.stderr!r})")
        lines = ended.stderr.splitlines()
        bed.check(len(lines) == 1 and lines[0].startswith("scream: "),
                  f"{text}: one line ({ended.stderr!r})")
        bed.check(words in ended.stderr, f"{text}: names {words} ({ended.stderr!r})")
        bed.equal(ended.stdout, b"", f"{text}: nothing on standard output")
    bed.equal(os.listdir(place), [], "complaints: no file is left")


def test_port_in_use():
    """A port that a program holds and does not share."""
    for arguments in (["-g", "239.255.0.9"], ["-u"]):
        _, port = bed.address()
        path = os.path.join(bed.directory(), "x.wav")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
            holder.bind(("0.0.0.0", port))
            ended = bed.run("-o", "wav", "-d", path, "-i", "lo", "-p", port, *arguments, timeout=5)
        bed.equal(ended.returncode, bed.EXIT_NETWORK, f"port in use, {arguments}: exit code")
        bed.check(len(ended.stderr.splitlines()) == 1 and str(port) in ended.stderr,
                  f"port in use, {arguments}: one line with the port ({ended.stderr!r})")
        bed.check(not os.path.exists(path), f"port in use, {arguments}: no file is begun")


def test_file_kept():
    """A start that fails leaves an old recording alone."""
    path = os.path.join(bed.directory(), "old.wav")
    with open(path, "wb") as old:
        old.write(b"precious")
    bed.run("-o", "wav", "-d", path, "-i", "nosuch0", timeout=5)
    with open(path, "rb") as old:
        bed.equal(old.read(), b"precious", "a start that fails leaves the old file alone")


def test_help():
    """--help and --version, on standard output."""
    for arguments in (["-h"], ["--help"]):
        ended = bed.run(*arguments)
        text = ended.stdout.decode()
        bed.equal((ended.returncode, ended.stderr), (bed.EXIT_OK, ""), f"{arguments}: exit code")
        for option in ("-u", "-p", "-i", "-g", "-o", "-d", "-s", "-n", "-t", "-l", "-v", "-h",
                       "4010", "239.255.77.77", "raw", "wav", "null"):
            bed.check(option in text, f"{arguments} tells of {option}")
        long_lines = [line for line in text.splitlines() if len(line) > 80]
        bed.equal(long_lines, [], f"{arguments} fits 80 columns")
    ended = bed.run("--version")
    bed.equal((ended.returncode, ended.stderr), (bed.EXIT_OK, ""), "--version: exit code")
    bed.check(ended.stdout.startswith(b"scream ") and ended.stdout.count(b"\n") == 1,
              f"--version: one line ({ended.stdout!r})")
    with open("/dev/full", "wb") as full:
        ended = bed.run("--help", stdout=full)
        bed.check(ended.returncode not in (None, bed.EXIT_OK), "--help into a full disk fails")


def test_original_options():
    """Every option of the original is understood, with raw output too."""
    group, port = bed.address()
    pcm = bed.random_pcm(17, 50 * bed.PCM_BYTES)
    datagrams = bed.packets(pcm)
    with bed.Receiver("-v", "-v", "-g", group, "-p", port, "-ilo", "-oraw", "-d", "default",
                      "-s", "sink", "-n", "Kitchen", "-t", "40", "-l80", "-c") as receiver, \
            bed.Sender(group, port) as sender:
        sender.burst(datagrams, receiver)
        bed.equal(receiver.stop(), bed.EXIT_OK, "the original's options: exit code")
    bed.same_bytes(bytes(receiver.out), pcm, "the original's options: raw as it came")


if __name__ == "__main__":
    bed.main(test_complaints, test_port_in_use, test_file_kept, test_help, test_original_options)
