"""Values of every supported type are the same after a round trip, however they are sent."""

import datetime
import decimal
import uuid
from datetime import date, time, timezone
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

METHODS = ["copy", "pipeline", "insert"]

decimal.getcontext().prec = 100


def moment(*parts, **more):
    return datetime.datetime(*parts, **more)


def utc(*parts):
    return moment(*parts, tzinfo=timezone.utc)


def instants(fraction: int) -> list[datetime.datetime]:
    """Before and after the epochs of both, with a fraction of a second in microseconds."""
    fractions = [(1969, 12, 31, 23, 59, 59, fraction), (1677, 9, 22, 0, 0, 0, 0), (2262, 4, 11, 1, 2, 3, fraction)]
    return [moment(1970, 1, 1), moment(2000, 1, 1), moment(1999, 12, 31, 23, 59, 59), *(moment(*f) for f in fractions)]


def with_zone(times: list[datetime.datetime]) -> list[datetime.datetime]:
    return [moment.replace(tzinfo=timezone.utc) for moment in times]


def decimals(digits: int, scale: int) -> list[Decimal]:
    """The extremes, and numbers around the places where PostgreSQL's groups of four digits end."""
    unscaled = [0, 1, -1, 10**digits - 1, 1 - 10**digits]
    for places in range(0, digits, 3):
        unscaled += [10**places, -(10**places), 5 * 10**places + 1 if places else 5]
    return [Decimal(number).scaleb(-scale) for number in unscaled if abs(number) < 10**digits]


