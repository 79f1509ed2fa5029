"""`gen check` of the files that `gen` has written, in their order."""

from work import Task

TITLE = "gen check"
CLOCK = "whole process"
CODECS = ("none", "snappy", "lz4", "zstd:1")
PROGRAM = "gen"


def command(task: Task, program: str) -> list[str]:
    return [program, "check", str(task.out), "--threads", str(task.work.threads), "--json"]
