"""Runs of several tables: killed at any moment, finished by the same command; runs of different tables side by side."""

import contextlib
import fcntl
import os
import time
from pathlib import Path

from harness import TEMPORARY, finish, run, run_well, start

SHOP = """
tables:
  - name: orders
    columns:
      - {name: id, type: int64, generator: sequence, start: 1}
      - {name: customer, generator: children, of: customers.id, min: 0, max: 9}
      - {name: product, generator: references, of: products.id, pick: {zipf: 1.1}}
  - name: customers
    rows: 20k
    columns: [{name: id, type: uuid, generator: uuid}]
  - name: products
    rows: 500
    columns: [{name: id, type: int32, generator: sequence, start: 1}]
"""

KILLS = 24


def files(folder: Path) -> dict[str, bytes]:
    """All files below the folder, by their paths."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


@contextlib.contextmanager
def open_locked(folder: Path):
    """The folder, locked as by a run that writes to it."""
    descriptor = os.open(folder, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield
    os.close(descriptor)


def shop(folder: Path) -> str:
    (folder / "shop.yaml").write_text(SHOP)
    return f"--schema {folder}/shop.yaml --batch-size 1000 --quiet"


def test_killed_again_and_again(tmp_path):
    flags, folder = shop(tmp_path), tmp_path / "data"
    began = time.monotonic()
    run_well(flags, tmp_path / "whole")
    duration, expected = time.monotonic() - began, files(tmp_path / "whole")
    assert len(expected) == 1 + 90 + 20 + 1
    kills = 0
    for attempt in range(20 * KILLS):
        process = start(flags, folder)
        time.sleep(duration * (attempt % 12) / 12)
        process.kill()
        process.communicate()
        kills += process.returncode == -9
        for path, data in files(folder).items():
            assert TEMPORARY.fullmatch(Path(path).name) or data == expected[path], path
        if kills == KILLS:
            break
        # Some of it is lost, so that the next run has something to find and something to do.
        for number, path in enumerate(expected):
            if number % 3 == attempt % 3 and path != "_dataset.json":
                (folder / path).unlink(missing_ok=True)
    assert kills == KILLS
    run_well(flags, folder)
    assert files(folder) == expected


def test_runs_of_different_tables_share_a_folder(tmp_path):
    flags, folder = shop(tmp_path), tmp_path / "data"
    run_well(flags, tmp_path / "whole")
    runs = [start(f"{flags} {share}", folder) for share in ["--tables customers,products", "--tables orders --shard 1/2", "--tables orders --shard 2/2"]]
    for done in map(finish, runs):
        assert done.code == 0, done
    assert files(folder) == files(tmp_path / "whole")
    with open_locked(folder / "orders"):
        assert "another gen is writing to this folder" in run(f"{flags} --tables orders", folder).line()
        assert run(f"{flags} --tables products", folder).code == 0
