"""Schemas drawn at random: what PyArrow, DuckDB and Polars read is what the second implementation makes of them.

`make fuzz` draws thousands more. The seed and the number in a test's name draw the same schema again.
"""

import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import contract
from random_schemas import Dealer, case_of, legal_cases
from schema_runs import assert_read_alike, generate, run, write_schema

SEED = int(os.environ.get("SCHEMA_SEED", "13"))
SCHEMAS = int(os.environ.get("SCHEMAS", "300"))


class Dealt:
    """The schemas of a seed, drawn as far as they are asked for."""

    def __init__(self, seed: int):
        self.dealer, self.schemas = Dealer(seed), []

    def __getitem__(self, number: int):
        while len(self.schemas) <= number:
            self.schemas.append(self.dealer.deal())
        return self.schemas[number]


DEALT = Dealt(SEED)


every_schema = pytest.mark.parametrize("number", range(SCHEMAS), ids=lambda number: f"seed {SEED} number {number}")


@every_schema
def test_values(gen_binary, tmp_path, number):
    schema, layout = DEALT[number]
    data = generate(gen_binary, write_schema(schema, tmp_path, as_json=number % 3 == 0), **layout)
    assert_read_alike(data, contract.parse(schema).arrow())
    assert_schema_from_files(gen_binary, data, schema)


@every_schema
def test_checks(gen_binary, tmp_path, number):
    """Of the files of `gen`, and of a copy that PyArrow writes in the opposite order."""
    schema, layout = DEALT[number]
    file = write_schema(schema, tmp_path)
    run(gen_binary, "check", generate(gen_binary, file, **layout))
    expected = contract.parse(schema).arrow()
    backwards = pa.array(range(len(expected) - 1, -1, -1), pa.int64())
    pq.write_table(expected.take(backwards), tmp_path / "copy.parquet")
    run(gen_binary, "check", tmp_path / "copy.parquet", "--schema", file)


def assert_schema_from_files(gen_binary, data, schema):
    """What the footers say makes a schema with the same names and types."""
    inferred = data.with_name("from.yaml")
    inferred.write_text(run(gen_binary, "schema", "from", data))
    run(gen_binary, "schema", "check", inferred)
    written = [column for column in columns_of(schema) if not column.get("hidden")]
    made = contract.load(inferred.read_text())["columns"]
    assert [(column["name"], column["type"]) for column in made] == [
        (column["name"], "uuid" if (column["type"], column["generator"]) == ("binary", "uuid") else column["type"])
        for column in written
    ]


def test_every_legal_case_is_drawn():
    drawn = {case_of(column) for number in range(SCHEMAS) for column in columns_of(DEALT[number].schema)}
    assert drawn == set(legal_cases())


def columns_of(schema: dict) -> list[dict]:
    (table,) = schema.get("tables", [schema])
    return table["columns"]
