"""What cannot be stored is refused by name, and nothing of it is left behind.

Which columns and values these are, `src/postgres/table.rs` and `src/postgres/encode.rs` have tables of.
"""

import datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest


def test_types(db, gen, tmp_path):
    pq.write_table(pa.table({"fine": [1], 'the "column"': [{"a": 1}]}), tmp_path / "x.parquet")
    line = gen.refused("load", tmp_path / "x.parquet", db.url(), "--table", "t")
    assert 'the \\"column\\"' in line and "not supported" in line
    assert db.relations() == set()


def test_columns_of_nothing_are_text_and_half_floats_are_real(db, gen, tmp_path):
    columns = {"h": pa.array([1.5, None], pa.float16()), "nothing": pa.array([None, None], pa.null())}
    pq.write_table(pa.table(columns), tmp_path / "x.parquet")
    gen("load", tmp_path / "x.parquet", db.url(), "--table", "t", "--quiet")
    assert db.query("select h, nothing, pg_typeof(h)::text, pg_typeof(nothing)::text from t order by h") == [
        (1.5, None, "real", "text"),
        (None, None, "real", "text"),
    ]


def test_intervals(db, gen, tmp_path):
    duckdb.execute(f"copy (select 1 n, interval 3 days i) to '{tmp_path}/x.parquet'")
    line = gen.refused("load", tmp_path / "x.parquet", db.url(), "--table", "t")
    assert '"i"' in line and "not supported" in line
    assert db.relations() == set()


def test_types_are_looked_at_before_a_table_is_replaced(db, gen, tmp_path):
    db.execute("create table t (n int)", "insert into t values (1)")
    pq.write_table(pa.table({"x": [{"a": 1}]}), tmp_path / "x.parquet")
    gen.refused("load", tmp_path / "x.parquet", db.url(), "--table", "t", "--if-exists", "replace")
    assert db.query("select * from t") == [(1,)]
    assert db.relations() == {"public.t"}


def test_columns(db, gen, tmp_path):
    pq.write_table(pa.Table.from_arrays([pa.array([1])] * 3, ["a", "b", "a"]), tmp_path / "x.parquet")
    assert '"a"' in gen.refused("load", tmp_path / "x.parquet", db.url(), "--table", "t")
    assert db.relations() == set()


def test_names_that_differ_in_case_only_are_two(db, gen, tmp_path):
    pq.write_table(pa.table({"a": [1], "A": [2]}), tmp_path / "x.parquet")
    gen("load", tmp_path / "x.parquet", db.url(), "--table", "t", "--quiet")
    assert db.query('select a, "A" from t') == [(1, 2)]


def test_the_names_of_postgresqls_own_columns(db, gen, tmp_path):
    pq.write_table(pa.table({"ctid": [1]}), tmp_path / "x.parquet")
    code, out, err = gen.end(gen.start("load", tmp_path / "x.parquet", db.url(), "--table", "t"))
    assert code in (2, 3) and "ctid" in err and len(err.splitlines()) == 1
    assert db.relations() == set()


# Values that PostgreSQL does not have, each in a column of a type that it has

VALUES = {
    "nanoseconds": pa.array([0, 1500], pa.timestamp("ns")),
    "text with a zero byte": pa.array(["fine", "a\0b"]),
}


@pytest.mark.parametrize("method", ["copy", "pipeline", "insert"])
@pytest.mark.parametrize("kind", VALUES)
def test_values(db, gen, tmp_path, kind, method):
    """Some of the rows come in a first part, which is fine; nothing is made, as often as it is tried."""
    values = pa.chunked_array([VALUES[kind].slice(0, 1), VALUES[kind]])
    table = pa.table({"n": pa.array([0, 1, 2]), "the column": values})
    with pq.ParquetWriter(tmp_path / "x.parquet", table.schema) as writer:
        writer.write_table(table.slice(0, 1))
        writer.write_table(table.slice(1))
    command = ["load", tmp_path / "x.parquet", db.url(), "--table", "t", "--connections", 1, "--method", method]
    for _ in range(2):
        line = gen.refused(*command)
        assert '"the column"' in line and "row 2 " in line and "x.parquet" in line
        assert ("round" in line) == (kind == "nanoseconds")
        assert gen.refused(*command, "--dry-run") == line
        assert db.relations() == set()


