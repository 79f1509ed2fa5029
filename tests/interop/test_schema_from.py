"""Schemas that `gen schema from` makes of files by other writers: they are schemas, with the names and the types of the
files, and say what is left out."""

import json
import re
import subprocess
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import contract
from schema_runs import run

INSTANT = datetime(2024, 5, 1, 12, 30, tzinfo=timezone.utc)
LOCAL = INSTANT.replace(tzinfo=None)

# A type of Arrow, two values, and the type of ours; None if there is none.
TYPES = [
    (pa.bool_(), [True, False], "bool"),
    *[(getattr(pa, name)(), [1, 7], name) for name in ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"]],
    (pa.uint64(), [0, 2**64 - 1], "uint64"),
    (pa.float16(), [np.float16(1), np.float16(2)], None),
    (pa.float32(), [0.5, 1.5], "float32"),
    (pa.float64(), [-1e300, 1e300], "float64"),
    (pa.decimal128(5, 2), [Decimal("1.50"), Decimal("-2.25")], "decimal(5,2)"),
    (pa.decimal128(18, 0), [Decimal(1), Decimal(10**17)], "decimal(18,0)"),
    (pa.decimal128(38, 10), [Decimal("-1e27"), Decimal("1e27")], "decimal(38,10)"),
    (pa.decimal256(60, 2), [Decimal(1), Decimal(2)], None),
    (pa.string(), ["a\n# b", "é: [x]"], "text"),
    (pa.large_string(), ["a", "b"], "text"),
    (pa.string_view(), ["a", "b"], "text"),
    (pa.dictionary(pa.int32(), pa.string()), ["a", "b"], "text"),
    (pa.binary(), [b"", b"\x00\xff"], "binary"),
    (pa.binary(3), [b"abc", b"def"], "binary"),
    (pa.uuid(), [bytes(16), bytes(range(16))], "uuid"),
    (pa.date32(), [date(1, 1, 1), date(2024, 2, 29)], "date"),
    (pa.date64(), [date(1999, 1, 1), date(2024, 2, 29)], "date"),
    (pa.time32("s"), [time(1), time(2)], "time[s]"),
    (pa.time32("ms"), [time(1), time(2)], "time[ms]"),
    (pa.time64("us"), [time(1), time(2)], "time[us]"),
    (pa.time64("ns"), [time(1), time(2)], "time[ns]"),
    *[(pa.timestamp(unit), [LOCAL, LOCAL + timedelta(days=1)], f"timestamp[{unit}]") for unit in ["s", "ms", "us", "ns"]],
    *[(pa.timestamp(unit, "UTC"), [INSTANT, INSTANT], f"timestamp[{unit}, UTC]") for unit in ["s", "ms", "us", "ns"]],
    (pa.timestamp("us", "Europe/Oslo"), [INSTANT, INSTANT + timedelta(1)], "timestamp[us, UTC]"),
    *[(pa.duration(unit), [timedelta(1), timedelta(2)], f"duration[{unit}]") for unit in ["s", "ms", "us", "ns"]],
    (pa.list_(pa.int32()), [[1, 2], []], "list<int32>"),
    (pa.list_(pa.string(), 2), [["a", "b"], ["c", "d"]], "list<text>"),
    (pa.large_list(pa.timestamp("s")), [[LOCAL], [LOCAL, LOCAL]], "list<timestamp[s]>"),
    (pa.list_(pa.list_(pa.int8())), [[[1]], [[2]]], None),
    (pa.list_(pa.struct({"a": pa.int8()})), [[{"a": 1}], []], None),
    (pa.struct({"a": pa.int8(), "b": pa.string()}), [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}], None),
    (pa.map_(pa.string(), pa.int8()), [[("a", 1)], []], None),
    (pa.null(), [None, None], None),
]
NAMES = [f"c{number}" for number in range(len(TYPES))]
VARIANTS = {
    "all there": {},
    "no statistics": {"write_statistics": False},
    "no dictionaries": {"use_dictionary": False},
    "old pages": {"version": "1.0"},
    "sizes": {"write_page_index": True, "compression": "zstd"},
    "no Arrow schema": {"store_schema": False},
}


def table_of(nulls: bool, rows: int) -> pa.Table:
    arrays = []
    for arrow_type, values, _ in TYPES:
        storage = pa.binary(16) if arrow_type == pa.uuid() else arrow_type
        array = pa.array((values + [None] * nulls)[:rows], storage)
        arrays.append(pa.ExtensionArray.from_storage(pa.uuid(), array) if arrow_type == pa.uuid() else array)
    return pa.table(arrays, names=NAMES)


def inferred(gen, tmp_path, *files) -> tuple[dict, str]:
    """The schema that is printed, which is checked and made, and its text."""
    text = run(gen, "schema", "from", *files)
    (tmp_path / "from.yaml").write_text(text)
    run(gen, "schema", "check", tmp_path / "from.yaml")
    run(gen, "--schema", tmp_path / "from.yaml", "--out", tmp_path / "made", "--quiet")
    schema = contract.load(text)
    made = pq.read_schema(next((tmp_path / "made").glob("*.parquet")))
    assert made.names == [column["name"] for column in schema["columns"]]
    return schema, text


