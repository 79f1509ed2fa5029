"""`gen` itself."""

from work import Task

TITLE = "gen"
CLOCK = "whole process"
CODECS = ("none", "snappy", "lz4", "zstd:1")
PROGRAM = "gen"


def command(task: Task, program: str) -> list[str]:
    work = task.work
    layout = [] if work.batch_rows is None else ["--batch-size", str(work.batch_rows)]
    if work.schema:
        columns = ["--schema", str(work.schema_file)]
    else:
        columns = ["--classes", str(work.classes), "--float", str(work.float_bits), "--id", work.id_kind]
    return [
        program,
        "--rows", str(work.rows),
        *columns,
        "--threads", str(work.threads),
        "--compression", work.compression,
        *layout,
        "--out", str(task.out),
        "--json",
    ]  # fmt: skip
