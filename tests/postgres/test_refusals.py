"""What cannot be stored is refused by name, and nothing of it is left behind."""

import datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

UNSUPPORTED = {
    "struct": pa.array([{"a": 1}]),
    "map": pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int32())),
    "list of lists": pa.array([[[1]]], pa.list_(pa.list_(pa.int32()))),
    "list of structs": pa.array([[{"a": 1}]]),
}


@pytest.mark.parametrize("kind", UNSUPPORTED)
def test_types(db, gen, tmp_path, kind):
    pq.write_table(pa.table({"fine": [1], 'the "column"': UNSUPPORTED[kind]}), tmp_path / "x.parquet")
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
    pq.write_table(pa.table({"x": UNSUPPORTED["struct"]}), tmp_path / "x.parquet")
    gen.refused("load", tmp_path / "x.parquet", db.url(), "--table", "t", "--if-exists", "replace")
    assert db.query("select * from t") == [(1,)]
    assert db.relations() == {"public.t"}


def columns(names: list[str]) -> pa.Table:
    return pa.Table.from_arrays([pa.array([1])] * len(names), names)


@pytest.mark.parametrize(
    ["names", "told"],
    [
        ([f"c{i}" for i in range(1601)], "1600"),
        (["a", "b", "a"], '"a"'),
        (["x" * 64], "x" * 64),
        (["é" * 32], "é" * 32),
        ([""], '""'),
    ],
    ids=["too many", "twice", "64 bytes", "64 bytes of 32 characters", "empty"],
)
def test_columns(db, gen, tmp_path, names, told):
    pq.write_table(columns(names), tmp_path / "x.parquet")
    assert told in gen.refused("load", tmp_path / "x.parquet", db.url(), "--table", "t")
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

MICROSECONDS = 10**6
VALUES = {
    "nanoseconds of a timestamp": pa.array([0, 1500], pa.timestamp("ns")),
    "nanoseconds before 1970": pa.array([0, -1], pa.timestamp("ns", "UTC")),
    "nanoseconds of a time": pa.array([0, 999], pa.time64("ns")),
    "nanoseconds in a list": pa.array([[0], [None, 1]], pa.list_(pa.timestamp("ns"))),
    "text with a zero byte": pa.array(["fine", "a\0b"]),
    "too late a date": pa.array([0, 2**31 - 1], pa.date32()),
    "too early a date": pa.array([0, -(2**31)], pa.date32()),
    "too early a timestamp": pa.array([0, -(2**63)], pa.timestamp("us")),
    "too late a timestamp": pa.array([0, 2**62], pa.timestamp("ms")),
    "infinity, as PostgreSQL writes it": pa.array([0, -(2**63) + 10_957 * 86_400 * MICROSECONDS], pa.timestamp("us")),
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
        assert gen.refused(*command, "--dry-run") == line
        assert db.relations() == set()


@pytest.mark.parametrize("kind", VALUES)
def test_values_are_looked_at_before_a_table_is_replaced(db, gen, tmp_path, kind):
    db.execute("create table t (n int)", "insert into t values (1)")
    pq.write_table(pa.table({"x": VALUES[kind]}), tmp_path / "x.parquet")
    gen.refused("load", tmp_path / "x.parquet", db.url(), "--table", "t", "--if-exists", "replace")
    assert db.query("select * from t") == [(1,)]


@pytest.mark.parametrize("kind", [kind for kind in VALUES if "nanoseconds" in kind])
def test_values_that_would_be_rounded_are_shown(db, gen, tmp_path, kind):
    pq.write_table(pa.table({"the column": VALUES[kind]}), tmp_path / "x.parquet")
    line = gen.refused("load", tmp_path / "x.parquet", db.url(), "--table", "t")
    assert '"the column"' in line and "round" in line and "x.parquet" in line
    assert "public.t" not in db.relations()


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
