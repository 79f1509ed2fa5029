"""Values out of a list: `one_of`, `zipf` (also over a range), `bernoulli` and `constant`."""

import itertools

import numpy as np

from . import numbers
from .draws import first_above, threshold
from .drawn import Drawn
from .errors import SchemaError
from .types import Bool, Whole
from .zipf import Zipf


def bernoulli(type_, options):
    if not isinstance(type_, Bool):
        raise SchemaError(f"bernoulli does not make {type_.name}")
    limit = probability(options.take("probability"))
    return lambda source: Drawn(source.words() < limit)


def probability(value) -> int:
    """The words below this one make the thing happen."""
    p = numbers.exact(value)
    if not 0 <= p <= 1:
        raise SchemaError(f"{value!r} is no probability")
    return threshold(p)


def one_of(type_, options):
    values = distinct_values(type_, options.take("values"))
    weights = [numbers.exact(weight) for weight in options.take("weights", [1] * len(values))]
    if len(weights) != len(values) or min(weights) < 0 or sum(weights) == 0:
        raise SchemaError("weights: as many as values, none negative, and not all 0")
    total = sum(weights)
    thresholds = [threshold(c / total) for c in itertools.accumulate(weights[:-1])]

    def draw(source):
        chosen = first_above(source.words(), thresholds)
        return Drawn(values[chosen], chosen.astype(np.uint64))

    return draw


def zipf(type_, options):
    exponent = float(numbers.exact(options.take("exponent")))
    if not 0 < exponent <= 20:
        raise SchemaError(f"an exponent of {exponent} is not within 0 to 20")
    if "values" in options:
        values = distinct_values(type_, options.take("values"))
        return ranked(Zipf(len(values), exponent), lambda ordinals: values[ordinals.astype(np.int64)])
    if not isinstance(type_, Whole):
        raise SchemaError(f"zipf needs values to make {type_.name}")
    low, high = type_.value(options.take("min")), type_.value(options.take("max"))
    if not 1 <= high - low + 1 <= 2**53:
        raise SchemaError("zipf ranks 1 to 2^53 items")
    return ranked(Zipf(high - low + 1, exponent), lambda ordinals: type_.ladder(low, 1, ordinals))


def ranked(law: Zipf, values_of):
    def draw(source):
        ordinals = law.ranks(source.words()) - np.uint64(1)
        return Drawn(values_of(ordinals), ordinals)

    return draw


def constant(type_, options):
    value = type_.array([type_.literal(options.take("value"))])
    return lambda source: Drawn(np.repeat(value, len(source.positions)))


def distinct_values(type_, given: list) -> np.ndarray:
    values = [type_.literal(value) for value in given]
    if not values or len(set(values)) < len(values):
        raise SchemaError("values: at least one, all distinct")
    return type_.array(values)
