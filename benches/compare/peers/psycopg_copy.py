"""psycopg's COPY from a pandas frame, row by row as its documentation has it."""

from collections.abc import Callable

from peers.article_load import rows_of
from work import TABLE, TableTask

TITLE = "psycopg, COPY"
CLOCK = "function"
MODULES = ("pandas", "psycopg", "pyarrow")


def prepare(task: TableTask) -> Callable[[], object]:
    import pandas as pd
    import psycopg

    frame = pd.read_parquet(task.parquet)

    def load() -> None:
        with (
            psycopg.connect(task.database) as connection,
            connection.cursor() as cursor,
            cursor.copy(f"COPY {TABLE} FROM STDIN") as copy,
        ):
            for row in rows_of(frame):
                copy.write_row(row)

    return load
