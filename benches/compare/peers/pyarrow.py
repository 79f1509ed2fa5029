"""PyArrow as an expert would use it: NumPy columns, a file a batch, a pool of threads."""

from collections.abc import Callable

from work import Task

TITLE = "NumPy + PyArrow, threads"
CLOCK = "function"
CODECS = ("none", "snappy", "lz4", "zstd:1")
MODULES = ("numpy", "pyarrow")

COMPRESSION = {
    "none": {"compression": "none"},
    "snappy": {"compression": "snappy"},
    "lz4": {"compression": "lz4"},
    "zstd:1": {"compression": "zstd", "compression_level": 1},
}


def prepare(task: Task) -> Callable[[], object]:
    import pyarrow.parquet as pq

    from expert import write_batches

    codec = COMPRESSION[task.work.compression]
    return lambda: write_batches(
        task, lambda table, path: pq.write_table(table, path, use_dictionary=False, **codec)
    )
