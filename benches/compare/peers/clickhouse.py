"""ClickHouse (chdb): one INSERT INTO FUNCTION file, tuned for unique values.

Its defaults (dictionaries, Bloom filters, page checksums, groups of a million rows) make it
several times slower here and give what no other peer writes, so they are off.
"""

from collections.abc import Callable

from work import Task

TITLE = "ClickHouse (chdb)"
CLOCK = "statement"
CODECS = ("none", "snappy", "lz4", "zstd:1")
MODULES = ("chdb",)


def prepare(task: Task) -> Callable[[], object]:
    from chdb.session import Session

    work = task.work
    task.out.mkdir()
    # The argument keeps the scores apart: equal calls would be computed once.
    scores = ", ".join(f"randCanonical({i}) AS class_{i}" for i in range(work.classes))
    statement = (
        f"INSERT INTO FUNCTION file('{task.out}/part.parquet', Parquet) "
        f"SELECT toString(generateUUIDv4()) AS id_client, {scores} FROM numbers_mt({work.rows}) "
        f"SETTINGS max_threads = {work.threads}, max_insert_threads = {work.threads}, "
        f"output_format_parquet_compression_method = '{work.compression.partition(':')[0]}', "
        "output_format_compression_level = 1, "
        "output_format_parquet_row_group_size = 250000, "
        "output_format_parquet_max_dictionary_size = 0, "
        "output_format_parquet_write_bloom_filter = 0, "
        "output_format_parquet_write_checksums = 0"
    )
    session = Session()
    return lambda: session.query(statement)
