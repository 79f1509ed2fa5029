"""The values are what they claim to be for people who know nothing of the contract: UUIDs, and uniform numbers."""

import uuid

import numpy as np
import pytest

import contract
from bounds import comparable
from dataset import DataSet
from readers import read

ROWS = 60_000
CLASSES = 5
SEED = 2024

FRACTION_BITS = {64: 53, 32: 24}
BIN_BITS = 8

# The chi-square of 256 bins has mean 255 and variance 2 * 255. The seed is fixed, so this passes always or never.
MAX_CHI_SQUARE = 255 + 5 * (2 * 255) ** 0.5

every_float = pytest.mark.parametrize("float_bits", FRACTION_BITS)


@pytest.mark.parametrize("id_form", ["text", "binary"])
def test_ids_are_distinct_version_4_uuids(generated, id_form):
    ids = read("pyarrow", generated(DataSet(ROWS, 0, seed=SEED, id_form=id_form)))["id_client"]
    assert len(np.unique(comparable(ids))) == ROWS
    for id_ in ids:
        if id_form == "text":
            text = id_.tobytes().decode()
            parsed = uuid.UUID(text)
            assert str(parsed) == text
        else:
            parsed = uuid.UUID(bytes=id_.tobytes())
        assert (parsed.version, parsed.variant) == (4, uuid.RFC_4122)


def fractions(values: np.ndarray, bits: int) -> np.ndarray:
    """The integers that the values are multiples of 2^-bits of."""
    scaled = values.astype(np.float64) * 2.0**bits
    integers = scaled.astype(np.uint64)
    np.testing.assert_array_equal(integers, scaled)
    return integers


def worst_chi_square(integers: np.ndarray, bits: int) -> float:
    """Of the highest and of the lowest 8 bits; infinite if an integer has more bits than it may."""
    if (integers >> bits).any():
        return np.inf
    expected = len(integers) / 2**BIN_BITS
    return max(
        np.sum((np.bincount(eight_bits, minlength=2**BIN_BITS) - expected) ** 2) / expected
        for eight_bits in (integers >> (bits - BIN_BITS), integers & (2**BIN_BITS - 1))
    )


@every_float
def test_classes_are_uniform_in_all_their_bits(generated, float_bits):
    data = DataSet(ROWS, CLASSES, seed=SEED, float_bits=float_bits)
    columns = read("pyarrow", generated(data))
    bits = FRACTION_BITS[float_bits]
    for name in data.class_names():
        assert worst_chi_square(fractions(columns[name], bits), bits) < MAX_CHI_SQUARE, name


@every_float
@pytest.mark.parametrize("error", [-1, 1, 2, 11])
def test_the_statistic_would_notice_a_wrong_shift(float_bits, error):
    """The right word, shifted by too little or too much, with the scale left alone or moved along."""
    bits = FRACTION_BITS[float_bits]
    words = contract.words(contract.row_range(0, ROWS), contract.column_keys("class_0", SEED))
    assert worst_chi_square(words >> (64 - bits), bits) < MAX_CHI_SQUARE
    shifted = words >> (64 - bits + error)
    assert worst_chi_square(shifted, bits) > MAX_CHI_SQUARE
    if error > 0:
        assert worst_chi_square(shifted << error, bits) > MAX_CHI_SQUARE


@every_float
def test_classes_and_neighbouring_rows_are_not_correlated(generated, float_bits):
    """Of every pair of columns, and of each column with itself one row later."""
    columns = read("pyarrow", generated(DataSet(ROWS, CLASSES, seed=SEED, float_bits=float_bits)))
    classes = np.stack([values for values in columns.values() if values.ndim == 1]).astype(np.float64)
    series = np.concatenate([classes[:, 1:], classes[:, :-1]])
    correlations = np.corrcoef(series)[np.triu_indices(len(series), 1)]
    assert np.abs(correlations).max() < 5 / ROWS**0.5
