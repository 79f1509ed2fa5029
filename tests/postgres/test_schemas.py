"""Schemas drawn at random go into PostgreSQL by every method, from files and straight from the generator.

What psycopg reads is what the second implementation makes of the schema. A column that PostgreSQL cannot hold is refused
by name, and hidden for the rest of the test: only nanoseconds and long durations may be refused.
"""

import datetime
import json
import re
import struct
import uuid
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest

import contract
from random_schemas import IDS, Dealer
from same_values import bits, item_type
from schema_runs import write_schema

SEED, SCHEMAS = 14, 48
METHODS = ["copy", "insert", "pipeline"]

SQL_TYPES = {
    "bool": "boolean",
    "int8": "smallint",
    "int16": "smallint",
    "int32": "integer",
    "int64": "bigint",
    "uint8": "smallint",
    "uint16": "integer",
    "uint32": "bigint",
    "uint64": "numeric(20,0)",
    "float32": "real",
    "float64": "double precision",
    "text": "text",
    "binary": "bytea",
    "uuid": "uuid",
    "date": "date",
    "time": "time without time zone",
    "timestamp": "timestamp without time zone",
    "timestamp of UTC": "timestamp with time zone",
    "duration": "interval",
}
# Where another column is null, so may these be.
FOLLOWS_NULLS = {"mapping", "template"}
REFUSED = re.compile(r': column "(.+?)" (?:is of type .*\[ns|can have durations of 2\^63 microseconds)')


def deal() -> list:
    dealer = Dealer(SEED)
    return [dealer.deal() for _ in range(SCHEMAS)]


DEALT = deal()


@pytest.mark.parametrize("number", range(SCHEMAS), ids=lambda number: f"seed {SEED} number {number}")
def test_values(db, gen, tmp_path, number):
    schema, layout = DEALT[number]
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in layout.items()]
    name = table_of(schema).get("name")
    table = [db.url(), f"--method={METHODS[number % 3]}", *([] if name else ["--table=t"])]
    schema = loadable(schema, table, gen, tmp_path)
    file = write_schema(schema, tmp_path)
    if number // 3 % 2 == 0:
        gen("--schema", file, "--out", tmp_path / "data", "--quiet", *flags)
        gen("load", tmp_path / "data", *table, "--quiet")
    else:
        of_rows = [flag for flag in flags if not flag.startswith("--compression")]
        gen("--schema", file, "--quiet", *of_rows, "--out", *table)
    written = [column for column in table_of(schema)["columns"] if not column.get("hidden")]
    if name:
        db.execute(f'alter table "{name}" rename to t')
    assert db.types() == {column["name"]: sql_type(column) for column in written}
    never_null = {column["name"] for column in written if "nulls" not in column and column["generator"] not in FOLLOWS_NULLS}
    assert never_null <= not_null(db) and not any("nulls" in column for column in written if column["name"] in not_null(db))
    assert_same_rows(db.query("select * from t"), contract.parse(schema).arrow())
    gen("check", db.url(), "--table=t", "--schema", file, "--quiet")


def table_of(schema: dict) -> dict:
    """The table, which has no name if the schema has its columns at the top."""
    return schema["tables"][0] if "tables" in schema else schema


def loadable(schema: dict, into: list, gen, folder) -> dict:
    """The schema with those columns hidden that PostgreSQL does not hold, as a dry run says."""
    while True:
        file = write_schema(schema, folder)
        code, _, err = gen.end(gen.start("--schema", file, "--dry-run", "--out", *into))
        if code == 0:
            return schema
        refused = REFUSED.search(err)
        assert code == 2 and refused, err
        table = table_of(schema)
        columns = [hidden(column) if column["name"] == refused[1] else column for column in table["columns"]]
        if all(column.get("hidden") for column in columns):
            columns.append({"name": "one", "type": "int8", "generator": "constant", "value": 1})
        table = table | {"columns": columns}
        schema = schema | {"tables": [table]} if "tables" in schema else table


