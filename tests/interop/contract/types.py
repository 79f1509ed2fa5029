"""Column types: how values are written in schemas, kept in NumPy, handed over to Arrow, and written in templates.

Whole-number types are kept as counts of their unit: `int64`, `uint64` for uint64, Python integers for decimals of more
than 18 digits. Text and binary values are Python objects, UUIDs 16 raw bytes.
"""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pyarrow as pa

from . import numbers
from .drawn import Lists
from .errors import SchemaError

INT64_LOW, INT64_HIGH = -(2**63), 2**63 - 1
YEARS = numbers.days("0001-01-01"), numbers.days("9999-12-31")


@dataclass(frozen=True)
class Type:
    name: str
    arrow: pa.DataType
    dtype: type
    literal: Callable[[object], object]  # a value of a schema, as it is kept
    text: Callable[[object], str] | None = None  # a value that is kept, as templates write it

    def array(self, values: list) -> np.ndarray:
        array = np.empty(len(values), self.dtype)
        array[:] = values
        return array

    def texts(self, values: np.ndarray) -> list[str]:
        if self.text is None:
            raise SchemaError(f"{self.name} has no text in templates")
        return [self.text(value) for value in values.tolist()]

    def ordinals(self, values: np.ndarray) -> np.ndarray:
        raise SchemaError(f"{self.name} is not a type that others can depend on")

    def to_arrow(self, values: np.ndarray, nulls: np.ndarray | None) -> pa.Array:
        return pa.array(values, self.arrow, mask=nulls)


@dataclass(frozen=True)
class Bool(Type):
    def ordinals(self, values):
        return values.astype(np.uint64)


@dataclass(frozen=True)
class Float(Type):
    """`literal` is the nearest value; `largest_below` the neighbour towards minus infinity."""

    def largest_below(self, bound: float) -> float:
        return float(np.nextafter(self.dtype(bound), self.dtype(-np.inf)))


@dataclass(frozen=True)
class Uuid(Type):
    def texts(self, values):
        return [str(uuid.UUID(bytes=value)) for value in values.tolist()]

    def to_arrow(self, values, nulls):
        storage = pa.array([value.tobytes() for value in values], pa.binary(16), mask=nulls)
        return pa.ExtensionArray.from_storage(self.arrow, storage)


@dataclass(frozen=True)
class Whole(Type):
    """`place` and `width` make units of a bound and of a distance; distributions may ask for fractions of a unit."""

    low: int = 0
    high: int = 0
    place: Callable[[object], Fraction] = numbers.exact
    width: Callable[[object], Fraction] = numbers.exact
    stored_as: pa.DataType | None = None  # the integers beneath Arrow's type
    decimal_scale: int | None = None
    is_integer: bool = False

    @property
    def is_number(self) -> bool:
        """Whether its text is that of a number."""
        return self.is_integer or self.decimal_scale is not None

    def units(self, value, of=None) -> int:
        units = (of or self.place)(value)
        if units.denominator != 1:
            raise SchemaError(f"{value!r} is not a whole number of units of {self.name}")
        return int(units)

    def value(self, value) -> int:
        units = self.units(value)
        if not self.low <= units <= self.high:
            raise SchemaError(f"{value!r} is outside {self.name}")
        return units

    def ladder(self, start: int, step: int, counts: np.ndarray) -> np.ndarray:
        """start + step · count, which the caller knows to lie within the type."""
        if self.dtype is object:
            return self.array([start + step * count for count in counts.tolist()])
        return (np.uint64(start % 2**64) + np.uint64(step % 2**64) * counts).view(self.dtype)

    def ordinals(self, values):
        if self.dtype is object:
            return np.array([value % 2**64 for value in values.tolist()], np.uint64)
        return values.view(np.uint64)

    def to_arrow(self, values, nulls):
        if self.decimal_scale is not None:
            return decimal_array(values, nulls, self.arrow)
        return pa.array(values, mask=nulls).cast(self.stored_as).view(self.arrow)


@dataclass(frozen=True)
class ListOf:
    name: str
    item: Type

    def ordinals(self, values: Lists):
        raise SchemaError(f"{self.name} is not a type that others can depend on")

    def texts(self, values: Lists):
        raise SchemaError(f"{self.name} has no text in templates")

    def to_arrow(self, values: Lists, nulls: np.ndarray) -> pa.Array:
        lengths = np.where(nulls, 0, values.lengths)
        items = values.items[np.repeat(~nulls, values.lengths)]
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        return pa.ListArray.from_arrays(
            pa.array(offsets, pa.int32()), self.item.to_arrow(items, None), mask=pa.array(nulls)
        )


def decimal_array(values: np.ndarray, nulls: np.ndarray | None, arrow: pa.DataType) -> pa.Array:
    little_endian = b"".join(value.to_bytes(16, "little", signed=True) for value in values.tolist())
    validity = None if nulls is None else pa.py_buffer(np.packbits(~nulls, bitorder="little").tobytes())
    return pa.Array.from_buffers(arrow, len(values), [validity, pa.py_buffer(little_endian)])


# Literals


def boolean(value) -> bool:
    if not isinstance(value, bool):
        raise SchemaError(f"{value!r} is not true or false")
    return value


def text(value) -> str:
    if not isinstance(value, str):
        raise SchemaError(f"{value!r} is not text; quote it")
    return value


def binary(value) -> bytes:
    try:
        return bytes.fromhex(text(value))
    except ValueError as error:
        raise SchemaError(f"{value!r} is not hexadecimal") from error