def types_of(schema: dict) -> dict[str, str]:
    return {column["name"]: column["type"] for column in schema["columns"]}


@pytest.mark.parametrize("rows", [0, 1, 2, 3])
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_type_of_pyarrow(gen_binary, tmp_path, variant, rows):
    table = table_of(rows == 3, rows)
    pq.write_table(table, tmp_path / "f.parquet", **VARIANTS[variant])
    schema, text = inferred(gen_binary, tmp_path, tmp_path / "f.parquet")
    expected = {name: known for name, (_, _, known) in zip(NAMES, TYPES) if known}
    if variant in ("no Arrow schema", "old pages"):
        # What only Arrow's schema says, and units that old files do not have.
        assert list(types_of(schema)) == list(expected)
    else:
        assert types_of(schema) == expected
    assert schema["rows"] == rows
    left_out = re.findall(r'# "(\w+)" is left out: (.+)', text)
    assert [name for name, _ in left_out] == [name for name, (_, _, known) in zip(NAMES, TYPES) if known is None]
    assert all(reason.endswith("has no type in schemas") for _, reason in left_out)


def test_what_was_found_is_said(gen_binary, tmp_path):
    rows = 10_000
    rng = np.random.default_rng(1)
    country = rng.choice(["NO", "SE", "DK"], rows)
    table = pa.table(
        {
            "number": pa.array(range(5, rows + 5)),
            "spread": pa.array(rng.permutation(rows)),
            "country": country,
            "amount": pa.array([Decimal(n) / 4 for n in rng.integers(-20, 2_000, rows).tolist()], pa.decimal128(10, 2)),
            "late": pa.array([None if n % 4 == 0 else float(n) for n in range(rows)]),
            "only": pa.array(["x"] * rows),
            "tags": pa.array([["a"] * (n % 3) for n in range(rows)]),
            "word": pa.array([f"{n:08}" for n in range(rows)]),
        }
    )
    pq.write_table(table, tmp_path / "f.parquet", row_group_size=2_500, dictionary_pagesize_limit=2_000)
    schema, text = inferred(gen_binary, tmp_path, tmp_path / "f.parquet")
    columns = {column["name"]: column for column in schema["columns"]}
    # Row groups follow each other without a gap: the numbers are a sequence, as far as the footer shows.
    assert (columns["number"]["generator"], columns["number"]["start"]) == ("sequence", 5)
    assert (columns["spread"]["generator"], columns["spread"]["max"]) == ("uniform", rows - 1)
    assert columns["country"]["values"] == ["DK", "NO", "SE"]
    assert (columns["amount"]["min"], columns["amount"]["max"]) == (-5, 499.75)
    assert columns["late"]["nulls"] == 0.25 and "# found: 2,500 nulls (25.0000%)" in text
    assert (columns["only"]["generator"], columns["only"]["value"]) == ("constant", "x")
    assert (columns["tags"]["generator"], columns["tags"]["value"]) == ("constant", "a")
    assert (columns["tags"]["min_length"], columns["tags"]["max_length"]) == (0, 2)
    assert columns["word"]["generator"] == "pattern"
    data = json.loads(run(gen_binary, "schema", "from", tmp_path / "f.parquet", "--json"))
    assert data["schema"]["columns"] == json.loads(json.dumps(schema["columns"]))
    assert data["columns"][4]["found"][0] == "2,500 nulls (25.0000%)"


def test_the_widest_range_of_a_decimal(gen_binary, tmp_path):
    values = pa.array([Decimal(-9 * 10**37), Decimal(9 * 10**37)], pa.decimal128(38, 0))
    pq.write_table(pa.table({"c": values}), tmp_path / "a.parquet")
    schema, _ = inferred(gen_binary, tmp_path, tmp_path / "a.parquet")
    assert [int(value) for value in schema["columns"][0]["values"]] == [-9 * 10**37, 9 * 10**37]


