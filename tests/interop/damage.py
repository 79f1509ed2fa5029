"""Rows damaged on purpose, and the report that `gen check` then owes."""

import collections
import uuid

import numpy as np
import pyarrow as pa

import contract
from dataset import DataSet

CHECK_BITS_WRONG = "its check bits are wrong"
NOT_A_UUID = "it is not a UUID"
NULL = "it is null"


class Copy:
    """The rows of a data set as they are, until something is done to them: then it is also noted down.

    A row is called by its position, which is its number less that of the data set's first row.
    """

    def __init__(self, data: DataSet, table: pa.Table):
        self.data = data
        self.schema = pa.schema([field.with_nullable(True) for field in table.schema])
        self.cells = dict(enumerate(table.to_pylist()))
        self.added = []
        self.lost = set()
        self.duplicated = {}
        self.altered = []  # position, column, what stands there
        self.foreign = []  # the id as people see it, and why it does not belong

    def table(self) -> pa.Table:
        return pa.Table.from_pylist([*self.cells.values(), *self.added], self.schema)

    # What can be done to it

    def drop(self, *positions: int):
        for position in positions:
            del self.cells[position]
            self.lost.add(position)

    def duplicate(self, position: int, times: int):
        """It then stands there so many times."""
        assert position not in {altered for altered, _, _ in self.altered}
        self.added += [self.cells[position]] * (times - 1)
        self.duplicated[position] = times

    def alter(self, position: int, column: str, value: float | None):
        row = self.cells[position]
        assert (row[column] is None) != (value is None) or repr(row[column]) != repr(value), "nothing would change"
        row[column] = value
        self.altered.append((position, column, value))

    def swap(self, one: int, other: int, *columns: str):
        for column in columns:
            values = self.cells[other][column], self.cells[one][column]
            for position, value in zip((one, other), values, strict=True):
                self.alter(position, column, value)

    def replace_id(self, position: int, id_: str | None, reason: str):
        """The row is then lost, and in its place is a stranger."""
        row = self.cells.pop(position)
        self.lost.add(position)
        self.add_stranger(id_, reason, row)

    def add_stranger(self, id_: str | None, reason: str, row: dict | None = None):
        id_type = self.schema.field("id_client").type
        cell = id_ if id_ is None or id_type == pa.string() else uuid.UUID(id_)
        self.added.append((row or next(iter(self.cells.values()))) | {"id_client": cell})
        self.foreign.append(("null" if id_ is None else id_, reason))

    # What must be found

    def report(self, limit: int = 5, shown=lambda value: value, width=None, positions=None, **others) -> dict:
        """`shown` makes of an altered value what the copy's format keeps of it.

        `width` is the NumPy type that numbers are compared at, the declared one by default.
        `positions` is the range of those that are checked; `others` replaces what else differs.
        """
        data, first_row = self.data, self.data.first_row
        width = width or {64: np.float64, 32: np.float32}[data.float_bits]
        positions = positions or range(data.rows)
        lost = sorted(self.lost & set(positions))
        duplicated = {p: times for p, times in sorted(self.duplicated.items()) if p in positions}
        altered = sorted((found for found in self.altered if found[0] in positions), key=lambda found: found[:2])
        surplus = sum(times - 1 for times in duplicated.values())
        others_surplus = sum(times - 1 for times in self.duplicated.values()) - surplus
        report = {
            "partial": False,
            "expected": len(positions),
            "seen": len(positions) - len(lost) + surplus + len(self.foreign),
            "elsewhere": data.rows - len(positions) - (len(self.lost) - len(lost)) + others_surplus,
            "lost": {
                "count": len(lost),
                "examples": [
                    {"first": first_row + first, "last": first_row + last} for first, last in ranges(lost)[:limit]
                ],
            },
            "duplicated": {
                "count": len(duplicated),
                "surplus": surplus,
                "examples": [{"row": first_row + p, "times": times} for p, times in duplicated.items()][:limit],
            },
            "altered": {
                "count": len({position for position, _, _ in altered}),
                "by_column": dict(collections.Counter(column for _, column, _ in altered)),
                "examples": [
                    {
                        "row": first_row + position,
                        "column": column,
                        "expected": number(data.columns()[column][position], width),
                        "found": number(shown(value), width),
                    }
                    for position, column, value in altered[:limit]
                ],
            },
            "foreign": {
                "count": len(self.foreign),
                "examples": [{"id": id_, "reason": reason} for id_, reason in sorted(set(self.foreign))[:limit]],
            },
            "reversed_ids": 0,
            "narrowed_columns": [],
            "ignored_columns": [],
            "renamed_columns": [],
            "unreadable": [],
        }
        report |= others
        kinds = ("lost", "duplicated", "altered", "foreign")
        return report | {"whole": not any(report[kind]["count"] for kind in kinds)}


