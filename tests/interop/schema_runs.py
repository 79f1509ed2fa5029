"""Runs of `gen` on schemas, and whether all readers see what the second implementation makes of them."""

import json
import subprocess
from pathlib import Path

import pyarrow as pa

import contract
from readers import READERS
from same_values import assert_same_table

SECONDS = 60


def run(*command) -> str:
    done = ended(*command)
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


def ended(*command) -> subprocess.CompletedProcess:
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=SECONDS)


def write_schema(schema: dict, folder: Path, as_json: bool = False) -> Path:
    file = folder / ("schema.json" if as_json else "schema.yaml")
    file.write_text(json.dumps(schema, ensure_ascii=False) if as_json else contract.dump(schema), encoding="utf-8")
    return file


def generate(gen: Path, schema_file: Path, **options) -> Path:
    """`options` are flags of `gen`: `batch_size=7` is `--batch-size=7`. Returns the folder of the table's parts."""
    out = schema_file.parent / "data"
    table = contract.parse(contract.load(schema_file.read_text(encoding="utf-8")))
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    run(gen, "--schema", schema_file, "--out", out, "--quiet", *flags)
    return out if table.name is None else out / table.name


def assert_read_alike(folder: Path, expected: pa.Table):
    """PyArrow, DuckDB and Polars read exactly these rows."""
    for read in READERS.values():
        assert_same_table(read(folder), expected)


def assert_generated(gen: Path, folder: Path, schema: dict, **options) -> pa.Table:
    """Generates a schema and compares what is read; the same rows pass a check. Returns them."""
    expected = contract.parse(schema).arrow()
    data = generate(gen, write_schema(schema, folder), **options)
    assert_read_alike(data, expected)
    run(gen, "check", data, "--quiet")
    return expected
