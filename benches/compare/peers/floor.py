"""The floor: the same bytes into the same number of files, from a hot buffer."""

from work import Task

TITLE = "the floor"
CLOCK = "whole process"
CODECS = ("none",)
PROGRAM = "floor"


def command(task: Task, program: str) -> list[str]:
    return [
        program,
        "--bytes", str(task.bytes),
        "--files", str(task.files),
        "--threads", str(task.work.threads),
        "--out", str(task.out),
        "--json",
    ]  # fmt: skip
