#!/usr/bin/env python3
"""Conceals lost packets of music from Debian packages: the error against what was lost, relative to
silence and to the last packet repeated, steps at the joints, cost, and a picture of a loss. Music
is decoded into the build directory and removed again. Start it by bench/run.sh."""

import glob
import os
import re
import shutil
import statistics
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
BENCH = os.environ.get("BENCH", os.path.join(ROOT, "build", "bench"))
CONCEAL = os.path.join(BENCH, "conceal")

# Every piece that is long enough, whatever it sounds like; the loops, which are short, as one.
GAMES = "/usr/share/games/"
PLACES = (("frozen-bubble", GAMES + "frozen-bubble/snd/*.ogg"),
          ("etr", GAMES + "etr/music/*.ogg"), ("neverball", GAMES + "neverball/bgm/*.ogg"))
LOOPS = "/usr/share/sonic-pi/samples/loop_*.flac"
SECONDS_LEAST = 30
PIECES_LEAST = 5
LOSSES = 60                    # of each piece
RATES_HZ = (44100, 48000)

SILENCE_DB, REPEAT_DB = -6.0, -9.0  # medians over all losses
STEPS_SHARE = 0.01             # of joints may have a step larger than the signal's own
STEP_MOST = 1.5                # times its own, the largest
CPU_MOST_MS = 2.0              # a channel and packet
COUNTED = 5                    # losses under callgrind

_missed = []


def row(what, figure, limit="", good=True):
    """Prints a row of the table."""
    if not good:
        _missed.append(what)
    print(f"{what:<52} {figure:>28}   {limit}{'' if good else '   MISSED'}", flush=True)


def seconds_of(path):
    """The length of a file of sound."""
    return float(subprocess.run(["soxi", "-D", path], capture_output=True, check=True).stdout)


def pieces():
    """(name, files that are played one after the other) of all the music that is installed."""
    found = []
    for package, pattern in PLACES:
        for path in sorted(glob.glob(pattern)):
            if seconds_of(path) >= SECONDS_LEAST:
                found.append((f"{package} {os.path.basename(path).rsplit('.', 1)[0]}", [path]))
    loops = sorted(glob.glob(LOOPS))
    return found + ([("sonic-pi loops", loops)] if loops else [])


def decode(files, rate_hz, path):
    """Writes stereo float samples."""
    with open(path, "wb") as out:
        for name in files:
            subprocess.run(["sox", "-V1", name, "-t", "f32", "-c", "2", "-r", str(rate_hz), "-"],
                           stdout=out, check=True)


def lose(path, rate_hz):
    """(frame, dB of silence, dB of repetition, step, CPU in us) of each loss."""
    told = subprocess.run([CONCEAL, "losses", str(LOSSES), str(rate_hz), path],
                          stdout=subprocess.PIPE, check=True, encoding="ascii").stdout
    return [tuple(float(word) for word in line.split()) for line in told.splitlines()]


def instructions(path, rate_hz):
    """Of a prediction, for one channel."""
    told = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
         "--toggle-collect=conceal_predict", CONCEAL, "losses", str(COUNTED), str(rate_hz), path],
        capture_output=True, check=True, encoding="utf-8").stderr
    return int(re.search(r"Collected\s*:\s*(\d+)", told).group(1)) / COUNTED / 2


def median(losses, column):
    """Of one figure of all losses."""
    return statistics.median(loss[column] for loss in losses)


def report(name, losses):
    """A row for a piece."""
    row(f"  {name}", f"{median(losses, 1):.1f} dB, {median(losses, 2):.1f} dB")


