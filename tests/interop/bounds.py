"""The smallest and largest value of a column, as values and as Parquet's statistics must spell them."""

import numpy as np


def comparable(values: np.ndarray) -> np.ndarray:
    """Floats compare by value, ids by their unsigned bytes."""
    return values if values.ndim == 1 else np.ascontiguousarray(values).view(f"S{values.shape[1]}").ravel()


def smallest_and_largest(values: np.ndarray):
    keys = comparable(values)
    return values[keys.argmin()], values[keys.argmax()]


def statistics_bytes(values: np.ndarray) -> tuple[bytes, bytes]:
    """Plain bytes of min and max. The format asks for -0 where a min is zero, and for +0 where a max is."""
    smallest, largest = smallest_and_largest(values)
    if values.ndim == 1:
        zero = values.dtype.type(0)
        smallest = -zero if smallest == 0 else smallest
        largest = zero if largest == 0 else largest
    return smallest.tobytes(), largest.tobytes()
