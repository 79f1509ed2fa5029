"""The progress bar, in a terminal of its own: it fits, is right, and is gone whatever the end is."""

import os
import re
import shutil
import signal
import subprocess

import pytest

from harness import binary, command, names, wait_until
from terminal import Terminal

ENDLESS = "--rows 20M --batch-size 20k --classes 3 --compression zstd:19 --threads 1"
"""Much work for few bytes."""


def bar_is_there(lines: list[str]) -> bool:
    return any("rows" in line for line in lines)


@pytest.mark.parametrize("columns", [8, 30, 60, 200])
def test_the_bar_fits_the_terminal_and_is_gone_after_an_interrupt(tmp_path, columns):
    terminal = Terminal(command(ENDLESS, tmp_path / "data"), columns)
    terminal.wait_until(lambda lines: sum("█" in line or "░" in line for line in lines) > 1)
    drawn = terminal.lines()
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.finish() == 130
    assert all(len(line) <= columns for line in drawn)
    said = terminal.left()
    assert said.startswith("gen: interrupted: ") and said.count("\n") == 1, said
    whole = re.compile(r"\S+  +\d+ %  [\d,]+ of 20,000,000 rows(  [\d,]+ rows/s)?(  [\d.]+ [kMG]?B/s)?(  \S+ left)?")
    if columns >= 60:
        assert all(whole.fullmatch(line.rstrip()) for line in drawn if "rows" in line), drawn


def test_the_bar_follows_the_terminal_when_it_is_resized(tmp_path):
    terminal = Terminal(command(ENDLESS, tmp_path / "data"), 120)
    terminal.wait_until(lambda _: any(len(line) > 60 for line in terminal.bars()))
    terminal.resize(60)
    is_narrow = lambda lines: lines and all(len(line) <= 60 for line in lines)
    terminal.wait_until(lambda _: is_narrow(terminal.bars()[-3:]))
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.finish() == 130


def test_the_bar_is_gone_after_the_end(tmp_path):
    flags = "--rows 100k --classes 3 --batch-size 10k --compression zstd:15 --threads 1"
    terminal = Terminal(command(flags, tmp_path / "data"), 80)
    assert terminal.finish() == 0
    assert bar_is_there(terminal.lines()) and terminal.left() == ""


def test_the_bar_is_gone_after_an_error(tmp_path):
    terminal = Terminal(command(ENDLESS, tmp_path / "data"), 80)
    terminal.wait_until(bar_is_there)
    shutil.rmtree(tmp_path / "data", ignore_errors=True)
    assert terminal.finish() == 3
    said = terminal.left()
    assert said.startswith(f"gen: {tmp_path}/data") and said.count("\n") == 1, said


def test_the_bar_is_gone_after_a_second_signal(tmp_path, strace):
    """Both come while a write of 100 seconds is under way, which the run would wait for."""
    flags = "--rows 10M --batch-size 1M --row-group-rows 100k --classes 3 --threads 1"
    slowly = [strace, "-qq", "-f", "-o/dev/null", "-einject=fallocate:delay_enter=100000000:when=1"]
    terminal = Terminal([*slowly, *command(flags, tmp_path / "data")], 80, start_new_session=True)
    wait_until(lambda: any(name.startswith(".part-") for name in names(tmp_path / "data")), terminal.process)
    terminal.wait_until(bar_is_there)
    pid = terminal.process.pid
    (traced,) = open(f"/proc/{pid}/task/{pid}/children").read().split()
    for _ in range(2):
        shown = len(terminal.lines())
        os.kill(int(traced), signal.SIGINT)
        terminal.wait_until(lambda lines: len(lines) > shown)
    terminal.process.kill()  # strace may wait on
    terminal.finish()
    assert "rows" not in terminal.left()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name)
def test_a_check_that_waits_for_its_input_shows_a_spinner_and_ends_at_once(number):
    arguments = [binary(), "check", "--rows=3", "--classes=0", "--format=csv", "-"]
    terminal = Terminal(arguments, 80, stdin=subprocess.PIPE)
    terminal.process.stdin.write(b"id_client\nx\n")
    terminal.process.stdin.flush()
    terminal.wait_until(bar_is_there)
    assert re.fullmatch(r"\S [\d,]+ rows  [\d,]+ rows/s", terminal.bars()[-1].rstrip()), terminal.bars()
    terminal.process.send_signal(number)
    assert terminal.finish() == 128 + number
    terminal.process.stdin.close()
    assert terminal.left() == ""


def test_no_bar_is_shown_where_the_terminal_cannot_draw_it_over(tmp_path):
    terminal = Terminal(command(ENDLESS, tmp_path / "data"), 80, env={**os.environ, "TERM": "dumb"})
    with pytest.raises(subprocess.TimeoutExpired):
        terminal.process.wait(1)
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.finish() == 130
    assert terminal.text.startswith(b"gen: interrupted: ") and b"\x1b" not in terminal.text


def test_the_bar_has_no_colours(tmp_path):
    """So there is nothing for NO_COLOR to turn off."""
    for environment in ({}, {"NO_COLOR": "1"}):
        terminal = Terminal(command(ENDLESS, tmp_path / "data"), 80, env=os.environ | environment)
        terminal.wait_until(bar_is_there)
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.finish() == 130
        assert not re.search(rb"\x1b\[[0-9;]*m", terminal.text)
