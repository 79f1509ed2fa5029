"""What other engines write of the rows of every type is whole, in each format and with types of their own.

Left out is what a writer refuses, or does not write exactly: `lacks` says which types, by their names in schemas.
"""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import contract
from schema_runs import ended, generate, run, write_schema
from test_schema_damage import COLUMNS, KEY

ROWS = 300
TEXTS = {
    "name": "strange texts",
    "type": "text",
    "generator": "one_of",
    "values": ["", " ", "null", "NULL", "\\N", "NaN", '"', '""', ",", "a,b", "line\nfeed", "'", "back\\slash", "ü😀"],
    "nulls": "20%",
}
SCHEMA = {"rows": ROWS, "columns": [KEY, *COLUMNS, TEXTS]}


@dataclass
class Rows:
    """The rows that are to be written."""

    gen_folder: Path
    names: list[str]

    @functools.cached_property
    def arrow(self) -> pa.Table:
        return contract.parse(SCHEMA).arrow().select(self.names)

    @property
    def pandas(self):
        return self.arrow.to_pandas()

    @property
    def polars(self) -> pl.DataFrame:
        return pl.read_parquet(f"{self.gen_folder}/*.parquet", columns=self.names)


def duckdb_copy(options: str):
    def write(rows: Rows, path: Path):
        names = ", ".join(f'"{name}"' for name in rows.names)
        query = f"SELECT {names} FROM '{rows.gen_folder}/*.parquet' ORDER BY random()"
        duckdb.connect().execute(f"COPY ({query}) TO '{path}' ({options})")

    return write


def arrow_file(make: Callable[[pa.Table], pa.Table]):
    def write(rows: Rows, path: Path):
        table = make(rows.arrow)
        with pa.ipc.new_file(path, table.schema) as writer:
            writer.write_table(table, max_chunksize=77)

    return write


def each_column(make: Callable[[pa.Array], pa.Array]):
    return lambda table: pa.table({name: make(table[name].combine_chunks()) for name in table.column_names})


def retyped(values: pa.Array, types: Callable[[pa.DataType], pa.DataType]) -> pa.Array:
    """The values, and those in lists, as other types."""
    if isinstance(values, pa.ExtensionArray):
        values = values.storage
    if pa.types.is_list(values.type):
        item = retyped(pa.array([], values.type.value_type), types).type
        return values.cast(types(pa.list_(item)))
    return values.cast(types(values.type))


def large(type_: pa.DataType) -> pa.DataType:
    if pa.types.is_list(type_):
        return pa.large_list(type_.value_type)
    return {pa.string(): pa.large_string(), pa.binary(): pa.large_binary()}.get(type_, type_)


def views(type_: pa.DataType) -> pa.DataType:
    return {pa.string(): pa.string_view(), pa.binary(): pa.binary_view()}.get(type_, type_)


def with_views(values: pa.Array) -> pa.Array:
    values = retyped(values, views)
    if not pa.types.is_list(values.type):
        return values
    sizes = pc.fill_null(values.value_lengths(), 0)
    return pa.ListViewArray.from_arrays(values.offsets[:-1], sizes, values.values, mask=values.is_null())


def wider(type_: pa.DataType) -> pa.DataType:
    if pa.types.is_decimal(type_):
        return pa.decimal256(76, type_.scale + 2)
    if pa.types.is_timestamp(type_):
        return pa.timestamp("ns", type_.tz and "Asia/Tokyo")
    if pa.types.is_duration(type_):
        return pa.duration("ns")
    if pa.types.is_time(type_):
        return pa.time64("ns")
    if pa.types.is_signed_integer(type_):
        return pa.int64()
    if pa.types.is_unsigned_integer(type_):
        return pa.uint64()
    return {pa.float32(): pa.float64(), pa.date32(): pa.timestamp("s")}.get(type_, type_)


def runs(values: pa.Array) -> pa.Array:
    if isinstance(values, pa.ExtensionArray):
        values = values.storage
    return values if pa.types.is_list(values.type) else pc.run_end_encode(values)


def dictionaries(values: pa.Array) -> pa.Array:
    if isinstance(values, pa.ExtensionArray):
        values = values.storage
    return values if pa.types.is_list(values.type) else values.dictionary_encode()


@dataclass(frozen=True)
class Writer:
    name: str
    file: str
    write: Callable[[Rows, Path], None]
    lacks: str = "nothing"
    """A regular expression that such types match."""


