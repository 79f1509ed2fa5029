"""Values follow the distributions that the schema names, and statistics would notice if a parameter were another.

What is looked at comes from `gen`, and from the second implementation, so that a fault of both is noticed, too.
Seeds are fixed, so each test passes always or never.
"""

import numpy as np
import pyarrow as pa
import pytest

import contract
from laws import Continuous, Discrete, law_of

ROWS = 60_000
SEED = 5

# A column, and other parameters that must not fit its values.
COLUMNS = [
    ({"type": "float64", "generator": "uniform"}, [{"max": 1.02}, {"min": -0.02}]),
    ({"type": "float32", "generator": "uniform", "min": -3, "max": 5}, [{"max": 5.2}]),
    ({"type": "int16", "generator": "uniform", "min": 1, "max": 20}, [{"max": 21}, {"min": 0}, {"max": 19}]),
    ({"type": "int64", "generator": "uniform", "min": -500, "max": 501, "step": 7}, [{"step": 14}, {"step": 1}]),
    ({"type": "bool", "generator": "bernoulli", "probability": 0.3}, [{"probability": 0.31}]),
    (
        {"type": "text", "generator": "one_of", "values": ["a", "b", "c", "d"], "weights": [5, "0.3", 0, 2]},
        [{"weights": [5, 0.35, 0, 2]}, {"weights": [1, 1, 1, 1]}, {"weights": [5, 0.3, 2, 0]}],
    ),
    ({"type": "int32", "generator": "zipf", "min": 1, "max": 100, "exponent": 1}, [{"exponent": 1.02}, {"max": 110}]),
    ({"type": "int64", "generator": "zipf", "min": 0, "max": 999999, "exponent": 0.99}, [{"exponent": 0.98}]),
    ({"type": "int64", "generator": "zipf", "min": 0, "max": 99999, "exponent": 0.3}, [{"exponent": 0.33}]),
    ({"type": "int64", "generator": "zipf", "min": 0, "max": 4999, "exponent": 1.5}, [{"exponent": 1.52}]),
    ({"type": "text", "generator": "zipf", "values": ["a", "b", "c"], "exponent": 2}, [{"exponent": 2.05}]),
    ({"type": "float64", "generator": "normal", "mean": 10, "sd": 2.5}, [{"mean": 10.1}, {"sd": 2.6}]),
    ({"type": "float32", "generator": "normal", "mean": 0, "sd": 1}, [{"mean": 0.04}, {"sd": 1.04}]),
    (
        {"type": "float64", "generator": "normal", "mean": 0, "sd": 1, "min": -1, "max": 2},
        [{"min": -1.1}, {"max": 2.3}, {"sd": 1.1}],
    ),
    (
        {"type": "uint8", "generator": "normal", "mean": 40, "sd": 12, "min": 18, "max": 90},
        [{"mean": 41}, {"sd": 12.5}, {"min": 17}],
    ),
    ({"type": "float64", "generator": "lognormal", "mu": 2, "sigma": 0.5}, [{"mu": 2.02}, {"sigma": 0.52}]),
    (
        {"type": "int32", "generator": "lognormal", "mu": 3, "sigma": 1, "min": 1, "max": 1000},
        [{"mu": 3.04}, {"sigma": 1.04}],
    ),
    ({"type": "float64", "generator": "exponential", "mean": 3}, [{"mean": 3.08}]),
    ({"type": "int16", "generator": "exponential", "mean": 30, "min": 0, "max": 100}, [{"mean": 32}, {"max": 99}]),
    ({"type": "float64", "generator": "pareto", "scale": 1, "shape": 2.5}, [{"scale": 1.01}, {"shape": 2.6}]),
    ({"type": "float64", "generator": "quantiles", "points": [0, 1, 5, 100]}, [{"points": [0, 1, 6, 100]}]),
]
SCHEMA = {
    "seed": SEED,
    "rows": ROWS,
    "columns": [
        *({"name": f"c{n}"} | column for n, (column, _) in enumerate(COLUMNS)),
        {"name": "nulls", "type": "int8", "generator": "uniform", "nulls": "10%"},
        {"name": "lists", "type": "list<float64>", "generator": "uniform", "min_length": 2, "max_length": 6},
        {"name": "pattern", "type": "text", "generator": "pattern", "pattern": "[a-z]{4}[01]"},
        {"name": "jitter", "type": "int64", "generator": "sequence", "start": 0, "step": 10, "jitter": 10},
        {"name": "unique", "type": "int64", "generator": "unique", "min": 0, "max": 999_999},
    ],
}