def uuid_of(value) -> bytes:
    try:
        return uuid.UUID(text(value)).bytes
    except ValueError as error:
        raise SchemaError(f"{value!r} is not a UUID") from error


def float64(value) -> float:
    return float(numbers.exact(value))


def float32(value) -> float:
    return float(np.float32(float64(value)))


# Types by name


def integer(name: str) -> Type:
    bits = int(name.lstrip("uint"))
    unsigned = name.startswith("u")
    low, high = (0, 2**bits - 1) if unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    arrow = pa.type_for_alias(name)
    dtype = np.uint64 if name == "uint64" else np.int64
    return whole(name, arrow, dtype, low, high, text=str, stored_as=arrow, is_integer=True)


def decimal(name: str, precision: int, scale: int) -> Type:
    if not (1 <= precision <= 38 and 0 <= scale <= precision):
        raise SchemaError(f"{name}: precision is 1 to 38, scale 0 to the precision")

    def units(value):
        return numbers.exact(value) * 10**scale

    return whole(
        name,
        pa.decimal128(precision, scale),
        np.int64 if precision <= 18 else object,
        1 - 10**precision,
        10**precision - 1,
        text=lambda value: numbers.decimal_text(value, scale),
        place=units,
        width=units,
        decimal_scale=scale,
    )


def date(name: str) -> Type:
    return whole(
        name,
        pa.date32(),
        np.int64,
        *YEARS,
        text=numbers.date_text,
        place=number_or(numbers.days),
        width=number_or(lambda value: numbers.length_in_seconds(value) / numbers.SECONDS_PER_DAY),
        stored_as=pa.int32(),
    )


def time(name: str, unit: str) -> Type:
    per_second = numbers.UNITS_PER_SECOND[unit]
    narrow = unit in ("s", "ms")
    return whole(
        name,
        pa.time32(unit) if narrow else pa.time64(unit),
        np.int64,
        0,
        numbers.SECONDS_PER_DAY * per_second - 1,
        text=lambda value: numbers.clock_text(value, unit),
        place=number_or(lambda value: numbers.seconds_of_day(value) * per_second),
        width=length_in(per_second),
        stored_as=pa.int32() if narrow else pa.int64(),
    )


def timestamp(name: str, unit: str, zoned: bool) -> Type:
    per_second = numbers.UNITS_PER_SECOND[unit]
    per_day = numbers.SECONDS_PER_DAY * per_second
    return whole(
        name,
        pa.timestamp(unit, "UTC" if zoned else None),
        np.int64,
        max(YEARS[0] * per_day, INT64_LOW),
        min((YEARS[1] + 1) * per_day - 1, INT64_HIGH),
        text=lambda value: numbers.timestamp_text(value, unit, zoned),
        place=number_or(lambda value: numbers.seconds_since_epoch(value, zoned) * per_second),
        width=length_in(per_second),
        stored_as=pa.int64(),
    )


def duration(name: str, unit: str) -> Type:
    length = length_in(numbers.UNITS_PER_SECOND[unit])
    arrow = pa.duration(unit)
    return whole(
        name, arrow, np.int64, INT64_LOW, INT64_HIGH, text=str, place=length, width=length, stored_as=pa.int64()
    )


def whole(name, arrow, dtype, low, high, **others) -> Whole:
    """Its literals are its places, as long as they lie within its limits."""

    def literal(value):
        return made.value(value)

    made = Whole(name, arrow, dtype, literal, low=low, high=high, **others)
    return made


def number_or(parse: Callable[[str], Fraction]) -> Callable[[object], Fraction]:
    """A number counts units; other text is read by `parse`."""
    return lambda value: numbers.exact(value) if numbers.is_number(value) else Fraction(parse(value))


def length_in(per_second: int) -> Callable[[object], Fraction]:
    return number_or(lambda value: numbers.length_in_seconds(value) * per_second)


INTEGERS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
PLAIN = {name: integer(name) for name in INTEGERS} | {
    "bool": Bool("bool", pa.bool_(), np.bool_, boolean, lambda value: "true" if value else "false"),
    "float32": Float("float32", pa.float32(), np.float32, float32),
    "float64": Float("float64", pa.float64(), np.float64, float64),
    "text": Type("text", pa.string(), object, text, str),
    "binary": Type("binary", pa.binary(), object, binary),
    "uuid": Uuid("uuid", pa.uuid(), np.dtype("V16"), uuid_of),
    "date": date("date"),
}


def parse(name: str) -> Type | ListOf:
    if name in PLAIN:
        return PLAIN[name]
    if matched := re.fullmatch(r"decimal\((\d+), *(\d+)\)", name):
        return decimal(name, *map(int, matched.groups()))
    if matched := re.fullmatch(r"time\[(s|ms|us|ns)\]", name):
        return time(name, matched[1])
    if matched := re.fullmatch(r"timestamp\[(s|ms|us|ns)(, *UTC)?\]", name):
        return timestamp(name, matched[1], matched[2] is not None)
    if matched := re.fullmatch(r"duration\[(s|ms|us|ns)\]", name):
        return duration(name, matched[1])
    if matched := re.fullmatch(r"list<(.+)>", name):
        item = parse(matched[1])
        if isinstance(item, ListOf):
            raise SchemaError(f"{name}: lists of lists are refused")
        return ListOf(name, item)
    raise SchemaError(f"{name!r} is not a type")
