"""Cells of each type that are altered, null, or not null are found by `gen check`: they and no others."""

import json
import uuid
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import contract
from random_schemas import FLOATS, NARROW_DECIMAL, WHOLE, WIDE_DECIMAL
from schema_runs import ended, write_schema

ROWS = 1000
WHOLE_TYPES = [{NARROW_DECIMAL: "decimal(18,4)", WIDE_DECIMAL: "decimal(38,10)"}.get(name, name) for name in WHOLE]
KEY = {"name": "key", "type": "int64", "generator": "sequence", "start": 7, "key": True}


def columns_of_every_type() -> list[dict]:
    """One of each type and of lists of it, without nulls and with them."""
    columns = []
    for name in WHOLE_TYPES:
        type_ = contract.types.parse(name)
        columns.append({"type": name, "generator": "uniform", "min": type_.text(0), "max": type_.text(100)})
    columns += [{"type": name, "generator": "normal", "mean": 0, "sd": 1} for name in FLOATS]
    columns.append({"type": "bool", "generator": "bernoulli", "probability": 0.5})
    columns.append({"type": "text", "generator": "pattern", "pattern": "[a-zäöü]{3}"})
    columns.append({"type": "binary", "generator": "one_of", "values": ["", "00", "00ff", "ff"]})
    columns.append({"type": "uuid", "generator": "one_of", "values": [f"{n:032x}" for n in range(5)]})
    lists = [column | {"type": f"list<{column['type']}>", "min_length": 0, "max_length": 3} for column in columns]
    both = columns + lists
    return [
        column | options | {"name": f"{column['type']} {words}"}
        for column in both
        for words, options in (("never null", {}), ("with nulls", {"nulls": "20%"}))
    ]


COLUMNS = columns_of_every_type()


def shown(value: pa.Scalar, type_) -> str:
    """A value as a report shows it."""
    if not value.is_valid:
        return "null"
    if isinstance(type_, contract.types.ListOf):
        return "[" + ", ".join(shown(item, type_.item) for item in value.values) + "]"
    python = value.as_py() if not pa.types.is_temporal(value.type) else value.value
    match type_.name:
        case "bool":
            return str(python).lower()
        case "float32" | "float64":
            return np.format_float_positional(type_.dtype(python), trim="0")
        case "text":
            return f'"{python}"'
        case "binary":
            return f'"{python.hex()}"'
        case "uuid":
            return str(python if isinstance(python, uuid.UUID) else uuid.UUID(bytes=python))
    return f"{python:f}" if type_.decimal_scale is not None else type_.text(python)


# Kinds of damage: the place of another value of the column for that of a row, or of none


def another_value(values: list, row: int) -> int | None:
    return next(n for n, value in enumerate(values) if value.is_valid and not value.equals(values[row]))


def null(values: list, row: int) -> int | None:
    return None


def of_length(values: list, row: int, is_wanted) -> int:
    length = len(values[row])
    lists = ((n, value) for n, value in enumerate(values) if value.is_valid and not value.equals(values[row]))
    return next(n for n, value in lists if is_wanted(len(value), length))


def another_element(values: list, row: int) -> int | None:
    return of_length(values, row, lambda length, own: length == own)


def longer_list(values: list, row: int) -> int | None:
    return of_length(values, row, lambda length, own: length > own)


def shorter_list(values: list, row: int) -> int | None:
    return of_length(values, row, lambda length, own: length < own)


def damages(column: dict) -> list[tuple]:
    """Each with what a row must hold for it."""
    is_list = column["type"].startswith("list")
    kinds = [(another_value, lambda value: value.is_valid), (null, lambda value: value.is_valid)]
    if "nulls" in column:
        kinds.append((another_value, lambda value: not value.is_valid))
    if is_list:
        kinds += [
            (kind, lambda value: value.is_valid and 0 < len(value) < 3)
            for kind in (another_element, longer_list, shorter_list)
        ]
    return kinds


