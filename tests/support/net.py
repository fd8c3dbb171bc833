"""Networks for tests: namespaces, veth pairs, senders. Nothing here leaves the machine."""

import ctypes
import os
import socket
import struct
import subprocess
import threading
import time

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
_isolated = False


def _call(result):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def isolate():
    """Moves this process, which must have one thread only, to a network namespace of its own whose
    lo is up. Where that is not allowed it stays, and isolated() says so."""
    global _isolated
    if _isolated:
        return True
    uid, gid = os.getuid(), os.getgid()
    try:
        if uid == 0:
            _call(_libc.unshare(CLONE_NEWNET))
        else:
            _call(_libc.unshare(CLONE_NEWUSER | CLONE_NEWNET))
            _write("/proc/self/setgroups", "deny")
            _write("/proc/self/uid_map", f"0 {uid} 1")
            _write("/proc/self/gid_map", f"0 {gid} 1")
        ip("link set lo up")
        _isolated = True
    except (OSError, subprocess.CalledProcessError):
        pass
    return _isolated


def isolated():
    """Whether isolate() succeeded, so that namespaces and veth pairs can be made."""
    return _isolated


def multicast_works():
    """Whether a datagram sent to a group on lo comes back."""
    group = socket.inet_aton("239.255.255.1")
    lo = socket.inet_aton("127.0.0.1")
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            receiver.bind(("", 0))
            receiver.settimeout(2)
            receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group + lo)
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, lo)
            sender.sendto(b"x", ("239.255.255.1", receiver.getsockname()[1]))
            return receiver.recv(1) == b"x"
    except OSError:
        return False


def ip(arguments):
    """Runs `ip` in the namespace of the calling thread."""
    subprocess.run(["ip", *arguments.split()], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE)


class Namespace:
    """A network namespace without a name; gone when the process ends. `with namespace:` moves the
    calling thread into it: sockets and programs made there belong to it."""

    def __init__(self):
        self._back = threading.local()
        fd = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _call(_libc.unshare(CLONE_NEWNET))
            self.fd = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
            ip("link set lo up")
        finally:
            _call(_libc.setns(fd, CLONE_NEWNET))
            os.close(fd)

    @property
    def path(self):
        """What `ip ... netns` takes for it."""
        return f"/proc/{os.getpid()}/fd/{self.fd}"

    def __enter__(self):
        stack = self._back.__dict__.setdefault("stack", [])
        stack.append(os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC))
        _call(_libc.setns(self.fd, CLONE_NEWNET))
        return self

    def __exit__(self, *_):
        fd = self._back.stack.pop()
        _call(_libc.setns(fd, CLONE_NEWNET))
        os.close(fd)
        return False

    def ip(self, arguments):
        """Runs `ip` in it."""
        with self:
            ip(arguments)


def veth(left, left_name, left_address, right, right_name, right_address):
    """Joins two namespaces by a cable; addresses as 10.1.0.1/24, or None for none."""
    with left:
        ip(f"link add {left_name} type veth peer name {right_name} netns {right.path}")
    for side, name, address in ((left, left_name, left_address),
                                (right, right_name, right_address)):
        if address:
            side.ip(f"addr add {address} dev {name}")
        side.ip(f"link set {name} up")


def sockets_of(pid):
    """The inodes of a process's sockets."""
    found = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            link = os.readlink(f"/proc/{pid}/fd/{name}")
        except OSError:  # closed meanwhile
            continue
        if link.startswith("socket:["):
            found.add(int(link[8:-1]))
    return found


def port_queue(port, pid=None, inodes=None):
    """(bytes waiting, datagrams dropped) over the UDP sockets bound to the port, in the network of
    the process or of the calling thread; with `inodes` over these sockets only."""
    waiting = drops = 0
    with open(f"/proc/{pid}/net/udp" if pid else "/proc/thread-self/net/udp", "rb") as table:
        for line in table.readlines()[1:]:
            field = line.split()
            if int(field[1].split(b":")[1], 16) == port and (
                    not inodes or int(field[9]) in inodes):
                waiting = max(waiting, int(field[4].split(b":")[1], 16))
                drops += int(field[12])
    return waiting, drops


class Sender:
    """A UDP socket that sends to a group or host. `interface` is the name that multicast leaves by;
    `ns`: the Namespace it lives in; `source`: (address, port) to bind to, so that several sockets
    can be one sender."""

    QUEUE_BYTES = 64 * 1024  # in a receiver's queue: well under what a socket holds by default
    BURST = 32

    def __init__(self, destination, port, interface="lo", ns=None, source=None, ttl=1):
        self.target = (destination, port)
        self.port = port
        if ns:
            ns.__enter__()
        try:
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            if source:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                self.socket.bind(source)
            if interface:
                self.use(interface)
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
        finally:
            if ns:
                ns.__exit__()

    def use(self, interface):
        """Sends multicast by that interface from here on. Call it in the namespace."""
        index = socket.if_nametoindex(interface)
        # lo's address is not of a scope that the kernel would choose for a group on its own.
        source = b"\x7f\0\0\1" if interface == "lo" else b"\0" * 4
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                               struct.pack("=4s4si", b"\0" * 4, source, index))

    @property
    def name(self):
        """(address, port) it sends from."""
        return self.socket.getsockname()

    def send(self, datagram):
        """Sends one datagram at once."""
        self.socket.sendto(datagram, self.target)

    def burst(self, datagrams, *receivers, timeout=60):
        """Sends as fast as the receivers take, so that no queue overflows. Then waits until they
        have taken all of it."""
        deadline = time.monotonic() + timeout
        send, target = self.socket.sendto, self.target
        for at in range(0, len(datagrams), self.BURST):
            for receiver in receivers:
                while receiver.queue(self.port)[0] > self.QUEUE_BYTES:
                    if not receiver.running() or time.monotonic() > deadline:
                        raise RuntimeError("the receiver takes nothing more: " + receiver.stderr)
                    time.sleep(0.0005)
            for datagram in datagrams[at:at + self.BURST]:
                send(datagram, target)
        for receiver in receivers:
            if not receiver.taken(self.port, max(0.0, deadline - time.monotonic())):
                raise RuntimeError("the receiver leaves packets in its queue: " + receiver.stderr)

    def paced(self, datagrams, interval_s, at_once=1, stop=None):
        """Sends at absolute deadlines, `at_once` datagrams back to back, as real senders do. Ends
        early when the threading.Event `stop` is set. Returns how many it sent."""
        start = time.monotonic()
        send, target = self.socket.sendto, self.target
        for number, datagram in enumerate(datagrams):
            if number % at_once == 0:
                wait = start + number * interval_s - time.monotonic()
                if wait > 0:
                    time.sleep(wait)
                if stop is not None and stop.is_set():
                    return number
            send(datagram, target)
        return len(datagrams)

    def close(self):
        """Ends the sender."""
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
        return False
