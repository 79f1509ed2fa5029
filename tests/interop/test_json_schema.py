"""The JSON Schema of schema files: everything that `gen` reads is valid by it, and what it can tell to be wrong is not."""

import json
from pathlib import Path

import jsonschema
import pytest

import contract
from random_schemas import Dealer
from schema_runs import ended, run
from test_schema_docs import BLOCKS, schema_of

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs/schema.json").read_text())
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)


def test_the_schema_is_one_and_is_what_gen_prints(gen_binary):
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert run(gen_binary, "schema", "json-schema") == (ROOT / "docs/schema.json").read_text()


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split("\n")[0][:60])
def test_examples_of_the_page_are_valid(block):
    VALIDATOR.validate(schema_of(block))


@pytest.mark.parametrize(
    "file", ["src/schema/example.yaml", *[f"samples/schemas/{name}.yaml" for name in ["events", "shop"]]]
)
def test_example_files_are_valid(file):
    VALIDATOR.validate(contract.load((ROOT / file).read_text()))


def test_descriptions_are_valid(gen_binary, tmp_path):
    VALIDATOR.validate(json.loads((ROOT / "samples/_tiny/_dataset.json").read_text()))
    run(gen_binary, "--schema", ROOT / "src/schema/example.yaml", "--out", tmp_path / "out", "--rows", 1, "--quiet")
    VALIDATOR.validate(json.loads((tmp_path / "out/_dataset.json").read_text()))


def test_random_schemas_are_valid():
    dealer = Dealer(7)
    for _ in range(300):
        VALIDATOR.validate(dealer.deal().schema)


COLUMN = {"name": "a", "type": "int8", "generator": "uniform"}
BAD_COLUMNS = [
    {},
    {"name": "a"},
    {"name": "a", "type": "int8"},
    {"name": "a", "generator": "uniform"},
    COLUMN | {"name": ""},
    COLUMN | {"name": 5},
    COLUMN | {"tpye": "int8"},
    COLUMN | {"probability": 0.5},
    COLUMN | {"type": "int7"},
    COLUMN | {"type": "text"},
    COLUMN | {"type": "list<int8>"},
    COLUMN | {"type": "list<int8>", "min_length": 1},
    COLUMN | {"type": "list<list<int8>>", "length": 1},
    COLUMN | {"length": 5},
    COLUMN | {"type": "timestamp[us, Europe/Oslo]"},
    COLUMN | {"generator": "unifrom"},
    COLUMN | {"min": True},
    COLUMN | {"min": [1]},
    COLUMN | {"nulls": 2},
    COLUMN | {"nulls": "many"},
    COLUMN | {"key": "yes"},
    COLUMN | {"encoding": "rle"},
    COLUMN | {"compression": "zip"},
    COLUMN | {"compression": "zstd:23"},
    {"name": "a", "type": "bool", "generator": "bernoulli"},
    {"name": "a", "type": "text", "generator": "one_of"},
    {"name": "a", "type": "text", "generator": "one_of", "values": []},
    {"name": "a", "type": "text", "generator": "one_of", "values": [1]},
    {"name": "a", "type": "text", "generator": "one_of", "values": ["a"], "weights": [-1]},
    {"name": "a", "type": "text", "generator": "one_of", "values_from": {"file": "a.csv"}},
    {"name": "a", "type": "text", "generator": "constant", "value": True},
    {"name": "a", "type": "text", "generator": "mapping", "of": "b", "values": {"x": 1}},
    {"name": "a", "type": "int8", "generator": "sequence"},
    {"name": "a", "type": "int8", "generator": "unique", "min": 1},
    {"name": "a", "type": "int8", "generator": "pattern", "pattern": "a"},
    {"name": "a", "type": "int8", "generator": "uuid"},
    {"name": "a", "type": "float64", "generator": "normal", "mean": 1},
    {"name": "a", "type": "float64", "generator": "quantiles", "points": [1]},
    {"name": "a", "type": "int8", "generator": "zipf", "min": 1, "max": 5},
    {"name": "a", "type": "int8", "generator": "zipf", "exponent": 1, "min": 1},
]
BAD_FILES = [
    [],
    {},
    {"rows": 10},
    {"columns": []},
    {"columns": [COLUMN], "colums": []},
    {"columns": [COLUMN], "rows": "many"},
    {"columns": [COLUMN], "rows": -1},
    {"columns": [COLUMN], "seed": -1},
    {"columns": [COLUMN], "contract": 2},
    {"columns": [COLUMN], "tables": [{"name": "t", "columns": [COLUMN]}]},
    {"tables": []},
    {"tables": [{"columns": [COLUMN]}]},
    {"tables": [{"name": "t"}]},
    {"tables": [{"name": "t", "columns": [COLUMN]}], "rows": 1},
    {"dataset": {"columns": [COLUMN]}, "rows": 1},
    {"dataset": {"columns": [COLUMN]}, "layout": {"batch_row": 1}},
]


@pytest.mark.parametrize("bad", [{"columns": [column]} for column in BAD_COLUMNS] + BAD_FILES, ids=json.dumps)
def test_what_is_wrong_is_told_by_both(gen_binary, tmp_path, bad):
    assert not VALIDATOR.is_valid(bad)
    (tmp_path / "bad.json").write_text(json.dumps(bad))
    assert ended(gen_binary, "schema", "check", tmp_path / "bad.json").returncode == 2


def test_keys_are_completed_by_generator():
    """Each generator has a rule that lists its keys, each with a description, for editors."""
    rules = {
        rule["if"]["properties"]["generator"]["const"]: rule["then"]["properties"]
        for rule in SCHEMA["definitions"]["column"]["allOf"]
        if "generator" in rule["if"]["properties"]
    }
    assert set(rules) == set(SCHEMA["definitions"]["column"]["properties"]["generator"]["enum"])
    for keys in rules.values():
        assert all(key is True or {"$ref", "description", "pattern"} & set(key) for key in keys.values())
