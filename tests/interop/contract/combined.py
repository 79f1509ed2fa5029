"""Values made of other columns of the same row: `mapping` and `template`. They draw nothing; positions are rows."""

import re

import numpy as np

from .drawn import Drawn
from .errors import SchemaError
from .types import Whole

PIECE = re.compile(r"\{\{|\}\}|\{([^{}:]+)(?::0(\d+))?\}|[^{}]+")


def mapping(type_, options, column_named):
    base = column_named(options.take("of"))
    value_of = {key: type_.literal(value) for key, value in options.take("values").items()}

    def draw(source):
        distinct, number = np.unique(base.beneath(source.positions), return_inverse=True)
        try:
            values = type_.array([value_of[text] for text in base.type.texts(distinct)])
        except KeyError as error:
            raise SchemaError(f"mapping has no entry for {error}") from error
        return Drawn(values[number], nulls=base.nulls(source.positions))

    return draw


def template(type_, options, column_named):
    if type_.name != "text":
        raise SchemaError(f"template does not make {type_.name}")
    pieces = [piece(*matched, column_named) for matched in parse(options.take("template"))]
    columns = [column for _, column in pieces if column is not None]

    def draw(source):
        rows = source.positions
        parts = [texts(rows) for texts, _ in pieces]
        values = ["".join(row) for row in zip(*parts)] if parts else [""] * len(rows)
        nulls = np.logical_or.reduce([np.zeros(len(rows), np.bool_), *(column.nulls(rows) for column in columns)])
        return Drawn(type_.array(values), nulls=nulls)

    return draw


def parse(text: str) -> list[tuple[str, str | None, int]]:
    """Pieces of literal text, and names of fields with their widths."""
    pieces, at = [], 0
    while at < len(text):
        matched = PIECE.match(text, at)
        if not matched:
            raise SchemaError(f"template {text!r}: the brace at {at} neither begins nor ends a field; double it")
        literal = {"{{": "{", "}}": "}"}.get(matched[0], matched[0])
        pieces.append((literal, matched[1], int(matched[2] or 0)))
        at = matched.end()
    return pieces


def piece(literal: str, name: str | None, width: int, column_named):
    """A function from rows to texts, and the column that they come from, if any."""
    if name is None:
        return lambda rows: [literal] * len(rows), None
    if name == "row":
        return lambda rows: [str(row).zfill(width) for row in rows.tolist()], None
    column = column_named(name)
    if width and not (isinstance(column.type, Whole) and column.type.is_number):
        raise SchemaError(f"{literal}: only integers and decimals have a width")
    return lambda rows: [text.zfill(width) for text in column.type.texts(column.beneath(rows))], column
