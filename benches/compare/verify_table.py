"""Whether a table, or a copy of it, holds what it should: a peer's time counts only then."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from server import Server
from verify import Written, WrongOutput, text_hashes, verify_distinct
from work import ID_COLUMN, TABLE, TableWork

COLUMNS_QUERY = (
    "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
    f"WHERE attrelid = '{TABLE}'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
)
COUNTS_QUERY = (
    f"SELECT count(*), count(DISTINCT {ID_COLUMN}), pg_table_size('{TABLE}') FROM {TABLE}"
)
# A file of binary COPY: its head, each row's number of values and each value's length, its end.
HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"
UUID_BYTES = 16


def verify_table(server: Server, work: TableWork) -> Written:
    """The columns, the rows, and that no id is there twice. The bytes are the table's."""
    columns = dict(line.split("|") for line in server.sql(COLUMNS_QUERY).splitlines())
    if columns != work.columns:
        raise WrongOutput(f"the table has the columns {columns}")
    rows, ids, table_bytes = map(int, server.sql(COUNTS_QUERY).split("|"))
    if rows != work.rows:
        raise WrongOutput(f"{rows} rows, not {work.rows}")
    if ids != rows:
        raise WrongOutput(f"{rows - ids} rows have no id or that of another")
    return Written(rows, files=0, bytes=table_bytes)


def verify_copy(path: Path, work: TableWork) -> None:
    """The same of a binary file of a table whose ids are of the type uuid."""
    row = np.dtype(
        [
            ("values", ">i2"),
            ("id_length", ">i4"),
            ("id", np.uint8, UUID_BYTES),
            ("scores", [("length", ">i4"), ("score", ">f8")], work.classes),
        ]
    )
    data = path.read_bytes()
    expected_bytes = len(HEAD) + work.rows * row.itemsize + len(END)
    if len(data) != expected_bytes:
        raise WrongOutput(f"{path.name} has {len(data)} bytes, not {expected_bytes}")
    rows = np.frombuffer(data, row, work.rows, len(HEAD))
    if (rows["values"] != len(work.columns)).any() or (rows["id_length"] != UUID_BYTES).any():
        raise WrongOutput(f"{path.name} has rows of another form")
    ids = pa.py_buffer(np.ascontiguousarray(rows["id"]))
    column = pa.Array.from_buffers(pa.binary(UUID_BYTES), work.rows, [None, ids])
    verify_distinct([text_hashes(pa.record_batch([column], [ID_COLUMN]))], work.rows)
