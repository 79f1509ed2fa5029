"""Values that count rows: `sequence`, `unique`, `uuid` and `uuid7`. Positions are the rows themselves."""

import numpy as np

from . import numbers, uuids
from .draws import below
from .drawn import Drawn
from .errors import SchemaError
from .permutation import Permutation
from .types import Type, Uuid, Whole


def sequence(type_, options):
    require_whole(type_, "sequence")
    start = type_.value(options.take("start"))
    step = type_.units(options.take("step"), type_.width) if "step" in options else 1
    jitter = type_.units(options.take("jitter", 0), type_.width)
    if jitter and not 0 <= jitter <= step:
        raise SchemaError(f"a jitter of {jitter} is not within 0 to the step, {step}")

    def draw(source):
        for row in ends(source.positions):
            if not type_.low <= start + step * row <= type_.high - max(jitter - 1, 0):
                raise SchemaError(f"row {row} is outside {type_.name}")
        values = type_.ladder(start, step, source.positions)
        if jitter:
            values = values + below(source.words(), jitter).astype(type_.dtype)
        return Drawn(values)

    return draw


def unique(type_, options):
    require_whole(type_, "unique")
    low, high = type_.value(options.take("min")), type_.value(options.take("max"))
    count = high - low + 1
    if not 1 <= count <= 2**64:
        raise SchemaError(f"{count} values are not 1 to 2^64")

    def draw(source):
        if any(row >= count for row in ends(source.positions)):
            raise SchemaError(f"more rows than the {count} values of unique")
        return Drawn(type_.ladder(low, 1, Permutation(source.purpose("order"), count)(source.positions)))

    return draw


def uuid(type_, options):
    return ids(type_, uuids.version_4)


def uuid7(type_, options):
    given = options.take("start")
    start = (
        numbers.exact(given) if numbers.is_number(given) else numbers.seconds_since_epoch(given, zoned=True) * 1000
    )
    per_second = numbers.exact(options.take("per_second"))
    if start < 0 or start.denominator != 1 or not 0 < per_second <= 4_096_000:
        raise SchemaError("uuid7: start is a whole millisecond from 1970 on, per_second more than 0 up to 4,096,000")
    return ids(type_, lambda source: uuids.version_7(source, int(start), per_second))


def ids(type_: Type, make):
    """Of 16 bytes each as `uuid`, of 36 characters as `text`."""
    if isinstance(type_, Uuid):
        return lambda source: Drawn(make(source).view(type_.dtype).reshape(-1))
    if type_.name == "text":
        return lambda source: Drawn(lines(type_, uuids.text_of_bytes(make(source))))
    raise SchemaError(f"ids are uuid or text, not {type_.name}")


def lines(type_: Type, characters: np.ndarray) -> np.ndarray:
    text, width = characters.tobytes().decode(), characters.shape[1]
    return type_.array([text[at : at + width] for at in range(0, len(text), width)])


def require_whole(type_, generator: str):
    if not isinstance(type_, Whole):
        raise SchemaError(f"{generator} does not make {type_.name}")


def ends(positions: np.ndarray) -> list[int]:
    return [int(positions.min()), int(positions.max())] if len(positions) else []
