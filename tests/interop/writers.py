"""Other people's writers: each puts a table into a folder, in a format and with types of its own."""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from readers import DUCKDB


def as_it_is(value):
    return value


def without_nan(value):
    return None if value is None or math.isnan(value) else value


def only_finite(value):
    return None if value is None or not math.isfinite(value) else value


@dataclass(frozen=True)
class Writer:
    name: str
    file: str
    write: Callable[[pa.Table, Path], None]
    shown: Callable = as_it_is
    """What becomes of a value of a class."""
    ids_are_uuids: bool = False
    """Else they can be any text."""

    def __call__(self, table: pa.Table, folder: Path) -> Path:
        path = folder / self.file
        self.write(table, path)
        return path


# DuckDB


def duckdb_copy(query: str, options: str = "FORMAT parquet"):
    """`query` selects from `rows`."""

    def write(table: pa.Table, path: Path):
        DUCKDB.register("rows", table)
        DUCKDB.execute(f"COPY ({query}) TO '{path}' ({options})")
        DUCKDB.unregister("rows")

    return write


# PyArrow


def cast(table: pa.Table, **types: pa.DataType) -> pa.Table:
    for name, type_ in types.items():
        table = table.set_column(table.column_names.index(name), name, table[name].cast(type_))
    return table


def encode_dictionaries(table: pa.Table) -> pa.Table:
    return pa.table({name: table[name].dictionary_encode() for name in table.column_names})


def pyarrow_parquet(make=lambda table: table, **options):
    return lambda table, path: pq.write_table(make(table), path, **options)


def ipc(open_writer, make=lambda table: table, rows_a_batch: int = 1000, **options):
    def write(table: pa.Table, path: Path):
        table = make(table)
        with open_writer(path, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
            writer.write_table(table, max_chunksize=rows_a_batch)

    return write


ipc_file = functools.partial(ipc, pa.ipc.new_file)
ipc_stream = functools.partial(ipc, pa.ipc.new_stream)


def dictionaries_of_batches(table: pa.Table) -> pa.Table:
    """Each batch has another dictionary, and a stream has to replace it."""
    batches = table.to_batches(max_chunksize=1000) or table.to_batches()
    return pa.concat_tables(encode_dictionaries(pa.Table.from_batches([batch])) for batch in batches)


def several_files(table: pa.Table, folder: Path):
    """One of them a folder deeper, and one with no rows."""
    (folder / "more").mkdir(parents=True)
    pq.write_table(table.slice(0, 100), folder / "a.parquet")
    pq.write_table(table.slice(100, 0), folder / "b.parquet")
    pq.write_table(table.slice(3000), folder / "more" / "b.parquet")
    pq.write_table(table.slice(100, 2900), folder / "more" / "c.parquet")


# Polars and pandas


def polars(method: str, **options):
    return lambda table, path: getattr(pl.from_arrow(table), method)(path, **options)


def pandas(method: str, **options):
    return lambda table, path: getattr(table.to_pandas(), method)(path, **options)


WRITERS = [
    Writer("duckdb sorted", "copy.parquet", duckdb_copy("FROM rows ORDER BY class_0")),
    Writer(
        "duckdb shuffled zstd",
        "copy.parquet",
        duckdb_copy("FROM rows ORDER BY random()", "FORMAT parquet, CODEC zstd, ROW_GROUP_SIZE 2048"),
    ),
    Writer(
        "duckdb uuid",
        "copy.parquet",
        duckdb_copy("SELECT * REPLACE (id_client::UUID AS id_client) FROM rows"),
        ids_are_uuids=True,
    ),
    Writer("duckdb csv", "copy.csv", duckdb_copy("FROM rows", "FORMAT csv")),
    Writer("duckdb csv quoted", "copy.csv", duckdb_copy("FROM rows", "FORMAT csv, FORCE_QUOTE (id_client, class_1)")),
    Writer(
        "duckdb json lines",
        "copy.jsonl",
        # Left to itself it writes a bare NaN, which is not JSON.
        duckdb_copy("SELECT * REPLACE (if(isfinite(class_1), class_1, NULL) AS class_1) FROM rows", "FORMAT json"),
        only_finite,
    ),
    Writer("pyarrow row groups", "copy.parquet", pyarrow_parquet(row_group_size=777, data_page_size=1000)),
    Writer(
        "pyarrow dictionary", "copy.parquet", pyarrow_parquet(encode_dictionaries, row_group_size=2500)
    ),
    Writer("pyarrow large string", "copy.parquet", pyarrow_parquet(lambda t: cast(t, id_client=pa.large_string()))),
    Writer("pyarrow string view", "copy.parquet", pyarrow_parquet(lambda t: cast(t, id_client=pa.string_view()))),
    Writer(
        "pyarrow encodings",
        "copy.parquet",
        pyarrow_parquet(
            use_dictionary=False,
            column_encoding={"id_client": "DELTA_BYTE_ARRAY", "class_0": "BYTE_STREAM_SPLIT", "class_1": "PLAIN"},
            data_page_version="2.0",
            write_page_checksum=True,
        ),
    ),
    Writer("pyarrow several files", "copies", several_files),
    Writer("pyarrow csv", "copy.csv", lambda table, path: pa.csv.write_csv(table, path)),
    Writer("pyarrow ipc file", "copy.arrow", ipc_file()),
    Writer("pyarrow ipc stream", "copy.arrows", ipc_stream()),
    Writer("pyarrow ipc file dictionary", "copy.arrow", ipc_file(encode_dictionaries, unify_dictionaries=True)),
    Writer("pyarrow ipc stream dictionaries", "copy.arrows", ipc_stream(dictionaries_of_batches)),
    Writer("pyarrow ipc large string", "copy.arrow", ipc_file(lambda t: cast(t, id_client=pa.large_string()))),
    Writer("pyarrow ipc string view", "copy.feather", ipc_file(lambda t: cast(t, id_client=pa.string_view()))),
    Writer("polars parquet", "copy.parquet", polars("write_parquet", row_group_size=1500, statistics="full")),
    Writer("polars ipc", "copy.ipc", polars("write_ipc")),
    Writer("polars ipc stream", "copy.arrows", polars("write_ipc_stream")),
    Writer("polars json lines", "copy.ndjson", polars("write_ndjson"), only_finite),
    Writer("polars csv", "copy.csv", polars("write_csv")),
    Writer("pandas parquet", "copy.pq", pandas("to_parquet"), without_nan),
    Writer("pandas csv", "copy.csv", pandas("to_csv", index=False), without_nan),
]
BY_NAME = {writer.name: writer for writer in WRITERS}
