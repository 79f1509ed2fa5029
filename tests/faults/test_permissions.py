"""What an ordinary user may not do."""

import os
import signal

import pytest

from harness import (
    assert_nothing_temporary,
    assert_nothing_torn,
    contents,
    finish,
    names,
    parts,
    run,
    run_well,
    start,
    wait_until,
)

FLAGS = "--rows 1000 --batch-size 300 --classes 1"
ENDLESS = "--force --rows 10B --batch-size 1000 --classes 1 --quiet"


def test_a_folder_that_may_not_be_written(public, ordinary):
    (public / "data").mkdir(mode=0o555)
    if ordinary:
        os.chown(public / "data", 0, 0)
    done = run(FLAGS, public / "data", **ordinary)
    assert done.code == 2 and "Permission denied" in done.line() and "choose an --out" in done.line()
    done = run(FLAGS, public / "data" / "a" / "b", **ordinary)
    assert done.code == 2 and "Permission denied" in done.line()
    assert names(public / "data") == []


def test_a_folder_that_may_not_be_read(public, ordinary):
    (public / "data").mkdir(mode=0o333)
    if ordinary:
        os.chown(public / "data", ordinary["user"], ordinary["group"])
    done = run(FLAGS, public / "data", **ordinary)
    assert done.code == 2 and "Permission denied" in done.line()


def test_permission_lost_midway(public, ordinary):
    folder = public / "data"
    process = start(ENDLESS, folder, **ordinary)
    wait_until(lambda: len(parts(folder)) > 3, process)
    folder.chmod(0o555)
    done = finish(process)
    assert done.code == 3 and "part-" in done.line() and "Permission denied" in done.line()
    # Nobody may remove the temporary files either, until the permission is back: then a rerun does.
    folder.chmod(0o755)
    kept = contents(folder)
    process = start(ENDLESS, folder, **ordinary)
    wait_until(lambda: len(parts(folder)) > len(kept) + 3, process)
    process.send_signal(signal.SIGTERM)
    assert finish(process).code == 143
    assert_nothing_temporary(folder)
    after = contents(folder)
    assert all(after[name] == content for name, content in kept.items() if name.startswith("part-"))


def test_a_read_only_file_system(tmpfs):
    disk = tmpfs(size="4m")
    disk.remount(read_only=True)
    for out in (disk.path, disk.path / "a" / "b"):
        done = run(FLAGS, out)
        assert done.code == 2 and "Read-only file system" in done.line() and "choose an --out" in done.line()


def test_a_file_system_that_becomes_read_only(whole, tmpfs):
    flags = "--rows 1M --batch-size 50 --classes 1"
    disk = tmpfs(size="200m")
    folder = disk.path / "data"
    process = start(f"{flags} --quiet --threads 1", folder)
    wait_until(lambda: len(parts(folder)) > 3, process)
    made_read_only = False
    while not made_read_only and process.poll() is None:
        try:
            disk.remount(read_only=True)
            made_read_only = True
        except OSError:
            pass  # a file is open for writing just now
    assert made_read_only
    done = finish(process)
    assert done.code == 3 and "part-" in done.line() and "Read-only file system" in done.line()
    disk.remount(read_only=False)
    kept = len(parts(folder))
    process = start(flags, folder)
    wait_until(lambda: len(parts(folder)) > kept + 3, process)
    process.send_signal(signal.SIGINT)
    assert finish(process).code == 130
    assert_nothing_temporary(folder)


def test_parts_that_cannot_be_replaced(whole, public, ordinary):
    """In a folder like /tmp, nobody may remove the files of others."""
    if not ordinary:
        pytest.skip("only root can make files of another user")
    folder = public / "data"
    run_well(f"{FLAGS} --quiet", folder)
    folder.chmod(0o1777)
    done = run(f"{FLAGS} --overwrite", folder, **ordinary)
    assert done.code == 2 and "not permitted" in done.line() and "parquet" in done.line()
    assert contents(folder) == whole(FLAGS)
    assert "nothing to do" in run_well(FLAGS, folder, **ordinary).out
    torn = folder / parts(folder)[1]
    torn.write_bytes(torn.read_bytes()[:-1])
    done = run(FLAGS, folder, **ordinary)
    assert done.code == 3 and torn.name in done.line() and "not permitted" in done.line()
    assert_nothing_temporary(folder)
    run_well(FLAGS, folder)
    assert contents(folder) == whole(FLAGS)


def test_a_part_that_may_not_be_read(public, ordinary):
    if not ordinary:
        pytest.skip("only root can make files of another user")
    run_well(f"{FLAGS} --quiet", public, umask=0o022)
    (public / parts(public)[2]).chmod(0)
    done = run(FLAGS, public, **ordinary)
    assert done.code == 2 and parts(public)[2] in done.line() and "Permission denied" in done.line()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o027, 0o077])
def test_the_umask_decides_who_may_read(tmp_path, umask):
    run_well(f"{FLAGS} --quiet", tmp_path / "data", umask=umask)
    modes = {name: (tmp_path / "data" / name).stat().st_mode & 0o7777 for name in names(tmp_path / "data")}
    assert set(modes.values()) == {0o666 & ~umask}
    assert (tmp_path / "data").stat().st_mode & 0o7777 == 0o777 & ~umask
