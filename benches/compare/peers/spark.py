"""Spark on this machine: one `write.parquet` of a range. The session's start is not timed."""

import atexit
import os
import sys
from collections.abc import Callable

from work import Task

TITLE = "Spark, local"
CLOCK = "statement"
CODECS = ("none", "snappy", "lz4")
MODULES = ("pyspark",)
TOOLS = ("java",)

COMPRESSION = {"none": "uncompressed", "snappy": "snappy", "lz4": "lz4_raw"}


def prepare(task: Task) -> Callable[[], object]:
    from pyspark.sql import SparkSession

    work = task.work
    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = (
        SparkSession.builder.master(f"local[{work.threads}]")
        .config("spark.ui.enabled", "false")
        .config("spark.local.dir", str(task.out.parent))
        .config("spark.sql.warehouse.dir", str(task.out.parent / "warehouse"))
        .config("spark.driver.memory", "4g")
        .getOrCreate()
    )
    atexit.register(stop, session)
    scores = [f"rand() AS class_{i}" for i in range(work.classes)]
    frame = session.range(work.rows).selectExpr("uuid() AS id_client", *scores)
    writer = frame.write.options(
        **{"compression": COMPRESSION[work.compression], "parquet.enable.dictionary": "false"}
    )
    return lambda: writer.parquet(str(task.out))


def stop(session) -> None:
    """Waits for the Java process, so that its memory counts and it disturbs nobody after."""
    java = session.sparkContext._gateway.proc
    session.stop()
    java.stdin.close()
    java.wait()
