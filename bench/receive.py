#!/usr/bin/env python3
"""The receiver's benchmarks: CPU time for queued packets, instructions per packet, latency. Each is
a ratio to a peer measured in the same run, or a count that repeats. Start it by bench/run.sh."""

import os
import re
import shutil
import signal
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests",
                                "support"))
import bed  # noqa: E402

BENCH = os.environ.get("BENCH", os.path.join(bed.ROOT, "build", "bench"))
RELAY, LATENCY = os.path.join(BENCH, "relay"), os.path.join(BENCH, "latency")

RATE_LEAST = 0.9            # of the relay's
INSTRUCTIONS_MOST = 394     # the original's, stereo 48 kHz/16
LATENCY_MOST_US = 150.0     # the original: 12100

QUEUED = 8000  # packets in the kernel's queue at once
ROUNDS = 6
PROCESSES = 6
SHORT, LONG = 1000, 3000  # packets of the two runs whose difference is counted
LATENCY_PACKETS, LATENCY_ROUNDS = 400, 5

_missed = []


def row(what, figure, limit, good):
    """Prints a row of the table."""
    if not good:
        _missed.append(what)
    print(f"{what:<52} {figure:>28}   {limit}{'' if good else '   MISSED'}", flush=True)


def receiver(group, port, *options, **more):
    """The program under test, raw."""
    return bed.Receiver("-o", "raw", "-g", group, "-p", port, *options, **more)


def relay(group, port, **more):
    """Its peer."""
    return bed.Receiver(group, port, "127.0.0.1", program=RELAY, **more)


def drain_cpu_s(program, sender, datagrams):
    """CPU time that a program uses to empty its queue."""
    os.kill(program.pid, signal.SIGSTOP)
    bed.wait_until(lambda: open(f"/proc/{program.pid}/stat",
                                encoding="ascii").read().rsplit(")", 1)[1].split()[0] == "T")
    for datagram in datagrams:
        sender.send(datagram)
    before = program.cpu_s()
    os.kill(program.pid, signal.SIGCONT)
    program.taken(sender.port)
    bed.wait_until(lambda: sleeping(program.pid))
    return program.cpu_s() - before


