"""The parquet crate's own `ArrowWriter`, dictionary off, on the same values and files."""

from work import Task

TITLE = "ArrowWriter"
CLOCK = "whole process"
CODECS = ("none", "snappy", "lz4", "zstd:1")
PROGRAM = "arrow_writer"


def command(task: Task, program: str) -> list[str]:
    work = task.work
    return [
        program,
        "--rows", str(work.rows),
        "--classes", str(work.classes),
        "--compression", work.compression,
        "--threads", str(work.threads),
        "--files", str(task.files),
        "--out", str(task.out),
    ]  # fmt: skip
