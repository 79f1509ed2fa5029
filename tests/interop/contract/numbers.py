"""Numbers of schemas, exactly, and calendar and clock texts as counts of units."""

import datetime
import re
from fractions import Fraction

from .errors import SchemaError

UNITS_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
SECONDS_PER_LENGTH = {
    "ns": Fraction(1, 10**9),
    "us": Fraction(1, 10**6),
    "ms": Fraction(1, 10**3),
    "s": 1,
    "min": 60,
    "h": 3600,
    "d": 86400,
}
SECONDS_PER_DAY = 86400
EPOCH = datetime.date(1970, 1, 1).toordinal()

NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
CLOCK = r"(\d\d):(\d\d):(\d\d)(\.\d{1,9})?"


def exact(value) -> Fraction:
    """The number that a schema means: text and whole numbers are exact, of any other the shortest decimal is meant."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise SchemaError(f"{value!r} is not a number")
    if isinstance(value, int):
        return Fraction(value)
    text = repr(value) if isinstance(value, float) else value
    matched = re.fullmatch(rf"({NUMBER})(%?)", text)
    if not matched:
        raise SchemaError(f"{value!r} is not a number")
    return Fraction(matched[1]) / (100 if matched[2] else 1)


def is_number(value) -> bool:
    try:
        exact(value)
    except SchemaError:
        return False
    return True


def length_in_seconds(text: str) -> Fraction:
    matched = re.fullmatch(rf"({NUMBER})\s*(ns|us|ms|s|min|h|d)", str(text))
    if not matched:
        raise SchemaError(f"{text!r} is not a length of time")
    return Fraction(matched[1]) * SECONDS_PER_LENGTH[matched[2]]


def days(text: str) -> int:
    matched = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", str(text))
    if not matched:
        raise SchemaError(f"{text!r} is not a date")
    try:
        return datetime.date(*map(int, matched.groups())).toordinal() - EPOCH
    except ValueError as error:
        raise SchemaError(f"{text!r} is not a date: {error}") from error


def seconds_of_day(text: str) -> Fraction:
    matched = re.fullmatch(CLOCK, str(text))
    if not matched or not (int(matched[1]) < 24 and int(matched[2]) < 60 and int(matched[3]) < 60):
        raise SchemaError(f"{text!r} is not a time of day")
    hours, minutes, seconds, fraction = matched.groups()
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + Fraction("0" + (fraction or ""))


def seconds_since_epoch(text: str, zoned: bool) -> Fraction:
    matched = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d(?:\.\d{1,9})?)(Z|[-+]\d\d:\d\d)?", str(text))
    if not matched:
        raise SchemaError(f"{text!r} is not a timestamp")
    date, clock, zone = matched.groups()
    if (zone is not None) != zoned:
        raise SchemaError(f"{text!r} {'has no zone' if zoned else 'has a zone'}, unlike its column")
    offset = 0
    if zone and zone != "Z":
        offset = (int(zone[1:3]) * 3600 + int(zone[4:6]) * 60) * (-1 if zone[0] == "-" else 1)
    return days(date) * SECONDS_PER_DAY + seconds_of_day(clock) - offset


def date_text(day: int) -> str:
    return datetime.date.fromordinal(day + EPOCH).isoformat()


def clock_text(units: int, unit: str) -> str:
    per_second = UNITS_PER_SECOND[unit]
    seconds, fraction = divmod(units, per_second)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return text if per_second == 1 else f"{text}.{fraction:0{len(str(per_second)) - 1}}"


def timestamp_text(units: int, unit: str, zoned: bool) -> str:
    day, clock = divmod(units, SECONDS_PER_DAY * UNITS_PER_SECOND[unit])
    return f"{date_text(day)}T{clock_text(clock, unit)}{'Z' if zoned else ''}"


def decimal_text(units: int, scale: int) -> str:
    digits = str(abs(units)).zfill(scale + 1)
    point = len(digits) - scale
    return ("-" if units < 0 else "") + digits[:point] + ("." + digits[point:] if scale else "")
