"""The progress bar, in a terminal of its own."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

import pytest

from harness import command


def shown(arguments: list, columns: int) -> str:
    """What a command shows on a terminal of so many columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    text = b""
    try:
        while piece := os.read(ours, 65536):
            text += piece
    except OSError:
        pass  # the terminal's other side is closed
    os.close(ours)
    assert process.wait(60) == 0, text
    return text.decode()


@pytest.mark.parametrize("columns", [60, 200])
def test_the_bar_fits_the_terminal_and_is_gone(tmp_path, columns):
    flags = "--rows 100k --classes 3 --batch-size 10k --compression zstd:15 --threads 1"
    text = shown(command(flags, tmp_path / "data"), columns)
    lines = re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "\r", text))
    bars = [line for line in lines if "rows" in line]
    assert bars and all(len(line) <= columns for line in lines)
    assert all("of 100,000 rows" in line for line in bars)
    assert not lines[-1].strip(), "the bar is gone"
