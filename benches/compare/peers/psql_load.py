"""psql's `\\copy` from a ready-made binary file of the same rows, in one transaction."""

from work import TABLE, TableTask

TITLE = "psql, \\copy from a binary file"
CLOCK = "whole process"
PROGRAM = "psql"


def command(task: TableTask, program: str) -> list[str]:
    return copy_command(task, program, f"\\copy {TABLE} from '{task.copied}' (format binary)")


def copy_command(task: TableTask, program: str, statement: str) -> list[str]:
    return [program, "--no-psqlrc", "--dbname", task.database, "--command", statement]
