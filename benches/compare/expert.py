"""What the PyArrow and the Polars peer share: batches of Arrow columns over a pool of threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa

from numpy_columns import text_offsets, uuid_texts
from work import Task

BATCH_ROWS = 65_536


def batch_table(rows: int, classes: int, seed: np.random.SeedSequence) -> pa.Table:
    random = np.random.Generator(np.random.SFC64(seed))
    ids = column(pa.string(), rows, text_offsets(rows), uuid_texts(random, rows))
    scores = {f"class_{i}": column(pa.float64(), rows, random.random(rows)) for i in range(classes)}
    return pa.table({"id_client": ids} | scores)


def column(kind: pa.DataType, rows: int, *buffers: np.ndarray) -> pa.Array:
    """Without a copy, and without the pandas that `pa.array` would import."""
    return pa.Array.from_buffers(kind, rows, [None, *map(pa.py_buffer, buffers)])


def write_batches(task: Task, write: Callable[[pa.Table, Path], object]) -> None:
    """Makes and writes the batches on as many threads as the work asks for."""
    work = task.work
    starts = range(0, work.rows, BATCH_ROWS)
    seeds = np.random.SeedSequence().spawn(len(starts))

    def write_batch(index: int) -> None:
        rows = min(BATCH_ROWS, work.rows - starts[index])
        table = batch_table(rows, work.classes, seeds[index])
        write(table, task.out / f"part-{index:05}.parquet")

    task.out.mkdir()
    with ThreadPoolExecutor(work.threads) as threads:
        for _ in threads.map(write_batch, range(len(starts))):
            pass