CSV_LACKS = "list.*|binary"
WRITERS = [
    Writer("pyarrow parquet", "x.parquet", lambda rows, path: pq.write_table(rows.arrow, path, row_group_size=99)),
    Writer("duckdb parquet", "x.parquet", duckdb_copy("FORMAT parquet, ROW_GROUP_SIZE 2048")),
    # Its times are Python's, in microseconds.
    Writer("pandas parquet", "x.parquet", lambda rows, path: rows.pandas.to_parquet(path), r".*time\[ns\].*|list<uuid>"),
    Writer("polars parquet", "x.parquet", lambda rows, path: rows.polars.write_parquet(path, row_group_size=99)),
    Writer("arrow file", "x.arrow", arrow_file(lambda table: table)),
    Writer("arrow large types", "x.arrow", arrow_file(each_column(lambda values: retyped(values, large)))),
    Writer("arrow views", "x.arrow", arrow_file(each_column(with_views))),
    Writer("arrow wider types", "x.arrow", arrow_file(each_column(lambda values: retyped(values, wider)))),
    Writer("arrow runs", "x.arrow", arrow_file(each_column(runs))),
    Writer("arrow dictionaries", "x.arrows", lambda rows, path: write_stream(each_column(dictionaries)(rows.arrow), path)),
    Writer("polars arrow", "x.arrow", lambda rows, path: rows.polars.write_ipc(path)),
    # Byte strings are written with escapes, which are ambiguous beside hexadecimal digits.
    Writer("duckdb csv", "x.csv", duckdb_copy("FORMAT csv"), ".*binary.*"),
    Writer("duckdb json", "x.jsonl", duckdb_copy("FORMAT json"), ".*binary.*"),
    Writer("pyarrow csv", "x.csv", lambda rows, path: pa.csv.write_csv(rows.arrow, path), CSV_LACKS + "|uuid"),
    Writer("polars csv", "x.csv", lambda rows, path: rows.polars.write_csv(path), CSV_LACKS + r"|uuid|duration.*"),
    Writer("polars json", "x.jsonl", lambda rows, path: rows.polars.write_ndjson(path), ".*(binary|uuid).*"),
    Writer("pandas csv", "x.csv", lambda rows, path: rows.pandas.to_csv(path, index=False), CSV_LACKS + r"|time\[ns\]"),
    # Digits and times are rounded.
    Writer(
        "pandas json",
        "x.jsonl",
        lambda rows, path: rows.pandas.to_json(path, orient="records", lines=True, date_format="iso"),
        r".*(float|decimal|time\[ns\]|timestamp\[[un]s|duration|binary|uuid).*",
    ),
]


def write_stream(table: pa.Table, path: Path):
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table)


@pytest.fixture(scope="module")
def gen_folder(gen_binary, tmp_path_factory):
    return generate(gen_binary, write_schema(SCHEMA, tmp_path_factory.mktemp("every_type")))


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.name)
def test_a_copy_of_every_type_is_whole(gen_binary, gen_folder, tmp_path, writer):
    columns = [column for column in COLUMNS if not re.fullmatch(writer.lacks, column["type"])]
    # pandas writes an empty text in CSV like a null.
    columns += [TEXTS] * (writer.name != "pandas csv")
    copy = tmp_path / writer.file
    writer.write(Rows(gen_folder, ["key", *(column["name"] for column in columns)]), copy)
    for key in ([KEY], []):
        schema = write_schema(SCHEMA | {"columns": [*key, *columns]}, tmp_path)
        done = ended(gen_binary, "check", copy, "--schema", schema, "--limit", 200)
        assert done.returncode == 0, done.stdout + done.stderr


def test_nulls_of_an_only_column_are_kept_by_csv(gen_binary, tmp_path):
    """They are empty lines."""
    schema = {"rows": 50, "columns": [{"name": "c", "type": "text", "generator": "one_of", "values": ["a", "b"], "nulls": "30%"}]}
    made = pq.read_table(generate(gen_binary, write_schema(schema, tmp_path)))
    assert 0 < made["c"].null_count
    pa.csv.write_csv(made, tmp_path / "pyarrow.csv")
    pl.from_arrow(made).write_csv(tmp_path / "polars.csv")
    duckdb.sql(f"copy (from made) to '{tmp_path}/duckdb.csv'")
    for copy in tmp_path.glob("*.csv"):
        run(gen_binary, "check", copy, "--schema", tmp_path / "schema.yaml", "--quiet")
