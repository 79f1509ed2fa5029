"""The second implementation gives every published vector: functions at their edges, columns, and a whole schema.

The vectors are those of `tests/suite`, which the crate's own tests read, too.
"""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import xxhash

import contract
from contract import distributions, draws, elementary, types, uniform
from contract.options import Options
from contract.permutation import Permutation
from contract.zipf import Zipf

ROOT = Path(__file__).parents[2]
VECTORS = json.loads((ROOT / "tests/suite/contract-vectors.json").read_text())
EVENTS = ROOT / "samples/schemas/events.yaml"

DIGESTED_ROWS = 1_000_000
SHOP = ROOT / "samples/schemas/shop.yaml"
OTHER_TABLES = {"references", "children"}

BESIDE = [
    {"name": "q", "type": "text", "generator": "one_of", "values": ["DE", "FR", "US"], "weights": ["0.5", "0.3", "0.2"]},
    {"name": "t", "type": "int64", "generator": "sequence", "start": 5, "step": 3},
]


def uint64(texts) -> np.ndarray:
    return np.array([int(text) for text in texts], np.uint64)


def floats(texts) -> np.ndarray:
    return np.array([int(text, 16) for text in texts], np.uint64).view(np.float64)


def hexadecimal(values: np.ndarray) -> list[str]:
    return [f"{bits:016x}" for bits in np.asarray(values, np.float64).view(np.uint64).tolist()]


class GivenWords:
    """A source whose words are known."""

    def __init__(self, texts):
        self.given = uint64(texts)

    def words(self):
        return self.given


# Functions


def products(vector):
    high, low = draws.product_halves(uint64(vector["w"]), int(vector["n"]))
    return [list(map(str, pair)) for pair in zip(high.tolist(), low.tolist())]


def float_draws(vector, name: str):
    draw = uniform.uniform(types.parse(name), Options({key: vector[key] for key in ("min", "max")}))
    return hexadecimal(draw(GivenWords(vector["w"])).values)


def quantiles_of_centre(vector):
    quantiles = distributions.quantiles(float, float, Options({"points": [0, 1, 5, 100]}))
    return hexadecimal(quantiles(draws.centre(uint64(vector["k"]))))


def normal_within_bounds(vector):
    bounds = {"mean": 0, "sd": 1, "min": -1, "max": 2}
    cut_off = distributions.distribution("normal")(types.parse("float64"), Options(bounds)).__self__
    assert [str(cut_off.first), str(cut_off.places)] == vector["grid"]
    return hexadecimal(cut_off.draw(GivenWords(vector["w"])).values)


def permuted(vector):
    n = int(vector["n"])
    source = contract.Source(b"u", 0, np.arange(n, dtype=np.uint64)).purpose("order")
    permutation = Permutation(source, n)
    there = permutation(source.positions)
    np.testing.assert_array_equal(permutation.inverse(there), source.positions)
    return list(map(str, there.tolist()))


FUNCTIONS = {
    "ln": lambda vector: hexadecimal(elementary.ln(floats(vector["arguments"]))),
    "exp": lambda vector: hexadecimal(elementary.exp(floats(vector["arguments"]))),
    "quantile of centre(k)": lambda vector: hexadecimal(elementary.normal_quantile(draws.centre(uint64(vector["k"])))),
    "below(w, n) and the low half of w * n": products,
    "zipf rank of given words": lambda vector: [
        str(rank) for rank in Zipf(int(vector["n"]), vector["exponent"]).ranks(uint64(vector["w"])).tolist()
    ],
    "Z(c)": lambda vector: str(draws.threshold(Fraction(vector["c"]))),
    "uniform float64 of given words": lambda vector: float_draws(vector, "float64"),
    "uniform float32 of given words, widened": lambda vector: float_draws(vector, "float32"),
    "quantiles of centre(k), points 0 1 5 100": quantiles_of_centre,
    "value of normal(0, 1) within [-1, 2] of given words, with k0 and k1 - k0": normal_within_bounds,
    "permutation of 0 .. n-1, stream u + 00 + order, seed 0": permuted,
}


def named(vector: dict) -> str:
    return " ".join(str(vector[key]) for key in ("function", "about", "seed", "n", "exponent", "c") if key in vector)


@pytest.mark.parametrize("vector", VECTORS["functions"], ids=named)
def test_functions(vector):
    assert FUNCTIONS[vector["function"]](vector) == vector.get("results", vector.get("result"))


# Columns


