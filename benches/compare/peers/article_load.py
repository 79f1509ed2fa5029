"""The article's loader: one connection, an INSERT and a commit for each row."""

from collections.abc import Callable, Iterator

from work import TABLE, TableTask, TableWork

TITLE = "article's loader, naive"
CLOCK = "function"
MODULES = ("pandas", "psycopg", "pyarrow")
PUBLISHED_ROWS = 100_000
PUBLISHED_SECONDS = 5 * 60 + 54


def rows_of(frame) -> Iterator[tuple]:
    return frame.itertuples(index=False, name=None)


def insert_statement(work: TableWork) -> str:
    values = ", ".join(["%s"] * len(work.columns))
    return f"INSERT INTO {TABLE} ({', '.join(work.columns)}) VALUES ({values})"


def load_rows(connection, statement: str, frame) -> None:
    for row in rows_of(frame):
        connection.execute(statement, row)
        connection.commit()


def prepare(task: TableTask) -> Callable[[], object]:
    import pandas as pd
    import psycopg

    frame = pd.read_parquet(task.parquet)

    def load() -> None:
        with psycopg.connect(task.database) as connection:
            load_rows(connection, insert_statement(task.work), frame)

    return load
