"""SIGKILL at any moment: every file under its final name is right, and the rerun ends in the bytes of one run."""

import itertools
import random
import shutil
import subprocess
import time

import pytest

from harness import (
    TEMPORARY,
    assert_nothing_temporary,
    assert_nothing_torn,
    comes_about,
    command,
    contents,
    names,
    parts,
    run_well,
    start,
)

LARGE = "--rows 100k --batch-size 100k --row-group-rows 15k --classes 5"
SMALL = "--rows 2400 --batch-size 8 --row-group-rows 8 --classes 2"


def moments(folder, whole, duration):
    """What to wait for before a kill, over and over: times of a whole run, and what the folder shows of its phases."""
    all_parts = sum(name.startswith("part-") for name in whole)
    temporary = lambda: any(TEMPORARY.fullmatch(name) for name in names(folder))
    phases = [
        lambda: "_dataset.json" in names(folder),
        temporary,
        lambda: bool(parts(folder)),
        lambda: len(parts(folder)) >= all_parts // 2 + 1,
        lambda: len(parts(folder)) >= all_parts - 1 and temporary(),
        lambda: len(parts(folder)) == all_parts,
    ]
    for share in itertools.cycle(range(8)):
        yield lambda process: time.sleep(duration * share / 7)
        if share < len(phases):
            yield lambda process: comes_about(phases[share], process)


def kill(*processes) -> int:
    """How many were still there to be killed."""
    for process in processes:
        process.kill()
    return sum(process.communicate() is not None and process.returncode == -9 for process in processes)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("compression", ["none", "zstd"])
@pytest.mark.parametrize("shape", [LARGE, SMALL], ids=["large", "small"])
def test_killed_again_and_again(whole, tmp_path, shape, compression, threads):
    """Eight times 14 kills that found the run alive: 112 in all."""
    flags, folder = f"{shape} --compression {compression}", tmp_path / "data"
    expected, chance = whole(flags), random.Random(f"{flags} {threads}")
    flags = f"{flags} --threads {threads} --quiet"
    began = time.monotonic()
    run_well(flags, tmp_path / "timed")
    kills, waits = 0, moments(folder, expected, time.monotonic() - began)
    for _ in range(200):
        if len(parts(folder)) == len(expected) - 1:
            # Done: some of it is lost, so that the next run has something to find and something to do.
            for name in parts(folder):
                if len(expected) == 2 or chance.random() < 0.5:
                    (folder / name).unlink()
        process = start(flags, folder)
        next(waits)(process)
        kills += kill(process)
        assert_nothing_torn(folder, expected)
        if kills == 14:
            break
    assert kills == 14
    run_well(flags, folder)
    assert contents(folder) == expected


CALLS = ["openat", "flock", "getdents64", "fallocate", "pwrite64", "write", "rename", "linkat", "unlink", "close"]


@pytest.mark.parametrize(
    ("syscall", "durable"),
    [(name, "") for name in CALLS] + [(name, " --durable") for name in ("fsync", "rename", "linkat")],
)
def test_killed_before_each_system_call(whole, tmp_path, strace, syscall, durable):
    """Files change only in system calls, so these are all the moments there are; of the frequent ones, every third."""
    flags = "--rows 90 --batch-size 30 --row-group-rows 10 --classes 1"
    expected, kills, folder = whole(flags), 0, tmp_path / "data"
    first, last = min(expected.keys() - {"_dataset.json"}), max(expected.keys() - {"_dataset.json"})
    for number in range(1, 60, 3 if syscall in ("openat", "close", "pwrite64", "write") else 1):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        if number % 2:
            # What an earlier kill left.
            (folder / first).write_bytes(expected[first])
            (folder / f".{last}.tmp").write_bytes(b"stale")
        inject = ["-qq", "-f", "-o/dev/null", f"-einject={syscall}:signal=KILL:when={number}"]
        traced = [strace, *inject, *command(f"{flags} --threads 1 --quiet{durable}", folder)]
        code = subprocess.run(traced, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
        assert code in (0, -9, 137)
        assert_nothing_torn(folder, expected)
        if code == 0 and number > 4:
            break
        kills += code != 0
        run_well(f"{flags} --quiet", folder)
        assert contents(folder) == expected
    assert kills


@pytest.mark.parametrize("threads", [1, 2])
def test_killed_while_durable(whole, tmp_path, threads):
    flags, kills = f"{SMALL} --durable --threads {threads} --quiet", 0
    folder, expected = tmp_path / "data", whole(SMALL)
    for number in range(100):
        if len(parts(folder)) == len(expected) - 1:
            shutil.rmtree(folder)
        process, before = start(flags, folder), len(parts(folder))
        comes_about(lambda: len(parts(folder)) > before + number % 3 * 20, process)
        kills += kill(process)
        assert_nothing_torn(folder, expected)
        if kills == 8:
            break
    assert kills == 8
    run_well(flags, folder)
    assert contents(folder) == expected


@pytest.mark.parametrize("other", ["", " --seed 1"], ids=["the same", "another"])
def test_killed_while_overwriting(whole, tmp_path, other):
    before = SMALL.replace("2400", "800")
    flags, folder, kills = f"{before}{other}", tmp_path / "data", 0
    old, new = whole(before), whole(flags)
    for number in range(200):
        if contents(folder) != old:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for name, content in old.items():
                (folder / name).write_bytes(content)
        process = start(f"{flags} --quiet --overwrite --threads 2", folder)
        less = lambda: len(parts(folder)) < len(old) - 1 - number % 4 * 20
        if comes_about(less, process) and number % 2:
            comes_about(lambda: len(parts(folder)) > 8 * (number % 8), process)
        kills += kill(process)
        assert_nothing_torn(folder, old, new)
        if (folder / "_dataset.json").exists() and (folder / "_dataset.json").read_bytes() == new["_dataset.json"]:
            # It says what is there: with the new description, nothing of the old data set is left.
            assert_nothing_torn(folder, new)
        if kills == 12:
            break
    assert kills == 12
    run_well(f"{flags} --quiet --overwrite", folder)
    assert contents(folder) == new


def test_two_shards_killed_at_once(whole, tmp_path):
    folder, expected, kills = tmp_path / "data", whole(SMALL), 0
    for number in range(60):
        if len(parts(folder)) == len(expected) - 1:
            shutil.rmtree(folder)
        both = [start(f"{SMALL} --quiet --shard {shard}/2 --threads 1", folder) for shard in (1, 2)]
        before = len(parts(folder))
        comes_about(lambda: len(parts(folder)) > before + number % 5 * 15, both[number % 2])
        kills += kill(*both) == 2
        assert_nothing_torn(folder, expected)
        if kills == 10:
            break
    assert kills == 10
    for shard in (1, 2):
        run_well(f"{SMALL} --quiet --shard {shard}/2", folder)
    assert_nothing_torn(folder, expected)
    assert parts(folder) == sorted(expected.keys() - {"_dataset.json"})
    run_well(f"{SMALL} --quiet", folder)
    assert contents(folder) == expected


def test_a_killed_shard_clears_its_description_away(tmp_path):
    (tmp_path / "._dataset.json.0123456789abcdef.tmp").write_text("cut off")
    for shard in (1, 2):
        run_well(f"{SMALL} --quiet --shard {shard}/2", tmp_path)
    assert_nothing_temporary(tmp_path)