def not_null(db) -> set[str]:
    sql = "select attname::text from pg_attribute where attrelid = 't'::regclass and attnum > 0 and attnotnull"
    return {name for (name,) in db.query(sql)}


def hidden(column: dict) -> dict:
    kept = {key: value for key, value in column.items() if key not in ("key", "encoding", "compression", "bloom_filter")}
    assert not kept.get("hidden"), f"{column} is refused again"
    return kept | {"hidden": True}


def sql_type(column: dict) -> str:
    type_ = column["type"]
    is_list = type_.startswith("list<")
    type_ = type_[5:-1] if is_list else type_
    if type_ in IDS and column["generator"] in ("uuid", "uuid7") and not is_list:
        return "uuid"
    if type_.startswith("decimal"):
        name = type_.replace("decimal", "numeric")
    else:
        name = SQL_TYPES[type_.split("[")[0] + (" of UTC" if "UTC" in type_ else "")]
    return name + ("[]" if is_list else "")


def assert_same_rows(found: list[tuple], expected: pa.Table):
    types = [field.type for field in expected.schema]
    read = [tuple(map(as_read, row, types)) for row in found]
    made = list(zip(*(as_stored(column.combine_chunks()) for column in expected.columns), strict=True))
    assert Counter(read) == Counter(made)


def as_stored(values: pa.Array) -> list:
    """Floats as their bits, dates as days, what else is of time in microseconds; lists as tuples."""
    nanoseconds = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
    type_ = item_type(values.type)
    if getattr(type_, "unit", None) in nanoseconds and not pa.types.is_date(type_):
        scale = nanoseconds[type_.unit]
        return [each(lambda units: exactly(units * scale, 1000), value) for value in bits(values)]
    return [each(lambda value: value, value) for value in bits(values)]


def each(convert, value):
    """A null stays one, and a list has its elements converted."""
    if isinstance(value, list):
        return tuple(each(convert, element) for element in value)
    return None if value is None else convert(value)


def exactly(number: int, divisor: int) -> int:
    quotient, remainder = divmod(number, divisor)
    assert remainder == 0, f"{number} is not stored as it is"
    return quotient


def as_read(value, type_: pa.DataType):
    """What psycopg read of a value of the Arrow type, in the form of `as_stored`."""
    if pa.types.is_list(type_) or pa.types.is_fixed_size_list(type_):
        return None if value is None else tuple(as_read(element, type_.value_type) for element in value)
    microsecond = datetime.timedelta(microseconds=1)
    match value:
        case float():
            packed, number = ("f", "i") if type_ == pa.float32() else ("d", "q")
            return struct.unpack(number, struct.pack(packed, value))[0]
        case uuid.UUID():
            return str(value) if pa.types.is_string(type_) else value.bytes
        case datetime.datetime():
            epoch = datetime.datetime(1970, 1, 1, tzinfo=value.tzinfo and datetime.timezone.utc)
            return (value - epoch) // microsecond
        case datetime.date():
            return (value - datetime.date(1970, 1, 1)).days
        case datetime.time():
            return (datetime.datetime.combine(datetime.date.min, value) - datetime.datetime.min) // microsecond
        case datetime.timedelta():
            return value // microsecond
        case _:
            return value


