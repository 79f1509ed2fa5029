"""Parquet copies with damaged bytes: `gen check` neither crashes nor calls a copy whole that holds anything else.

Whatever it finds, it finds: only when it says that a damaged file is whole, PyArrow has to read the very same rows from
it. The seed is fixed, so that a case is the same in every run.
"""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bounds import comparable
from conftest import run_check
from dataset import DataSet, assert_same_values, select
from readers import DUCKDB, numpy_columns, parts

DATA = DataSet(600, 2, seed=23)
CASES = 80
THREADS = os.cpu_count() or 2


# Copies, each as its bytes


def by_gen(folder: Path, path: Path):
    path.write_bytes(parts(folder)[0].read_bytes())


def by_pyarrow(folder: Path, path: Path):
    """Nullable columns, dictionaries, several pages in each chunk."""
    table = pq.read_table(folder).replace_schema_metadata(None)
    table = pa.table({name: table[name] for name in table.column_names})
    pq.write_table(
        table, path, compression="snappy", use_dictionary=True, row_group_size=250, data_page_size=500, write_batch_size=50
    )


def by_pyarrow_version_2(folder: Path, path: Path):
    """Other pages, other encodings, and an index to the pages."""
    pq.write_table(
        pq.read_table(folder).replace_schema_metadata(None),
        path,
        compression="zstd",
        use_dictionary=False,
        column_encoding={"id_client": "DELTA_BYTE_ARRAY", "class_0": "BYTE_STREAM_SPLIT", "class_1": "PLAIN"},
        data_page_version="2.0",
        row_group_size=400,
        data_page_size=1000,
        write_page_index=True,
    )


def by_duckdb(folder: Path, path: Path):
    DUCKDB.execute(f"COPY (FROM read_parquet('{folder}/*.parquet') ORDER BY class_0) TO '{path}' (FORMAT parquet)")


GEN_OPTIONS = {"row_group_rows": 250}
COPIES = {
    "gen": (by_gen, GEN_OPTIONS),
    "gen zstd": (by_gen, GEN_OPTIONS | {"compression": "zstd"}),
    "pyarrow": (by_pyarrow, GEN_OPTIONS),
    "pyarrow version 2": (by_pyarrow_version_2, GEN_OPTIONS),
    "duckdb": (by_duckdb, GEN_OPTIONS),
}


# Damage


def footer_offset(contents: bytes) -> int:
    return len(contents) - 8 - int.from_bytes(contents[-8:-4], "little")


def damage(contents: bytes, random: np.random.Generator) -> tuple[bytes, str]:
    """The bytes with some damage, and what it is. Half of it is in the footer, where a bit has the most to say."""
    footer, size = footer_offset(contents), len(contents)
    start, end = [(0, 100), (4, footer), (4, footer), (footer, size), (footer, size), (size - 8, size)][random.integers(6)]
    offset = int(random.integers(start, end))
    damaged = bytearray(contents)
    kind = random.choice(["flip", "flip", "flip", "flips", "byte", "zeros", "noise", "truncate", "cut", "double"])
    length = int(random.integers(1, 2 ** random.integers(1, 12)))
    match kind:
        case "flip":
            bit = int(random.integers(8))
            damaged[offset] ^= 1 << bit
            return bytes(damaged), f"bit {bit} of byte {offset} flipped"
        case "flips":
            offsets = random.integers(start, end, 8)
            for place in offsets:
                damaged[place] ^= 1 << random.integers(8)
            return bytes(damaged), f"a bit flipped in bytes {offsets.tolist()}"
        case "byte":
            damaged[offset] = random.choice([0, 1, 0x7F, 0x80, 0xFF])
            return bytes(damaged), f"byte {offset} set to {damaged[offset]}"
        case "zeros":
            damaged[offset : offset + length] = bytes(len(damaged[offset : offset + length]))
        case "noise":
            damaged[offset : offset + length] = random.bytes(len(damaged[offset : offset + length]))
        case "truncate":
            del damaged[offset:]
        case "cut":
            del damaged[offset : offset + length]
        case "double":
            damaged[offset:offset] = damaged[offset : offset + length]
    return bytes(damaged), f"{kind} at byte {offset}, length {length}"


# What must be


def assert_tolerable(gen_binary: Path, path: Path, described: Path, original: pa.Schema):
    done = run_check(gen_binary, path, dataset=described, json=True)
    said = done.stdout.decode(), done.stderr.decode()
    if done.returncode == 2:
        # A footer that is in order, but names or types other columns: that is no damage that could be told from a
        # request to check something else.
        assert pq.read_schema(path).remove_metadata() != original, said
        return
    assert done.returncode in (0, 1, 3) and said[1] == "", f"ended with {done.returncode}: {said}"
    report = json.loads(said[0])
    assert (done.returncode == 0) == (report["whole"] and not report["unreadable"]), said
    if done.returncode == 0:
        assert_same_rows(path)


def assert_same_rows(path: Path):
    """What PyArrow reads is the data set, in any order. A file that it cannot read at all, another reader must."""
    table = next(filter(None, (rows_read(reader, path) for reader in READERS)), None)
    assert table is not None, "whole, but nobody else can read it"
    columns = numpy_columns(table.select(["id_client", *DATA.class_names()]))
    assert_same_values(in_order(columns), in_order(DATA.columns()))


READERS = {
    "pyarrow": pq.read_table,
    "duckdb": lambda path: DUCKDB.cursor().read_parquet(str(path)).to_arrow_table(),
}


def rows_read(reader: str, path: Path) -> pa.Table | None:
    try:
        return READERS[reader](path)
    except Exception:
        return None


def in_order(columns):
    return select(columns, comparable(columns["id_client"]).argsort())


@pytest.mark.parametrize("copy", COPIES)
def test_damaged_bytes(generated, gen_binary, tmp_path, copy):
    write, options = COPIES[copy]
    described = generated(DATA, **options)
    path = tmp_path / "copy.parquet"
    write(described, path)
    contents, schema = path.read_bytes(), pq.read_schema(path).remove_metadata()
    assert run_check(gen_binary, path, dataset=described).returncode == 0

    def failure(case: int) -> str | None:
        damaged, what = damage(contents, np.random.default_rng([list(COPIES).index(copy), case]))
        path = tmp_path / f"{case}.parquet"
        path.write_bytes(damaged)
        try:
            assert_tolerable(gen_binary, path, described, schema)
        except Exception as error:
            return f"{path} ({what}): {type(error).__name__}: {error}"
        path.unlink()

    with ThreadPoolExecutor(THREADS) as pool:
        failures = [found for found in pool.map(failure, range(CASES)) if found]
    assert not failures, "\n".join(failures)
