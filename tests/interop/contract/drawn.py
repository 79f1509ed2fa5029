"""What a generator makes of a source."""

from typing import NamedTuple

import numpy as np


class Drawn(NamedTuple):
    values: np.ndarray
    ordinals: np.ndarray | None = None  # where `depends_on` goes by something else than the values
    nulls: np.ndarray | None = None  # where values come from columns that have nulls


class Lists(NamedTuple):
    """The values of a column of lists: their lengths, and all their items one after the other."""

    lengths: np.ndarray
    items: np.ndarray
