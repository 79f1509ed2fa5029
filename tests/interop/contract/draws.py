"""Drawing: from a word to a number below another, to a place in the unit interval, to whether something happens."""

from fractions import Fraction

import numpy as np

LOW_HALF = np.uint64(2**32 - 1)


def product_halves(w: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The high and the low 64 bits of the 128-bit products w * n, for n up to 2^64."""
    if n == 2**64:
        return w, np.zeros_like(w)
    n = np.uint64(n)
    w_high, w_low, n_high, n_low = w >> 32, w & LOW_HALF, n >> np.uint64(32), n & LOW_HALF
    middle = w_high * n_low + (w_low * n_low >> 32)
    other = w_low * n_high + (middle & LOW_HALF)
    return w_high * n_high + (middle >> 32) + (other >> 32), w * n


def below(w: np.ndarray, n: int) -> np.ndarray:
    return product_halves(w, n)[0]


def unit(w: np.ndarray) -> np.ndarray:
    return (w >> 11).astype(np.float64) * 2.0**-53


def unit_of_24_bits(w: np.ndarray) -> np.ndarray:
    """The `unit` of 32-bit floats, as doubles."""
    return (w >> 40).astype(np.float64) * 2.0**-24


def centre(k: np.ndarray) -> np.ndarray:
    return (2 * k + 1).astype(np.float64) * 2.0**-53


def threshold(c: Fraction) -> int:
    """`Z(c)`: words below this one are the fraction c of all words."""
    return int(c * 2**64)


def first_above(w: np.ndarray, thresholds: list[int]) -> np.ndarray:
    """The number of the first of these ascending thresholds that exceeds the word, or how many there are."""
    reachable = [z for z in thresholds if z < 2**64]
    return np.searchsorted(np.array(reachable, np.uint64), w, side="right")
