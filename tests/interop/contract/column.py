"""A column: its type, its generator, its nulls, and the column that it depends on."""

from functools import partial

import numpy as np
import pyarrow as pa

from . import choices, combined, counting, distributions, patterns, relations, types, uniform
from .errors import SchemaError
from .lists import lists
from .options import Options
from .words import Source, column_stream

DRAWING = {
    "uniform": uniform.uniform,
    "bernoulli": choices.bernoulli,
    "one_of": choices.one_of,
    "zipf": choices.zipf,
    "constant": choices.constant,
    "pattern": patterns.pattern,
    **{name: distributions.distribution(name) for name in distributions.QUANTILE_FUNCTIONS},
}
COUNTING = {
    "sequence": counting.sequence,
    "unique": counting.unique,
    "uuid": counting.uuid,
    "uuid7": counting.uuid7,
}
COMBINING = {"mapping": combined.mapping, "template": combined.template}

DEPENDENT = set(DRAWING) - {"constant"}
ITEMS = set(DRAWING) | {"uuid"}
WITHOUT_NULLS = set(COUNTING)
NOT_OF_VALUES = ("key", "hidden", "encoding", "compression", "bloom_filter")


class Column:
    """`table` finds the columns that this one is made of."""

    def __init__(self, given: dict, table):
        options = Options(given)
        self.name, generator = options.take("name"), options.take("generator")
        self.table, column_named = table, table.column
        self.hidden = given.get("hidden", False)
        self.seed, self.stream = table.seed, column_stream(self.name, table.name)
        make_taken = relations.TAKING.get(generator)
        self.taken = make_taken and make_taken(self._source(None), options, table)
        self.type = self._type(generator, options)
        for key in NOT_OF_VALUES:
            options.take(key, None)
        self.null_threshold = choices.probability(options.take("nulls", 0))
        base = options.take("depends_on", None)
        if base is not None and generator not in DEPENDENT:
            raise SchemaError(f"{generator} depends on no other column")
        self.base = base if base is None else column_named(base)
        if self.null_threshold and generator in WITHOUT_NULLS and not isinstance(self.type, types.ListOf):
            raise SchemaError(f"{generator} has no nulls")
        self.draw = self.taken.draw if self.taken else factory(generator, self.type, table)(self.type, options)
        options.refuse_others()

    def _type(self, generator: str, options):
        if self.taken is None:
            name = options.take("type")
            return types.parse("uuid" if (generator, name) == ("uuid", "binary") else name)
        of = self.taken.of.type
        if options.take("type", of.name) != of.name:
            raise SchemaError(f"the type is that of the parent, {of.name}")
        return of

    def points_into(self):
        """The table whose rows the values point to."""
        taken = self.taken
        return taken.of.table if taken.reference is None else taken.of.points_into()

    def values(self, rows: np.ndarray) -> pa.Array:
        return self.type.to_arrow(self.beneath(rows), self.nulls(rows))

    def beneath(self, rows: np.ndarray):
        """What would stand there if no row were null."""
        return self._drawn(rows).values

    def nulls(self, rows: np.ndarray) -> np.ndarray:
        own = self._source(rows).purpose("null").words() < self.null_threshold
        of_others = self._drawn(rows).nulls
        return own if of_others is None else own | of_others

    def ordinals(self, rows: np.ndarray) -> np.ndarray:
        if self.taken is not None:
            return self.taken.ordinals(rows)
        drawn = self._drawn(rows)
        return self.type.ordinals(drawn.values) if drawn.ordinals is None else drawn.ordinals

    def _drawn(self, rows):
        return self.draw(self._source(rows if self.base is None else self.base.ordinals(rows)))

    def _source(self, positions):
        return Source(self.stream, self.seed, positions)


def factory(generator: str, type_, table):
    if isinstance(type_, types.ListOf):
        if generator not in ITEMS:
            raise SchemaError(f"{generator} does not make items of lists")
        return lists((DRAWING | COUNTING)[generator])
    if generator in COMBINING:
        return partial(COMBINING[generator], column_named=table.column)
    if generator == "position":
        return partial(relations.position, table=table)
    if generator not in DRAWING | COUNTING:
        raise SchemaError(f"{generator!r} is not a generator")
    return (DRAWING | COUNTING)[generator]
