"""Page by page, read from a file's own bytes: headers, the offset index, the column index and the footer's bounds.

Engines that seek to single pages trust these; no reader's Python API shows them whole.
"""

import itertools
import math
from typing import NamedTuple

import numpy as np
import pytest

import contract
import footer
from bounds import comparable, statistics_bytes
from dataset import DataSet
from footer import Page, RawFile
from readers import parts

ROW_GROUP_ROWS = 70_000
MAX_PAGE_BYTES = 256 * 1024
VALUE_BYTES = {"text": 4 + 36, "binary": 16, "float64": 8, "float32": 4}

ZERO_ROW = contract.rows_of_words(np.zeros(1, np.uint64), contract.column_keys("class_0", 0)).item()

every_codec = pytest.mark.parametrize("codec", ["none", "snappy", "lz4", "zstd"])
every_data_set = pytest.mark.parametrize(
    "data",
    [
        DataSet(rows, 2, first_row=first_row, float_bits=float_bits, id_form=id_form)
        for rows, first_row in [(90_000, 0), (2000, ZERO_ROW - 1000), (1, ZERO_ROW)]
        for float_bits in (64, 32)
        for id_form in ("text", "binary")
    ],
    ids=lambda data: f"{data.rows}-{data.float_bits}-{data.id_form}",
)


class Chunk(NamedTuple):
    """A column chunk as its file holds it, and the values that belong there."""

    file: RawFile
    raw: dict
    type: str
    values: np.ndarray

    def pages(self) -> list[Page]:
        return self.file.pages(self.raw)

    def values_by_page(self) -> list[np.ndarray]:
        ends = itertools.accumulate(page.rows for page in self.pages())
        return np.split(self.values, list(ends)[:-1])


@pytest.fixture
def chunks(generated, data, codec):
    (part,) = parts(generated(data, compression=codec, batch_size=data.rows, row_group_rows=ROW_GROUP_ROWS))
    file = RawFile(part)
    starts = range(0, data.rows, ROW_GROUP_ROWS)
    return [
        Chunk(file, raw, data.types()[name], values[start : start + ROW_GROUP_ROWS])
        for start, row_group in zip(starts, file.row_groups(), strict=True)
        for raw, (name, values) in zip(row_group, data.columns().items(), strict=True)
    ]


@every_data_set
@pytest.mark.parametrize("codec", ["none"])
def test_uncompressed_pages_are_plain_and_full(chunks):
    for chunk in chunks:
        value_bytes = VALUE_BYTES[chunk.type]
        full_page_rows = MAX_PAGE_BYTES // value_bytes
        pages = chunk.pages()
        assert len(pages) == math.ceil(len(chunk.values) / full_page_rows)
        assert all(page.rows == full_page_rows for page in pages[:-1])
        for page in pages:
            assert page.header[footer.PAGE_TYPE] == footer.DATA_PAGE_V1
            assert page.header[footer.PAGE_DATA_V1][footer.DATA_V1_ENCODING] == footer.PLAIN
            assert page.header[footer.PAGE_BYTES] == page.header[footer.PAGE_COMPRESSED_BYTES]
            assert page.header[footer.PAGE_BYTES] == page.rows * value_bytes


@every_data_set
@every_codec
def test_offset_index_names_every_page(chunks):
    for chunk in chunks:
        index = chunk.file.struct_at(chunk.raw[footer.CHUNK_OFFSET_INDEX])
        first_row = 0
        for page, location in zip(chunk.pages(), index[footer.OFFSET_INDEX_LOCATIONS], strict=True):
            assert location[footer.LOCATION_OFFSET] == page.offset
            assert location[footer.LOCATION_BYTES] == page.total_bytes
            assert location[footer.LOCATION_FIRST_ROW] == first_row
            first_row += page.rows
        assert first_row == len(chunk.values)


@every_data_set
@every_codec
def test_column_index_bounds_every_page(chunks):
    for chunk in chunks:
        pages = chunk.values_by_page()
        index = chunk.file.struct_at(chunk.raw[footer.CHUNK_COLUMN_INDEX])
        assert index[footer.COLUMN_INDEX_NULL_PAGES] == [False] * len(pages)
        assert index[footer.COLUMN_INDEX_NULL_COUNTS] == [0] * len(pages)
        bounds = zip(index[footer.COLUMN_INDEX_MIN], index[footer.COLUMN_INDEX_MAX], strict=True)
        assert list(bounds) == [statistics_bytes(values) for values in pages]
        assert index[footer.COLUMN_INDEX_ORDER] in truthful_orders(pages)


def truthful_orders(pages: list[np.ndarray]) -> set[int]:
    """An order may be claimed only of both bounds; no order may be claimed of any."""
    keys = [comparable(values) for values in pages]
    bounds = [[k[k.argmin()] for k in keys], [k[k.argmax()] for k in keys]]
    orders = {footer.UNORDERED}
    if all(values == sorted(values) for values in bounds):
        orders.add(footer.ASCENDING)
    if all(values == sorted(values, reverse=True) for values in bounds):
        orders.add(footer.DESCENDING)
    return orders


@every_data_set
@every_codec
def test_footer_bounds_every_chunk(chunks):
    for chunk in chunks:
        statistics = chunk.raw[footer.CHUNK_METADATA][footer.METADATA_STATISTICS]
        bounds = statistics[footer.STATISTICS_MIN], statistics[footer.STATISTICS_MAX]
        assert bounds == statistics_bytes(chunk.values)
        assert statistics[footer.STATISTICS_MIN_EXACT] and statistics[footer.STATISTICS_MAX_EXACT]
        assert statistics[footer.STATISTICS_NULL_COUNT] == 0


@every_data_set
@pytest.mark.parametrize("codec", ["none"])
def test_footer_declares_the_order_of_every_column(chunks, data):
    """Without it readers must not use the bounds."""
    type_defined_order = {1: {}}
    orders = chunks[0].file.metadata[footer.FILE_COLUMN_ORDERS]
    assert orders == [type_defined_order] * len(data.types())
