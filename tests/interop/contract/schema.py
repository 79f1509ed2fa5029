"""Schemas of one table, from their text or as objects, and the values of any of their rows."""

import re

import numpy as np
import pyarrow as pa
import yaml

from .column import Column
from .errors import SchemaError
from .options import Options
from .words import row_range

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
    def __init__(self, given: dict, seed: int = 0, first_row: int = 0):
        options = Options(given)
        self.name = options.take("name", None)
        self.rows = row_count(options.take("rows", None))
        self.seed, self.first_row = seed, first_row
        self._given = {column["name"]: column for column in options.take("columns")}
        options.refuse_others()
        self._made, self._being_made = {}, []
        self.columns = [self.column(name) for name in self._given]

    def column(self, name: str) -> Column:
        if name in self._being_made:
            raise SchemaError(f"a circle: {', '.join([*self._being_made, name])}")
        if name not in self._given:
            raise SchemaError(f"there is no column {name}")
        if name not in self._made:
            self._being_made.append(name)
            try:
                self._made[name] = Column(self._given[name], self.name, self.seed, self.column)
            except SchemaError as error:
                raise SchemaError(f"{name}: {error}") from error
            self._being_made.pop()
        return self._made[name]

    def arrow(self, rows: np.ndarray | None = None) -> pa.Table:
        """The columns that are written: all rows of the table, or those with the given numbers."""
        rows = row_range(self.first_row, self.rows) if rows is None else rows
        return pa.table({column.name: column.values(rows) for column in self.columns if not column.hidden})


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
