"""A disk that gets full: exit 3, one line, finished parts kept, and the rerun finishes once there is room."""

import os
import re

import pytest

from harness import assert_nothing_temporary, assert_nothing_torn, contents, limited, parts, run, run_well

FLAGS = "--rows 60k --classes 5 --batch-size 5k"  # twelve parts of 0.4 MB
NEEDED = "4.83 MB"
CODECS = pytest.mark.parametrize("compression", ["none", "zstd"])
THREADS = pytest.mark.parametrize("threads", [1, 2])


@CODECS
@THREADS
def test_a_full_disk(whole, tmpfs, compression, threads):
    disk, flags = tmpfs(size="2m"), f"{FLAGS} --compression {compression}"
    folder = disk.path / "data"
    line = run(f"{flags} --threads {threads} --quiet --force", folder)
    assert line.code == 3
    assert re.search(r"data/part-\d{5}-of-00012.parquet: No space left on device", line.line()), line
    assert "the same command goes on" in line.err
    assert 0 < len(parts(folder)) < 12
    assert_nothing_temporary(folder)
    assert_nothing_torn(folder, whole(flags))
    kept = {name: (folder / name).stat().st_ino for name in parts(folder)}
    disk.remount(size="20m")
    said = run_well(flags, folder)
    assert said.err == "" and f"{len(kept)} files were complete already" in said.out
    assert contents(folder) == whole(flags)
    assert kept.items() <= {name: (folder / name).stat().st_ino for name in parts(folder)}.items()


def test_a_disk_with_no_room_for_the_description(tmpfs):
    disk = tmpfs(size="4k")
    (disk.path / "filler").write_bytes(bytes(4096))
    done = run(f"{FLAGS} --quiet --force", disk.path)
    assert done.code == 3 and "_dataset.json: No space left on device" in done.line()
    assert os.listdir(disk.path) == ["filler"]


def test_too_little_room_is_refused_with_both_numbers(tmpfs):
    disk = tmpfs(size="2m")
    free = disk.free()
    for flags in (FLAGS, f"{FLAGS} --quiet", f"{FLAGS} --json"):
        done = run(flags, disk.path / "a" / "data")
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1) and "--force" in done.err
        needed, left = re.search(r"(.+ MB) are needed and (.+) MB are free", done.err).groups()
        assert needed.endswith(NEEDED) and abs(float(left) * 1e6 - free) < 20_000
    assert os.listdir(disk.path) == [], "nothing is made"


@pytest.mark.parametrize("more", ["--force", "--compression zstd"])
@pytest.mark.parametrize("output", ["", "--json"])
def test_what_is_forced_or_compressed_begins_with_a_warning(tmpfs, output, more):
    disk = tmpfs(size="2m", nr_inodes=2)  # the folder and the description: no part can be
    done = run(f"{FLAGS} {output} {more}", disk.path)
    warning, failure = done.err.splitlines()
    assert done.code == 3 and f"{NEEDED} are needed" in warning and "No space left" in failure
    assert parts(disk.path) == []


@pytest.mark.parametrize("output", ["", "--json", "--quiet"])
def test_a_dry_run_is_refused_as_the_run_is_when_there_is_too_little_room(tmpfs, output):
    """It tells the plan all the same."""
    disk = tmpfs(size="2m")
    folder = disk.path / "data"
    planned = run(f"{FLAGS} {output} --dry-run", folder)
    assert planned.code == 2 and f"{NEEDED} are needed" in planned.err
    assert planned.err == run(f"{FLAGS} {output}", folder).err
    assert bool(planned.out) == (output != "--quiet")
    assert os.listdir(disk.path) == []


@pytest.mark.parametrize("more", ["--force", "--compression zstd"])
def test_a_dry_run_of_what_is_forced_or_compressed_warns_as_the_run_does(tmpfs, more):
    disk = tmpfs(size="2m", nr_inodes=2)  # the folder and the description: no part can be
    planned = run(f"{FLAGS} {more} --dry-run", disk.path)
    assert planned.code == 0 and f"{NEEDED} are needed" in planned.err
    assert os.listdir(disk.path) == []
    warning, _ = run(f"{FLAGS} {more}", disk.path).err.splitlines()
    assert planned.err == f"{warning}\n"
    assert run(f"{FLAGS} {more} --dry-run --quiet", disk.path).err == ""


def test_what_is_replaced_or_left_behind_counts_as_room(whole, tmpfs):
    """Files that `--overwrite` replaces and temporaries of a killed run go before the first byte is written."""
    disk = tmpfs(size="7m")
    folder = disk.path / "data"
    run_well(f"{FLAGS} --seed 1 --quiet", folder)
    assert run(f"{FLAGS} --seed 1 --overwrite --quiet", folder).code == 0
    assert run(f"{FLAGS} --overwrite --quiet", folder).code == 0
    assert contents(folder) == whole(FLAGS)
    for name in parts(folder):
        (folder / name).rename(folder / f".{name}.tmp")
    run_well(FLAGS, folder)
    assert contents(folder) == whole(FLAGS)


def test_what_fits_is_no_reason_to_warn(whole, tmpfs):
    disk = tmpfs(size="20m")
    folder = disk.path / "data"
    assert run_well(FLAGS, folder).err == ""
    # What is missing fits, though the whole would not.
    (folder / parts(folder)[3]).unlink()
    disk.remount(size=5 * 2**20)
    assert 400_000 < disk.free() < 4_000_000
    assert run_well(FLAGS, folder).err == ""
    assert contents(folder) == whole(FLAGS)
    assert run_well(FLAGS, folder).err == ""


@THREADS
def test_no_inodes_left(whole, tmpfs, threads):
    disk = tmpfs(size="20m", nr_inodes=9)
    folder = disk.path / "data"
    done = run(f"{FLAGS} --threads {threads}", folder)
    assert done.code == 3
    assert re.search(r"part-\d{5}-of-00012.parquet(.tmp)?: No space left on device", done.line())
    assert_nothing_temporary(folder)
    assert_nothing_torn(folder, whole(FLAGS))
    assert parts(folder)
    disk.remount(nr_inodes=100)
    run_well(FLAGS, folder)
    assert contents(folder) == whole(FLAGS)


@CODECS
@THREADS
def test_files_may_not_be_that_large(whole, tmp_path, compression, threads):
    """A limit for ordinary users, as a quota is: a write fails, and the signal that comes with it kills nobody."""
    flags = f"--rows 11k --classes 5 --batch-size 5k --compression {compression}"  # the last part is small
    done = run(f"{flags} --threads {threads}", tmp_path, preexec_fn=limited(FSIZE=100_000))
    assert done.code == 3 and re.search(r"part-0000\d-of-00003.parquet: File too large", done.line())
    assert_nothing_temporary(tmp_path)
    assert_nothing_torn(tmp_path, whole(flags))
    run_well(flags, tmp_path)
    assert contents(tmp_path) == whole(flags)
