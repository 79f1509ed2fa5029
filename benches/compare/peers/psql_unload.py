"""psql's `\\copy` of the table to a binary file."""

from peers.psql_load import copy_command
from work import TABLE, TableTask

TITLE = "psql, \\copy to a binary file"
CLOCK = "whole process"
PROGRAM = "psql"


def command(task: TableTask, program: str) -> list[str]:
    return copy_command(task, program, f"\\copy {TABLE} to '{task.out}' (format binary)")
