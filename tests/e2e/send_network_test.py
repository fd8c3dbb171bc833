#!/usr/bin/env python3
"""Where the sender's packets go, by which interface and with what marks."""

import os
import re
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import bed  # noqa: E402
import net  # noqa: E402
from sending import PCM, Catcher, chunk, fmt_chunk, on_disk, riff, same_packets  # noqa: E402


def test_destinations():
    """The group and two hosts at once, each gets all."""
    group = Catcher()
    hosts = [Catcher(address="127.0.0.1"), Catcher(address="127.0.0.2")]
    pcm = bed.random_pcm(1, 5000)
    path = on_disk(riff(fmt_chunk(PCM, (48000, 16, 2)), chunk(b"data", pcm)))
    result = bed.run("send", *group.where, "--to", f"127.0.0.1:{hosts[0].port}",
                     f"--to=127.0.0.2:{hosts[1].port}", path)
    bed.equal(result.returncode, 0, f"exit code: {result.stderr}")
    for catcher in (group, *hosts):
        same_packets(catcher.all(), pcm, (48000, 16, 2, 3), f"port {catcher.port}")
        bed.check(f":{catcher.port} on lo" in result.stderr, "says where it sends")
    bed.check("1250 frames in 15 packets sent, 0 packets unsent" in result.stderr, result.stderr)

    alone, silent = Catcher(address="127.0.0.1"), Catcher()
    result = bed.run("send", "--to", "localhost", "-p", alone.port, path)
    same_packets(alone.all(), pcm, (48000, 16, 2, 3), f"a host name: {result.stderr}")
    bed.check(not silent.all(), "no group unless there is none else")


def test_marks():
    """TTL, DSCP and source port as they arrive, multicast and unicast."""
    path = on_disk(riff(fmt_chunk(PCM, (48000, 16, 2)), chunk(b"data", b"abcd" * 600)))
    for ttl, dscp in ((1, 0), (7, 46), (255, 63)):
        group, host = Catcher(), Catcher(address="127.0.0.1")
        _, source_port = bed.address()
        result = bed.run("send", *group.where, "--to", f"127.0.0.1:{host.port}", "--ttl", ttl,
                         "--dscp", dscp, "--source-port", source_port, path)
        bed.equal(result.returncode, 0, f"exit code: {result.stderr}")
        for catcher in (group, host):
            bed.equal(len(catcher.all()), 3, "packets")
            bed.equal(catcher.ttls, {ttl}, "TTL")
            bed.equal(catcher.classes, {dscp << 2}, "type of service")
            bed.equal({port for _, port in catcher.senders}, {source_port}, "source port")
    taken, holder = bed.address()[1], socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    holder.bind(("", taken))
    result = bed.run("send", *Catcher().where, "--source-port", taken, path)
    bed.equal(result.returncode, bed.EXIT_NETWORK, f"source port in use: {result.stderr}")
    holder.close()


def test_interfaces():
    """Chosen by name, by address, or, where no route leads to the group, by the sender itself."""
    if not bed.can_run_isolated():
        return
    path = on_disk(riff(fmt_chunk(PCM, (48000, 16, 2)), chunk(b"data", b"abcd" * 600)))
    left, right, lonely = bed.Namespace(), bed.Namespace(), bed.Namespace()
    net.veth(left, "out0", "10.12.0.1/24", right, "in0", "10.12.0.2/24")
    left.ip("addr add 10.12.0.77/24 dev out0")
    left.ip("link add down0 type veth peer name down1")
    for options, address in (((), "10.12.0.1"), (("-i", "out0"), "10.12.0.1"),
                             (("-i", "10.12.0.77"), "10.12.0.77")):
        catcher = Catcher(interface="in0", ns=right)
        result = bed.run("send", "-g", catcher.group, "-p", catcher.port, *options, path, ns=left)
        bed.equal(result.returncode, 0, f"exit code: {result.stderr}")
        bed.equal(len(catcher.all()), 3, f"packets with {options}")
        bed.equal({host for host, _ in catcher.senders}, {address}, f"source with {options}")
        bed.check(f"sending to {catcher.group}:{catcher.port} on out0" in result.stderr,
                  f"says the interface: {result.stderr}")
    for options, count in (((), 3), (("--no-loopback",), 0)):
        here, there = Catcher(interface="out0", ns=left), Catcher(interface="in0", ns=right)
        for catcher in (here, there):
            result = bed.run("send", "-g", catcher.group, "-p", catcher.port, "-i", "out0",
                             *options, path, ns=left)
            bed.equal(result.returncode, 0, f"exit code: {result.stderr}")
        bed.equal(len(here.all()), count, f"packets on the sender's own host with {options}")
        bed.equal(len(there.all()), 3, f"packets on another host with {options}")
    result = bed.run("send", "-i", "down0", path, ns=left)
    bed.equal(result.returncode, bed.EXIT_NETWORK, "an interface that is down")
    bed.check("ip link set down0 up" in result.stderr, result.stderr)
    result = bed.run("send", path, ns=lonely)
    bed.equal(result.returncode, bed.EXIT_NETWORK, "no interface but lo")
    bed.check("-i: lo" in result.stderr, f"says what there is: {result.stderr}")
    result = bed.run("send", "--to", "10.99.0.1", path, ns=lonely)
    bed.equal(result.returncode, 0, f"a host without a route may get one: {result.stderr}")
    bed.check("0 packets sent, 3 packets unsent" in result.stderr, result.stderr)


def test_recovery():
    """An interface that went away is used again when it is back, though with another index."""
    if not bed.can_run_isolated():
        return
    left, right = bed.Namespace(), bed.Namespace()
    net.veth(left, "out0", "10.13.0.1/24", right, "in0", "10.13.0.2/24")
    group, port = bed.address()
    before = Catcher(group, port, "in0", ns=right)
    with left:
        process = subprocess.Popen([bed.SCREAM, "send", "-g", group, "-p", str(port), "-i", "out0",
                                    "--signal", "sine"], stderr=subprocess.PIPE)
    bed.check(bed.wait_until(lambda: len(before.datagrams) > 2), "it sends")
    before.all(sender_ended=False)
    left.ip("link del out0")
    for line in process.stderr:
        if b"cannot send" in line:
            break
    net.veth(left, "out0", "10.13.0.1/24", right, "in0", "10.13.0.2/24")
    after = Catcher(group, port, "in0", ns=right)
    bed.check(bed.wait_until(lambda: len(after.datagrams) > 2), "it sends again")
    after.all(sender_ended=False)
    process.terminate()
    _, err = process.communicate(timeout=20)
    bed.equal(process.returncode, 0, f"exit code: {err}")


def test_unsent():
    """Nobody listens: the sender counts, says so once a second at most, and goes on."""
    _, port = bed.address()
    result = bed.run("send", "--to", f"127.0.0.1:{port}", "--signal", "sine", "--duration", 0.3)
    bed.equal(result.returncode, 0, "exit code")
    bed.equal(result.stderr.count("cannot send to"), 1, f"complaints: {result.stderr}")
    numbers = re.search(r"(\d+) packets sent, (\d+) packets unsent", result.stderr)
    bed.check(numbers and int(numbers[1]) + int(numbers[2]) == 50 and int(numbers[2]) >= 49,
              f"every packet is counted once: {result.stderr}")


if __name__ == "__main__":
    bed.main(test_destinations, test_marks, test_interfaces, test_recovery, test_unsent)
