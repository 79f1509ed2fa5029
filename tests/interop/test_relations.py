"""Tables that refer to each other: what DuckDB's joins find in the files, and what readers see of random schemas, is what
the second implementation makes of the contract's text; a check tells an orphan from another parent."""

import os
import random

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import contract
from random_schemas import Dealer
from schema_runs import assert_read_alike, run, write_schema

SEED = int(os.environ.get("SCHEMA_SEED", "13"))
SCHEMAS = max(1, int(os.environ.get("SCHEMAS", "300")) // 10)

CUSTOMERS, PRODUCTS, ORDERS, LEAST, MOST = 2001, 100, 20_000, 1, 6

SHOP = {
    "seed": 11,
    "tables": [
        {
            "name": "lines",
            "columns": [
                {"name": "customer", "generator": "children", "of": "customers.id", "min": LEAST, "max": MOST},
                {"name": "place", "type": "int16", "generator": "position", "of": "customer"},
                {"name": "country", "generator": "lookup", "of": "customer.country"},
                {"name": "region", "generator": "lookup", "of": "country.region"},
            ],
        },
        {
            "name": "orders",
            "rows": ORDERS,
            "columns": [
                {"name": "id", "type": "int64", "generator": "sequence", "start": 1},
                {"name": "product", "generator": "references", "of": "products.sku", "pick": {"zipf": 1}},
                {"name": "ranked", "generator": "references", "of": "products.id", "pick": {"zipf": 1, "scatter": False}},
                {"name": "even", "generator": "references", "of": "products.id", "nulls": "10%"},
                {"name": "ordered", "generator": "references", "of": "products.id", "pick": "in_order"},
                {"name": "price", "generator": "lookup", "of": "even.price"},
                {"name": "before", "generator": "references", "of": "orders.id"},
            ],
        },
        {
            "name": "customers",
            "rows": CUSTOMERS,
            "columns": [
                {"name": "id", "type": "uuid", "generator": "uuid"},
                {"name": "country", "generator": "references", "of": "countries.code", "nulls": "5%"},
            ],
        },
        {
            "name": "countries",
            "rows": 9,
            "columns": [
                {"name": "code", "type": "text", "generator": "template", "template": "C{row}"},
                {"name": "region", "type": "text", "generator": "one_of", "values": ["north", "south"]},
            ],
        },
        {
            "name": "products",
            "rows": PRODUCTS,
            "columns": [
                {"name": "id", "type": "int32", "generator": "sequence", "start": 1},
                {"name": "sku", "type": "int64", "generator": "unique", "min": 1, "max": 999_999},
                {"name": "price", "type": "decimal(10,2)", "generator": "lognormal", "mu": 3, "sigma": 1},
            ],
        },
    ],
}


@pytest.fixture(scope="module")
def shop(gen_binary, tmp_path_factory):
    """The folder of the shop, and DuckDB with a view of each table."""
    folder = tmp_path_factory.mktemp("shop")
    run(gen_binary, "--schema", write_schema(SHOP, folder), "--out", folder / "shop", "--batch-size=3k", "--quiet")
    database = duckdb.connect()
    for table in SHOP["tables"]:
        database.execute(f"CREATE VIEW {table['name']} AS FROM '{folder}/shop/{table['name']}/*.parquet'")
    return folder / "shop", database


def one(database, query: str):
    return database.execute(query).fetchone()


@pytest.mark.parametrize(
    "child, column, parent, key",
    [
        ("lines", "customer", "customers", "id"),
        ("lines", "country", "countries", "code"),
        ("orders", "product", "products", "sku"),
        ("orders", "ranked", "products", "id"),
        ("orders", "even", "products", "id"),
        ("orders", "ordered", "products", "id"),
        ("orders", "before", "orders", "id"),
    ],
)
def test_no_row_is_an_orphan(shop, child, column, parent, key):
    _, database = shop
    orphans = f"FROM {child} WHERE {column} IS NOT NULL AND {column} NOT IN (SELECT {key} FROM {parent})"
    assert one(database, f"SELECT count(*) {orphans}") == (0,)


def test_parents_have_as_many_children_as_was_asked(shop):
    _, database = shop
    counts = "SELECT count(l.customer) AS n FROM customers c LEFT JOIN lines l ON l.customer = c.id GROUP BY c.id"
    assert one(database, f"SELECT min(n), max(n), count(*) FROM ({counts})") == (LEAST, MOST, CUSTOMERS)
    # Positions count the children of each parent from 0, and the pairs are keys.
    numbered = "SELECT max(place) + 1 = count(*) AND min(place) = 0 AND count(DISTINCT place) = count(*) AS ok"
    assert one(database, f"SELECT bool_and(ok) FROM ({numbered} FROM lines GROUP BY customer)") == (True,)


def test_lookups_are_what_joins_find(shop):
    _, database = shop
    lines = """SELECT count(*) FROM lines l JOIN customers c ON c.id = l.customer LEFT JOIN countries k ON k.code = c.country
               WHERE l.country IS DISTINCT FROM c.country OR l.region IS DISTINCT FROM k.region"""
    assert one(database, lines) == (0,)
    orders = "FROM orders o LEFT JOIN products p ON p.id = o.even WHERE o.price IS DISTINCT FROM p.price"
    assert one(database, f"SELECT count(*) {orders}") == (0,)
    assert one(database, "SELECT count(*) FROM orders WHERE (even IS NULL) <> (price IS NULL)") == (0,)
    assert one(database, "SELECT count(*) > 0 FROM orders WHERE even IS NULL") == (True,)


def test_references_are_as_skewed_as_was_asked(shop):
    _, database = shop
    harmonic = sum(1 / rank for rank in range(1, PRODUCTS + 1))
    expected = np.array([ORDERS / harmonic / rank for rank in range(1, PRODUCTS + 1)])
    for column in ("product", "ranked"):
        counts = [n for (n,) in database.execute(f"SELECT count(*) FROM orders GROUP BY {column} ORDER BY 1 DESC").fetchall()]
        counts = np.array(counts + [0] * (PRODUCTS - len(counts)))
        # Sorting makes neighbours' counts a little more regular than chance.
        assert np.abs(counts - expected).max() < 5 * np.sqrt(expected[0])
    # Unless they are scattered, the first rows are the most frequent.
    first = "SELECT count(*) FROM orders WHERE ranked = 1"
    assert abs(one(database, first)[0] - expected[0]) < 5 * np.sqrt(expected[0])
    most, least = one(database, "SELECT max(n), min(n) FROM (SELECT count(*) AS n FROM orders WHERE even IS NOT NULL GROUP BY even)")
    mean = ORDERS * 0.9 / PRODUCTS
    assert mean - 6 * mean**0.5 < least < most < mean + 6 * mean**0.5
    assert one(database, "SELECT bool_and(ordered = (id - 1) // 200 + 1) FROM orders") == (True,)


def test_the_whole_is_right_and_a_wrong_parent_is_told_from_an_orphan(gen_binary, shop, tmp_path):
    folder, _ = shop
    assert "OK: all 5 tables are right" in run(gen_binary, "check", folder)
    for table in SHOP["tables"]:
        (tmp_path / table["name"]).mkdir()
        rows = pq.read_table(folder / table["name"])
        if table["name"] == "orders":
            products = rows["even"].to_pylist()
            products[3], products[5] = products[3] % PRODUCTS + 1, PRODUCTS + 1
            rows = rows.set_column(rows.column_names.index("even"), "even", pa.array(products, pa.int32()))
        pq.write_table(rows, tmp_path / table["name"] / "rows.parquet")
    with pytest.raises(AssertionError, match="ended with 1") as failed:
        run(gen_binary, "check", tmp_path, "--dataset", folder)
    report = str(failed.value)
    was = pq.read_table(folder / "orders")["even"].to_pylist()
    assert f"row 3, even: expected {was[3]}, found {products[3]}" in report
    assert f"row 5, even: expected {was[5]}, found {PRODUCTS + 1}, an orphan: no row of \"products\" has it" in report
    assert report.count("an orphan") == 1
    assert "FAILED: not all tables are right: orders" in report


# Random schemas


def relational(number: int) -> tuple[dict, dict]:
    """A table of any columns, one that is made of references to it, and one of the children of that."""
    draw = random.Random(f"{SEED} {number}")
    dealer = Dealer(SEED + number)
    schema, layout = dealer.deal()
    (parent,) = schema.get("tables", [schema])
    columns = [column for column in parent["columns"]]
    names = [column["name"] for column in columns]
    rows = draw.choice([1, 2, 3, 17, 60])
    nulls = lambda: {} if draw.random() < 0.6 else {"nulls": draw.choice(["20%", 1, 0.5])}
    picks = ["uniform", "in_order", {"zipf": 0.7}, {"zipf": 1, "scatter": False}, {"zipf": 2.5}]
    references = [
        {"name": f"to {n}", "generator": "references", "of": f"first.{name}", "pick": draw.choice(picks)} | nulls()
        for n, name in enumerate(names)
    ]
    low = draw.choice([0, 0, 1, 2])
    middle_rows = draw.choice([0, 1, 2, 25, 40])
    lookups = [{"name": f"up {n}", "generator": "lookup", "of": f"parent.to {n}"} | nulls() for n in range(len(names))]
    # Through the references that were looked up, a table further.
    further = [{"name": f"far {n}", "generator": "lookup", "of": f"up {n}.{draw.choice(names)}"} for n in range(len(names))]
    children = [
        {"name": "parent", "generator": "children", "of": "middle.own", "min": low, "max": low + draw.choice([0, 1, 3])},
        {"name": "place", "type": draw.choice(["int8", "uint64"]), "generator": "position", "of": "parent"},
        {"name": "follows", "type": "int32", "generator": "uniform", "min": 0, "max": 99, "depends_on": "parent"},
    ]
    tables = [
        {"name": "last", "columns": [*children, *lookups, *further]},
        {"name": "first", "rows": rows, "columns": columns},
        {
            "name": "middle",
            "rows": middle_rows,
            "columns": [
                *references,
                {"name": "own", "type": "int16", "generator": "unique", "min": -5, "max": 300},
                {"name": "like", "generator": "references", "of": "middle.own", "pick": draw.choice(picks)},
            ],
        },
    ]
    layout = {key: value for key, value in layout.items() if key in ("batch_size", "row_group_rows", "compression")}
    return {"seed": schema.get("seed", 0), "tables": tables}, layout


@pytest.mark.parametrize("number", range(SCHEMAS), ids=lambda number: f"seed {SEED} number {number}")
def test_values(gen_binary, tmp_path, number):
    schema, layout = relational(number)
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in layout.items()]
    file = write_schema(schema, tmp_path, as_json=number % 3 == 0)
    run(gen_binary, "--schema", file, "--out", tmp_path / "data", "--quiet", *flags)
    for table in contract.Schema(schema).tables:
        assert_read_alike(tmp_path / "data" / table.name, table.arrow())
    run(gen_binary, "check", tmp_path / "data", "--quiet")
