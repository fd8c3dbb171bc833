"""What every end-to-end test is made of: counting checks, a network of its own, receivers, senders.

A test starts with
    import os, sys
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
    import bed
and ends with bed.main(test_one, test_two, ...), which runs them in an own network namespace where
that is allowed and prints "N passed, N failed". SCREAM names the program, else build/scream.
"""

import atexit
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback

# pylint: disable=unused-import
from net import Namespace, Sender, isolate, isolated, multicast_works, port_queue, sockets_of
from wavfile import Wav, read_wav

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
SCREAM = os.path.abspath(os.environ.get("SCREAM", os.path.join(ROOT, "build", "scream")))

HEADER_BYTES = 5
PCM_BYTES = 1152
DATAGRAM_BYTES = HEADER_BYTES + PCM_BYTES
DATAGRAM_MAX = 1472
# As platform/failure.h has them.
EXIT_OK, EXIT_BROKEN, EXIT_USAGE, EXIT_NETWORK, EXIT_OUTPUT, EXIT_INPUT = range(6)
# The kinds of dropped datagrams, as the program's last lines name them.
DROPS = ("too short for a header", "header without sound", "too long", "no sampling rate",
         "bits neither 16, 24 nor 32", "no channels", "other sender", "other interface",
         "sender not listed", "too many senders",
         "lost in the kernel's queue")
RATES = (44100, 48000, 88200, 96000, 176400, 192000)
WIDTHS = (16, 24, 32)

_lock = threading.Lock()
_passed = _failed = 0
_skipped = False


# ---- counting

def check(condition, text):
    """Counts a condition; says `text` where it does not hold. Returns the condition."""
    global _passed, _failed
    with _lock:
        if condition:
            _passed += 1
        else:
            _failed += 1
            print(f"FAIL: {text}", flush=True)
    return bool(condition)


def equal(got, wanted, text):
    """check() that two values are equal, and says both where they are not."""
    def short(value):
        shown = repr(value)
        return shown if len(shown) < 200 else shown[:200] + "..."
    return check(got == wanted, f"{text}: got {short(got)}, wanted {short(wanted)}"
                 if got != wanted else text)


def same_bytes(got, wanted, text):
    """check() that two byte strings are equal, and says where they part."""
    if got == wanted:
        return check(True, text)
    size = min(len(got), len(wanted))
    low, high = 0, size
    while low < high:  # the first difference, by halves: the strings may be long
        middle = (low + high + 1) // 2
        if got[:middle] == wanted[:middle]:
            low = middle
        else:
            high = middle - 1
    return check(False, f"{text}: {len(got)} bytes, wanted {len(wanted)}; first {low} are equal")


def skip(reason):
    """Says why something cannot be tested here."""
    global _skipped
    with _lock:
        _skipped = True
        print(f"SKIP: {reason}", flush=True)


def summary():
    """Prints the last line and ends the program: 0 when nothing failed, 77 when all was skipped."""
    print(f"{_passed} passed, {_failed} failed", flush=True)
    sys.exit(1 if _failed else 77 if _skipped and not _passed else 0)


def guarded(test, *args):
    """Runs a test; what it raises counts as a failure."""
    try:
        test(*args)
    except Exception:  # pylint: disable=broad-except
        check(False, f"{getattr(test, '__name__', test)} {args if args else ''}: "
              + traceback.format_exc())


def main(*tests):
    """Runs the tests in turn in an own network namespace, and ends with summary(). Names of tests
    on the command line choose among them."""
    if not os.path.isfile(SCREAM):
        check(False, f"there is no {SCREAM}: build it, or name it in SCREAM")
        summary()
    isolate()
    if not multicast_works():
        skip("no multicast on lo")
        summary()
    wanted = sys.argv[1:]
    for test in tests:
        if not wanted or test.__name__ in wanted:
            start = time.monotonic()
            guarded(test)
            print(f"{test.__name__}: {time.monotonic() - start:.1f} s", flush=True)
    summary()


