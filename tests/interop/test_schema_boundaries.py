"""Schemas at the edges: of row numbers, of types, of pages and row groups, of dictionaries and of texts."""

import pytest

import contract
from random_schemas import FLOATS, WHOLE
from schema_runs import assert_generated, assert_read_alike, generate, write_schema

LAST_ROW = 2**64 - 1


def column(name: str, type_: str, generator: str, **options) -> dict:
    return {"name": name, "type": type_, "generator": generator} | options


# One of each way in which values lie in files.
MIXED = [
    column("id", "uuid", "uuid"),
    column("id_text", "text", "uuid"),
    column("flag", "bool", "bernoulli", probability=0.3),
    column("small", "int8", "uniform"),
    column("wide", "uint64", "uniform"),
    column("score", "float64", "normal", mean=0, sd=1),
    column("ratio", "float32", "uniform"),
    column("amount", "decimal(10,2)", "lognormal", mu=3, sigma=1),
    column("huge", "decimal(38,4)", "uniform", min=0, max=10**14),
    column("country", "text", "one_of", values=["DE", "FR", "US"], nulls="10%"),
    column("user", "int64", "zipf", min=0, max=999999, exponent=0.99),
    column("code", "text", "pattern", pattern="ORD-[0-9]{6}", nulls="5%"),
    column("maybe", "int32", "uniform", nulls=0.5),
    column("mostly", "float64", "uniform", nulls="99.9%"),
    column("never", "int16", "uniform", nulls=1),
    column("lists", "list<int32>", "uniform", min_length=0, max_length=3, nulls="10%"),
    column("vectors", "list<float32>", "uniform", length=2),
    column("label", "text", "template", template="{country}-{small:05}"),
]
COUNTING = [
    column("number", "int64", "sequence", start=-5, step=3),
    column("at", "timestamp[us, UTC]", "sequence", start="2024-01-01T00:00:00Z", step="1ms", jitter="1ms"),
    column("unique", "int32", "unique", min=0, max=2**31 - 1),
    column("event", "uuid", "uuid7", start="2024-01-01T00:00:00Z", per_second="2500.7"),
]


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_few_rows(gen_binary, tmp_path, rows):
    assert_generated(gen_binary, tmp_path, {"rows": rows, "columns": MIXED + COUNTING})


@pytest.mark.parametrize("rows", [1, 100])
def test_last_rows(gen_binary, tmp_path, rows):
    schema = {"rows": rows, "first_row": LAST_ROW + 1 - rows, "columns": MIXED}
    assert_generated(gen_binary, tmp_path, schema, batch_size=64)


def test_last_values_of_unique(gen_binary, tmp_path):
    columns = [
        column("all", "uint64", "unique", min=0, max=LAST_ROW),
        column("signed", "int64", "unique", min=-(2**63), max=2**63 - 1),
        column("decimal", "decimal(38,0)", "unique", min=10**37, max=10**37 + LAST_ROW),
    ]
    assert_generated(gen_binary, tmp_path, {"rows": 50, "first_row": LAST_ROW - 49, "columns": columns})


PAGE_EDGES = [8191, 8192, 8193, 16384, 16385, 20000]


@pytest.mark.parametrize("compression", ["none", "zstd"])
@pytest.mark.parametrize("rows", PAGE_EDGES)
def test_edges_of_pages(gen_binary, tmp_path, rows, compression):
    schema = {"rows": rows, "columns": MIXED + COUNTING}
    assert_generated(gen_binary, tmp_path, schema, compression=compression, batch_size=10**6)


@pytest.mark.parametrize("row_group_rows", [1, 7, 999, 1000, 1001])
def test_edges_of_row_groups(gen_binary, tmp_path, row_group_rows):
    schema = {"rows": 1000, "columns": MIXED + COUNTING}
    assert_generated(gen_binary, tmp_path, schema, row_group_rows=row_group_rows, batch_size=10**6)


@pytest.mark.parametrize("batch_size", [1, 8, 99, 100])
def test_edges_of_parts(gen_binary, tmp_path, batch_size):
    schema = {"rows": 100, "first_row": 2**32 - 50, "columns": MIXED}
    assert_generated(gen_binary, tmp_path, schema, batch_size=batch_size)