def sleeping(pid):
    """Whether a process waits, so that its CPU time is up to date."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] == "S"


def drain_all(datagrams):
    """Best CPU times in s, of the program on one interface and on all, of the bare relay and of the
    one that asks for interfaces, of a few rounds with fresh processes, in turn, so that whatever
    slows the machine slows all; None when packets were lost."""
    groups = [bed.address() for _ in range(4)]
    with open("/dev/null", "wb") as null:
        programs = [receiver(*groups[0], "-i", "lo", stdout=null),
                    receiver(*groups[1], stdout=null),
                    bed.Receiver(*groups[2], "127.0.0.1", "bare", stdout=null, program=RELAY),
                    relay(*groups[3], stdout=null)]
    senders = [bed.Sender(*group) for group in groups]
    rounds = [[drain_cpu_s(program, sender, datagrams)
               for program, sender in zip(programs, senders)] for _ in range(ROUNDS)]
    lost = sum(program.queue(group[1])[1] for program, group in zip(programs, groups))
    for program, sender in zip(programs, senders):
        program.stop()
        sender.close()
    return None if lost else tuple(min(times) for times in zip(*rounds))


def throughput():
    """Best of several. All on one CPU: memory that another CPU gave costs more to give back, and
    chance would decide who pays."""
    cpus = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cpus)})
    datagrams = bed.packets(bed.random_pcm(1, QUEUED * bed.PCM_BYTES))
    runs = [drain_all(datagrams) for _ in range(PROCESSES)]
    os.sched_setaffinity(0, cpus)
    if None in runs:
        bed.skip(f"the queue does not hold {QUEUED} packets: be root")
        return
    best = [min(times) for times in zip(*runs)]
    for name, time_s in zip(("CPU time, queued packets to /dev/null, -i lo", "  all interfaces",
                             "  recvmmsg and writev", "  the same, asking for the interface"),
                            best):
        row(name, f"{time_s / QUEUED * 1e6:.3f} us a packet", "", True)
    for name, ratio in (("  -i lo: our rate, of recvmmsg and writev", best[2] / best[0]),
                        ("  all: our rate, of the one that asks too", best[3] / best[1])):
        row(name, f"{ratio:.3f}", f"at least {RATE_LEAST}", ratio >= RATE_LEAST)


def instructions_of(count, place, options):
    """User instructions of a run over so many packets that arrive one at a time."""
    group, port = bed.address()
    datagrams = bed.packets(bed.random_pcm(2, count * bed.PCM_BYTES))
    wrapper = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={place}/out.%p")
    with receiver(group, port, *options, wrapper=wrapper, ready=60) as ours, \
            bed.Sender(group, port) as sender:
        for number, datagram in enumerate(datagrams):
            sender.send(datagram)
            if not ours.wait_output((number + 1) * bed.PCM_BYTES):
                raise RuntimeError(f"packet {number} does not come out: " + ours.stderr)
        ours.stop()
    return int(re.search(r"Collected\s*:\s*(\d+)", ours.stderr).group(1))


def instructions():
    """The difference of two runs of different lengths is what packets cost."""
    if not shutil.which("valgrind"):
        bed.skip("no valgrind")
        return
    place = bed.directory()
    for name, options in (("one interface", ("-i", "lo")), ("all interfaces", ())):
        counts = [instructions_of(count, place, options) for count in (SHORT, LONG)]
        each = (counts[1] - counts[0]) / (LONG - SHORT)
        row(f"user instructions a packet, 48 kHz/16/2, {name}", f"{each:.1f}",
            f"at most {INSTRUCTIONS_MOST}", each <= INSTRUCTIONS_MOST)


def latency_of(program, group, port):
    """(median, 99th percentile) in us of a program that writes to a pipe."""
    reader, writer = os.pipe()
    with program(group, port, stdout=writer) as running:
        os.close(writer)
        told = subprocess.run([LATENCY, group, str(port), "127.0.0.1", str(LATENCY_PACKETS)],
                              stdin=reader, stdout=subprocess.PIPE, check=True).stdout
        running.kill()
    os.close(reader)
    return tuple(float(value) for value in told.split())


def latency():
    """Sender to the reader of standard output, while the CPU's sleep states are held off."""
    hold = None
    try:
        hold = os.open("/dev/cpu_dma_latency", os.O_WRONLY)
        os.write(hold, b"\0\0\0\0")
    except OSError as error:
        print(f"  the CPU's latency cannot be held, so these figures mean less: {error}")
    try:
        ours, peer = [], []
        for _ in range(LATENCY_ROUNDS):
            ours.append(latency_of(receiver, *bed.address()))
            peer.append(latency_of(relay, *bed.address()))
    finally:
        if hold is not None:
            os.close(hold)
    medians = [statistics.median(time[0] for time in times) for times in (ours, peer)]
    tails = [statistics.median(time[1] for time in times) for times in (ours, peer)]
    row("sender to reader of standard output, median", f"{medians[0] / 1000:.3f} ms",
        f"at most {LATENCY_MOST_US / 1000} ms", medians[0] <= LATENCY_MOST_US)
    row("  99th percentile", f"{tails[0] / 1000:.3f} ms", "", True)
    row("  relay: median, 99th percentile",
        f"{medians[1] / 1000:.3f} ms, {tails[1] / 1000:.3f} ms", "", True)
    row("  median, of the relay's", f"{medians[0] / medians[1]:.3f}", "", True)


def main():
    """All of them, or those named on the command line."""
    bed.isolate()
    wanted = sys.argv[1:]
    for bench in (throughput, instructions, latency):
        if not wanted or bench.__name__ in wanted:
            bench()
    if _missed:
        print("missed: " + ", ".join(name.strip() for name in _missed))
    sys.exit(1 if _missed else 0)


if __name__ == "__main__":
    main()
