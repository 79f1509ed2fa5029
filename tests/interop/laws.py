"""What the distributions of schemas are by textbooks, and statistics that tell whether values follow them.

Laws are written from the definitions of the distributions, not from the value contract: they know nothing of words,
grids or thresholds.
"""

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np

GROUPS = 64

# Of the Kolmogorov-Smirnov statistic times the root of the number of values, which exceeds this once in 10,000 samples.
MOST_DISTANCE = 2.23


class Continuous(NamedTuple):
    """The share of values up to each x."""

    share_up_to: callable

    def surprise(self, values: np.ndarray) -> float:
        """Above 1, the values hardly follow the law."""
        shares, n = self.share_up_to(np.sort(values)), len(values)
        distance = max((np.arange(1, n + 1) / n - shares).max(), (shares - np.arange(n) / n).max())
        return math.sqrt(n) * distance / MOST_DISTANCE


class Discrete(NamedTuple):
    """The probabilities of low, low + 1 and so on."""

    low: int
    probabilities: np.ndarray

    def surprise(self, values: np.ndarray) -> float:
        """Above 1, the values hardly follow the law: by chi-square of groups of neighbouring values."""
        ordinals = values.astype(np.int64) - self.low
        possible = 0 <= ordinals.min() and ordinals.max() < len(self.probabilities)
        if not possible or (self.probabilities[ordinals] == 0).any():
            return math.inf
        groups = np.unique((np.cumsum(self.probabilities) * GROUPS - 1e-9).astype(np.int64), return_inverse=True)[1]
        expected = np.bincount(groups, self.probabilities) * len(values)
        counts = np.bincount(groups[ordinals], minlength=len(expected))
        freedom = max(len(expected) - 1, 1)
        return ((counts - expected) ** 2 / expected).sum() / (freedom + 6 * math.sqrt(2 * freedom))


def normal_share(z: np.ndarray) -> np.ndarray:
    return np.vectorize(lambda x: math.erfc(-x / math.sqrt(2)) / 2)(z)


def normal(mean, sd):
    return lambda x: normal_share((x - mean) / sd)


def lognormal(mu, sigma):
    return lambda x: np.where(x > 0, normal_share((np.log(np.maximum(x, 1e-300)) - mu) / sigma), 0.0)


def exponential(mean):
    return lambda x: np.where(x > 0, -np.expm1(-np.maximum(x, 0) / mean), 0.0)


def pareto(scale, shape):
    return lambda x: np.where(x > scale, 1 - (scale / np.maximum(x, scale)) ** shape, 0.0)


def quantiles(points):
    return lambda x: np.interp(x, points, np.linspace(0, 1, len(points)))


SHARES = {function.__name__: function for function in (normal, lognormal, exponential, pareto, quantiles)}


def within(share, low, high):
    """Given that the value lies from low to high."""
    below, above = float(share(np.array([low]))[0]), float(share(np.array([high]))[0])
    return lambda x: np.clip((share(x) - below) / (above - below), 0, 1)


def law_of(column: dict):
    """Of the values of a column as a schema describes it; of values from a list, the law of their numbers."""
    options = {key: value for key, value in column.items() if key not in ("name", "type", "generator")}
    generator = column["generator"]
    if generator == "bernoulli":
        probability = float(options["probability"])
        return Discrete(0, np.array([1 - probability, probability]))
    if generator == "one_of":
        weights = np.array([float(Fraction(str(weight))) for weight in options["weights"]])
        return Discrete(0, weights / weights.sum())
    if generator == "zipf":
        low, high = (0, len(options["values"]) - 1) if "values" in options else (options["min"], options["max"])
        masses = np.arange(1, high - low + 2, dtype=np.float64) ** -float(options["exponent"])
        return Discrete(low, masses / masses.sum())
    if generator == "uniform":
        low, high = options.get("min", 0), options.get("max", 1)
        if column["type"].startswith("float"):
            return Continuous(lambda x: np.clip((x - low) / (high - low), 0, 1))
        step = options.get("step", 1)
        probabilities = np.zeros((high - low) // step * step + 1)
        probabilities[::step] = 1
        return Discrete(low, probabilities / probabilities.sum())
    low, high = options.pop("min", None), options.pop("max", None)
    share = SHARES[generator](**options)
    if column["type"].startswith("float"):
        return Continuous(share if low is None else within(share, low, high))
    return rounded(share, low, high)


def rounded(share, low: int, high: int) -> Discrete:
    """To whole numbers from low to high, the others left out."""
    masses = np.diff(share(np.arange(low, high + 2) - 0.5))
    return Discrete(low, masses / masses.sum())
