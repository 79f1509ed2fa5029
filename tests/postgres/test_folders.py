"""Folders as other programs leave them: partitioned by columns, tables of Delta, files without an ending."""

import datetime

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, write_deltalake


def columns(db, table="t"):
    sql = "select column_name, data_type from information_schema.columns where table_name = %s order by ordinal_position"
    with db.connect() as connection:
        return connection.execute(sql, [table]).fetchall()


def test_columns_of_folders(gen, db, tmp_path):
    days = [datetime.date(2024, 1, 31), None, datetime.date(2023, 12, 1)]
    source = pa.table({"n": [1, 2, 3], "day": days, "place": ["a b", "x/y", None]})
    for name, write in (
        ("pyarrow", lambda path: pq.write_to_dataset(source, path, partition_cols=["day", "place"])),
        ("duckdb", lambda path: duckdb.from_arrow(source).query("source", f"copy source to '{path}' (format parquet, partition_by (day, place))")),
    ):
        write(tmp_path / name)
        gen("load", tmp_path / name, db.url(), f"--table={name}")
        assert columns(db, name) == [("n", "bigint"), ("day", "date"), ("place", "text")]
        rows = [tuple(row.values()) for row in source.to_pylist()]
        assert db.query(f"select * from {name} order by n") == rows
        # The same rows and columns, named in another way.
        by_themselves = sorted((tmp_path / name).rglob("*.parquet"))
        assert gen.json("load", *by_themselves, db.url(), f"--table={name}")["kept_rows"] == 3


def test_a_delta_table(gen, db, tmp_path):
    folder = tmp_path / "delta"
    for year in (2023, 2024):
        for numbers in ([1, 2], [3]):
            part = pa.table({"n": numbers, "year": [str(year)] * len(numbers)})
            write_deltalake(folder, part, mode="append", partition_by=["year"])
    table = DeltaTable(folder)
    table.optimize.compact()
    table.delete("n = 2 and year = '2024'")
    assert len(list(folder.rglob("*.parquet"))) > len(table.file_uris())
    gen("load", folder, db.url(), "--table=t")
    # A column of text stays one, whatever its values look like.
    assert columns(db) == [("n", "bigint"), ("year", "text")]
    expected = [(1, "2023"), (2, "2023"), (3, "2023"), (1, "2024"), (3, "2024")]
    assert db.query("select n, year from t order by year, n") == expected
    refused = gen.refused("load", folder / "year=2023", db.url(), "--table=other")
    assert "within a Delta table" in refused


def test_what_is_left_out_is_named(gen, db, tmp_path):
    pq.write_table(pa.table({"n": [1]}), tmp_path / "000000_0")
    pq.write_table(pa.table({"n": [2]}), tmp_path / "a.parquet.tmp")
    code, _, said = gen.end(gen.start("load", tmp_path, db.url(), "--table=t"))
    assert code == 0 and "a.parquet.tmp" in said and "000000_0" not in said
    assert db.query("select n from t") == [(1,)]
