"""The article's loader over pools of threads and of connections, in slices of 1,000 rows."""

from collections.abc import Callable
from multiprocessing.pool import ThreadPool

from peers import article_load
from peers.article_load import insert_statement, rows_of
from work import TableTask

TITLE = "article's loader, threads"
CLOCK = "function"
MODULES = (*article_load.MODULES, "psycopg_pool")
PUBLISHED_ROWS = article_load.PUBLISHED_ROWS
PUBLISHED_SECONDS = 60 + 32

SLICE_ROWS = 1_000


def slices(frame) -> list:
    return [frame[start : start + SLICE_ROWS] for start in range(0, len(frame), SLICE_ROWS)]


def prepare(task: TableTask) -> Callable[[], object]:
    import pandas as pd
    from psycopg_pool import ConnectionPool

    frame = pd.read_parquet(task.parquet)
    statement = insert_statement(task.work)
    workers = task.work.connections

    def load() -> None:
        with (
            ConnectionPool(task.database, min_size=workers) as connections,
            ThreadPool(workers) as threads,
        ):

            def load_slice(rows) -> None:
                for row in rows_of(rows):
                    # The connection is committed when it goes back to the pool.
                    with connections.connection() as connection:
                        connection.execute(statement, row)

            threads.map(load_slice, slices(frame))

    return load
