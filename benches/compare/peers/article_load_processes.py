"""The article's loader over a pool of processes, in slices of 1,000 rows.

Connections cannot be handed to other processes, so each opens its own at its first row.
"""

from collections.abc import Callable
from functools import cache
from multiprocessing import Pool

from peers import article_load
from peers.article_load import insert_statement, load_rows
from peers.article_load_threads import slices
from work import TableTask

TITLE = "article's loader, processes"
CLOCK = "function"
MODULES = article_load.MODULES
PUBLISHED_ROWS = article_load.PUBLISHED_ROWS
PUBLISHED_SECONDS = 8.61


@cache
def connection_of_process(database: str):
    import psycopg

    return psycopg.connect(database)


def load_slice(database: str, statement: str, frame) -> None:
    load_rows(connection_of_process(database), statement, frame)


def prepare(task: TableTask) -> Callable[[], object]:
    import pandas as pd
    import psycopg  # noqa: F401

    frame = pd.read_parquet(task.parquet)
    statement = insert_statement(task.work)

    def load() -> None:
        with Pool(task.work.connections) as pool:
            pool.starmap(load_slice, [(task.database, statement, rows) for rows in slices(frame)])

    return load
