"""Ranks by Zipf's law: the first 1024 by thresholds, the others by inverting an integral."""

from fractions import Fraction

import numpy as np

from .draws import first_above, threshold
from .elementary import exp, ln

HEAD = 1024


def scalar(function, x: float) -> float:
    return float(function(np.array([x]))[0])


class Zipf:
    def __init__(self, n: int, exponent: float):
        self.n = n
        self.head = min(n, HEAD)
        self.exponent = exponent
        self.a = 1.0 - exponent
        self.start = self.head + 0.5
        sums = np.cumsum(exp(-exponent * ln(np.arange(1, self.head + 1, dtype=np.float64))))
        tail = self._tail() if n > self.head else 0.0
        self.thresholds = [threshold(Fraction(float(c))) for c in sums / (sums[-1] + tail)]
        if n == self.head:
            self.thresholds.pop()

    def _tail(self) -> float:
        """The mass of the ranks behind the head."""
        self.span = scalar(ln, (float(self.n) + 0.5) / self.start)
        if self.exponent == 1.0:
            return self.span
        self.e = expm1(self.a * self.span)
        return scalar(exp, self.a * scalar(ln, self.start)) * (self.e / self.a)

    def ranks(self, w: np.ndarray) -> np.ndarray:
        ranks = first_above(w, self.thresholds).astype(np.uint64) + np.uint64(1)
        if self.n > self.head and self.thresholds[-1] < 2**64:
            beyond = ranks > self.head
            ranks[beyond] = self._ranks_behind_the_head(w[beyond])
        return ranks

    def _ranks_behind_the_head(self, w):
        first = self.thresholds[-1]
        u = np.minimum(((w - np.uint64(first)).astype(np.float64) + 0.5) / float(2**64 - first), 1.0 - 2.0**-53)
        x = self.start * (exp(u * self.span) if self.exponent == 1.0 else exp(ln1p(u * self.e) / self.a))
        return np.clip(np.floor(x + 0.5).astype(np.uint64), np.uint64(self.head + 1), np.uint64(self.n))


def expm1(c: float) -> float:
    """`E`: exp(c) - 1 without loss near 0."""
    y = scalar(exp, c)
    return c if y == 1.0 else (y - 1.0) * (c / scalar(ln, y))


def ln1p(z: np.ndarray) -> np.ndarray:
    """`G`: ln(1 + z) without loss near 0."""
    y = 1.0 + z
    safe = np.where(y == 1.0, 2.0, y)
    return np.where(y == 1.0, z, z * (ln(safe) / (safe - 1.0)))