def summary(rate_hz, losses):
    """The rows that count."""
    what = f"{len(losses)} packets lost at {rate_hz} Hz"
    silence, repeat = median(losses, 1), median(losses, 2)
    row(f"{what}: median error, of silence", f"{silence:.2f} dB", f"at most {SILENCE_DB} dB",
        silence <= SILENCE_DB)
    row("  of the last packet repeated", f"{repeat:.2f} dB", f"at most {REPEAT_DB} dB",
        repeat <= REPEAT_DB)
    share = sum(loss[3] > 1 for loss in losses) / len(losses)
    row("  joints with a step larger than the signal's own", f"{100 * share:.2f} %",
        f"at most {100 * STEPS_SHARE:g} %", share <= STEPS_SHARE)
    largest = max(loss[3] for loss in losses)
    row("  the largest, of the signal's own", f"{largest:.2f}", f"at most {STEP_MOST}",
        largest <= STEP_MOST)
    cost = median(losses, 4) / 2000
    row("  CPU time a channel and packet, median", f"{cost:.3f} ms", f"at most {CPU_MOST_MS:g} ms",
        cost <= CPU_MOST_MS)


def draw(path, rate_hz, loss, name):
    """A picture of one loss."""
    if not shutil.which("gnuplot"):
        print("SKIP: no gnuplot, so no picture")
        return
    data, picture = os.path.join(BENCH, "conceal.dat"), os.path.join(BENCH, "conceal.png")
    with open(data, "wb") as out:
        subprocess.run([CONCEAL, "at", str(int(loss[0])), str(rate_hz), path], stdout=out,
                       check=True)
    headline = (f"A packet lost in {name}, {loss[0] / rate_hz:.3f} s: "
                f"error {loss[1]:.1f} dB of silence, {loss[2]:.1f} dB of repetition")
    script = f"""
        set terminal pngcairo noenhanced size 1280,720 font "DejaVu Sans,11"
        set output "{picture}"
        set multiplot layout 2,1 title "{headline}"
        set xlabel "ms"
        set grid
        hole = {288e3 / rate_hz}
        set style rect fc rgb "#e8e8e8" fs solid noborder
        set object 1 rect from 0, graph 0 to hole, graph 1 behind
        set xrange [-8:16]
        set key top left
        plot "{data}" using 1:2 with lines lw 1.5 lc rgb "#909090" title "original", \\
             "" using 1:3 with lines lw 1.5 lc rgb "#0060c0" title "concealed"
        plot "{data}" using 1:2 with lines lw 1.5 lc rgb "#909090" title "original", \\
             "" using 1:4 with lines lw 1.5 lc rgb "#c04000" title "last packet repeated"
        """
    subprocess.run(["gnuplot"], input=script, check=True, encoding="utf-8")
    print(f"picture: {picture}")


def main():
    """All pieces at all rates."""
    if not shutil.which("sox") or not shutil.which("soxi"):
        print("SKIP: concealment: no sox")
        return
    music = pieces()
    if len(music) < PIECES_LEAST:
        print(f"SKIP: concealment: {len(music)} pieces of music: packaging/install-dependencies.sh "
              "bench installs more")
        return
    path = os.path.join(BENCH, "conceal.raw")
    try:
        for rate_hz in RATES_HZ:
            print(f"lost packets at {rate_hz} Hz: median error, of silence and of repetition")
            all_losses = []
            by_piece = []
            for name, files in music:
                decode(files, rate_hz, path)
                losses = lose(path, rate_hz)
                report(name, losses)
                all_losses += losses
                by_piece.append((name, files, losses))
            summary(rate_hz, all_losses)
            if shutil.which("valgrind"):
                row("  instructions a channel and packet",
                    f"{instructions(path, rate_hz) / 1e6:.2f} million")
        # The usual case: the piece whose median is nearest to that of all, and its usual loss.
        usual = median(all_losses, 1)
        name, files, losses = min(by_piece, key=lambda piece: abs(median(piece[2], 1) - usual))
        decode(files, RATES_HZ[-1], path)
        draw(path, RATES_HZ[-1], min(losses, key=lambda loss: abs(loss[1] - usual)), name)
    finally:
        if os.path.exists(path):
            os.remove(path)
    if _missed:
        print("missed: " + ", ".join(name.strip() for name in _missed))
    sys.exit(1 if _missed else 0)


if __name__ == "__main__":
    main()
