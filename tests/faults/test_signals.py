"""SIGINT, SIGTERM and SIGHUP: stopped in order; a second one ends the run at once."""

import os
import shutil
import signal
import subprocess

import pytest

from harness import (
    assert_nothing_temporary,
    assert_nothing_torn,
    command,
    contents,
    finish,
    names,
    parts,
    run_well,
    start,
    wait_until,
)

SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name)
SURVEYED = "--rows 3000 --batch-size 1 --classes 1"


@pytest.fixture(scope="module")
def many_parts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("many") / "data"
    run_well(f"{SURVEYED} --quiet", folder)
    yield folder
    shutil.rmtree(folder)


def assert_interrupted(done, number: int):
    assert done.code == 128 + number, done
    line = done.line()
    assert line.startswith("gen: interrupted") and "complete files are kept, and the same command" in line


@SIGNALS
@pytest.mark.parametrize("threads", [1, 2, 64])
@pytest.mark.parametrize("compression", ["none", "zstd"])
def test_while_writing(tmp_path, number, threads, compression):
    flags = f"--force --rows 10B --batch-size 20k --classes 3 --compression {compression} --threads {threads} --quiet"
    process = start(flags, tmp_path)
    wait_until(lambda: len(parts(tmp_path)) > 2, process)
    process.send_signal(number)
    assert_interrupted(finish(process), number)
    assert_nothing_temporary(tmp_path)


@SIGNALS
def test_during_the_survey(many_parts, strace, number):
    """Of a folder with thousands of parts: the signal comes when the footer of the 500th is opened."""
    before = len(names(many_parts))
    inject = f"-einject=openat:signal={number.name}:when=500"
    traced = [strace, "-qq", "-f", "-o/dev/null", inject, *command(f"{SURVEYED} --threads 1", many_parts)]
    done = finish(subprocess.Popen(traced, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    assert_interrupted(done, number)
    assert len(names(many_parts)) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_in_very_wide_rows(tmp_path, number):
    flags = "--force --rows 1M --batch-size 2000 --classes 15000 --row-group-rows 2000 --quiet"
    process = start(flags, tmp_path)
    wait_until(lambda: any(name.startswith(".part-") for name in names(tmp_path)), process)
    process.send_signal(number)
    assert_interrupted(finish(process), number)
    assert_nothing_temporary(tmp_path)


def test_the_message_says_how_to_go_on(tmp_path):
    flags = "--force --rows 10B --batch-size 20k --classes 3 --quiet"
    for more, advice in ((" --overwrite", "the same command without --overwrite"), (" --seed random", "with --seed ")):
        process = start(f"{flags}{more}", tmp_path / more.strip())
        wait_until(lambda: len(parts(tmp_path / more.strip())) > 2, process)
        process.send_signal(signal.SIGINT)
        done = finish(process)
        assert_interrupted(done, signal.SIGINT)
        assert advice in done.err


def test_an_interrupted_run_is_finished(whole, tmp_path):
    flags = "--rows 200k --batch-size 2k --classes 3"
    process = start(flags, tmp_path)
    wait_until(lambda: len(parts(tmp_path)) > 9, process)
    process.send_signal(signal.SIGINT)
    assert_interrupted(finish(process), signal.SIGINT)
    assert_nothing_torn(tmp_path, whole(flags))
    run_well(flags, tmp_path)
    assert contents(tmp_path) == whole(flags)


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_a_second_signal_ends_it_at_once(tmp_path, strace, first, second):
    """The first comes while a write of 100 seconds is under way, which the run would wait for."""
    flags = "--rows 10M --batch-size 1M --row-group-rows 100k --classes 3 --threads 1"
    slowly = [strace, "-qq", "-f", "-o/dev/null", "-einject=fallocate:delay_enter=100000000:when=1"]
    process = subprocess.Popen(
        [*slowly, *command(flags, tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    wait_until(lambda: any(name.startswith(".part-") for name in names(tmp_path)), process)
    traced = child_of(process.pid)
    os.kill(traced, first)
    wait_until(lambda: pending(traced) == 0)
    assert process.poll() is None, "the first waits for the write"
    os.kill(traced, second)
    wait_until(lambda: code_of(traced, process) is not None)
    assert code_of(traced, process) == 128 + second
    process.kill()  # strace may wait on
    process.communicate()
    assert names(tmp_path) == [".part-00000-of-00010.parquet.tmp", "_dataset.json"], "there was no time to tidy up"


def child_of(pid: int) -> int:
    found = []
    wait_until(lambda: found.extend(open(f"/proc/{pid}/task/{pid}/children").read().split()) or found)
    return int(found[0])


def code_of(traced: int, strace: subprocess.Popen) -> int | None:
    """The exit code of what has ended, or of strace, which ends in the same way when it has taken note of that."""
    try:
        state, *_, code = stat(traced)
    except FileNotFoundError:
        return strace.wait(60)
    return int(code) >> 8 if state == "Z" else None


def stat(pid: int) -> list[str]:
    """The process's state, and so on to its exit code."""
    return open(f"/proc/{pid}/stat").read().rpartition(") ")[2].split()


def pending(pid: int) -> int:
    """The signals that have not been delivered yet."""
    lines = open(f"/proc/{pid}/status").read().splitlines()
    return sum(int(line.split()[1], 16) for line in lines if line.startswith("ShdPnd:"))
