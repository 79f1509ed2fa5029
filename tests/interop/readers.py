"""Other people's Parquet readers: each turns a folder into {column: NumPy array}, parts in the order of their names."""

from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

TEXT_BYTES, UUID_BYTES = 36, 16

DUCKDB = duckdb.connect(config={"arrow_lossless_conversion": True})  # else it hands a UUID over as text


def parts(folder: Path) -> list[Path]:
    found = sorted(folder.glob("*.parquet"))
    assert found, f"{folder} has no parts"
    return found


def read_pyarrow(folder: Path) -> pa.Table:
    return pq.read_table(folder)


def read_duckdb(folder: Path) -> pa.Table:
    return DUCKDB.read_parquet(f"{folder}/*.parquet").to_arrow_table()


def read_polars(folder: Path) -> pa.Table:
    return pl.read_parquet(f"{folder}/*.parquet").to_arrow()


READERS = {"pyarrow": read_pyarrow, "duckdb": read_duckdb, "polars": read_polars}


def read(reader: str, folder: Path) -> dict[str, np.ndarray]:
    return numpy_columns(READERS[reader](folder))


def numpy_columns(table: pa.Table) -> dict[str, np.ndarray]:
    return {name: numpy_column(table[name].combine_chunks()) for name in table.column_names}


def numpy_column(column: pa.Array) -> np.ndarray:
    """The values as the file's own bits: floats as floats, ids as lines of bytes."""
    assert column.null_count == 0
    if pa.types.is_floating(column.type):
        return column.to_numpy(zero_copy_only=False)
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    width = TEXT_BYTES if is_text else UUID_BYTES
    ids = column.cast(pa.binary() if is_text else column.type).cast(pa.binary(width))
    return np.frombuffer(ids.buffers()[1], np.uint8, len(ids) * width, ids.offset * width).reshape(-1, width)
