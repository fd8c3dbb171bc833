"""The picture of what was received: waveforms and spectrogram."""

import array
import os
import subprocess
import sys

from support.wavfile import read_wav

COLUMNS, ROWS = 1060, 513  # as wide as the picture has room; rows as sox computes fastest
FLOOR_DB = 120


def _write_envelope(wav, path):
    """The lowest and highest sample of each channel in each column, as shares of full scale."""
    samples = array.array("h", wav.pcm)
    if sys.byteorder == "big":
        samples.byteswap()
    frames = len(samples) // wav.channels
    with open(path, "w", encoding="ascii") as file:
        for column in range(COLUMNS):
            first = column * frames // COLUMNS
            last = max((column + 1) * frames // COLUMNS, first + 1)
            line = [(first + last) / 2 / wav.rate]
            for channel in range(2):
                run = samples[first * wav.channels + channel:last * wav.channels:wav.channels]
                line += [min(run) / 32768, max(run) / 32768]
            print(*line, file=file)


def draw(folder, recording, same):
    """Writes received.png, from received.wav: 16 bits, stereo."""
    wav = read_wav(f"{folder}/received.wav")
    seconds = len(wav.pcm) / wav.frame_bytes / wav.rate
    words = {
        "folder": folder,
        "headline": f"{os.path.basename(recording)} as received over the network",
        "caption": f"{wav.rate / 1000:g} kHz, {wav.bits} bits, {wav.channels} channels; "
                   + ("every sample as it was sent" if same else "NOT what was sent"),
    }
    numbers = {"duration": seconds, "rate": wav.rate, "columns": COLUMNS, "rows": ROWS}
    settings = [f"{name}={value}" for name, value in numbers.items()]
    # Doubled, an apostrophe stands for itself.
    settings += [f"{name}='{text}'" for name, text in
                 ((name, text.replace("'", "''")) for name, text in words.items())]

    _write_envelope(wav, f"{folder}/envelope.dat")
    subprocess.run(["sox", f"{folder}/received.wav", "-n", "remix", "-", "spectrogram", "-r", "-m",
                    "-x", str(COLUMNS), "-y", str(ROWS), "-z", str(FLOOR_DB),
                    "-o", f"{folder}/spectrum.png"], check=True)
    subprocess.run(["gnuplot", "-e", "; ".join(settings),
                    os.path.join(os.path.dirname(os.path.abspath(__file__)), "demo_picture.gp")],
                   check=True)
    for name in ("envelope.dat", "spectrum.png"):
        os.remove(f"{folder}/{name}")
