"""The second implementation reads schemas as the contract says: what is legal, what literals mean, what is refused."""

import itertools

import pytest

import contract
from random_schemas import MAKES, NARROW_DECIMAL, TYPES, WHOLE, WIDE_DECIMAL

WIDEST = {NARROW_DECIMAL: "decimal(18,9)", WIDE_DECIMAL: "decimal(38,38)"}
EXAMPLES = {
    "uniform": {"min": 1, "max": 2},
    "bernoulli": {"probability": 0.5},
    "sequence": {"start": 0},
    "unique": {"min": 0, "max": 200},
    "uuid": {},
    "uuid7": {"start": 0, "per_second": 1},
    "pattern": {"pattern": "a"},
    "template": {"template": "a"},
    "normal": {"mean": 1, "sd": 1},
    "lognormal": {"mu": 0, "sigma": 1},
    "exponential": {"mean": 1},
    "pareto": {"scale": 1, "shape": 1},
    "quantiles": {"points": [0, 1]},
    "zipf of a range": {"min": 0, "max": 1, "exponent": 1},
}


def column(generator: str, type_: str) -> dict:
    return {"name": "a", "type": type_, "generator": generator.split(" ")[0]} | EXAMPLES[generator]


# The released descriptions spell the type of ids in 16 bytes `binary`.
ILLEGAL = [(made, name) for made, name in itertools.product(EXAMPLES, TYPES) if name not in MAKES[made]]
ILLEGAL.remove(("uuid", "binary"))


@pytest.mark.parametrize("generator, type_", ILLEGAL)
def test_generators_that_a_type_cannot_have_are_refused(generator, type_):
    with pytest.raises(contract.SchemaError, match=r"does not make|ids are uuid or text|needs values to make"):
        contract.Table({"columns": [column(generator, WIDEST.get(type_, type_))]})


@pytest.mark.parametrize("name", [WIDEST.get(name, name) for name in WHOLE])
def test_literals_at_the_limits_are_read_and_values_beyond_are_refused(name):
    type_ = contract.types.parse(name)
    for units in (type_.low, type_.high, 0):
        assert type_.literal(type_.text(units)) == units
    scale = 10 ** (type_.decimal_scale or 0)
    for units in (type_.low - 1, type_.high + 1):
        with pytest.raises(contract.SchemaError, match="outside"):
            type_.literal(f"{units}e-{len(str(scale)) - 1}")


@pytest.mark.parametrize(
    "name, literal, units",
    [
        ("decimal(10,2)", 0.3, 30),
        ("decimal(10,2)", "5%", 5),
        ("int64", "1e3", 1000),
        ("date", "1969-12-31", -1),
        ("time[us]", "23:59:59.999999", 86_399_999_999),
        ("timestamp[s]", "0001-01-01T00:00:00", -62_135_596_800),
        ("timestamp[ms, UTC]", "2024-01-01T00:30:00.250+01:00", 1_704_065_400_250),
        ("timestamp[ns]", "1677-09-21T00:12:43.145224192", -(2**63)),
        ("duration[us]", "1.5h", 5_400_000_000),
        ("duration[s]", "-2 d", -172_800),
    ],
)
def test_literals(name, literal, units):
    assert contract.types.parse(name).literal(literal) == units


def test_plain_words_follow_yaml_1_2():
    text = "{a: NO, b: yes, c: true, d: 0x1f, e: 2024-01-01, f: 1e3, g: null, h: 12:30:00, 1: x}"
    read = {"a": "NO", "b": "yes", "c": True, "d": 31, "e": "2024-01-01", "f": 1000.0, "g": None, "h": "12:30:00", "1": "x"}
    assert contract.load(text) == read
    assert contract.load(contract.dump(read)) == read


A = {"name": "a", "type": "int8", "generator": "uniform"}


@pytest.mark.parametrize(
    "columns, fault",
    [
        ([A | {"depends_on": "a"}], "a circle"),
        ([A | {"depends_on": "b"}, A | {"name": "b", "depends_on": "a"}], "a circle"),
        ([A | {"depends_on": "b"}], "no column b"),
        ([A | {"mim": 5}], "unknown keys: mim"),
        ([A | {"min": 5, "max": 4}], "nothing from 5 to 4"),
        ([A | {"min": "1.5"}], "not a whole number of units"),
        ([A | {"nulls": 2}], "no probability"),
        ([A | {"type": "int9"}], "not a type"),
        ([A | {"type": "list<list<int8>>", "length": 1}], "lists of lists"),
        ([A | {"generator": "unifrom"}], "not a generator"),
        ([{"name": "a", "type": "text", "generator": "one_of", "values": ["x", 5]}], "quote it"),
        ([{"name": "a", "type": "text", "generator": "one_of", "values": ["x", "x"]}], "all distinct"),
        ([{"name": "a", "type": "text", "generator": "pattern", "pattern": "a|b"}], "has to be escaped"),
        ([{"name": "a", "type": "text", "generator": "template", "template": "{"}], "the brace at 0"),
        ([{"name": "a", "type": "uuid", "generator": "uuid", "nulls": 0.1}], "has no nulls"),
        ([{"name": "a", "type": "int8", "generator": "normal", "mean": 900, "sd": 1}], "nothing of the distribution"),
    ],
)
def test_refusals(columns, fault):
    with pytest.raises(contract.SchemaError, match=fault):
        contract.Table({"columns": columns})
