"""`uniform`: whole numbers in steps, with both ends; floats from min up to, but never max."""

import math

import numpy as np

from .draws import below, unit, unit_of_24_bits
from .drawn import Drawn
from .errors import SchemaError
from .types import Float, Whole
from .words import Source, column_stream


def uniform(type_, options):
    if isinstance(type_, Whole):
        return uniform_whole(type_, options)
    if isinstance(type_, Float):
        return uniform_float(type_, options)
    raise SchemaError(f"uniform does not make {type_.name}")


def uniform_whole(type_: Whole, options):
    ends = []
    for key, limit in (("min", type_.low), ("max", type_.high)):
        if key not in options and not type_.is_integer:
            raise SchemaError(f"{key} is missing")
        ends.append(type_.value(options.take(key)) if key in options else limit)
    low, high = ends
    step = type_.units(options.take("step"), type_.width) if "step" in options else 1
    if low > high or step < 1:
        raise SchemaError(f"nothing from {low} to {high} in steps of {step}")
    count = (high - low) // step + 1
    if count > 2**64:
        raise SchemaError(f"{count} values are more than 2^64")
    return lambda source: Drawn(type_.ladder(low, step, below(source.words(), count)))


def uniform_float(type_: Float, options):
    fraction = unit if type_.dtype is np.float64 else unit_of_24_bits
    if "min" not in options and "max" not in options:
        return lambda source: Drawn(fraction(source.words()).astype(type_.dtype))
    low, high = type_.literal(options.take("min")), type_.literal(options.take("max"))
    if not (low < high and math.isfinite(low) and math.isfinite(high) and math.isfinite(high - low)):
        raise SchemaError(f"no range from {low} to {high}")
    last = type_.largest_below(high)

    def draw(source):
        values = (low + (high - low) * fraction(source.words())).astype(type_.dtype)
        return Drawn(np.where(values >= high, type_.dtype(last), values))

    return draw


def uniform_float64(column: str, seed: int, rows: np.ndarray) -> np.ndarray:
    return unit(Source(column_stream(column), seed, rows).words())


def uniform_float32(column: str, seed: int, rows: np.ndarray) -> np.ndarray:
    return unit_of_24_bits(Source(column_stream(column), seed, rows).words()).astype(np.float32)
