"""The permutation of 0 … n - 1 that a stream gives, and its inverse."""

import numpy as np

from .words import Source, words


class Permutation:
    def __init__(self, source: Source, n: int):
        self.last = np.uint64(n - 1)
        self.bits = max((n - 1).bit_length(), 2)
        rounds = 32 if self.bits <= 4 else 8
        constants = words(np.arange(2 * rounds, dtype=np.uint64), source.keys())
        self.summands, self.factors = constants[:rounds], constants[rounds:] | np.uint64(1)
        self.mask = np.uint64(2**self.bits - 1)
        self.shift = (self.bits + 1) // 2

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return self._walk(x, self._pass)

    def inverse(self, x: np.ndarray) -> np.ndarray:
        return self._walk(x, self._pass_back)

    def _walk(self, x, step):
        x = step(x)
        while (outside := x > self.last).any():
            x[outside] = step(x[outside])
        return x

    def _pass(self, x):
        for a, m in zip(self.summands, self.factors):
            x = (x + a) * m & self.mask
            x = x ^ x >> self.shift
        return x

    def _pass_back(self, x):
        for a, m in zip(self.summands[::-1], self.factors[::-1]):
            x = x ^ x >> self.shift  # undoes itself: the shift is at least half the bits
            x = x * np.uint64(pow(int(m), -1, 2**64)) - a & self.mask
        return x
