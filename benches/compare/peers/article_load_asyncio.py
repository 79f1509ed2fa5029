"""The article's loader of coroutines: one connection shared, a task for each row."""

import asyncio
from collections.abc import Callable

from peers import article_load
from peers.article_load import insert_statement, rows_of
from work import TableTask

TITLE = "article's loader, coroutines"
CLOCK = "function"
MODULES = article_load.MODULES
PUBLISHED_ROWS = article_load.PUBLISHED_ROWS
PUBLISHED_SECONDS = 25


def prepare(task: TableTask) -> Callable[[], object]:
    import pandas as pd
    from psycopg import AsyncConnection

    frame = pd.read_parquet(task.parquet)
    statement = insert_statement(task.work)

    async def load() -> None:
        async with await AsyncConnection.connect(task.database) as connection:

            async def load_row(row: tuple) -> None:
                await connection.execute(statement, row)
                await connection.commit()

            async with asyncio.TaskGroup() as tasks:
                for row in rows_of(frame):
                    tasks.create_task(load_row(row))

    return lambda: asyncio.run(load())
