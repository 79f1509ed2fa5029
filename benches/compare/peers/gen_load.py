"""`gen load`, from Parquet files."""

from work import TABLE, TableTask

TITLE = "gen load"
CLOCK = "whole process"
PROGRAM = "gen"


def command(task: TableTask, program: str) -> list[str]:
    work = task.work
    return [
        program,
        "load",
        str(task.parquet),
        task.database,
        "--table", TABLE,
        "--method", work.method,
        "--connections", str(work.connections),
        "--id", work.id_type,
        "--json",
    ]  # fmt: skip