def ends_of(name: str) -> list[dict]:
    """Columns at the two ends of a type, and all over it."""
    type_ = contract.types.parse(name)
    low, high = type_.text(type_.low), type_.text(type_.high)
    columns = [
        column("low", name, "constant", value=low),
        column("high", name, "constant", value=high),
        column("ends", name, "one_of", values=[low, high]),
        column("lists", f"list<{name}>", "one_of", values=[high, low], min_length=0, max_length=2),
        column("beside_low", name, "uniform", min=low, max=type_.text(type_.low + 3)),
        column("beside_high", name, "uniform", min=type_.text(type_.high - 3), max=high),
        column("up", name, "sequence", start=low),
        column("down", name, "sequence", start=high, step=-1 if type_.decimal_scale is None else type_.text(-1)),
    ]
    values = type_.high - type_.low + 1
    step = {"step": type_.text((values + 2**64 - 1) // 2**64)} if values > 2**64 else {}
    return [*columns, column("all", name, "uniform", min=low, max=high, **step)]


WIDEST = {"decimal of 1 to 18 digits": "decimal(18,18)", "decimal of 19 to 38 digits": "decimal(38,10)"}


@pytest.mark.parametrize("name", [WIDEST.get(name, name) for name in WHOLE] + ["decimal(38,38)", "decimal(38,0)"])
def test_ends_of_whole_number_types(gen_binary, tmp_path, name):
    assert_generated(gen_binary, tmp_path, {"rows": 100, "columns": ends_of(name)})


@pytest.mark.parametrize("name", FLOATS)
def test_ends_of_floats(gen_binary, tmp_path, name):
    largest, smallest = {"float32": (3.4028234663852886e38, 1e-45), "float64": (1.7976931348623157e308, 5e-324)}[name]
    columns = [
        column("ends", name, "one_of", values=[-largest, largest, smallest, -smallest, 0]),
        column("positive", name, "uniform", min=0, max=largest),
        column("tiny", name, "uniform", min=-smallest, max=smallest),
        column("narrow", name, "uniform", min=1, max=1 + {"float32": 2.0**-23, "float64": 2.0**-52}[name]),
    ]
    assert_generated(gen_binary, tmp_path, {"rows": 100, "columns": columns})


@pytest.mark.parametrize("compression", ["none", "zstd"])
def test_long_texts(gen_binary, tmp_path, compression):
    """Longer than a page, in columns of all encodings that texts have."""
    columns = [column("random", "text", "pattern", pattern=r".{70000}")]
    for encoding in ("plain", "dictionary", "delta_byte_array"):
        values = ["ä" * 100_000, "", "b" * 300_000]
        columns.append(column(encoding, "text", "one_of", values=values, encoding=encoding, nulls="20%"))
    columns.append(column("binary", "binary", "constant", value="00ff" * 100_000))
    columns.append(column("lists", "list<text>", "pattern", pattern="[ab]{9000}", min_length=0, max_length=5))
    assert_generated(gen_binary, tmp_path, {"rows": 20, "columns": columns}, compression=compression)


@pytest.mark.parametrize("count", [1, 2, 255, 256, 257, 10_000])
def test_dictionaries(gen_binary, tmp_path, count):
    """One index bit more at each power of two, and as many values as rows."""
    columns = [
        column("text", "text", "one_of", values=[f"value {n}" for n in range(count)]),
        column("number", "int64", "one_of", values=list(range(-5, count - 5)), nulls="1%"),
        column("ranked", "text", "zipf", values=[f"rank {n}" for n in range(count)], exponent=0.5),
        column("lists", "list<text>", "one_of", values=[str(n) for n in range(count)], min_length=0, max_length=2),
    ]
    assert_generated(gen_binary, tmp_path, {"rows": 10_000, "columns": columns}, batch_size=10**6)


def test_a_list_of_many_items(gen_binary, tmp_path):
    columns = [column("vector", "list<float32>", "normal", mean=0, sd=1, length=20_000)]
    assert_generated(gen_binary, tmp_path, {"rows": 5, "columns": columns})


def test_slices_have_the_rows_of_the_whole(gen_binary, tmp_path):
    """Rows do not depend on where the data set begins, how it is cut, or how many threads make it."""
    whole = contract.parse({"rows": 5000, "columns": MIXED + COUNTING}).arrow()
    for first_row, threads in ((0, 1), (0, 3), (1234, 2), (4999, 1)):
        folder = tmp_path / f"{first_row}-{threads}"
        folder.mkdir()
        schema = {"rows": 5000 - first_row, "first_row": first_row, "columns": MIXED + COUNTING}
        made = assert_generated(gen_binary, folder, schema, threads=threads, batch_size=1000)
        assert made.equals(whole.slice(first_row))


def test_a_named_table_has_a_folder_and_values_of_its_own(gen_binary, tmp_path):
    columns = [column("a", "int32", "uniform", min=-5, max=17)]
    schema = {"tables": [{"name": "orders", "rows": 10, "columns": columns}]}
    data = generate(gen_binary, write_schema(schema, tmp_path))
    assert data == tmp_path / "data/orders"
    assert_read_alike(data, contract.parse(schema).arrow())
    assert contract.parse(schema).arrow() != contract.parse({"rows": 10, "columns": columns}).arrow()