def together(jobs, workers):
    """Runs jobs, callables without arguments, with so many at once; what one raises counts as a
    failure."""
    jobs = list(jobs)

    def work():
        while True:
            with _lock:
                if not jobs:
                    return
                job = jobs.pop(0)
            guarded(job)
    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# ---- small helpers

def wait_until(predicate, timeout=10.0, every=0.002):
    """Waits until the predicate holds; returns what it says last."""
    deadline = time.monotonic() + timeout
    while True:
        value = predicate()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(every)


def directory():
    """A directory of its own that goes away at the end."""
    path = tempfile.mkdtemp(prefix="scream-test-")
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


_address_next = (os.getpid() % 200) * 64


def address():
    """(group, port) that no other call in this process has got."""
    global _address_next
    with _lock:
        _address_next += 1
        number = _address_next
    return f"239.255.{number >> 8 & 255}.{number & 255}", 20000 + number


def run(*args, timeout=20, env=None, ns=None, **more):
    """Runs the program to its end. Returns subprocess.CompletedProcess with text in stderr and
    bytes in stdout; returncode None when it did not end in time."""
    more.setdefault("stdout", subprocess.PIPE)
    more.setdefault("stdin", subprocess.DEVNULL)
    with ns or _here:
        process = subprocess.Popen([SCREAM, *map(str, args)], stderr=subprocess.PIPE,
                                   env=dict(os.environ, **(env or {})), **more)
    code = None
    try:
        out, err = process.communicate(timeout=timeout)
        code = process.returncode
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
    text = (err or b"").decode(errors="replace")
    _check_sanitizers(text)
    return subprocess.CompletedProcess(process.args, code, out, text)


def _check_sanitizers(text):
    if "Sanitizer" in text or "runtime error:" in text:
        check(False, "a sanitizer complains:\n" + text)


class _Here:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False


_here = _Here()


# ---- packets

def rate_code(rate_hz):
    """The wire's code of a sampling rate."""
    for flag, base in ((0, 48000), (128, 44100)):
        if rate_hz % base == 0 and 1 <= rate_hz // base <= 127:
            return flag | rate_hz // base
    raise ValueError(rate_hz)


def header(rate_hz=48000, bits=16, channels=2, mask=3):
    """The 5 bytes before the PCM."""
    return struct.pack("<BBBH", rate_code(rate_hz), bits, channels, mask)


def frame_bytes(fmt):
    """Bytes of a frame of (rate_hz, bits, channels[, mask])."""
    return fmt[1] // 8 * fmt[2]


def packets(pcm, fmt=(48000, 16, 2, 3), split=False, pad=False):
    """Cuts PCM of (rate_hz, bits, channels, mask) into datagrams: whole frames in each, or with
    `split` always 1152 bytes, as the original does. The last is short, or with `pad` filled up
    with silence."""
    head = header(*fmt)
    size = PCM_BYTES if split else PCM_BYTES - PCM_BYTES % frame_bytes(fmt)
    cut = [head + pcm[at:at + size] for at in range(0, len(pcm), size)]
    if pad and cut:
        cut[-1] = cut[-1].ljust(HEADER_BYTES + size, b"\0")
    return cut


def packet_interval_s(fmt):
    """Time between full packets of a format."""
    return (PCM_BYTES - PCM_BYTES % frame_bytes(fmt)) / frame_bytes(fmt) / fmt[0]


def random_pcm(seed, size):
    """So many random bytes, always the same for a seed."""
    return random.Random(seed).randbytes(size)


# ---- the receiver