@pytest.fixture(scope="session", params=["numpy"])
def table(request) -> pa.Table:
    return contract.parse(SCHEMA).arrow()


def numbers(values: pa.ChunkedArray, column: dict) -> np.ndarray:
    """The values, or their numbers in the column's list of values."""
    if "values" in column:
        return np.searchsorted(column["values"], values.to_numpy(zero_copy_only=False).astype(str))
    return values.to_numpy(zero_copy_only=False)


@pytest.mark.parametrize("n", range(len(COLUMNS)), ids=lambda n: f"{n}-{COLUMNS[n][0]['generator']}")
def test_values_follow_the_law_and_no_other(table, n):
    column, others = COLUMNS[n]
    values = numbers(table[f"c{n}"], column)
    assert law_of(column).surprise(values) < 1
    for other in others:
        assert law_of(column | other).surprise(values) > 1, other


def equally_often(count: int) -> Discrete:
    return Discrete(0, np.full(count, 1 / count))


def test_nulls_are_as_many_as_asked_for(table):
    nulls = table["nulls"].is_null().to_numpy()
    assert law_of({"generator": "bernoulli", "probability": 0.1}).surprise(nulls) < 1
    assert law_of({"generator": "bernoulli", "probability": 0.11}).surprise(nulls) > 1


def test_nulls_do_not_choose_values(table):
    values = table["nulls"].drop_null().to_numpy().astype(np.int64)
    assert equally_often(256).surprise(values + 128) < 1


def test_lengths_are_equally_frequent(table):
    lengths = table["lists"].combine_chunks().value_lengths().to_numpy()
    assert equally_often(5).surprise(lengths - 2) < 1
    assert equally_often(6).surprise(lengths - 2) > 1


def test_items_are_uniform_wherever_they_stand(table):
    lists = table["lists"].to_pylist()
    uniform = law_of({"type": "float64", "generator": "uniform"})
    for place in range(6):
        assert uniform.surprise(np.array([items[place] for items in lists if len(items) > place])) < 1


def test_characters_of_patterns_are_equally_frequent(table):
    codes = np.array([list(text.encode()) for text in table["pattern"].to_pylist()])
    for place in range(4):
        assert equally_often(26).surprise(codes[:, place] - ord("a")) < 1
        assert equally_often(25).surprise(codes[:, place] - ord("a")) > 1
    assert equally_often(2).surprise(codes[:, 4] - ord("0")) < 1
    assert equally_often(26 * 26).surprise((codes[:, 0] - ord("a")) * 26 + codes[:, 3] - ord("a")) < 1


def test_jitter_is_uniform_within_the_step(table):
    jitter = table["jitter"].to_numpy() - 10 * np.arange(ROWS)
    assert equally_often(10).surprise(jitter) < 1
    assert equally_often(9).surprise(jitter) > 1


def test_unique_values_are_spread_over_the_range(table):
    """And each says nothing of the next: the distance of two random places has a triangular distribution."""
    values = table["unique"].to_numpy()
    assert len(np.unique(values)) == ROWS
    assert equally_often(1_000_000).surprise(values) < 1
    steps = np.abs(np.diff(values)) / 1_000_000
    assert Continuous(lambda x: 1 - (1 - x) ** 2).surprise(steps[::2]) < 1
