"""Whether a peer wrote what it was asked for: its time counts only then."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from peers.tpchgen import LINEITEM_ROWS
from work import Task

PARQUET_CODEC = {"none": "UNCOMPRESSED", "snappy": "SNAPPY", "lz4": "LZ4", "zstd:1": "ZSTD"}


class WrongOutput(Exception):
    """A peer wrote something else than it was asked for."""


@dataclass(frozen=True)
class Written:
    rows: int | None
    files: int
    bytes: int


def verify(peer: str, task: Task) -> Written:
    try:
        return verify_output(peer, task)
    except (pa.ArrowException, OSError) as error:
        raise WrongOutput(f"cannot be read: {error}") from error


def verify_output(peer: str, task: Task) -> Written:
    if peer == "floor":
        return verify_floor(task)
    if peer == "tpchgen":
        return verify_lineitem(task)
    return verify_data_set(task)


def verify_floor(task: Task) -> Written:
    written = sizes(sorted(task.out.glob("*.bin")), rows=None)
    if (written.files, written.bytes) != (task.files, task.bytes):
        raise WrongOutput(
            f"{written.bytes} bytes in {written.files} files, not {task.bytes} in {task.files}"
        )
    return written


def verify_data_set(task: Task) -> Written:
    """The columns and the codec, in every file; then the rows and that no id is there twice."""
    work = task.work
    paths = parquet_files(task.out)
    for path in paths:
        with pq.ParquetFile(path) as file:
            if file.schema_arrow.names != work.columns:
                raise WrongOutput(f"{path.name} has the columns {file.schema_arrow.names}")
            verify_codec(path, file.metadata, work.compression)
    verify_distinct(map(text_hashes, column_chunks(paths, work.columns[:1])), work.rows)
    return sizes(paths, work.rows)


def verify_lineitem(task: Task) -> Written:
    """TPC-H's row count, and that no (order, line) is there twice."""
    paths = parquet_files(task.out)
    for path in paths:
        with pq.ParquetFile(path) as file:
            verify_codec(path, file.metadata, task.work.compression)
    columns = ["l_orderkey", "l_linenumber"]
    verify_distinct(map(line_keys, column_chunks(paths, columns)), LINEITEM_ROWS)
    return sizes(paths, LINEITEM_ROWS)


def parquet_files(folder: Path) -> list[Path]:
    paths = sorted(folder.rglob("*.parquet"))
    if not paths:
        raise WrongOutput("no Parquet file")
    return paths


def verify_codec(path: Path, metadata: pq.FileMetaData, compression: str) -> None:
    for group in range(metadata.num_row_groups):
        # One column stands for all: no writer here mixes codecs, and the classes may be many.
        codec = metadata.row_group(group).column(metadata.num_columns - 1).compression
        if codec != PARQUET_CODEC[compression]:
            raise WrongOutput(f"{path.name} is {codec}, not {PARQUET_CODEC[compression]}")


def column_chunks(paths: Iterable[Path], columns: list[str]) -> Iterator[pa.RecordBatch]:
    for path in paths:
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(batch_size=1 << 18, columns=columns)


def text_hashes(batch: pa.RecordBatch) -> np.ndarray:
    """64 bits of each id, which is of a fixed width: text or binary."""
    ids = batch.column(0)
    if ids.null_count:
        raise WrongOutput("an id is null")
    if pa.types.is_fixed_size_binary(ids.type):
        width, data = ids.type.byte_width, ids.buffers()[1]
        first = ids.offset * width
    else:
        ids = ids.cast(pa.large_binary())
        offsets = np.frombuffer(ids.buffers()[1], np.int64)[ids.offset :][: len(ids) + 1]
        width, data, first = int(offsets[1] - offsets[0]), ids.buffers()[2], int(offsets[0])
        if (np.diff(offsets) != width).any():
            raise WrongOutput("ids of different lengths")
    rows = np.frombuffer(data, np.uint8)[first:][: len(ids) * width].reshape(len(ids), width)
    hashes = np.zeros(len(ids), np.uint64)
    for start in (*range(0, width - 8, 8), width - 8):
        hashes ^= rows[:, start : start + 8].view(np.uint64)[:, 0]
        hashes *= np.uint64(0x9E3779B97F4A7C15)
        hashes ^= hashes >> np.uint64(29)
    return hashes


def line_keys(batch: pa.RecordBatch) -> np.ndarray:
    order, line = (column.to_numpy().astype(np.uint64) for column in batch.columns)
    return order * np.uint64(8) + line


def verify_distinct(chunks: Iterable[np.ndarray], rows: int) -> None:
    """Equal hashes of different ids would be a false alarm, once in 3,000 times at 10^8 rows."""
    keys = np.empty(rows, np.uint64)
    filled = 0
    for chunk in chunks:
        if filled + len(chunk) > rows:
            raise WrongOutput(f"more than {rows} rows")
        keys[filled : filled + len(chunk)] = chunk
        filled += len(chunk)
    if filled != rows:
        raise WrongOutput(f"{filled} rows, not {rows}")
    keys.sort()
    repeated = int((keys[1:] == keys[:-1]).sum())
    if repeated:
        raise WrongOutput(f"{repeated} ids are there more than once")


def sizes(paths: list[Path], rows: int | None) -> Written:
    return Written(rows, len(paths), sum(path.stat().st_size for path in paths))
