"""UUIDs of version 4, which hide a row number and check bits, and of version 7, which count rows by the clock.

Ids are `uint8` arrays of one id a line: 16 bytes, or 36 characters.
"""

from fractions import Fraction

import numpy as np

from .errors import SchemaError
from .words import Source, check_keys, column_keys, column_stream, rows_of_words, words

CHECK_BITS = 58
VERSION, VERSION_MASK = np.uint64(0x4 << 12), np.uint64(0xF << 12)
VERSION_7 = np.uint64(0x7 << 12)
VARIANT, VARIANT_MASK = np.uint64(0b10 << 62), np.uint64(0b11 << 62)

HEX_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)
HYPHENS = (8, 13, 18, 23)
DIGIT_PLACES = np.setdiff1d(np.arange(36), HYPHENS)


def version_4(source: Source) -> np.ndarray:
    w = source.words()
    check = source.purpose("check").at(w).words() >> (64 - CHECK_BITS)
    high = w >> 16 << 16 | VERSION | (w >> 4 & 0xFFF)
    return bytes_of_halves(high, VARIANT | (w & 0xF) << CHECK_BITS | check)


def version_7(source: Source, start_ms: int, per_second: Fraction) -> np.ndarray:
    ticks, per = 1000 * per_second.denominator, per_second.numerator
    rows = source.positions
    if len(rows) and (int(rows.max()) + 1) * ticks >= 2**64:
        rows = rows.astype(object)  # integers of Python
    elapsed = rows * ticks // per
    within = rows - (elapsed * per + (ticks - 1)) // ticks
    now = start_ms + elapsed
    if (now >= 2**48).any():
        raise SchemaError("uuid7 counts 2^48 milliseconds and no more")
    high = (now << 16 | within).astype(np.uint64)
    check = source.purpose("check").words()
    return bytes_of_halves(high | VERSION_7, VARIANT | check >> 2)


def bytes_of_halves(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    return np.stack([high, low], axis=1).astype(">u8").view(np.uint8)


def text_of_bytes(ids: np.ndarray) -> np.ndarray:
    nibbles = np.stack([ids >> 4, ids & 0xF], axis=2).reshape(len(ids), 32)
    text = np.full((len(ids), 36), ord("-"), np.uint8)
    text[:, DIGIT_PLACES] = HEX_DIGITS[nibbles]
    return text


def bytes_of_text(text: np.ndarray) -> np.ndarray:
    """The 16 bytes of ids written as `text_of_bytes` writes them."""
    digits = np.ascontiguousarray(text[:, DIGIT_PLACES])
    return np.frombuffer(bytes.fromhex(digits.tobytes().decode()), np.uint8).reshape(-1, 16)


def uuid_bytes(column: str, seed: int, rows: np.ndarray) -> np.ndarray:
    return version_4(Source(column_stream(column), seed, rows))


def uuid_text(column: str, seed: int, rows: np.ndarray) -> np.ndarray:
    return text_of_bytes(uuid_bytes(column, seed, rows))


def rows_of_ids(ids: np.ndarray, column: str, seed: int, first_row: int, row_count: int):
    """The row of each 16-byte id, and whether the id is foreign (its row then means nothing)."""
    high, low = np.ascontiguousarray(ids).view(">u8").astype(np.uint64).T
    w = high >> 16 << 16 | (high & 0xFFF) << 4 | (low >> CHECK_BITS & 0xF)
    rows = rows_of_words(w, column_keys(column, seed))
    genuine = (
        (high & VERSION_MASK == VERSION)
        & (low & VARIANT_MASK == VARIANT)
        & (low & (2**CHECK_BITS - 1) == words(w, check_keys(column, seed)) >> (64 - CHECK_BITS))
        & (rows - np.uint64(first_row) < row_count)
    )
    return rows, ~genuine