@pytest.mark.parametrize("kind", VALUES)
def test_values_are_looked_at_before_a_table_is_replaced(db, gen, tmp_path, kind):
    db.execute("create table t (n int)", "insert into t values (1)")
    pq.write_table(pa.table({"x": VALUES[kind]}), tmp_path / "x.parquet")
    gen.refused("load", tmp_path / "x.parquet", db.url(), "--table", "t", "--if-exists", "replace")
    assert db.query("select * from t") == [(1,)]


def test_the_same_file_with_the_value_mended(db, gen, tmp_path):
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"t": pa.array([0, 1, 2, 1500], pa.timestamp("ns"))}), path, row_group_size=1)
    gen.refused("load", path, db.url(), "--table", "t")
    pq.write_table(pa.table({"t": pa.array([0, 1000, 2000], pa.timestamp("ns"))}), path, row_group_size=1)
    gen("load", path, db.url(), "--table", "t", "--quiet")
    assert db.count() == 3


# Files that cannot be read


def test_files_that_are_no_parquet(db, gen, tmp_path):
    (tmp_path / "x.parquet").write_bytes(b"PAR1, or not")
    assert "x.parquet" in gen.refused("load", tmp_path / "x.parquet", db.url(), "--table", "t")
    (tmp_path / "empty").mkdir()
    assert "empty" in gen.refused("load", tmp_path / "empty", db.url(), "--table", "t")
    assert "none" in gen.refused("load", tmp_path / "none", db.url(), "--table", "t")
    assert db.relations() == set()


def test_files_with_other_columns_do_not_go_together(db, gen, tmp_path):
    pq.write_table(pa.table({"a": [1]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"a": ["x"]}), tmp_path / "b.parquet")
    assert "b.parquet" in gen.refused("load", tmp_path, db.url(), "--table", "t")
    assert db.relations() == set()


def test_a_damaged_page_leaves_its_part_out(db, gen, tmp_path):
    path = tmp_path / "x.parquet"
    numbers = pa.table({"n": pa.array([i * 7919 % 10007 for i in range(2000)])})
    options = {"row_group_size": 1000, "compression": "zstd", "use_dictionary": False}
    pq.write_table(numbers, path, **options)
    whole = path.read_bytes()
    column = pq.read_metadata(path).row_group(1).column(0)
    spoiled = bytearray(whole)
    spoiled[column.data_page_offset : column.data_page_offset + 20] = b"\xff" * 20
    path.write_bytes(spoiled)
    db.execute("create table t (n bigint)")
    command = ["load", path, db.url(), "--table", "t", "--if-exists=append", "--connections", 1]
    line = gen.failed(*command)
    assert "x.parquet" in line and "same command" not in line
    assert db.count() == 1000
    path.write_bytes(whole)
    # It is another file now, with one row group that is in the table.
    assert "--if-exists append" in gen.refused("load", path, db.url(), "--table", "t")
    summary = gen.json("load", path, db.url(), "--table", "t", "--if-exists=append")
    assert (summary["rows"], summary["kept_rows"]) == (1000, 1000)
    assert db.query("select count(*), sum(n) from t") == [(2000, sum(numbers["n"].to_pylist()))]


def test_values_too_long_for_a_field(db, gen, tmp_path):
    """The server says so, and nothing is left of the part."""
    pq.write_table(pa.table({"x": pa.array([Decimal(1)], pa.decimal128(3, 0)), "d": [datetime.date(1, 1, 1)]}), tmp_path / "x.parquet")
    db.execute("create table t (x numeric(3,0) check (x > 1), d date)")
    gen.failed("load", tmp_path / "x.parquet", db.url(), "--table", "t", "--if-exists", "append")
    assert db.count() == 0