TEXT = ["", "plain", "schön 中文 🦀 é", 'quotes " and \' and \\ and \t\n\r', "NULL", "\\N", "x" * 100_000, "\x01\x7f"]
BYTES = [b"", b"\0", bytes(range(256)), b"\xff" * 70_000]
IDS = [uuid.UUID(int=0), uuid.UUID(int=2**128 - 1), uuid.UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")]
FLOATS = [0.0, -0.0, float("nan"), float("inf"), float("-inf"), 1.5, 5e-324, 1.7976931348623157e308, 0.1, -1e-300]
FLOATS_32 = [float(np.float32(x)) for x in (0.1, 3.4028234e38, 1e-45)] + FLOATS[:6]
DAYS = [date(1, 1, 1), date(1969, 12, 31), date(1970, 1, 1), date(1999, 12, 31), date(2000, 1, 1), date(9999, 12, 31)]
TIMES = [time(0), time(23, 59, 59), time(12, 34, 56)]


def integers(bits: int, signed=True) -> list[int]:
    lowest, highest = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return [lowest, highest, 0, 1, lowest + 1, highest // 3]


def lists(values: list) -> list:
    """None, one, several, with a null in each place, and no list at all comes with every column."""
    return [[], values[:1], values, [None], [None, *values], [*values, None, values[0]]]


# Each column: its Arrow type, the type that PostgreSQL must have, and its values.
COLUMNS = {
    "bool": (pa.bool_(), "boolean", [True, False]),
    "int8": (pa.int8(), "smallint", integers(8)),
    "int16": (pa.int16(), "smallint", integers(16)),
    "int32": (pa.int32(), "integer", integers(32)),
    "int64": (pa.int64(), "bigint", integers(64)),
    "uint8": (pa.uint8(), "smallint", integers(8, signed=False)),
    "uint16": (pa.uint16(), "integer", integers(16, signed=False)),
    "uint32": (pa.uint32(), "bigint", integers(32, signed=False)),
    "uint64": (pa.uint64(), "numeric(20,0)", [*integers(64, signed=False), 10**19, 10**16, 10_000]),
    "float32": (pa.float32(), "real", FLOATS_32),
    "float64": (pa.float64(), "double precision", FLOATS),
    "text": (pa.string(), "text", TEXT),
    "large text": (pa.large_string(), "text", TEXT),
    "text view": (pa.string_view(), "text", TEXT),
    "bytes": (pa.binary(), "bytea", BYTES),
    "large bytes": (pa.large_binary(), "bytea", BYTES),
    "bytes view": (pa.binary_view(), "bytea", BYTES),
    "three bytes": (pa.binary(3), "bytea", [b"abc", b"\0\0\0", b"\xff\xfe\xfd"]),
    "sixteen bytes": (pa.binary(16), "bytea", [id_.bytes for id_ in IDS]),
    "uuid": (pa.uuid(), "uuid", IDS),
    "date": (pa.date32(), "date", DAYS),
    "time s": (pa.time32("s"), "time without time zone", TIMES),
    "time ms": (pa.time32("ms"), "time without time zone", [*TIMES, time(1, 2, 3, 4000), time(23, 59, 59, 999000)]),
    "time us": (pa.time64("us"), "time without time zone", [*TIMES, time(1, 2, 3, 4), time(23, 59, 59, 999999)]),
    "time ns": (pa.time64("ns"), "time without time zone", [*TIMES, time(1, 2, 3, 4), time(23, 59, 59, 999999)]),
    "timestamp us, early": (
        pa.timestamp("us"),
        "timestamp without time zone",
        [moment(1, 1, 1), moment(9999, 12, 31, 23, 59, 59, 999999)],
    ),
    "list of bool": (pa.list_(pa.bool_()), "boolean[]", lists([True, False])),
    "list of int8": (pa.list_(pa.int8()), "smallint[]", lists(integers(8))),
    "list of int32": (pa.list_(pa.int32()), "integer[]", lists(integers(32))),
    "list of int64": (pa.large_list(pa.int64()), "bigint[]", lists(integers(64))),
    "list of uint64": (pa.list_(pa.uint64()), "numeric(20,0)[]", lists([2**64 - 1, 0, 10**19])),
    "list of float64": (pa.list_(pa.float64()), "double precision[]", lists(FLOATS)),
    "list of float32": (pa.list_(pa.float32()), "real[]", lists(FLOATS_32)),
    "list of text": (pa.list_(pa.string()), "text[]", lists(TEXT)),
    "list of bytes": (pa.list_(pa.binary()), "bytea[]", lists(BYTES)),
    "list of uuid": (pa.list_(pa.uuid()), "uuid[]", lists(IDS)),
    "list of date": (pa.list_(pa.date32()), "date[]", lists(DAYS)),
    "list of time": (pa.list_(pa.time64("us")), "time without time zone[]", lists(TIMES)),
    "list of timestamp": (pa.list_(pa.timestamp("ms")), "timestamp without time zone[]", lists(instants(0))),
    "list of timestamptz": (
        pa.list_(pa.timestamp("us", "UTC")),
        "timestamp with time zone[]",
        lists(with_zone(instants(999999))),
    ),
    "list of decimal": (pa.list_(pa.decimal128(30, 7)), "numeric(30,7)[]", lists(decimals(30, 7))),
}
for unit, fraction in {"s": 0, "ms": 999000, "us": 999999, "ns": 999999}.items():
    COLUMNS[f"timestamp {unit}"] = pa.timestamp(unit), "timestamp without time zone", instants(fraction)
    for zone in ("UTC", "Asia/Kathmandu", "-07:30"):
        values = with_zone(instants(fraction))
        COLUMNS[f"timestamp {unit} {zone}"] = pa.timestamp(unit, zone), "timestamp with time zone", values
for make, digits, scale in [
    *((pa.decimal32, 9, scale) for scale in (0, 4, 9)),
    *((pa.decimal64, 18, scale) for scale in (0, 5, 18)),
    *((pa.decimal128, digits, scale) for digits, scale in [(1, 0), (1, 1), (5, 2), (20, 3), (38, 0), (38, 10), (38, 38)]),
    *((pa.decimal256, 76, scale) for scale in (0, 1, 37, 76)),
]:
    type_ = make(digits, scale)
    COLUMNS[str(type_)] = type_, f"numeric({digits},{scale})", decimals(digits, scale)


def array(type_: pa.DataType, values: list, rows: int) -> pa.Array:
    """The values over and over, with a null now and then, in as many rows."""
    cycle = [*values, None]
    repeated = [cycle[row % len(cycle)] for row in range(rows)]
    if isinstance(type_, pa.UuidType):
        repeated = [value and value.bytes for value in repeated]
        return pa.array(repeated, type_.storage_type).cast(type_)
    if pa.types.is_list(type_) and isinstance(type_.value_type, pa.UuidType):
        as_bytes = [value and [id_ and id_.bytes for id_ in value] for value in repeated]
        as_bytes = [value if value is None else list(as_bytes[row]) for row, value in enumerate(repeated)]
        return pa.array(as_bytes, pa.list_(pa.binary(16))).cast(type_)
    return pa.array(repeated, type_)


# More than the rows that are sent together, whatever the method.
ROWS = 77


@pytest.fixture(scope="session")
def every_type(tmp_path_factory):
    path = tmp_path_factory.mktemp("types") / "every type.parquet"
    columns = {name: array(type_, values, ROWS) for name, (type_, _, values) in COLUMNS.items()}
    columns["number"] = pa.array(range(ROWS), pa.int64())
    schema = pa.schema([pa.field(name, values.type, name != "number") for name, values in columns.items()])
    pq.write_table(pa.table(list(columns.values()), schema=schema), path, row_group_size=50)
    return path


@pytest.fixture(scope="module", params=METHODS)
def loaded(request, module_db, gen, every_type):
    """All columns in a table called as the method, and what psycopg finds there."""
    method = request.param
    summary = gen.json("load", every_type, module_db.url(), "--table", method, "--method", method)
    assert (summary["rows"], summary["parts"], summary["method"]) == (ROWS, 2, method)
    return module_db, method


@pytest.fixture(scope="module")
def found(loaded):
    """The types of the columns and their values."""
    db, table = loaded
    types = db.types(table)
    columns = zip(*db.query(f'select * from "{table}" order by number'), strict=True)
    return {name: (sql_type, values) for (name, sql_type), values in zip(types.items(), columns, strict=True)}


@pytest.mark.parametrize("name", COLUMNS)
def test_round_trip(found, name):
    _, expected_type, values = COLUMNS[name]
    sql_type, found_values = found[name]
    assert sql_type == expected_type
    cycle = [*values, None]
    assert len(found_values) == ROWS
    for row, value in enumerate(found_values):
        assert exact(value) == exact(cycle[row % len(cycle)]), f"row {row}"


def exact(value):
    """In a form in which equal means the same: -0.0 is not 0.0, NaN is itself, a moment is one in any zone."""
    match value:
        case list():
            return [exact(element) for element in value]
        case datetime.datetime() if value.tzinfo:
            return "zoned", value.astimezone(timezone.utc).isoformat()
        case Decimal() | int() if not isinstance(value, bool):
            # A whole number may come as a decimal.
            return "number", Decimal(value).normalize()
        case float() | np.floating():
            return "float", repr(float(value))
        case _:
            return type(value), value


def test_scale_is_kept(loaded):
    """A decimal with its zeros behind the point is shown with them."""
    db, table = loaded
    sql = f'select "decimal128(20, 3)"::text from "{table}" where "decimal128(20, 3)" = 1000 limit 1'
    assert db.value(sql) == "1000.000"


def test_what_may_not_be_null_stays_so(loaded):
    db, table = loaded
    sql = "select attname::text from pg_attribute where attrelid = %s::regclass and attnum > 0 and attnotnull"
    assert db.query(sql, [table]) == [("number",)]


def test_moments_outside_of_pythons_calendar(db, gen, tmp_path):
    days = pa.array([-719529, -2440588 + 1, 10_000_000], pa.date32())
    times = pa.array([-(2**62) // 100, 2**63 - 2**56 - 10**18, -62_167_219_200_000_001], pa.timestamp("us"))
    pq.write_table(pa.table({"d": days, "t": times}), tmp_path / "x.parquet")
    gen("load", tmp_path / "x.parquet", db.url(), "--table", "t", "--quiet")
    sql = "select d - date '1970-01-01', (extract(epoch from t) * 1000000)::bigint from t"
    assert set(db.query(sql)) == set(zip(days.cast(pa.int32()).to_pylist(), times.cast(pa.int64()).to_pylist()))


def test_spark_and_old_timestamps(db, gen, tmp_path):
    """96-bit timestamps, as some writers still make them."""
    table = pa.table({"t": pa.array(instants(0), pa.timestamp("ns"))})
    pq.write_table(table, tmp_path / "x.parquet", use_deprecated_int96_timestamps=True)
    gen("load", tmp_path / "x.parquet", db.url(), "--table", "t", "--quiet")
    assert {value for (value,) in db.query("select * from t")} == set(instants(0))


def test_many_columns(db, gen, tmp_path):
    """As many as fit into a row of PostgreSQL."""
    table = pa.table({f"c{i}": pa.array([i, None], pa.int16()) for i in range(1600)})
    pq.write_table(table, tmp_path / "x.parquet")
    gen("load", tmp_path / "x.parquet", db.url(), "--table", "t", "--quiet")
    assert db.query("select c0, c1599, c800 from t where c5 = 5") == [(0, 1599, 800)]


# PyArrow's own types for text in dictionaries, which pandas makes of categories


@pytest.mark.parametrize("value_type", [pa.string(), pa.int32()], ids=str)
def test_dictionaries(db, gen, tmp_path, value_type):
    values = pa.array(["1", None, "22", "1"]).cast(value_type)
    pq.write_table(pa.table({"category": values.dictionary_encode()}), tmp_path / "x.parquet")
    gen("load", tmp_path / "x.parquet", db.url(), "--table", "t", "--quiet")
    assert sorted(map(str, db.query("select category from t"))) == sorted(str((v,)) for v in values.to_pylist())


def test_half_floats_and_columns_of_nothing(db, gen, tmp_path):
    halves = [1.5, -0.0, 65504.0, 2.0**-24, float("inf"), None]
    table = pa.table({
        "half": pa.array([half and np.float16(half) for half in halves], pa.float16()),
        "nothing": pa.nulls(len(halves)),
        "lists": pa.array([[None], [], None, [None, None], [], []], pa.list_(pa.null())),
    })
    pq.write_table(table, tmp_path / "x.parquet")
    gen("load", tmp_path / "x.parquet", db.url(), "--table=t")
    sql = "select pg_typeof(half)::text, pg_typeof(nothing)::text, pg_typeof(lists)::text, half, nothing, lists from t"
    expected = [("real", "text", "text[]", *row.values()) for row in table.to_pylist()]
    assert db.query(sql) == expected
