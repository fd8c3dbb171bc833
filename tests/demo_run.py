"""The demo itself: a receiver that records, one that plays, a sender, and the verdict.

Usage: demo_run.py BUILD_DIR RECORDING, with BUILD_DIR/demo/sent.wav made of the recording.
"""

import os
import re
import signal
import subprocess
import sys

from demo_picture import draw
from demo_program import Program
from support.wavfile import read_wav

GROUP = "239.255.77.77"
READY = "listening on"


class Stopped(Exception):
    """Ctrl-C or SIGTERM."""


def stop(number, _frame):
    """A signal ends the demo wherever it is, and everything is cleaned up."""
    raise Stopped(number)


def start_recorder(command, folder):
    """The receiver whose file decides."""
    recorder = Program(command + ["-o", "wav", "-d", f"{folder}/received.wav"],
                       log=f"{folder}/recorder.log")
    if not recorder.wait_for(READY):
        sys.exit(f"demo: the receiver did not start:\n{recorder.text}")


def start_player(command, folder):
    """The receiver that is heard and seen; where no sound server answers it is only seen."""
    player = Program(command + ["-o", "pulse", "-n", "Demo"], log=f"{folder}/player.log", show=True)
    if player.wait_for(READY):
        return
    player.stop()
    print("So nothing will be heard here; the recording is made all the same.\n", flush=True)
    player = Program(command + ["-o", "null"], log=f"{folder}/player.log", show=True)
    player.wait_for(READY)


def send(scream, port, folder):
    """Sends the recording; returns what the sender says it sent: "N frames in M packets"."""
    sender = Program([scream, "send", "-i", "lo", "-g", GROUP, "-p", str(port),
                      f"{folder}/sent.wav"], log=f"{folder}/sender.log")
    if sender.wait() != 0:
        sys.exit(f"demo: the sender failed:\n{sender.text}")
    return re.search(r"\d+ frames in \d+ packets", sender.text).group()


def judge(folder, summary):
    """Compares every sample; prints the verdict and returns whether all are the same."""
    sent, received = read_wav(f"{folder}/sent.wav"), read_wav(f"{folder}/received.wav")
    frames = len(sent.pcm) // sent.frame_bytes
    extra = len(received.pcm) // received.frame_bytes - frames
    same = (sent.format == received.format and not received.faults and
            received.pcm.startswith(sent.pcm) and not any(received.pcm[len(sent.pcm):]))
    print(f"\n  sent       {summary}: {sent.rate} Hz, {sent.bits} bits, "
          f"{sent.channels} channels, {frames / sent.rate:.1f} s")
    print(f"  received   {frames + extra} frames" +
          (f", of them {extra} of silence that fill the last packet" if same and extra else ""))
    print("  identical  " + ("yes, every sample" if same else "NO"))
    return same


def run(build, recording):
    """Everything; returns whether what was received is what was sent."""
    scream, folder = os.path.join(build, "scream"), os.path.join(build, "demo")
    # A port of its own, so that nobody else's sound gets in.
    port = 20000 + os.getpid() % 10000
    command = [scream, "-i", "lo", "-g", GROUP, "-p", str(port)]

    print(f"Sending {os.path.basename(recording)} over multicast {GROUP}:{port} on lo.\n",
          flush=True)
    start_recorder(command, folder)
    start_player(command, folder)
    summary = send(scream, port, folder)
    Program.stop_all()
    same = judge(folder, summary)
    draw(folder, recording, same)
    print(f"  picture    {folder}/received.png\n  sound      {folder}/received.wav")
    return same


def main():
    """Ends with 0, 1, or 128 and the signal's number."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in signals:
        signal.signal(number, stop)
    try:
        return 0 if run(sys.argv[1], sys.argv[2]) else 1
    except Stopped as stopped:
        print("\ndemo: stopped", file=sys.stderr)
        return 128 + stopped.args[0]
    except (subprocess.CalledProcessError, OSError, ValueError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    finally:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)
        Program.stop_all()


sys.exit(main())