class Receiver:
    """A running receiver: Receiver("-o", "raw", "-i", "lo", ...). Waits until it listens. Its
    standard output is collected, unless `stdout` says where it goes. As a context manager it is
    ended at the end. `ns`: a Namespace to run in; `wrapper`: a command to run it under; `program`:
    another one that says where it listens."""

    def __init__(self, *args, ns=None, stdout=subprocess.PIPE, env=None, wrapper=(), ready=30,
                 program=SCREAM):
        self.out = bytearray()
        self._lines = []
        self._listening = threading.Event()
        self._ended = False
        self._sockets = None
        with ns or _here:
            self.process = subprocess.Popen(
                [*wrapper, program, *map(str, args)], stdin=subprocess.DEVNULL, stdout=stdout,
                stderr=subprocess.PIPE, env=dict(os.environ, **(env or {})))
        self.pid = self.process.pid
        self._threads = [threading.Thread(target=self._read_stderr, daemon=True)]
        if stdout == subprocess.PIPE:
            self._threads.append(threading.Thread(target=self._read_stdout, daemon=True))
        for thread in self._threads:
            thread.start()
        if ready and not self._listening.wait(ready):
            self.kill()
            raise RuntimeError(f"{program} {args} does not listen: {self.stderr}")
        if ready and not self.listening:
            raise RuntimeError(f"{program} {args} ended, {self.wait(5)}: {self.stderr}")

    def _read_stdout(self):
        with self.process.stdout as pipe:
            while True:
                piece = os.read(pipe.fileno(), 1 << 20)
                if not piece:
                    return
                self.out += piece

    def _read_stderr(self):
        with self.process.stderr as pipe:
            for line in iter(pipe.readline, b""):
                self._lines.append(line.decode(errors="replace"))
                if b"listening on" in line:
                    self._listening.set()
        self._listening.set()

    @property
    def stderr(self):
        """All that it has said so far."""
        return "".join(self._lines)

    @property
    def listening(self):
        """Whether it has said so."""
        return "listening on" in self.stderr

    def says(self, text, timeout=10):
        """Waits until it has said something that contains `text`."""
        return bool(wait_until(lambda: text in self.stderr, timeout))

    def queue(self, port):
        """(bytes, drops) of its port's queue in the kernel."""
        if self._sockets is None:
            self._sockets = sockets_of(self.pid)
        return port_queue(port, self.pid, self._sockets)

    def taken(self, port, timeout=30):
        """Waits until it has taken everything from its queue in the kernel."""
        return wait_until(lambda: self.queue(port)[0] == 0, timeout)

    def wait_output(self, size, timeout=30):
        """Waits until so many bytes came out of its standard output; False when not."""
        return wait_until(lambda: len(self.out) >= size, timeout)

    def rss_kb(self):
        """Its resident memory."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))

    def cpu_s(self):
        """CPU time it has used, user and system, to the scheduler's precision."""
        with open(f"/proc/{self.pid}/schedstat", encoding="ascii") as stat:
            return int(stat.read().split()[0]) / 1e9

    def running(self):
        """Whether it still runs."""
        return self.process.poll() is None

    def dropped(self):
        """What its last lines say of dropped datagrams: {kind: count}, only those not 0."""
        found = {}
        for line in self._lines:
            if "dropped: " in line:
                for name in DROPS:
                    match = re.search(r"(\d+) " + re.escape(name), line)
                    if match:
                        found[name] = int(match.group(1))
        return found

    def stop(self, sig=signal.SIGTERM, timeout=30):
        """Ends it with a signal. Returns the exit code, or None when it had to be killed."""
        if self.running():
            self.process.send_signal(sig)
        return self.wait(timeout)

    def wait(self, timeout=30):
        """Waits until it ends by itself; as stop() otherwise."""
        code = None
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
        for thread in self._threads:
            thread.join(10)
        if not self._ended:
            self._ended = True
            _check_sanitizers(self.stderr)
        return code

    def kill(self):
        """Ends it at once."""
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.running():
            self.stop()
        return False


def can_run_isolated():
    """Whether tests that need namespaces can run; says SKIP when not."""
    if not isolated():
        skip("no network namespace: not root, and user namespaces are not allowed")
    return isolated()