def column_of(vector) -> contract.Column:
    own = vector["column"]
    beside = [column for column in BESIDE if column["name"] != own["name"]]
    table = {"columns": [own, *beside]} | ({"name": vector["table"]} if "table" in vector else {})
    return contract.Table(table, vector["seed"]).column(own["name"])


def shown(vector, column, rows: np.ndarray):
    """What the vectors hold of such a column: values as integers, floats, text or booleans, or numbers of values."""
    if "null" in vector["about"]:
        return column.nulls(rows)
    if "value's number" in vector["about"]:
        return column.ordinals(rows)
    values = column.beneath(rows)
    return column.type.texts(values) if isinstance(values, np.ndarray) and values.dtype.kind == "V" else values


def as_texts(values):
    if isinstance(values, contract.Lists):
        ends = np.cumsum(values.lengths)
        return [as_texts(values.items[end - length : end]) for length, end in zip(values.lengths, ends)]
    plain = values if isinstance(values, list) else values.tolist()
    return [value if isinstance(value, bool | str) else str(value) for value in plain]


def digest(values) -> str:
    """Numbers and booleans as 64 bits, texts as lines."""
    if isinstance(values, list) or values.dtype == object:
        data = "".join(f"{value}\n" for value in values).encode()
    elif values.dtype.kind == "f":
        data = values.astype("<f8").tobytes()
    else:
        data = values.astype(np.int64 if values.dtype.kind == "b" else values.dtype).tobytes()
    return xxhash.xxh3_128_hexdigest(data)


OF_ONE_TABLE = [vector for vector in VECTORS["columns"] if vector["column"]["generator"] not in OTHER_TABLES]


@pytest.mark.parametrize("vector", OF_ONE_TABLE, ids=named)
def test_columns(vector):
    column = column_of(vector)
    assert as_texts(shown(vector, column, uint64(vector["rows"]))) == vector["values"]
    if "digest_of_rows_0_to_999999" in vector:
        values = shown(vector, column, contract.row_range(0, DIGESTED_ROWS))
        assert digest(values) == vector["digest_of_rows_0_to_999999"]


def with_parent(vector) -> contract.Table:
    """The table of a vector beside its parent, whose ids are its rows."""
    column = vector["column"]
    orders = {"name": vector["table"], "columns": [column]}
    if column["generator"] == "children":
        orders["columns"].append({"name": "position", "type": "int64", "generator": "position", "of": column["name"]})
    else:
        orders["rows"] = 10**12 if "10^12" in vector["about"] else DIGESTED_ROWS
    ids = {"name": "id", "type": "int64", "generator": "sequence", "start": 0}
    parent = {"name": "p", "rows": vector.get("parent_rows", 4 * 10**12), "columns": [ids]}
    return contract.Schema({"seed": vector["seed"], "tables": [orders, parent]}).table(vector["table"])


OF_TWO_TABLES = [vector for vector in VECTORS["columns"] if vector["column"]["generator"] in OTHER_TABLES]


@pytest.mark.parametrize("vector", OF_TWO_TABLES, ids=named)
def test_columns_of_other_tables(vector):
    table, rows = with_parent(vector), uint64(vector["rows"])
    columns = [column.beneath(rows) for column in table.columns]
    found = as_texts(columns[0]) if len(columns) == 1 else [list(pair) for pair in zip(*map(as_texts, columns))]
    assert found == vector["values"]
    if "digest_of_rows_0_to_999999" in vector:
        assert digest(table.columns[0].beneath(contract.row_range(0, DIGESTED_ROWS))) == vector["digest_of_rows_0_to_999999"]
    for parents, rows in vector.get("rows_for_parents", {}).items():
        assert table.children(table.columns[0].name).row_count(int(parents)) == int(rows)


@pytest.mark.parametrize("name, expected", VECTORS["schemas"]["shop.yaml"].items())
def test_schema_of_tables(name, expected):
    schema = contract.Schema(contract.load(SHOP.read_text()))
    table, column = name.split(" ")[0].split(".")
    column = schema.table(table).column(column)
    rows = contract.row_range(0, DIGESTED_ROWS)
    values, nulls = column.beneath(rows), column.nulls(rows)
    shown = column.type.texts(values) if values.dtype.kind == "V" else values[~nulls]
    assert digest(shown) == expected


@pytest.mark.parametrize("name, expected", VECTORS["schemas"]["events.yaml"].items())
def test_schema(name, expected):
    table = contract.parse(contract.load(EVENTS.read_text()))
    assert table.rows == DIGESTED_ROWS
    column = table.column(name.split(" ")[0])
    rows = contract.row_range(0, table.rows)
    assert digest(column.beneath(rows)[~column.nulls(rows)]) == expected
