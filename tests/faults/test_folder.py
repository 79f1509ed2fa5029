"""A folder that goes away or moves while it is written to."""

import shutil
import subprocess

import pytest

from harness import (
    assert_nothing_temporary,
    command,
    contents,
    finish,
    names,
    parts,
    run_well,
    start,
    wait_until,
)

FLAGS = "--rows 1000 --batch-size 300 --classes 1"
SLOW = "--rows 1M --batch-size 100k --classes 1 --compression zstd --quiet"


def is_writing(folder, threads):
    """Whether each thread is at work on a part, for a while yet."""
    temporary = [folder / name for name in names(folder) if name.startswith(".part-")]
    return len(parts(folder)) >= 2 and sum(path.exists() and path.stat().st_size > 0 for path in temporary) == threads


@pytest.mark.parametrize("threads", [1, 2])
def test_removed_midway(tmp_path, threads):
    folder = tmp_path / "data"
    process = start(f"{SLOW} --threads {threads}", folder)
    wait_until(lambda: is_writing(folder, threads), process)
    while folder.exists():
        shutil.rmtree(folder, ignore_errors=True)  # until no new part is quicker
    done = finish(process)
    assert done.code == 3 and "part-" in done.line() and "No such file or directory" in done.line()
    assert names(tmp_path) == []
    run_well(f"{FLAGS} --quiet", folder)


def test_renamed_midway(whole, tmp_path):
    """It is known by its name: a temporary file that moved with it is removed by the next run there."""
    folder, moved = tmp_path / "data", tmp_path / "moved"
    process = start(f"{SLOW} --threads 2", folder)
    wait_until(lambda: is_writing(folder, 2), process)
    folder.rename(moved)
    done = finish(process)
    assert done.code == 3 and "part-" in done.line() and "No such file or directory" in done.line()
    assert not folder.exists()
    run_well(SLOW, moved)
    assert contents(moved) == whole(SLOW.removesuffix(" --quiet"))


def test_removed_just_after_a_part_was_created(strace, tmp_path):
    """The third lock is that of the first part, behind those of the folder and the description."""
    folder = tmp_path / "data"
    slowly = [strace, "-qq", "-f", "-o/dev/null", "-einject=flock:delay_enter=1000000:when=3"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen([*slowly, *command(f"{SLOW} --threads 1", folder)], **pipes)
    wait_until(lambda: ".part-00000-of-00010.parquet.tmp" in names(folder), process)
    shutil.rmtree(folder)
    done = finish(process)
    assert done.code == 3 and "part-" in done.line() and "No such file or directory" in done.line()


def test_a_folder_in_the_place_of_a_part(tmp_path):
    """It appears while the run is under way."""
    flags = "--rows 40k --batch-size 100 --classes 1 --threads 1"
    process = start(flags, tmp_path)
    wait_until(lambda: parts(tmp_path), process)
    in_the_way = tmp_path / "part-00399-of-00400.parquet"
    in_the_way.mkdir()
    done = finish(process)
    assert done.code == 3 and in_the_way.name in done.line() and "directory" in done.line()
    assert_nothing_temporary(tmp_path)
    in_the_way.rmdir()
    run_well(flags, tmp_path)
