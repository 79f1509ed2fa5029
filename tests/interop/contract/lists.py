"""Lists: a generator's values, as many as a length that is drawn for each row."""

import numpy as np

from .draws import below
from .drawn import Drawn, Lists
from .errors import SchemaError
from .types import ListOf


def lists(make_items):
    """From a factory for the type of the items to one for lists of them."""

    def make(type_: ListOf, options):
        low, high = lengths_of(options)
        draw_items = make_items(type_.item, options)

        def draw(source):
            lengths = low + below(source.purpose("length").words(), high - low + 1).astype(np.int64)
            first_items = np.cumsum(lengths) - lengths
            number_in_list = np.arange(lengths.sum()) - np.repeat(first_items, lengths)
            positions = np.repeat(source.positions * np.uint64(high), lengths) + number_in_list.astype(np.uint64)
            return Drawn(Lists(lengths, draw_items(source.purpose("item").at(positions)).values))

        return draw

    return make


def lengths_of(options) -> tuple[int, int]:
    if "length" in options:
        low = high = options.take("length")
    else:
        low, high = options.take("min_length"), options.take("max_length")
    if not 0 <= low <= high:
        raise SchemaError(f"no lengths from {low} to {high}")
    return low, high
