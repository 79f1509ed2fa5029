"""Streams and words: the 64 random bits that stand at each position of a stream, and the way back.

Positions and words are `uint64` arrays, whose arithmetic wraps at 2^64 as the contract asks.
"""

from typing import NamedTuple

import numpy as np
import xxhash

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MULTIPLIERS = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
INVERSES = tuple(np.uint64(pow(int(odd), -1, 2**64)) for odd in (GOLDEN, *MULTIPLIERS))


class Keys(NamedTuple):
    k1: np.uint64
    k2: np.uint64


def column_stream(column: str, table: str | None = None) -> bytes:
    return column.encode() if table is None else table.encode() + b"\0\0" + column.encode()


def with_purpose(stream: bytes, purpose: str) -> bytes:
    return stream + b"\0" + purpose.encode()


def keys(stream: bytes, seed: int) -> Keys:
    high, low = divmod(xxhash.xxh3_128_intdigest(stream, seed), 2**64)
    return Keys(np.uint64(low), np.uint64(high))


def column_keys(column: str, seed: int) -> Keys:
    return keys(column_stream(column), seed)


def check_keys(column: str, seed: int) -> Keys:
    return keys(with_purpose(column_stream(column), "check"), seed)


def row_range(first_row: int, rows: int) -> np.ndarray:
    return np.uint64(first_row) + np.arange(rows, dtype=np.uint64)


def words(positions: np.ndarray, key: Keys) -> np.ndarray:
    z = positions * GOLDEN + key.k1
    z = (z ^ z >> 30) * MULTIPLIERS[0] + key.k2
    z = (z ^ z >> 27) * MULTIPLIERS[1]
    return z ^ z >> 31


def rows_of_words(word: np.ndarray, key: Keys) -> np.ndarray:
    """`words`, run backwards."""
    golden, first, second = INVERSES
    z = undo_xor_shift(word, 31) * second
    z = (undo_xor_shift(z, 27) - key.k2) * first
    return (undo_xor_shift(z, 30) - key.k1) * golden


def undo_xor_shift(z: np.ndarray, shift: int) -> np.ndarray:
    return z ^ z >> shift ^ z >> 2 * shift  # enough because 3 * shift > 63


class Source(NamedTuple):
    """Where a generator's words come from: a stream, and for each value its position in the stream."""

    stream: bytes
    seed: int
    positions: np.ndarray

    def words(self) -> np.ndarray:
        return words(self.positions, self.keys())

    def keys(self) -> Keys:
        return keys(self.stream, self.seed)

    def purpose(self, purpose: str) -> "Source":
        return self._replace(stream=with_purpose(self.stream, purpose))

    def at(self, positions: np.ndarray) -> "Source":
        return self._replace(positions=positions)
