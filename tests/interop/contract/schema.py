"""Schemas, from their text or as objects, and the values of any of their rows."""

import math
import re
from fractions import Fraction

import numpy as np
import pyarrow as pa
import yaml

from . import numbers, relations
from .column import Column
from .errors import SchemaError
from .options import Options
from .words import Source, column_stream, row_range

ROW_SUFFIXES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}


# What YAML 1.2's core schema makes of plain scalars: NO is text, and 2024-01-01 is no object.
CORE_SCHEMA = [
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
]


class Loader(yaml.SafeLoader):
    """Keys are the text that stands there."""

    yaml_implicit_resolvers = {}

    def construct_mapping(self, node, deep=False):
        made = {}
        for key, value in node.value:
            if key.value in made:
                raise SchemaError(f"{key.value} is given twice")
            made[key.value] = self.construct_object(value, deep=True)
        return made


class Dumper(yaml.SafeDumper):
    """Quotes text that either version of YAML reads as something else, and has no aliases."""

    def ignore_aliases(self, data) -> bool:
        return True


for tag, pattern, first in CORE_SCHEMA:
    for either in (Loader, Dumper):
        either.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"(?:{pattern})$"), first)
Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: whole_number(node.value))
Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(node.value))
Loader.add_constructor("tag:yaml.org,2002:map", lambda loader, node: loader.construct_mapping(node))


def whole_number(text: str) -> int:
    return int(text, 0) if text[:2] in ("0x", "0o") else int(text)


class Table:
    """A table by itself, or one of a `schema`, which makes its columns when all tables are known."""

    def __init__(self, given: dict, seed: int = 0, first_row: int = 0, schema=None):
        options = Options(given)
        self.name = options.take("name", None)
        self.rows = row_count(options.take("rows", None))
        self.seed, self.first_row, self.schema = seed, first_row, schema
        self._given = {column["name"]: column for column in options.take("columns")}
        options.refuse_others()
        self._made, self._being_made = {}, []
        if schema is None:
            self.make_columns()

    def make_columns(self):
        self.columns = [self.column(name) for name in self._given]

    def row_count(self) -> int:
        """All rows, which are as many as the parents have children, if the rows are children."""
        of_children = [name for name, given in self._given.items() if given["generator"] == "children"]
        if not of_children:
            return self.rows
        (name,) = of_children
        if self.rows is not None:
            raise SchemaError(f"{name}: a table of children has no rows of its own")
        if name in self._being_made:
            raise SchemaError(f"a circle of row counts: {name}")
        self._being_made.append(name)
        parent = self.schema.table(self._given[name]["of"].split(".")[0])
        count = self.children(name).row_count(parent.row_count())
        self._being_made.pop()
        return count

    def children(self, name: str):
        given = self._given[name]
        if given["generator"] != "children":
            raise SchemaError(f"{name} has no children")
        source = Source(column_stream(name, self.name), self.seed, None)
        return relations.groups_of(source, Options({key: given[key] for key in ("min", "max")}))

    def column(self, name: str) -> Column:
        if name in self._being_made:
            raise SchemaError(f"a circle: {', '.join([*self._being_made, name])}")
        if name not in self._given:
            raise SchemaError(f"there is no column {name}")
        if name not in self._made:
            self._being_made.append(name)
            try:
                self._made[name] = Column(self._given[name], self)
            except SchemaError as error:
                raise SchemaError(f"{name}: {error}") from error
            self._being_made.pop()
        return self._made[name]

    def arrow(self, rows: np.ndarray | None = None) -> pa.Table:
        """The columns that are written: all rows of the table, or those with the given numbers."""
        rows = row_range(self.first_row, self.row_count()) if rows is None else rows
        return pa.table({column.name: column.values(rows) for column in self.columns if not column.hidden})


class Schema:
    """Tables under `tables`, which may refer to each other. All row counts that are given are times `scale`."""

    def __init__(self, given: dict, scale=1):
        given = dict(given)
        if given.pop("contract", 1) != 1 or given.pop("first_row", 0) != 0:
            raise SchemaError("the contract is of another version, or the first row is not 0")
        seed, tables = given.pop("seed", 0), given.pop("tables")
        Options(given).refuse_others()
        self.tables = [Table(table, seed, schema=self) for table in tables]
        if len({table.name for table in self.tables} - {None}) < len(tables):
            raise SchemaError("tables have names, all distinct")
        for table in self.tables:
            if table.rows is not None:
                table.rows = math.floor(table.rows * numbers.exact(scale) + Fraction(1, 2))
        for table in self.tables:
            table.make_columns()

    def table(self, name: str) -> Table:
        for table in self.tables:
            if table.name == name:
                return table
        raise SchemaError(f"there is no table {name}")


def load(text: str) -> dict:
    return yaml.load(text, Loader)


def dump(schema: dict) -> str:
    return yaml.dump(schema, Dumper=Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None)


def parse(given: dict) -> Table:
    """A table without a name, one table under `tables`, or one of these beneath `dataset`."""
    given = dict(given.get("dataset", given))
    given.pop("layout", None)
    if given.pop("contract", 1) != 1:
        raise SchemaError("the contract is of another version")
    seed, first_row = given.pop("seed", 0), given.pop("first_row", 0)
    if "tables" in given:
        (table,) = given.pop("tables")
        if "name" not in table:
            raise SchemaError("a table under `tables` has no name")
        Options(given).refuse_others()
        given = table
    return Table(given, seed, first_row)


def row_count(given) -> int | None:
    if given is None or isinstance(given, int):
        return given
    matched = re.fullmatch(r"(\d+)([kMG]?)", given)
    if not matched:
        raise SchemaError(f"{given!r} is not a number of rows")
    return int(matched[1]) * ROW_SUFFIXES[matched[2]]
