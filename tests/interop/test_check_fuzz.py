"""Copies with damaged bytes: `gen check` neither crashes, nor hangs, nor calls whole what others read otherwise.

What it finds is its own affair: only when it says that a damaged file is whole, PyArrow has to read the very same rows
from it. Seeds are fixed, so that a case is the same in every run.
"""

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import contract
from bounds import comparable
from conftest import run_check
from dataset import DataSet, assert_same_values, select
from readers import DUCKDB, numpy_columns, parts
from writers import dictionaries_of_batches, duckdb_copy, encode_dictionaries, ipc_file, ipc_stream, pyarrow_parquet

DATA = DataSet(600, 2, seed=23)
CASES = 80
THREADS = os.cpu_count() or 2

COLUMNS = list(DATA.columns())


# Copies


def read_ipc(open_reader):
    def read(path: Path) -> pa.Table:
        table = open_reader(path).read_all()
        table.validate(full=True)
        return table

    return read


PARQUET_READERS = pq.read_table, lambda path: DUCKDB.cursor().read_parquet(str(path)).to_arrow_table()


def footer_offset(contents: bytes) -> int:
    return len(contents) - 8 - int.from_bytes(contents[-8:-4], "little")


def parquet_places(contents: bytes) -> list[tuple[int, int]]:
    """Half of the damage is done to the footer, where a bit has the most to say."""
    footer, size = footer_offset(contents), len(contents)
    return [(0, 100), (4, footer), (4, footer), (footer, size), (footer, size), (size - 8, size)]


def arrow_places(contents: bytes) -> list[tuple[int, int]]:
    """The schema, the messages and what is at the end of a file."""
    size = len(contents)
    return [(0, 1000), (0, size), (size - 1500, size)]


@dataclass(frozen=True)
class Kind:
    file: str
    write: Callable[[pa.Table, Path], None] | None
    """`None` for what `gen` writes."""
    readers: tuple[Callable, ...] = PARQUET_READERS
    """The first one that can read a file says what is in it."""
    places: Callable = parquet_places
    gen_options: tuple = ()


def with_small_pages(table: pa.Table, path: Path):
    """Dictionaries, nullable columns and several pages in each chunk."""
    table = pa.table({name: table[name] for name in table.column_names})
    pyarrow_parquet(compression="snappy", row_group_size=250, data_page_size=500, write_batch_size=50)(table, path)


KINDS = {
    "gen": Kind("copy.parquet", None),
    "gen zstd": Kind("copy.parquet", None, gen_options=(("compression", "zstd"),)),
    "pyarrow": Kind("copy.parquet", with_small_pages),
    "pyarrow version 2": Kind(
        "copy.parquet",
        pyarrow_parquet(
            compression="zstd",
            use_dictionary=False,
            column_encoding={"id_client": "DELTA_BYTE_ARRAY", "class_0": "BYTE_STREAM_SPLIT", "class_1": "PLAIN"},
            data_page_version="2.0",
            row_group_size=400,
            data_page_size=1000,
            write_page_index=True,
        ),
    ),
    "duckdb": Kind("copy.parquet", duckdb_copy("FROM rows ORDER BY class_0")),
    "arrow file": Kind(
        "copy.arrow",
        ipc_file(encode_dictionaries, rows_a_batch=250, unify_dictionaries=True),
        (read_ipc(pa.ipc.open_file),),
        arrow_places,
    ),
    "arrow stream": Kind(
        "copy.arrows",
        ipc_stream(dictionaries_of_batches, rows_a_batch=250),
        (read_ipc(pa.ipc.open_stream),),
        arrow_places,
    ),
    "arrow file lz4": Kind(
        "copy.arrow", ipc_file(rows_a_batch=250, compression="lz4"), (read_ipc(pa.ipc.open_file),), arrow_places
    ),
    "arrow stream zstd": Kind(
        "copy.arrows", ipc_stream(rows_a_batch=250, compression="zstd"), (read_ipc(pa.ipc.open_stream),), arrow_places
    ),
}
PARQUET = [name for name, kind in KINDS.items() if kind.file.endswith(".parquet")]


