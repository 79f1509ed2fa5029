"""`gen check` of the table. Each thread reads through a connection of its own."""

from work import TABLE, TableTask

TITLE = "gen check"
CLOCK = "whole process"
PROGRAM = "gen"


def command(task: TableTask, program: str) -> list[str]:
    return [
        program,
        "check",
        task.database,
        "--table", TABLE,
        "--threads", str(task.work.connections),
        "--json",
    ]  # fmt: skip
