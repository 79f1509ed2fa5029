"""A cell of each type that is altered, or null and not null, is found by `gen check`: it and no other."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import contract
from random_schemas import FLOATS, NARROW_DECIMAL, WHOLE, WIDE_DECIMAL
from schema_runs import ended, write_schema

ROWS = 500
WHOLE_TYPES = [{NARROW_DECIMAL: "decimal(18,4)", WIDE_DECIMAL: "decimal(38,10)"}.get(name, name) for name in WHOLE]
KEY = {"name": "key", "type": "int64", "generator": "sequence", "start": 7, "key": True}


def damaged_columns() -> list[dict]:
    """One of each type and of lists of it, half of them with nulls."""
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
        {"name": column["type"]} | column | ({"nulls": "20%"} if number % 2 else {}) for number, column in enumerate(both)
    ]


COLUMNS = damaged_columns()


def damage(table: pa.Table, name: str, row: int) -> pa.Table:
    """Puts another of the column's values into the row, which may be a null for a value or a value for a null."""
    values = table[name].combine_chunks()
    other = next(n for n in range(len(values)) if not values[n].equals(values[row]))
    taken = list(range(len(values)))
    taken[row] = other
    return table.set_column(table.column_names.index(name), name, values.take(pa.array(taken)))


@pytest.fixture
def report(gen_binary, tmp_path):
    def report(schema: dict, copy: pa.Table) -> dict:
        pq.write_table(copy, tmp_path / "copy.parquet")
        command = [gen_binary, "check", tmp_path / "copy.parquet", "--schema", write_schema(schema, tmp_path), "--json"]
        done = ended(*command)
        assert done.returncode in (0, 1), done.stderr
        found = json.loads(done.stdout)
        assert found["whole"] == (done.returncode == 0)
        return found

    return report


def test_a_damaged_cell_of_each_column(report):
    schema = {"rows": ROWS, "columns": [KEY, *COLUMNS]}
    table = contract.parse(schema).arrow()
    rows = {}
    for number, column in enumerate(COLUMNS):
        rows[column["name"]] = 3 + 5 * number
        table = damage(table, column["name"], rows[column["name"]])
    found = report(schema, table.take(pa.array(range(ROWS - 1, -1, -1))))
    assert found["altered"]["by_column"] == {name: 1 for name in rows}
    assert found["altered"]["count"] == len(rows)
    assert [found[kind]["count"] for kind in ("lost", "duplicated", "foreign")] == [0, 0, 0]


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column["name"])
def test_without_a_key_damage_is_still_noticed(report, column):
    schema = {"rows": 50, "columns": [column]}
    table = contract.parse(schema).arrow()
    assert report(schema, table)["whole"]
    assert not report(schema, damage(table, column["name"], 17))["whole"]
