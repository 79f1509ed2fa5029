"""Distributions by their quantile functions, on a grid of 2^52 places, cut off without piles at the ends."""

import math

import numpy as np

from . import numbers
from .draws import below, centre
from .drawn import Drawn
from .elementary import exp, ln, normal_quantile
from .errors import SchemaError
from .types import Float, Whole

PLACES = 2**52
FEWEST_PLACES_OF_FLOATS = 2**20
EXACT_IN_DOUBLES = 2**53


def normal(place, width, options):
    mean, sd = place(options.take("mean")), width(options.take("sd"))
    require(sd >= 0, "sd is not negative")
    return lambda u: mean + sd * normal_quantile(u)


def lognormal(place, width, options):
    mu, sigma = (float(numbers.exact(options.take(key))) for key in ("mu", "sigma"))
    require(sigma >= 0 and abs(mu) + 8.3 * sigma < 700, "sigma >= 0 and abs(mu) + 8.3 * sigma < 700")
    return lambda u: exp(mu + sigma * normal_quantile(u))


def exponential(place, width, options):
    mean = width(options.take("mean"))
    require(mean > 0, "mean > 0")
    return lambda u: -mean * ln(1.0 - u)


def pareto(place, width, options):
    scale, shape = width(options.take("scale")), float(numbers.exact(options.take("shape")))
    require(scale > 0 and shape > 0 and 37 / shape < 700, "scale > 0, shape > 0 and 37 / shape < 700")
    return lambda u: scale * exp(-ln(1.0 - u) / shape)


def quantiles(place, width, options):
    points = np.array([place(point) for point in options.take("points")])
    n = len(points) - 1
    require(n >= 1 and (np.diff(points) >= 0).all() and math.isfinite(points[-1] - points[0]), "points ascend")

    def value(u):
        x = u * float(n)
        i = np.minimum(np.floor(x).astype(np.int64), n - 1)
        return points[i] + (points[i + 1] - points[i]) * (x - i.astype(np.float64))

    return value


QUANTILE_FUNCTIONS = {function.__name__: function for function in (normal, lognormal, exponential, pareto, quantiles)}


def distribution(name: str):
    def make(type_, options):
        if not isinstance(type_, Whole | Float):
            raise SchemaError(f"{name} does not make {type_.name}")
        quantile_function = QUANTILE_FUNCTIONS[name](*parameter_readers(type_), options)
        low, high = (bound(type_, options, key) for key in ("min", "max"))
        return CutOff(type_, quantile_function, low, high).draw

    return make


def parameter_readers(type_) -> list:
    """How places and widths are read, as the nearest doubles: in units, but of decimals in the column's own terms."""
    if isinstance(type_, Float) or type_.decimal_scale is not None:
        return [lambda value: float(numbers.exact(value))] * 2
    return [lambda value, read=read: float(read(value)) for read in (place_or_width(type_), type_.width)]


def place_or_width(type_: Whole):
    """A place may also be given as a distance from 0, such as `90min` of a time."""

    def place(value):
        try:
            return type_.place(value)
        except SchemaError:
            return type_.width(value)

    return place


def bound(type_, options, key: str):
    if key in options:
        given = options.take(key)
        return type_.value(given) if isinstance(type_, Whole) else type_.literal(given)
    if isinstance(type_, Whole):
        return type_.low if key == "min" else type_.high
    return None


class CutOff:
    """`low` and `high` are exact numbers of the type, or None."""

    def __init__(self, type_, quantile_function, low, high):
        self.type, self.quantile_function, self.low, self.high = type_, quantile_function, low, high
        require(low is None or high is None or low <= high, "min <= max")
        self.first = 0 if low is None else first_place(lambda k: self._value(k) >= low)
        last = PLACES if high is None else first_place(lambda k: self._value(k) > high)
        self.places = last - self.first
        require(self.places > 0, "nothing of the distribution lies within the bounds")
        if isinstance(type_, Float):
            require(self.places >= FEWEST_PLACES_OF_FLOATS, "too few different values lie within the bounds")
            require(
                math.isfinite(self._value(self.first)) and math.isfinite(self._value(last - 1)),
                "the distribution goes beyond the type",
            )

    def draw(self, source) -> Drawn:
        return Drawn(self._held(self._values(below(source.words(), self.places) + np.uint64(self.first))))

    def _values(self, k: np.ndarray) -> np.ndarray:
        """Rounded as the type is, but still doubles for whole numbers."""
        with np.errstate(over="ignore"):
            q = self.quantile_function(centre(k))
            if isinstance(self.type, Float):
                return q.astype(self.type.dtype)
            if self.type.decimal_scale is not None:
                q = q * float(10**self.type.decimal_scale)
            return np.rint(q)

    def _value(self, k: int) -> float:
        """A Python float, which Python compares exactly with integers of any size."""
        return float(self._values(np.array([k], np.uint64))[0])

    def _held(self, values: np.ndarray) -> np.ndarray:
        low, high = self.low, self.high
        if isinstance(self.type, Float):
            values = values if low is None else np.where(values < low, self.type.dtype(low), values)
            return values if high is None else np.where(values > high, self.type.dtype(high), values)
        if -EXACT_IN_DOUBLES <= low and high <= EXACT_IN_DOUBLES:
            return np.clip(values, low, high).astype(np.int64).astype(self.type.dtype)
        return self.type.array([min(max(int(value), low), high) for value in values.tolist()])


def first_place(holds) -> int:
    low, high = 0, PLACES
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def require(holds: bool, rule: str):
    if not holds:
        raise SchemaError(f"not so: {rule}")