# For each type a generator, and SQL that makes another value of one.
DAMAGE = {
    "bool": ({"generator": "bernoulli", "probability": 0.5}, "not {0}"),
    "int8": ({"generator": "uniform", "min": -100, "max": 100}, "{0} + 1"),
    "uint64": ({"generator": "uniform"}, "18446744073709551615 - {0}"),
    "float32": ({"generator": "normal", "mean": 0, "sd": 1}, "-{0}"),
    "float64": ({"generator": "normal", "mean": 0, "sd": 1}, "'NaN'"),
    "decimal(38,10)": ({"generator": "uniform", "min": 0, "max": 10}, "{0} + 0.0000000001"),
    "text": ({"generator": "pattern", "pattern": "[a-z]{8}"}, "{0} || ' '"),
    "binary": ({"generator": "one_of", "values": ["00ff", "ff00"]}, "{0} || '\\x00'::bytea"),
    "uuid": ({"generator": "uuid"}, "gen_random_uuid()"),
    "date": ({"generator": "uniform", "min": "2000-01-01", "max": "2020-01-01"}, "{0} + 1"),
    "time[us]": ({"generator": "uniform", "min": "00:00:00", "max": "12:00:00"}, "{0} + interval '1 microsecond'"),
    "timestamp[us]": (
        {"generator": "uniform", "min": "2000-01-01T00:00:00", "max": "2020-01-01T00:00:00"},
        "{0} + interval '1 microsecond'",
    ),
    "timestamp[ms, UTC]": (
        {"generator": "uniform", "min": "2000-01-01T00:00:00Z", "max": "2020-01-01T00:00:00Z"},
        "{0} + interval '1 day'",
    ),
    "duration[us]": ({"generator": "uniform", "min": "0us", "max": "10s"}, "{0} + interval '1 microsecond'"),
    "list<int32>": ({"generator": "uniform", "min": 0, "max": 9, "length": 3}, "{0} || 1"),
}


def test_damage_is_found_in_every_type(db, gen, tmp_path):
    """One row of each column has another value, and one has a null."""
    columns = [
        # What identifies rows has no nulls.
        {"name": f"c{number}", "type": type_, **({} if type_ == "uuid" else {"nulls": "10%"}), **made}
        for number, (type_, (made, _)) in enumerate(DAMAGE.items())
    ]
    key = {"name": "key", "type": "int64", "generator": "sequence", "start": 1000, "key": True}
    file = write_schema({"seed": 3, "rows": 200, "columns": [key, *columns]}, tmp_path)
    gen("--schema", file, "--out", db.url(), "--table=t", "--quiet")
    expected = set()
    for number, (type_, (_, change)) in enumerate(DAMAGE.items()):
        name = f"c{number}"
        rows = [row for (row,) in db.query(f"select key - 1000 from t where {name} is not null order by key")]
        other, none = rows[number], rows[50 + number]
        db.execute(f"update t set {name} = {change.format(name)} where key = 1000 + {other}")
        expected |= {(other, name)}
        if type_ != "uuid":
            db.execute(f"update t set {name} = null where key = 1000 + {none}")
            expected |= {(none, name)}
    code, out, err = gen.end(
        gen.start("check", db.url(), "--table=t", "--schema", file, "--limit=100", "--json"),
    )
    assert code == 1, err
    report = json.loads(out)
    assert {(example["row"], example["column"]) for example in report["altered"]["examples"]} == expected
    assert report["lost"]["count"] == report["foreign"]["count"] == report["duplicated"]["count"] == 0


def test_a_table_that_refers_to_others_is_loaded_and_checked(db, gen, tmp_path):
    shop = Path(__file__).parents[2] / "samples" / "schemas" / "shop.yaml"
    gen("--schema", shop, "--scale", "0.001", "--out", tmp_path / "shop", "--quiet")
    gen("load", tmp_path / "shop" / "orders", db.url(), "--quiet")
    gen("check", db.url(), "--table=orders", "--dataset", tmp_path / "shop" / "orders", "--quiet")
    gen("check", db.url(), "--table=orders", "--quiet")
    gen("--schema", shop, "--scale", "0.001", "--tables=customers", "--out", db.url(), "--quiet")
    gen("check", db.url(), "--table=customers", "--dataset", tmp_path / "shop" / "customers", "--quiet")
    sql = "select count(*) from orders left join customers on customer_id = customers.id where customers.country = customer_country"
    assert db.query(sql) == db.query("select count(*) from orders") != [(0,)]
