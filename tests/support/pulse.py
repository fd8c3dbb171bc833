"""PulseAudio servers for tests: each with a socket and folders of its own, no hardware, one sink."""

import atexit
import os
import shutil
import subprocess

import bed

BITS = {16: "s16le", 24: "s24le", 32: "s32le"}
# Channel maps of masks, in the order of their bits.
MAPS = {3: "front-left,front-right",
        0x1f: "front-left,front-right,front-center,lfe,rear-left",
        0x3f: "front-left,front-right,front-center,lfe,rear-left,rear-right"}


def available():
    """Whether a server can be started here; says SKIP when not."""
    missing = [name for name in ("pulseaudio", "parec", "pactl") if not shutil.which(name)]
    if missing:
        bed.skip("not installed: " + ", ".join(missing))
    return not missing


class Server:
    """A running server whose sink `cap` has the format (rate_hz, bits, channels, mask). `env` is
    what its clients need."""

    def __init__(self, fmt=(48000, 16, 2, 3)):
        folder = bed.directory()
        address = "unix:" + os.path.join(folder, "native")
        self.fmt = fmt
        self.env = {"PULSE_SERVER": address, "PULSE_RUNTIME_PATH": folder,
                    "PULSE_STATE_PATH": folder, "XDG_RUNTIME_DIR": folder,
                    "HOME": folder, "XDG_CONFIG_HOME": folder,
                    "PULSE_COOKIE": os.path.join(folder, "cookie")}
        rate, bits, channels, mask = fmt
        # norewinds: or the first milliseconds of a stream are lost.
        self.process = subprocess.Popen(
            ["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1",
             "--realtime=no", "--high-priority=no", "--log-target=stderr",
             "-L", "module-native-protocol-unix auth-anonymous=1 socket=" + address[5:],
             "-L", f"module-null-sink sink_name=cap format={BITS[bits]} rate={rate}"
             f" channels={channels} channel_map={MAPS[mask]} norewinds=1"],
            env=self._environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        atexit.register(self.kill)
        if not bed.wait_until(lambda: "cap" in self.list("sinks"), every=0.05):
            self.kill()
            raise RuntimeError("PulseAudio does not start")

    def _environment(self):
        environment = dict(os.environ, **self.env)
        environment.pop("DBUS_SESSION_BUS_ADDRESS", None)
        return environment

    def list(self, what):
        """What `pactl list` says of sinks, sink-inputs, ..."""
        return subprocess.run(["pactl", "list", what], env=dict(self._environment(), LC_ALL="C"),
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              check=False).stdout.decode()

    def kill(self):
        """Ends it at once, as a crash would."""
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        return False


class Recorder:
    """Records what the server's sink plays, in the sink's format."""

    def __init__(self, server):
        rate, bits, channels, mask = server.fmt
        self._path = os.path.join(bed.directory(), "pcm")
        with open(self._path, "wb") as file:
            self.process = subprocess.Popen(
                ["parec", "-d", "cap.monitor", "--raw", f"--format={BITS[bits]}", f"--rate={rate}",
                 f"--channels={channels}", f"--channel-map={MAPS[mask]}"],
                env=dict(os.environ, **server.env), stdin=subprocess.DEVNULL, stdout=file,
                stderr=subprocess.DEVNULL)
        if not bed.wait_until(lambda: os.path.getsize(self._path) > 0):
            self.stop()
            raise RuntimeError("parec records nothing")

    def read(self):
        """What it has recorded so far."""
        with open(self._path, "rb") as file:
            return file.read()

    def stop(self):
        """Ends it and returns what it has recorded."""
        self.process.terminate()
        self.process.wait()
        return self.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        return False
