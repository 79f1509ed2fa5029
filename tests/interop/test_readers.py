"""PyArrow, DuckDB and Polars read every kind of file `gen` writes, and find the contract's values bit for bit."""

import json

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset import DataSet, assert_same_values
from readers import DUCKDB, READERS, numpy_columns, parts, read

CODECS = ["none", "snappy", "lz4", "zstd", "zstd:9"]
FLOAT_BITS = [64, 32]
ID_FORMS = ["text", "binary"]

# Parts of 90,000 and 60,000 rows, row groups of 70,000, 20,000 and 60,000: each column has several pages in the first.
LAYOUT = {"batch_size": 90_000, "row_group_rows": 70_000}

every_reader = pytest.mark.parametrize("reader", READERS)
every_id_form = pytest.mark.parametrize("id_form", ID_FORMS)
every_float = pytest.mark.parametrize("float_bits", FLOAT_BITS)


@every_reader
@pytest.mark.parametrize("codec", CODECS)
@every_float
@every_id_form
def test_every_kind_of_file(generated, reader, codec, float_bits, id_form):
    data = DataSet(150_000, 2, seed=7, float_bits=float_bits, id_form=id_form)
    folder = generated(data, compression=codec, **LAYOUT)
    assert_same_values(read(reader, folder), data.columns())


@every_reader
@every_id_form
@pytest.mark.parametrize("seed", [0, 42, 2**64 - 1])
@pytest.mark.parametrize("first_row", [2**40 - 15_000, 2**63 - 15_000, 2**64 - 30_000])
def test_rows_from_anywhere(generated, reader, id_form, seed, first_row):
    data = DataSet(30_000, 1, seed=seed, first_row=first_row, id_form=id_form)
    assert_same_values(read(reader, generated(data, batch_size=20_000)), data.columns())


@every_reader
@every_float
@every_id_form
@pytest.mark.parametrize("rows, classes", [(0, 3), (1, 3), (0, 0), (20_000, 0)])
def test_few_rows_or_columns(generated, reader, rows, classes, float_bits, id_form):
    data = DataSet(rows, classes, float_bits=float_bits, id_form=id_form)
    assert_same_values(read(reader, generated(data)), data.columns())


@every_reader
def test_a_thousand_columns(generated, reader):
    data = DataSet(500, 1000, seed=3)
    assert_same_values(read(reader, generated(data, batch_size=200)), data.columns())


@pytest.mark.parametrize("rows", [0, 1000])
@every_float
@every_id_form
def test_pyarrow_schema(generated, rows, float_bits, id_form):
    data = DataSet(rows, 2, float_bits=float_bits, id_form=id_form)
    for part in parts(generated(data)):
        assert pq.read_schema(part).remove_metadata() == data.arrow_schema()


@every_float
@every_id_form
def test_parquet_schema(generated, float_bits, id_form):
    """The types as Parquet names them, whatever Arrow schema the file carries besides."""
    data = DataSet(1000, 1, float_bits=float_bits, id_form=id_form)
    for part in parts(generated(data)):
        id_column, class_column = pq.ParquetFile(part).schema
        logical = {"text": "String", "binary": "UUID"}[id_form]
        assert json.loads(id_column.logical_type.to_json())["Type"] == logical
        assert (id_column.physical_type, id_column.length) == {
            "text": ("BYTE_ARRAY", 0),
            "binary": ("FIXED_LEN_BYTE_ARRAY", 16),
        }[id_form]
        assert class_column.physical_type == {64: "DOUBLE", 32: "FLOAT"}[float_bits]
        assert class_column.logical_type.type == "NONE"
        for column in (id_column, class_column):
            assert (column.max_definition_level, column.max_repetition_level) == (0, 0)  # required


@every_float
@every_id_form
def test_duckdb_types(generated, float_bits, id_form):
    folder = generated(DataSet(1000, 1, float_bits=float_bits, id_form=id_form))
    relation = DUCKDB.read_parquet(f"{folder}/*.parquet")
    assert [str(type_) for type_ in relation.types] == [
        {"text": "VARCHAR", "binary": "UUID"}[id_form],
        {64: "DOUBLE", 32: "FLOAT"}[float_bits],
    ]


def test_duckdb_shows_a_uuid_as_the_text_form_writes_it(generated):
    def shown(id_form):
        folder = generated(DataSet(1000, 1, id_form=id_form))
        return DUCKDB.read_parquet(f"{folder}/*.parquet").project("id_client::VARCHAR").fetchall()

    assert shown("binary") == shown("text")


@every_float
@every_id_form
def test_polars_types(generated, float_bits, id_form):
    folder = generated(DataSet(1000, 1, float_bits=float_bits, id_form=id_form))
    assert pl.read_parquet_schema(parts(folder)[0]) == {
        "id_client": {"text": pl.String, "binary": pl.Binary}[id_form],
        "class_0": {64: pl.Float64, 32: pl.Float32}[float_bits],
    }


@every_float
@every_id_form
def test_pandas_frame(generated, float_bits, id_form):
    data = DataSet(1000, 2, float_bits=float_bits, id_form=id_form)
    frame = pd.read_parquet(generated(data))
    assert_same_values(numpy_columns(pa.Table.from_pandas(frame, preserve_index=False)), data.columns())