def in_numbers(report: dict, float_bits: int) -> dict:
    """What a report of `gen` says of the rows. Altered values, which are text for people, are numbers again, at that
    width; where rows were found, what was checked, and hints have tests of their own."""
    width = {64: np.float64, 32: np.float32}[float_bits]
    for what in ("scope", "distinct", "verdict", "not_read", "hints"):
        del report[what]
    for kind in ("duplicated", "altered", "foreign"):
        for example in report[kind]["examples"]:
            del example["file"]
    for example in report["altered"]["examples"]:
        for what in ("expected", "found"):
            text = example[what].strip('"')  # text formats show the text that stands there
            example[what] = number(None if text == "null" else text, width)
    return report


def number(value, width) -> str | None:
    """In a form in which NaN is itself and -0.0 is not 0.0."""
    return None if value is None else repr(width(value))


def ranges(numbers: list[int]) -> list[tuple[int, int]]:
    """First and last of each run of consecutive numbers."""
    found = []
    for n in numbers:
        if found and found[-1][1] == n - 1:
            found[-1] = found[-1][0], n
        else:
            found.append((n, n))
    return found


# Strangers


def random_id(number: int) -> str:
    """A random UUID, the same in every run."""
    return str(uuid.UUID(bytes=np.random.default_rng(number).bytes(16), version=4))


def id_of(data: DataSet, position: int, seed: int | None = None) -> str:
    """Of any row, whether or not the data set has it."""
    rows = contract.row_range((data.first_row + position) % 2**64, 1)
    return contract.uuid_text("id_client", data.seed if seed is None else seed, rows).tobytes().decode()


def reason_beyond(data: DataSet, position: int) -> str:
    return f"row {(data.first_row + position) % 2**64} is not one of the data set's"


# Damage of every kind


def next_number(value: float, towards: float, float_bits: int) -> float:
    width = {64: np.float64, 32: np.float32}[float_bits]
    return float(np.nextafter(width(value), width(towards)))


def lose(copy: Copy):
    copy.drop(0, 17, *range(4096, 4200), copy.data.rows - 1)


def lose_one_and_duplicate_one(copy: Copy):
    copy.drop(40)
    copy.duplicate(41, 2)


def duplicate(copy: Copy):
    copy.duplicate(88, 2)
    copy.duplicate(89, 3)
    copy.duplicate(copy.data.rows - 2, 2)


def set_special_values(copy: Copy):
    for position, value in enumerate([-0.0, np.nan, np.inf, -np.inf, None], 1000):
        copy.alter(position, "class_1", value)


def set_numbers(copy: Copy):
    copy.alter(5, "class_0", 0.0)
    copy.alter(5, "class_1", 1.0)
    copy.alter(6, "class_1", -copy.cells[6]["class_1"])


def change_by_one_ulp(copy: Copy):
    for position, towards in ((2000, 1), (2001, 0)):
        value = copy.cells[position]["class_0"]
        copy.alter(position, "class_0", next_number(value, towards, copy.data.float_bits))


def swap_values(copy: Copy):
    copy.swap(3000, 3001, *copy.data.class_names())
    copy.swap(3010, 5000, "class_1")
    row = copy.cells[3020]
    zero, one = row["class_0"], row["class_1"]
    copy.alter(3020, "class_0", one)
    copy.alter(3020, "class_1", zero)


def let_strangers_in(copy: Copy):
    data = copy.data
    copy.replace_id(500, random_id(500), CHECK_BITS_WRONG)
    copy.replace_id(501, id_of(data, 501, seed=data.seed + 1), CHECK_BITS_WRONG)
    copy.replace_id(502, id_of(data, data.rows), reason_beyond(data, data.rows))
    copy.replace_id(503, None, NULL)
    copy.add_stranger(random_id(501), CHECK_BITS_WRONG)
    copy.add_stranger(id_of(data, data.rows + 10**12), reason_beyond(data, data.rows + 10**12))
    copy.add_stranger(None, NULL)


def spoil_text_of_ids(copy: Copy):
    """Only where ids are text."""
    id_ = id_of(copy.data, 510)
    for position, text in enumerate([id_[:-1], id_ + "0", id_.replace("-", "_"), "g" + id_[1:], "zebra"], 510):
        copy.replace_id(position, text, NOT_A_UUID)


KINDS = [
    lose,
    lose_one_and_duplicate_one,
    duplicate,
    set_special_values,
    set_numbers,
    change_by_one_ulp,
    swap_values,
    let_strangers_in,
]


def damaged(data: DataSet, table: pa.Table) -> Copy:
    """A copy with damage of every kind."""
    copy = Copy(data, table)
    for damage in KINDS:
        damage(copy)
    if copy.schema.field("id_client").type == pa.string():
        spoil_text_of_ids(copy)
    return copy
