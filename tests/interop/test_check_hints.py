"""Copies as other programs leave them: read as they are meant, or refused with the way out; and evident causes are named."""

import fcntl
import gzip
import json
import os
import uuid

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import run_check
from dataset import DataSet
from readers import parts

DATA = DataSet(3000, 2, seed=17)


@pytest.fixture
def folder(generated):
    return generated(DATA, batch_size=1000)


@pytest.fixture
def table(folder) -> pa.Table:
    return pq.read_table(parts(folder))


def hints(report: dict) -> list[str]:
    return [hint["kind"] for hint in report["hints"]]


DELIMITERS = {"semicolon": ";", "tab": "\t", "pipe": "|"}


@pytest.mark.parametrize("name", DELIMITERS)
@pytest.mark.parametrize("compression", [None, "gzip"])
def test_another_delimiter_is_named_and_can_be_given(folder, table, checked, refused, tmp_path, name, compression):
    delimiter, path = DELIMITERS[name], tmp_path / ("copy.csv.gz" if compression else "copy.csv")
    options = f"header, delimiter '{delimiter}'" + (", compression gzip" if compression else "")
    database = duckdb.connect()
    database.register("rows", table)
    database.execute(f"copy rows to '{path}' ({options})")
    assert "--delimiter" in refused(path, dataset=folder)
    assert checked(path, dataset=folder, delimiter=delimiter)["whole"]
    if delimiter == "\t":
        assert checked(path, dataset=folder, delimiter=r"\t")["whole"]


def test_a_delimiter_is_for_csv_and_is_one_byte(folder, refused):
    assert "--delimiter" in refused(folder, delimiter=";")
    for wrong in ("", ";;", "ä", "\n", '"'):
        assert "--delimiter" in refused(folder, format="csv", delimiter=wrong)


def duckdb_json(table, path):
    database = duckdb.connect()
    database.register("rows", table)
    database.execute(f"copy rows to '{path}' (format json, compression gzip)")


def polars_json(table, path):
    path.write_bytes(gzip.compress(pl.from_arrow(table).write_ndjson().encode()))


def in_two_members(table, path):
    half = len(table) // 2
    members = [table[:half].to_pandas().to_csv(index=False), table[half:].to_pandas().to_csv(index=False, header=False)]
    path.write_bytes(b"".join(gzip.compress(member.encode()) for member in members))


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("copy.csv.gz", lambda table, path: table.to_pandas().to_csv(path, index=False)),
        ("copy.csv.gz", in_two_members),
        ("copy.csv", lambda table, path: table.to_pandas().to_csv(path, index=False, compression="gzip")),
        ("copy.jsonl.gz", duckdb_json),
        ("copy.ndjson.gz", polars_json),
    ],
    ids=["pandas csv", "two members", "without its ending", "duckdb json", "polars json"],
)
def test_gzip_is_read_from_files_folders_and_standard_input(folder, table, checked, tmp_path, name, write):
    path = tmp_path / "copies" / name
    path.parent.mkdir()
    write(table, path)
    format_ = "csv" if "csv" in name else "jsonl"
    assert checked(path, dataset=folder)["whole"]
    assert checked(path.parent, format=format_, dataset=folder)["whole"]
    assert checked("-", format=format_, stdin=path.read_bytes(), dataset=folder)["whole"]


