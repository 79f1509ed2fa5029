"""A command in a terminal of its own, and what it shows there."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from typing import Callable

PATIENCE = 60


class Terminal:
    """Runs a command whose standard error is a terminal of so many columns."""

    def __init__(self, arguments: list, columns: int, **options):
        self.ours, theirs = pty.openpty()
        self.resize(columns)
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL} | options
        self.process = subprocess.Popen(arguments, stderr=theirs, **options)
        os.close(theirs)
        self.text = b""

    def resize(self, columns: int):
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def wait_until(self, condition: Callable[[list[str]], bool]):
        """Reads on until the lines that were shown so far are as wanted."""
        patience = time.monotonic() + PATIENCE
        while not condition(self.lines()):
            assert time.monotonic() < patience and self.read(), f"this is all that was shown: {self.text}"

    def finish(self) -> int:
        """The exit code, when all that was shown is read."""
        while self.read():
            pass
        os.close(self.ours)
        return self.process.wait(PATIENCE)

    def read(self) -> bool:
        """Whether more may come."""
        if not select.select([self.ours], [], [], PATIENCE)[0]:
            self.process.kill()
            raise AssertionError(f"hangs: {self.text}")
        try:
            piece = os.read(self.ours, 65536)
        except OSError:  # the other side is closed
            return False
        self.text += piece
        return bool(piece)

    def lines(self) -> list[str]:
        """All that was shown, those lines included that others were drawn over."""
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "\r", self.text.decode(errors="replace"))
        return re.split(r"[\r\n]+", text)

    def bars(self) -> list[str]:
        return [line for line in self.lines() if "rows/s" in line]

    def left(self) -> str:
        """What is left on the screen at the end, of lines that were drawn in one place."""
        screen, line = [], ""
        for piece in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+", self.text.decode(errors="replace")):
            if piece == "\n":
                screen.append(line)
                line = ""
            elif piece == "\x1b[2K":
                line = ""
            elif piece != "\r":
                assert not piece.startswith("\x1b"), f"more than one line is drawn: {piece!r}"
                line = piece
        return "\n".join([*screen, line])
