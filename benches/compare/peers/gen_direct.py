"""`gen` straight into the table, no files between."""

from work import TABLE, TableTask

TITLE = "gen, no files between"
CLOCK = "whole process"
PROGRAM = "gen"

ID_KIND = {"text": "text", "uuid": "binary"}


def command(task: TableTask, program: str) -> list[str]:
    work = task.work
    return [
        program,
        "--rows", str(work.rows),
        "--classes", str(work.classes),
        "--id", ID_KIND[work.id_type],
        "--out", task.database,
        "--table", TABLE,
        "--method", work.method,
        "--connections", str(work.connections),
        "--json",
    ]  # fmt: skip
