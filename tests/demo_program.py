"""A program that the demo runs: its log in a file, on the screen too if wanted."""

import fcntl
import os
import subprocess
import sys
import termios
import threading

PATIENCE_S = 20


def _terminal_like_ours():
    """A pseudo terminal of our terminal's size, so that a program draws its live line."""
    ours, its = os.openpty()
    size = fcntl.ioctl(sys.stdout, termios.TIOCGWINSZ, b"\0" * 8)
    fcntl.ioctl(its, termios.TIOCSWINSZ, size)
    return ours, its


class Program:
    """Runs until it ends or is stopped; `text` is what it has said."""

    started = []

    def __init__(self, command, log, show=False):
        self.text = ""
        self._show = show
        self._said = threading.Condition()
        self._silent = False
        mine, its = _terminal_like_ours() if show and sys.stdout.isatty() else os.pipe()
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=its)
        Program.started.append(self)
        os.close(its)
        self._reader = threading.Thread(target=self._read, args=(mine, log))
        self._reader.start()

    def _read(self, mine, path):
        with open(path, "wb") as log:
            while True:
                try:
                    piece = os.read(mine, 4096)
                except OSError:  # how a pseudo terminal ends
                    piece = b""
                if not piece:
                    break
                log.write(piece)
                if self._show:
                    sys.stdout.buffer.write(piece)
                    sys.stdout.buffer.flush()
                with self._said:
                    self.text += piece.decode(errors="replace")
                    self._said.notify_all()
        os.close(mine)
        with self._said:
            self._silent = True
            self._said.notify_all()

    def wait_for(self, words):
        """True as soon as it has said them; False when it ended without."""
        with self._said:
            self._said.wait_for(lambda: words in self.text or self._silent, PATIENCE_S)
            return words in self.text

    def wait(self):
        """Waits for its end; returns its exit code."""
        code = self._process.wait()
        self._reader.join()
        return code

    def stop(self):
        """Ends it, unless it has ended; what it has received is kept."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._reader.join()

    @staticmethod
    def stop_all():
        """Ends all that were started, in that order."""
        for program in Program.started:
            program.stop()
