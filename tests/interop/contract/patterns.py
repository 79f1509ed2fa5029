"""`pattern`: a subset of regular expressions, unrolled into places with a choice of characters each."""

import re

import numpy as np

from .draws import product_halves
from .drawn import Drawn
from .errors import SchemaError

DIGITS = [chr(c) for c in range(0x30, 0x3A)]
PRINTABLE = [chr(c) for c in range(0x20, 0x7F)]
SPECIAL = set("^$|()?*+[]{}.\\")
PLACES_A_WORD = 4
MOST_CHARACTERS = 65_536


def pattern(type_, options):
    if type_.name != "text":
        raise SchemaError(f"pattern does not make {type_.name}")
    places = parse(options.take("pattern"))

    def draw(source):
        text = np.empty((len(source.positions), len(places)), "<u4")
        chosen = 0
        for at, characters in enumerate(places):
            if len(characters) == 1:
                text[:, at] = ord(characters[0])
                continue
            if chosen % PLACES_A_WORD == 0:
                w = source.purpose(str(chosen // PLACES_A_WORD)).words()
            number, w = product_halves(w, len(characters))
            text[:, at] = np.array([ord(c) for c in characters], np.uint32)[number.astype(np.int64)]
            chosen += 1
        whole, width = text.tobytes().decode("utf-32-le"), len(places)
        return Drawn(type_.array([whole[row * width : (row + 1) * width] for row in range(len(text))]))

    return draw


def parse(text: str) -> list[list[str]]:
    """The characters that each place can have."""
    places, at = [], 0
    while at < len(text):
        if text[at] == "[":
            characters, at = character_class(text, at + 1)
        elif text[at] == ".":
            characters, at = PRINTABLE, at + 1
        elif text[at] == "\\":
            characters, at = escaped(text, at)
        elif text[at] in SPECIAL:
            raise SchemaError(f"pattern {text!r}: {text[at]!r} has to be escaped")
        else:
            characters, at = [text[at]], at + 1
        count = 1
        if at < len(text) and text[at] == "{":
            matched = re.compile(r"\{(\d+)\}").match(text, at)
            if not matched or int(matched[1]) < 1:
                raise SchemaError(f"pattern {text!r}: a count is {{n}} with n from 1 on")
            count, at = int(matched[1]), matched.end()
        places += [characters] * count
    return places


def escaped(text: str, at: int) -> tuple[list[str], int]:
    character = text[at + 1 : at + 2]
    if character == "d":
        return DIGITS, at + 2
    if not character or character.isalnum():
        raise SchemaError(f"pattern {text!r}: unknown escape")
    return [character], at + 2


def character_class(text: str, at: int) -> tuple[list[str], int]:
    """`at` is behind the bracket that opens the class."""
    characters, first = [], at
    if text[at : at + 1] == "^":
        raise SchemaError(f"pattern {text!r}: classes cannot be negated")
    while at < len(text) and text[at] != "]":
        if text[at] == "-" and at != first and text[at + 1 : at + 2] != "]":
            raise SchemaError(f"pattern {text!r}: a hyphen is first or last in its class, or escaped")
        start, at = class_member(text, at)
        if text[at : at + 1] == "-" and text[at + 1 : at + 2] not in ("]", "") and len(start) == 1:
            end, at = class_member(text, at + 1)
            if len(end) != 1 or not start[0] <= end[0]:
                raise SchemaError(f"pattern {text!r}: a range goes from a character to a later one")
            if start[0] <= "\udfff" and end[0] >= "\ud800":
                raise SchemaError(f"pattern {text!r}: a range holds surrogates")
            start = [chr(c) for c in range(ord(start[0]), ord(end[0]) + 1)]
        characters += start
    if at >= len(text) or not characters:
        raise SchemaError(f"pattern {text!r}: a class is empty or open")
    if len(set(characters)) < len(characters) or len(characters) > MOST_CHARACTERS:
        raise SchemaError(f"pattern {text!r}: a class holds a character twice, or more than {MOST_CHARACTERS}")
    return characters, at + 1


def class_member(text: str, at: int) -> tuple[list[str], int]:
    if text[at] == "[":
        raise SchemaError(f"pattern {text!r}: [ has to be escaped in a class")
    return escaped(text, at) if text[at] == "\\" else ([text[at]], at + 1)
