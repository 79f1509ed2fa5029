"""The value contract, version 1, in NumPy.

Written from the contract's text alone and sharing no code with `gen`, so that the two can disagree.
Rows and words are `uint64` arrays, whose arithmetic wraps at 2^64 as the contract asks.
Ids are `uint8` arrays of one id a line: 16 bytes, or 36 characters.
"""

from typing import NamedTuple

import numpy as np
import xxhash

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MULTIPLIERS = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
INVERSES = tuple(np.uint64(pow(int(odd), -1, 2**64)) for odd in (GOLDEN, *MULTIPLIERS))

CHECK_BITS = 58
VERSION, VERSION_MASK = np.uint64(0x4 << 12), np.uint64(0xF << 12)
VARIANT, VARIANT_MASK = np.uint64(0b10 << 62), np.uint64(0b11 << 62)

HEX_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)
HYPHENS = (8, 13, 18, 23)
DIGIT_PLACES = np.setdiff1d(np.arange(36), HYPHENS)


class Keys(NamedTuple):
    k1: np.uint64
    k2: np.uint64


def keys(stream: bytes, seed: int) -> Keys:
    high, low = divmod(xxhash.xxh3_128_intdigest(stream, seed), 2**64)
    return Keys(np.uint64(low), np.uint64(high))


def column_keys(column: str, seed: int) -> Keys:
    return keys(column.encode(), seed)


def check_keys(column: str, seed: int) -> Keys:
    return keys(column.encode() + b"\0check", seed)


def row_range(first_row: int, rows: int) -> np.ndarray:
    return np.uint64(first_row) + np.arange(rows, dtype=np.uint64)


def words(rows: np.ndarray, key: Keys) -> np.ndarray:
    z = rows * GOLDEN + key.k1
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


def uniform_float64(column: str, seed: int, rows: np.ndarray) -> np.ndarray:
    return (words(rows, column_keys(column, seed)) >> 11).astype(np.float64) * 2.0**-53


def uniform_float32(column: str, seed: int, rows: np.ndarray) -> np.ndarray:
    return (words(rows, column_keys(column, seed)) >> 40).astype(np.float32) * np.float32(2.0**-24)


def check_bits(word: np.ndarray, column: str, seed: int) -> np.ndarray:
    return words(word, check_keys(column, seed)) >> (64 - CHECK_BITS)


def uuid_bytes(column: str, seed: int, rows: np.ndarray) -> np.ndarray:
    w = words(rows, column_keys(column, seed))
    high = w >> 16 << 16 | VERSION | (w >> 4 & 0xFFF)
    low = VARIANT | (w & 0xF) << CHECK_BITS | check_bits(w, column, seed)
    return np.stack([high, low], axis=1).astype(">u8").view(np.uint8)


def uuid_text(column: str, seed: int, rows: np.ndarray) -> np.ndarray:
    ids = uuid_bytes(column, seed, rows)
    nibbles = np.stack([ids >> 4, ids & 0xF], axis=2).reshape(len(ids), 32)
    text = np.full((len(ids), 36), ord("-"), np.uint8)
    text[:, DIGIT_PLACES] = HEX_DIGITS[nibbles]
    return text


def bytes_of_text(text: np.ndarray) -> np.ndarray:
    """The 16 bytes of ids written as `uuid_text` writes them."""
    digits = np.ascontiguousarray(text[:, DIGIT_PLACES])
    return np.frombuffer(bytes.fromhex(digits.tobytes().decode()), np.uint8).reshape(-1, 16)


def rows_of_ids(ids: np.ndarray, column: str, seed: int, first_row: int, row_count: int):
    """The row of each 16-byte id, and whether the id is foreign (its row then means nothing)."""
    high, low = np.ascontiguousarray(ids).view(">u8").astype(np.uint64).T
    w = high >> 16 << 16 | (high & 0xFFF) << 4 | (low >> CHECK_BITS & 0xF)
    rows = rows_of_words(w, column_keys(column, seed))
    genuine = (
        (high & VERSION_MASK == VERSION)
        & (low & VARIANT_MASK == VARIANT)
        & (low & (2**CHECK_BITS - 1) == check_bits(w, column, seed))
        & (rows - np.uint64(first_row) < row_count)
    )
    return rows, ~genuine