def test_other_writers(gen_binary, tmp_path):
    """DuckDB, Polars and pandas write types in their own ways."""
    duckdb.sql(
        f"""copy (select i as whole, (i % 256)::utinyint as small, i::hugeint as huge, 'x' || i as word, i % 2 = 0 as flag,
            uuid() as id, date '2024-01-01' + i::int as day, time '12:00:00' as clock, now() as instant,
            timestamp '2024-01-01' as local, interval 1 day as span, [i, i + 1] as pair, {{'a': i}} as struct,
            i::decimal(20, 3) as price, ('a' || i)::blob as bytes, map([1], [i]) as mapped, i::double as ratio
            from range(1000) t(i)) to '{tmp_path}/duckdb.parquet'"""
    )
    pl.DataFrame(
        {
            "whole": [1, 2, None],
            "word": ["a", None, "c"],
            "day": [date(2024, 1, 1)] * 3,
            "instant": pl.Series([INSTANT] * 3),
            "span": [timedelta(1)] * 3,
            "kind": pl.Series(["a", "b", "a"], dtype=pl.Categorical),
            "pair": [[1, 2], [3], []],
            "struct": [{"a": 1}] * 3,
        }
    ).write_parquet(tmp_path / "polars.parquet")
    pd.DataFrame({"whole": [1, 4, 2], "word": ["a", "b", "c"], "when": pd.to_datetime(["2024-01-01"] * 3)}).set_index(
        "whole"
    ).to_parquet(tmp_path / "pandas.parquet")
    expected = {
        "duckdb": dict(
            whole="int64", small="uint8", huge="float64", word="text", flag="bool", id="uuid", day="date",
            clock="time[us]", instant="timestamp[us, UTC]", local="timestamp[us]", pair="list<int64>",
            price="decimal(20,3)", bytes="binary", ratio="float64",
        ),
        "polars": dict(
            whole="int64", word="text", day="date", instant="timestamp[us, UTC]", span="duration[us]", kind="text",
            pair="list<int64>",
        ),
        "pandas": dict(word="text", when="timestamp[ns]", whole="int64"),
    }  # fmt: skip
    for writer, types in expected.items():
        (tmp_path / writer).mkdir()
        schema, text = inferred(gen_binary, tmp_path / writer, tmp_path / f"{writer}.parquet")
        found = types_of(schema)
        if writer == "pandas":
            assert found["when"].startswith("timestamp[") and (found | {"when": "timestamp[ns]"}) == types
        else:
            assert found == types, text


def test_folders_and_several_files(gen_binary, tmp_path):
    folder = tmp_path / "parts" / "year=2024"
    folder.mkdir(parents=True)
    for number in range(3):
        pq.write_table(pa.table({"n": [number * 10, number * 10 + 9]}), folder / f"{number}.parquet")
    for files in [[tmp_path / "parts"], sorted(folder.iterdir())]:
        schema, text = inferred(gen_binary, tmp_path, *files)
        assert schema["rows"] == 6 and schema["columns"][0]["values"] == [0, 9, 10, 19, 20, 29]
        assert "# A schema to begin with, from 3 files" in text
        assert '"year" is left out: it is in the paths of the files' in text


@pytest.mark.parametrize(
    "kind, code, said",
    [
        ("missing", 2, "there is no such file or folder"),
        ("empty folder", 2, "there are no Parquet files in it"),
        ("truncated", 2, "does not end as a Parquet file does, or its footer is damaged"),
        ("no Parquet", 2, "does not end as a Parquet file does"),
        ("encrypted", 2, "file is encrypted, which gen does not read; decrypt it first"),
        ("no columns", 2, "no column can be described: there are none"),
        ("only structures", 2, 'no column can be described: "s" is left out, a structure has no type in schemas'),
        ("other columns", 2, "the columns are not those of"),
    ],
)
def test_what_is_no_file_to_begin_with_is_refused_in_one_line(gen_binary, tmp_path, kind, code, said):
    file = tmp_path / "f.parquet"
    files = [file]
    plain = pa.table({"a": [1, 2]})
    match kind:
        case "empty folder":
            file.mkdir()
        case "truncated":
            pq.write_table(plain, file)
            file.write_bytes(file.read_bytes()[:-9])
        case "no Parquet":
            file.write_text("a,b\n1,2\n")
        case "encrypted":
            pq.write_table(plain, file)
            file.write_bytes(file.read_bytes()[:-4] + b"PARE")
        case "no columns":
            pq.write_table(pa.table({}), file)
        case "only structures":
            pq.write_table(pa.table({"s": [{"a": 1}]}), file)
        case "other columns":
            pq.write_table(plain, file)
            pq.write_table(pa.table({"a": ["x"]}), tmp_path / "other.parquet")
            files.append(tmp_path / "other.parquet")
    refused = subprocess.run([gen_binary, "schema", "from", *files], capture_output=True, text=True)
    assert (refused.returncode, refused.stdout) == (code, ""), refused.stderr
    assert refused.stderr.startswith("gen: ") and said in refused.stderr and refused.stderr.count("\n") == 1
    as_json = subprocess.run([gen_binary, "schema", "from", *files, "--json"], capture_output=True, text=True)
    assert json.loads(as_json.stderr)["error"]["exit_code"] == code


def test_damaged_footers_end_in_one_line(gen_binary, tmp_path):
    pq.write_table(table_of(False, 2), tmp_path / "whole.parquet")
    whole = (tmp_path / "whole.parquet").read_bytes()
    rng = np.random.default_rng(5)
    for _ in range(40):
        damaged = bytearray(whole)
        for place in rng.integers(4, len(whole) - 8, 3):
            damaged[place] ^= 1 << int(rng.integers(8))
        (tmp_path / "f.parquet").write_bytes(damaged)
        ended = subprocess.run([gen_binary, "schema", "from", tmp_path / "f.parquet"], capture_output=True, text=True)
        assert ended.returncode in (0, 2), ended.stderr
        assert ended.stderr.count("\n") == (ended.returncode != 0), ended.stderr
