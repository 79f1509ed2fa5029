"""tpchgen-cli: TPC-H's `lineitem`. Other data, so only its bytes a second compare."""

from work import Task

TITLE = "tpchgen-cli, lineitem"
CLOCK = "whole process"
CODECS = ("none", "snappy", "lz4", "zstd:1")
PROGRAM = "tpchgen-cli"

# The scale factor is the smallest at which its start no longer counts; its rows are TPC-H's.
SCALE_FACTOR = 1
LINEITEM_ROWS = 6_001_215
FILES = 16

COMPRESSION = {"none": "UNCOMPRESSED", "snappy": "SNAPPY", "lz4": "LZ4_RAW", "zstd:1": "ZSTD(1)"}


def command(task: Task, program: str) -> list[str]:
    return [
        program,
        "parquet",
        "--scale-factor", str(SCALE_FACTOR),
        "--tables", "lineitem",
        "--parts", str(FILES),
        "--num-threads", str(task.work.threads),
        "--compression", COMPRESSION[task.work.compression],
        "--output-dir", str(task.out),
        "--quiet",
    ]  # fmt: skip
