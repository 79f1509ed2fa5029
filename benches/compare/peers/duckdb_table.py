"""DuckDB at its best: the same COPY over a table of row numbers.

`range` is read by one thread. A table is read by all, so the rows come from one that was
made before the clock starts.
"""

from collections.abc import Callable

from peers import duckdb
from peers.duckdb import connect, copy_statement
from work import Task

TITLE = "DuckDB, COPY from a table"
CLOCK = "statement"
CODECS = duckdb.CODECS
MODULES = duckdb.MODULES


def prepare(task: Task) -> Callable[[], object]:
    connection = connect(task.work)
    connection.execute(f"CREATE TABLE numbers AS FROM range({task.work.rows})")
    statement = copy_statement(task, "numbers")
    return lambda: connection.execute(statement)
