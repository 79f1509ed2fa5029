"""`contract` gives the published vectors and keys, and its inverse finds every row again: no binary needed.

The files are compared with `contract`, so this is what all other tests stand on.
"""

import numpy as np
import pytest

import contract

LAST_ROW = 2**64 - 1

VECTORS = [
    # seed, row, id_client, word of class_0, class_0, class_9
    (0, 0, "191739ad-8b2c-4155-a3a3-ba1aa9b5e0c6", 0x436000070D1592D0, 0.26318359539171454, 0.07361570657821537),
    (0, 1, "9a0f8f50-7fa8-4797-87ab-e1c5316b5714", 0xBC43CF38CD026491, 0.7354096902536269, 0.41500256863710827),
    (0, 999999, "271d3de6-6fc2-41dd-a761-326d927d904c", 0x67BCE74A9811CB32, 0.4052261883844671, 0.17471012588739332),
    (0, 2**40, "0bb25723-2b94-4f15-889c-e97f4c0666ae", 0x2F397D08CD8A1A93, 0.1844709536067416, 0.744145017158216),
    (0, LAST_ROW, "a5041f76-aa2a-4e44-ae34-3290c169dc55", 0x01296C1C98CFA6A7, 0.004538304311437091, 0.5879025944646206),
    (42, 0, "d91b03a5-cecd-4a23-89d9-4cc9e910cdcf", 0x70F4688732B8C17F, 0.44122937489257463, 0.939015328504091),
    (42, 1, "70f6c4cb-32a7-47d1-9fc7-c0185dab6737", 0xB54B64FF578D3A65, 0.7081816790956069, 0.2224360043493182),
    (42, 999999, "c18d988b-aaf4-4dd6-8fd4-abed6853aea4", 0x0B0D462B1619FE3A, 0.0431712966147656, 0.25262048663754166),
]

EDGE_ROWS = np.array([0, 1, 2**32, 2**40, 2**63 - 1, 2**63, LAST_ROW], np.uint64)


@pytest.mark.parametrize(
    "keys, k1, k2",
    [
        (contract.column_keys("id_client", 0), 0xC145022AFA131E0D, 0x58F6E48BF4AA159E),
        (contract.check_keys("id_client", 0), 0xA2934136361A9759, 0x8EC2ADEFAF048022),
        (contract.column_keys("class_0", 0), 0xD8E39663CF0D9441, 0x872F1B454D2A104D),
    ],
    ids=["id_client", "id_client check", "class_0"],
)
def test_keys(keys, k1, k2):
    assert keys == (k1, k2)


@pytest.mark.parametrize("seed, row, id_client, word, class_0, class_9", VECTORS)
def test_vector(seed, row, id_client, word, class_0, class_9):
    rows = contract.row_range(row, 1)
    assert contract.uuid_text("id_client", seed, rows).tobytes().decode() == id_client
    assert contract.uuid_bytes("id_client", seed, rows).tobytes().hex() == id_client.replace("-", "")
    assert contract.words(rows, contract.column_keys("class_0", seed)) == word
    assert contract.uniform_float64("class_0", seed, rows) == class_0
    assert contract.uniform_float64("class_9", seed, rows) == class_9
    assert contract.uniform_float32("class_0", seed, rows) == (word >> 40) / 2**24


def test_uniform_types_and_bounds():
    """The largest and smallest words give the ends of [0, 1), at either width."""
    rows = contract.rows_of_words(np.array([0, 2**64 - 1], np.uint64), contract.column_keys("class_0", 0))
    wide, narrow = (f("class_0", 0, rows) for f in (contract.uniform_float64, contract.uniform_float32))
    assert (wide.dtype, wide.tolist()) == (np.float64, [0.0, 1 - 2.0**-53])
    assert (narrow.dtype, narrow.tolist()) == (np.float32, [0.0, 1 - 2.0**-24])


@pytest.mark.parametrize("seed", [0, 42, 2**64 - 1])
def test_words_run_backwards(seed):
    keys = contract.column_keys("class_0", seed)
    rows = np.concatenate([EDGE_ROWS, contract.row_range(0, 10_000), contract.row_range(2**64 - 10_000, 10_000)])
    np.testing.assert_array_equal(contract.rows_of_words(contract.words(rows, keys), keys), rows)
    np.testing.assert_array_equal(contract.words(contract.rows_of_words(rows, keys), keys), rows)


@pytest.mark.parametrize("first_row", [0, 2**40, 2**64 - 10_000])
def test_ids_give_back_their_rows(first_row):
    rows = contract.row_range(first_row, 10_000)
    ids = contract.uuid_bytes("id_client", 42, rows)
    found, foreign = contract.rows_of_ids(ids, "id_client", 42, first_row, len(rows))
    np.testing.assert_array_equal(found, rows)
    assert not foreign.any()


def test_text_gives_back_its_bytes():
    rows = contract.row_range(2**40, 1000)
    ids = contract.bytes_of_text(contract.uuid_text("id_client", 42, rows))
    np.testing.assert_array_equal(ids, contract.uuid_bytes("id_client", 42, rows))


def test_any_flipped_bit_makes_an_id_foreign():
    ids = np.tile(contract.uuid_bytes("id_client", 0, contract.row_range(0, 1)), (128, 1))
    ids ^= np.packbits(np.eye(128, dtype=np.uint8), axis=1)
    _, foreign = contract.rows_of_ids(ids, "id_client", 0, 0, 1_000_000)
    assert foreign.all()


@pytest.mark.parametrize(
    "column, seed, first_row, row_count",
    [
        ("id_client", 1, 0, 1000),
        ("id_other", 0, 0, 1000),
        ("id_client", 0, 1000, 2**64 - 1000),
        ("id_client", 0, 2**63, 1000),
    ],
    ids=["another seed", "another column", "rows before the first", "rows after the last"],
)
def test_ids_of_another_data_set_are_foreign(column, seed, first_row, row_count):
    ids = contract.uuid_bytes("id_client", 0, contract.row_range(0, 1000))
    _, foreign = contract.rows_of_ids(ids, column, seed, first_row, row_count)
    assert foreign.all()


def test_only_rows_below_the_row_count_belong():
    ids = contract.uuid_bytes("id_client", 0, contract.row_range(0, 1000))
    _, foreign = contract.rows_of_ids(ids, "id_client", 0, 0, 400)
    np.testing.assert_array_equal(foreign, np.arange(1000) >= 400)
