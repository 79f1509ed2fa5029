"""Polars as an expert would use it: NumPy columns, a file a batch, a pool of threads."""

import os
from collections.abc import Callable

from work import Task

TITLE = "NumPy + Polars, threads"
CLOCK = "function"
CODECS = ("none", "snappy", "lz4", "zstd:1")
MODULES = ("numpy", "polars", "pyarrow")

COMPRESSION = {
    "none": {"compression": "uncompressed"},
    "snappy": {"compression": "snappy"},
    "lz4": {"compression": "lz4"},
    "zstd:1": {"compression": "zstd", "compression_level": 1},
}


def prepare(task: Task) -> Callable[[], object]:
    os.environ["POLARS_MAX_THREADS"] = str(task.work.threads)
    import polars as pl

    from expert import write_batches

    codec = COMPRESSION[task.work.compression]
    return lambda: write_batches(
        task, lambda table, path: pl.from_arrow(table).write_parquet(path, **codec)
    )