def test_truncated_gzip_is_not_whole(folder, table, checked, tmp_path):
    path = tmp_path / "copy.csv.gz"
    table.to_pandas().to_csv(path, index=False)
    path.write_bytes(path.read_bytes()[:-1000])
    report = checked(path, dataset=folder)
    assert not report["whole"] and report["unreadable"]


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_byte_order_mark_is_no_part_of_a_name(folder, table, checked, tmp_path, ending):
    """As PowerShell 5 and Excel write it."""
    path = tmp_path / f"copy.{ending}"
    rows = pl.from_arrow(table)
    text = rows.write_csv(line_terminator="\r\n") if ending == "csv" else rows.write_ndjson()
    path.write_text(text, encoding="utf-8-sig", newline="")
    assert checked(path, dataset=folder)["whole"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_is_named(folder, table, tmp_path, encoding):
    path = tmp_path / "copy.csv"
    text = pl.from_arrow(table).write_csv()
    path.write_text(("\ufeff" if encoding == "utf-16-be" else "") + text, encoding=encoding)
    done = run_check(os.environ["GEN"], path, dataset=folder)
    assert done.returncode in (1, 2) and b"UTF-16" in done.stdout + done.stderr


def test_a_line_break_in_a_quoted_header_ends_no_line(folder, table, checked, tmp_path):
    path = tmp_path / "copy.csv"
    frame = table.to_pandas()
    frame.insert(1, "two\nlines", 1)
    frame.to_csv(path, index=False)
    report = checked(path, dataset=folder)
    assert report["whole"] and report["ignored_columns"] == ["two\nlines"]


def test_names_of_columns_in_another_case_are_recognised_and_said(folder, table, checked, tmp_path):
    """As Snowflake and Oracle export them."""
    path = tmp_path / "copy.parquet"
    pq.write_table(table.rename_columns([name.upper() for name in table.column_names]), path)
    report = checked(path, dataset=folder)
    assert report["whole"] and report["renamed_columns"]


def test_ids_in_the_byte_order_of_dotnet_are_recognised_and_said(folder, table, checked, tmp_path):
    path = tmp_path / "copy.parquet"
    ids = pa.array([uuid.UUID(id_).bytes_le for id_ in table["id_client"].to_pylist()], pa.binary(16))
    pq.write_table(table.set_column(0, "id_client", ids), path)
    report = checked(path, dataset=folder)
    assert report["whole"] and report["reversed_ids"]


def test_every_id_foreign_is_another_seed_or_data_set(folder, checked):
    report = checked(*parts(folder), rows=3000, classes=2, seed=3)
    assert hints(report) == ["other_data_set"] and "seed 17" in report["hints"][0]["text"]


def test_every_id_foreign_of_a_copy_that_says_nothing(folder, table, checked, tmp_path):
    path = tmp_path / "copy.csv"
    pl.from_arrow(table).write_csv(path)
    assert hints(checked(path, rows=3000, classes=2, seed=3)) == ["all_ids_foreign"]


def test_a_file_that_is_given_twice_is_named(folder, checked, tmp_path):
    (first, *_) = parts(folder)
    link = tmp_path / "link.parquet"
    link.symlink_to(first)
    report = checked(*parts(folder), link, dataset=folder)
    assert report["duplicated"]["count"] == 1000 and "same_file" in hints(report)


def test_every_row_twice_is_said(folder, table, checked, tmp_path):
    path = tmp_path / "copy.parquet"
    pq.write_table(pa.concat_tables([table, table]), path)
    assert hints(checked(path, dataset=folder)) == ["every_row_repeated"]


def test_a_folder_that_is_being_written_is_said_to_be(generate, checked):
    folder = generate(DATA, batch_size=1000)
    parts(folder)[1].unlink()
    writer = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(writer, fcntl.LOCK_EX)
        report = checked(folder)
    finally:
        os.close(writer)
    assert not report["whole"] and hints(report) == ["being_written"]
    assert hints(checked(folder)) == []


def test_examples_name_their_file(folder, table, checked, tmp_path):
    """The damage is in the second file, and nowhere else: one thread reads it last, so that it repeats the row."""
    rows = table.to_pylist()
    rows[1500]["class_1"] = 0.25
    rows[1501]["id_client"] = "00000000-0000-4000-8000-000000000000"
    copies = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    pq.write_table(table[:1000], copies[0])
    pq.write_table(pa.Table.from_pylist(rows[1000:] + rows[:1], table.schema), copies[1])
    report = checked(*copies, dataset=folder, threads=1)
    assert [example["file"] for kind in ("altered", "foreign", "duplicated") for example in report[kind]["examples"]] == [
        str(copies[1])
    ] * 3
    text = run_check(os.environ["GEN"], *copies, dataset=folder, threads=1).stdout.decode()
    assert text.count("b.parquet") == 3 and "a.parquet" not in text


@pytest.mark.parametrize(
    ("options", "scope"),
    [
        ({"columns": "class_1"}, "class_1"),
        ({"shard": "2/3"}, "rows 1,000-1,999 of 3,000"),
        ({"partial": True}, "partial"),
        ({"tolerance": 3}, "3 ulp"),
    ],
    ids=["columns", "shard", "partial", "tolerance"],
)
def test_a_verdict_says_no_more_than_was_checked(folder, options, scope):
    done = run_check(os.environ["GEN"], folder, **options)
    verdict = done.stdout.decode().splitlines()[-1]
    assert done.returncode == 0 and verdict.startswith("OK: ") and verdict != "OK: the copy is whole"
    if scope != "partial":
        assert scope in verdict
    report = json.loads(run_check(os.environ["GEN"], folder, json=True, **options).stdout)
    assert report["scope"] and report["verdict"] == "whole"