@pytest.fixture(scope="module")
def table():
    return contract.parse({"rows": ROWS, "columns": [KEY, *COLUMNS]}).arrow()


@pytest.fixture
def report(gen_binary, tmp_path):
    def report(schema: dict, copy: pa.Table, *flags) -> dict:
        pq.write_table(copy, tmp_path / "copy.parquet")
        command = [gen_binary, "check", tmp_path / "copy.parquet", "--schema", write_schema(schema, tmp_path), "--json"]
        done = ended(*command, *flags)
        assert done.returncode in (0, 1), done.stderr
        found = json.loads(done.stdout)
        assert found["whole"] == (done.returncode == 0)
        return found

    return report


def test_damaged_cells_of_each_column(report, table):
    """Of each kind, in rows that are nowhere else damaged; and two rows in which all columns are exchanged."""
    damaged_rows, altered = set(), []
    for column in COLUMNS:
        values = list(table[column["name"]].combine_chunks())
        type_, places = contract.types.parse(column["type"]), list(range(ROWS))
        for kind, fits in damages(column):
            row = next(n for n in range(ROWS) if n > 9 and n not in damaged_rows and fits(values[n]))
            damaged_rows.add(row)
            places[row] = kind(values, row)
            altered.append((row, column["name"], shown(values[row], type_), place_shown(values, places[row], type_)))
        places[3], places[5] = 5, 3
        for one, other in ((3, 5), (5, 3)):
            if not values[one].equals(values[other]):
                altered.append((one, column["name"], shown(values[one], type_), shown(values[other], type_)))
        damaged = table[column["name"]].combine_chunks().take(pa.array(places, pa.int64()))
        table = table.set_column(table.column_names.index(column["name"]), column["name"], damaged)
    backwards = pa.array(range(ROWS - 1, -1, -1))
    found = report({"rows": ROWS, "columns": [KEY, *COLUMNS]}, table.take(backwards), "--limit", 10_000)
    examples = [(e["row"], e["column"], e["expected"], e["found"]) for e in found["altered"]["examples"]]
    assert sorted(examples) == sorted(altered)
    assert found["altered"]["by_column"] == Counter(column for _, column, _, _ in altered)
    assert found["altered"]["count"] == len({row for row, _, _, _ in altered})
    assert [found[kind]["count"] for kind in ("lost", "duplicated", "foreign")] == [0, 0, 0]


def place_shown(values: list, place: int | None, type_) -> str:
    return "null" if place is None else shown(values[place], type_)


def test_lost_doubled_and_strange_rows_of_every_type(report, table):
    stranger = table.slice(0, 1).set_column(0, "key", pa.array([6], pa.int64()))
    copy = pa.concat_tables([table.slice(0, 400), table.slice(402), table.slice(17, 1), stranger])
    found = report({"rows": ROWS, "columns": [KEY, *COLUMNS]}, copy)
    assert found["lost"] == {"count": 2, "examples": [{"first": 400, "last": 401}]}
    assert found["duplicated"]["count"] == 1
    assert (found["duplicated"]["examples"][0]["row"], found["duplicated"]["examples"][0]["times"]) == (17, 2)
    assert [(row["id"], row["reason"]) for row in found["foreign"]["examples"]] == [("6", "no row has this value")]
    assert found["altered"]["count"] == 0


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column["name"])
def test_without_a_key_damage_is_still_noticed(report, column):
    schema = {"rows": 50, "columns": [column]}
    table = contract.parse(schema).arrow()
    assert report(schema, table)["whole"]
    name, values = column["name"], list(table[column["name"]].combine_chunks())
    row = next(n for n in range(17, 50) if values[n].is_valid)
    for place in (null(values, row), another_value(values, row)):
        places = list(range(50))
        places[row] = place
        damaged = table[name].combine_chunks().take(pa.array(places, pa.int64()))
        found = report(schema, table.set_column(0, name, damaged))
        assert not found["whole"] and found["seen"] == 50
        assert [found[kind] for kind in ("lost", "duplicated", "altered", "foreign", "distinct")] == [None] * 5
