"""Values out of other tables: `references`, `children` with their `position`, and `lookup`.

Each of them points to rows of a parent, and takes what stands there.
"""

from functools import partial
from typing import NamedTuple

import numpy as np

from . import numbers
from .draws import below
from .drawn import Drawn
from .errors import SchemaError
from .permutation import Permutation
from .types import Whole
from .words import Source, words
from .zipf import Zipf

MOST_RANKS = 2**53


class Taken(NamedTuple):
    of: object  # the parent's column
    parents: object  # a function from rows to rows of the parent
    reference: object = None  # the column that points there, if it is another one

    def draw(self, source) -> Drawn:
        rows = source.positions
        parents = self.parents(rows)
        nulls = self.of.nulls(parents)
        if self.reference is not None:
            nulls = nulls | self.reference.nulls(rows)
        return Drawn(self.of.beneath(parents), nulls=nulls)

    def ordinals(self, rows):
        parents = self.parents(rows)
        return parents if self.reference is None else self.of.ordinals(parents)

    def pointed(self, rows):
        """The rows that the values themselves point to, where they are references."""
        parents = self.parents(rows)
        return parents if self.reference is None else self.of.taken.pointed(parents)


def references(source: Source, options, table) -> Taken:
    parent, of = parent_column(options, table)
    pick = options.take("pick", "uniform")
    if pick == "uniform":
        return Taken(of, lambda rows: below(source.at(rows).words(), parent.row_count()))
    if pick == "in_order":
        return Taken(of, lambda rows: in_order(rows, parent.row_count(), table.row_count()))
    exponent = float(numbers.exact(pick["zipf"]))
    if set(pick) > {"zipf", "scatter"} or not 0 < exponent <= 20:
        raise SchemaError(f"{pick!r} picks nothing")
    return Taken(of, partial(ranked, source, exponent, pick.get("scatter", True), parent))


def ranked(source, exponent, is_scattered, parent, rows):
    count = parent.row_count()
    if not len(rows):
        return rows
    if count > MOST_RANKS:
        raise SchemaError(f"zipf ranks at most 2^53 rows, not {count}")
    parents = Zipf(count, exponent).ranks(source.at(rows).words()) - np.uint64(1)
    return Permutation(source.purpose("scatter"), count)(parents) if is_scattered else parents


def in_order(rows, parent_count: int, own_count: int):
    return np.array([row * parent_count // own_count for row in rows.tolist()], np.uint64)


class Children(NamedTuple):
    """Groups of rows, one for each row of a parent."""

    source: Source
    min: int
    max: int

    def pairs(self, i: np.ndarray) -> np.ndarray:
        """How many children parent 2i has."""
        return np.uint64(self.min) + below(words(i, self.source.keys()), self.max - self.min + 1)

    def both(self, rows) -> tuple[np.ndarray, np.ndarray]:
        together = np.uint64(self.min + self.max)
        i, within = rows // together, rows % together
        first = self.pairs(i)
        is_second = within >= first
        parents = np.uint64(2) * i + is_second.astype(np.uint64)
        return parents, np.where(is_second, within - first, within)

    def row_count(self, parents: int) -> int:
        odd = int(self.pairs(np.array([parents // 2], np.uint64))[0]) if parents % 2 else 0
        return parents // 2 * (self.min + self.max) + odd


def children(source: Source, options, table) -> Taken:
    _, of = parent_column(options, table)
    groups = groups_of(source, options)
    return Taken(of, lambda rows: groups.both(rows)[0])


def groups_of(source: Source, options) -> Children:
    low, high = options.take("min"), options.take("max")
    if not 0 <= low <= high:
        raise SchemaError(f"no numbers of children from {low} to {high}")
    return Children(source, low, high)


def position(type_, options, table):
    groups = table.children(options.take("of"))
    if not isinstance(type_, Whole) or not type_.is_integer:
        raise SchemaError(f"position does not make {type_.name}")
    return lambda source: Drawn(type_.ladder(0, 1, groups.both(source.positions)[1]))


def lookup(source: Source, options, table) -> Taken:
    name, of = two_names(options)
    reference = table.column(name)
    if reference.taken is None:
        raise SchemaError(f"{name} points to no table")
    return Taken(reference.points_into().column(of), reference.taken.pointed, reference)


def parent_column(options, table):
    name, of = two_names(options)
    parent = table.schema.table(name)
    return parent, parent.column(of)


def two_names(options) -> list[str]:
    names = options.take("of").split(".")
    if len(names) != 2:
        raise SchemaError(f"{'.'.join(names)!r} is not two names with a dot between them")
    return names


TAKING = {"references": references, "children": children, "lookup": lookup}
