"""Copies of every type with damaged bytes: `gen check` neither crashes nor hangs, and calls nothing whole that PyArrow
reads otherwise. Seeds are fixed, so that a case is the same in every run."""

import os
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import run_check
from schema_runs import generate, write_schema
from test_schema_damage import COLUMNS, KEY

CASES = 40
# Every second column is one with nulls.
SCHEMA = {"rows": 200, "columns": [KEY, *COLUMNS[::2], *COLUMNS[1::6]]}
READERS = {
    "x.parquet": pq.read_table,
    "x.arrow": lambda path: pa.ipc.open_file(path).read_all(),
    "x.arrows": lambda path: pa.ipc.open_stream(path).read_all(),
}


@pytest.fixture(scope="module")
def gen_file(gen_binary, tmp_path_factory):
    (file,) = generate(gen_binary, write_schema(SCHEMA, tmp_path_factory.mktemp("fuzz"))).glob("*.parquet")
    return file


def write(gen_file: Path, path: Path):
    table = pq.read_table(gen_file)
    if path.suffix == ".parquet":
        path.write_bytes(gen_file.read_bytes())
        return
    with (pa.ipc.new_file if path.suffix == ".arrow" else pa.ipc.new_stream)(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=90)


def damaged(contents: bytes, case: int) -> bytes:
    """One to three bytes are others: anywhere, or where files say what is in them."""
    rng, size = random.Random(case), len(contents)
    bytes_ = bytearray(contents)
    for _ in range(rng.choice([1, 1, 3])):
        low, high = rng.choice([(0, size), (0, 4000), (max(0, size - 30_000), size)])
        bytes_[rng.randrange(low, min(high, size))] ^= 1 << rng.randrange(8)
    return bytes(bytes_)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("key", [True, False], ids=["key", "no key"])
def test_damaged_bytes(gen_binary, gen_file, tmp_path, name, key):
    schema = write_schema(SCHEMA | {"columns": SCHEMA["columns"][not key :]}, tmp_path)
    write(gen_file, tmp_path / name)
    contents, expected = (tmp_path / name).read_bytes(), READERS[name](tmp_path / name).to_pylist()

    def run(case: int):
        (path := tmp_path / str(case) / name).parent.mkdir()
        path.write_bytes(damaged(contents, case))
        return path, run_check(gen_binary, path, schema=schema)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        ended = list(pool.map(run, range(CASES)))
    verdicts = {done.returncode for _, done in ended}
    assert verdicts <= {0, 1, 2} and 1 in verdicts
    for path, done in ended:
        # What cannot be compared is refused by its name; nothing else is said there.
        refused = done.returncode == 2 and b"the copy" in done.stderr
        assert refused or done.stderr == b"", done.stderr
        if done.returncode == 0:
            try:
                read = READERS[name](path)
            except (OSError, pa.ArrowException):
                continue
            # Names are read without regard to case.
            read = read.rename_columns([name.lower() for name in read.column_names])
            names = [column["name"] for column in SCHEMA["columns"][not key :]]
            kept = [{name.lower(): row[name] for name in names} for row in expected]
            assert read.select([name.lower() for name in names]).to_pylist() == kept, path
