"""DuckDB: one COPY statement over `range`, a file a thread."""

from collections.abc import Callable

from work import Task, Work

TITLE = "DuckDB, COPY from range"
CLOCK = "statement"
CODECS = ("none", "snappy", "lz4", "zstd:1")
MODULES = ("duckdb",)

COMPRESSION = {
    "none": "COMPRESSION uncompressed",
    "snappy": "COMPRESSION snappy",
    "lz4": "COMPRESSION lz4_raw",
    "zstd:1": "COMPRESSION zstd, COMPRESSION_LEVEL 1",
}


def connect(work: Work):
    import duckdb

    connection = duckdb.connect(config={"threads": work.threads})
    connection.execute("SET preserve_insertion_order = false")
    return connection


def query(work: Work, source: str) -> str:
    if work.schema:
        return work.query_file.read_text(encoding="utf-8").replace("FROM r", f"FROM {source}")
    scores = ", ".join(f"random() AS class_{i}" for i in range(work.classes))
    return f"SELECT gen_random_uuid()::VARCHAR AS id_client, {scores} FROM {source}"


def copy_statement(task: Task, source: str) -> str:
    return (
        f"COPY ({query(task.work, source)}) TO '{task.out}' "
        f"(FORMAT parquet, {COMPRESSION[task.work.compression]}, PER_THREAD_OUTPUT)"
    )


def prepare(task: Task) -> Callable[[], object]:
    connection = connect(task.work)
    statement = copy_statement(task, f"range({task.work.rows})")
    return lambda: connection.execute(statement)
