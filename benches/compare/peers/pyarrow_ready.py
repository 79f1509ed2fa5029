"""PyArrow, which only encodes and writes: the columns are in memory before the clock starts.

A file a batch, on a pool of threads, dictionaries where there are few values.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from peers.duckdb import connect, query
from peers.pyarrow import COMPRESSION
from work import Task

TITLE = "PyArrow, from memory"
CLOCK = "function"
CODECS = ("none", "snappy", "lz4", "zstd:1")
MODULES = ("duckdb", "pyarrow")

BATCH_ROWS = 65_536
DICTIONARIES = ["country", "device", "quantity"]


def prepare(task: Task) -> Callable[[], object]:
    import pyarrow.parquet as pq

    work = task.work
    connection = connect(work)
    connection.execute(f"CREATE TABLE numbers AS FROM range({work.rows})")
    table = connection.execute(query(work, "numbers")).to_arrow_table().combine_chunks()
    batches = [table.slice(start, BATCH_ROWS) for start in range(0, work.rows, BATCH_ROWS)]

    def write_batch(index: int) -> None:
        path = task.out / f"part-{index:05}.parquet"
        pq.write_table(batches[index], path, use_dictionary=DICTIONARIES, **COMPRESSION[work.compression])

    def write() -> None:
        task.out.mkdir()
        with ThreadPoolExecutor(work.threads) as threads:
            for _ in threads.map(write_batch, range(len(batches))):
                pass

    return write