@pytest.fixture
def prepared(generated, gen_binary, tmp_path):
    """The bytes of a copy, and what asserts that `gen` stands whatever becomes of them."""

    def prepared(name: str):
        kind = KINDS[name]
        described = generated(DATA, row_group_rows=250, **dict(kind.gen_options))
        path = tmp_path / kind.file
        if kind.write:
            kind.write(pq.read_table(described).replace_schema_metadata(None), path)
        else:
            path.write_bytes(parts(described)[0].read_bytes())

        def assert_stands(contents: bytes, file: str):
            damaged = tmp_path / f"{file}{path.suffix}"
            damaged.write_bytes(contents)
            assert_tolerable(gen_binary, damaged, described, kind, schema)
            damaged.unlink()

        assert run_check(gen_binary, path, dataset=described).returncode == 0
        assert_same_rows(path, kind)
        schema = kind.readers[0](path).schema
        return path.read_bytes(), assert_stands

    return prepared


# What must be


def assert_tolerable(gen_binary: Path, path: Path, described: Path, kind: Kind, schema: pa.Schema):
    done = run_check(gen_binary, path, dataset=described, json=True)
    said = done.stdout.decode(), done.stderr.decode()
    if done.returncode == 2:
        # A column's name or type is damaged: no more than a request to check another copy than was meant.
        assert "no column" in said[1] or "cannot be compared" in said[1], said
        table = read_or_none(kind.readers[0], path)
        assert table is None or table.schema != schema, f"others find all columns as they were: {said}"
        return
    assert (done.returncode in (0, 1, 3), said[1]) == (True, ""), f"ended with {done.returncode}: {said}"
    report = json.loads(said[0])
    assert (done.returncode == 0) == (report["whole"] and not report["unreadable"]), said
    if done.returncode == 0:
        assert_same_rows(path, kind)


def assert_same_rows(path: Path, kind: Kind):
    """Of what others read.

    What nobody else reads shows nobody other values than `gen` has found, so it may be whole: its decoders pass over
    damage where it makes no difference, such as in the statistics of a page, and others may not.
    """
    tables = (read_or_none(reader, path) for reader in kind.readers)
    table = next((table for table in tables if table is not None), None)
    if table is not None:
        assert table.num_rows == DATA.rows, f"whole, but others read {table.num_rows} rows"
        assert_same_values(in_order(numpy_columns(plain(table))), in_order(DATA.columns()))


def read_or_none(reader, path: Path) -> pa.Table | None:
    try:
        return reader(path)
    except Exception:
        return None


def plain(table: pa.Table) -> pa.Table:
    """Without dictionaries; and an id stays an id if the damage makes bytes of its text."""
    ids = table["id_client"]
    if ids.type == pa.binary():
        table = table.set_column(table.column_names.index("id_client"), "id_client", ids.cast(pa.string()))
    return table.select(COLUMNS).cast(DATA.arrow_schema())


def in_order(columns):
    """By the bytes of the ids, so that it is nothing whether a bit makes a letter a capital."""
    ids = contract.bytes_of_text(columns["id_client"])
    return select(columns | {"id_client": ids}, comparable(ids).argsort())


# Damage


def damage(contents: bytes, places: list[tuple[int, int]], random: np.random.Generator) -> tuple[bytes, str]:
    """The bytes with some damage, and what it is."""
    start, end = places[random.integers(len(places))]
    offset = int(random.integers(max(start, 0), min(end, len(contents))))
    length = int(random.integers(1, 2 ** random.integers(1, 12)))
    damaged = bytearray(contents)
    what = random.choice(["flip", "flip", "flip", "flips", "byte", "zeros", "noise", "truncate", "cut", "double"])
    match what:
        case "flip":
            damaged[offset] ^= 1 << random.integers(8)
        case "flips":
            for place in random.integers(max(start, 0), min(end, len(contents)), 8):
                damaged[place] ^= 1 << random.integers(8)
        case "byte":
            damaged[offset] = random.choice([0, 1, 0x7F, 0x80, 0xFF])
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
    return bytes(damaged), f"{what} at byte {offset}, length {length}"


@pytest.mark.parametrize("name", KINDS)
def test_damaged_bytes(prepared, name):
    contents, assert_stands = prepared(name)

    def failure(case: int) -> str | None:
        seed = [list(KINDS).index(name), case]
        damaged, what = damage(contents, KINDS[name].places(contents), np.random.default_rng(seed))
        try:
            assert_stands(damaged, f"case-{case}")
        except Exception as error:
            return f"case {case}, {what}: {type(error).__name__}: {error}"

    with ThreadPoolExecutor(THREADS) as pool:
        failures = [found for found in pool.map(failure, range(CASES)) if found]
    assert not failures, "\n".join(failures)


# Damage that chance finds too rarely


@pytest.mark.parametrize("name", PARQUET)
def test_every_count_in_the_footer(prepared, name):
    """Of rows, of values: where a footer counts fewer rows than there are, PyArrow reads no more of them."""
    contents, assert_stands = prepared(name)
    groups = {"gen": 250, "gen zstd": 250, "pyarrow": 250, "pyarrow version 2": 400, "duckdb": 600}
    for count in {groups[name], DATA.rows}:
        before, after = zigzag(count), zigzag(count - 64)
        assert len(before) == len(after) == 2
        place, found = footer_offset(contents), 0
        while (place := contents.find(before, place)) >= 0:
            assert_stands(contents[:place] + after + contents[place + 2 :], f"{count}-at-{place}")
            place += 1
            found += 1
        assert found


def zigzag(number: int) -> bytes:
    """Of a number that takes two bytes."""
    return bytes([number << 1 & 0x7F | 0x80, number >> 6])


def test_a_page_header_that_promises_too_much(prepared):
    """A list of 2^31 numbers in a field that nobody knows: that the file is not that long is soon known."""
    contents, assert_stands = prepared("gen")
    unknown_list_of_doubles, count = b"\xf9\xf7", b"\xff\xff\xff\xff\x07"
    assert_stands(contents[:4] + unknown_list_of_doubles + count + contents[11:], "list")


@pytest.mark.parametrize("name", ["arrow file", "arrow stream"])
def test_an_arrow_message_that_promises_too_much(prepared, name):
    """A terabyte, in every place where the length of a body stands."""
    contents, assert_stands = prepared(name)
    stream = pa.BufferReader(contents[8:] if name == "arrow file" else contents)
    lengths = {message.body.size for message in pa.ipc.MessageReader.open_stream(stream) if message.body.size}
    for length in lengths:
        before, after = (number.to_bytes(8, "little") for number in (length, length + 2**40))
        place = -1
        while (place := contents.find(before, place + 1)) >= 0:
            assert_stands(contents[:place] + after + contents[place + 8 :], f"{length}-at-{place}")
    assert lengths


@pytest.mark.parametrize("name", ["arrow file lz4", "arrow stream zstd"])
def test_a_compressed_buffer_that_promises_too_much(prepared, name):
    """A terabyte, in every place where the length of what is compressed stands."""
    contents, assert_stands = prepared(name)
    ids, numbers = 36 * 250, 8 * 250
    found = 0
    for length in (ids, numbers):
        before, after = (number.to_bytes(8, "little") for number in (length, length + 2**40))
        place = -1
        while (place := contents.find(before, place + 1)) >= 0:
            assert_stands(contents[:place] + after + contents[place + 8 :], f"{length}-at-{place}")
            found += 1
    assert found
