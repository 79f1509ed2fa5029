"""What a file says about itself, as PyArrow and DuckDB show it, is exactly true of the values in it."""

import base64
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bounds import smallest_and_largest
from dataset import DataSet
from readers import DUCKDB, parts

BATCH_ROWS, ROW_GROUP_ROWS = 40_000, 25_000
LAYOUT = {"batch_size": BATCH_ROWS, "row_group_rows": ROW_GROUP_ROWS}

every_codec = pytest.mark.parametrize("codec", ["none", "snappy", "lz4", "zstd"])
DATA = [
    DataSet(70_000, 2, seed=5, first_row=2**40, float_bits=float_bits, id_form=id_form)
    for float_bits in (64, 32)
    for id_form in ("text", "binary")
]
every_data_set = pytest.mark.parametrize("data", DATA, ids=lambda data: f"{data.float_bits}-{data.id_form}")


def row_groups(data: DataSet):
    """(part, row group in the part, its rows in the data set) as the layout asks."""
    for part, start in enumerate(range(0, data.rows, BATCH_ROWS)):
        part_end = min(start + BATCH_ROWS, data.rows)
        for group, first in enumerate(range(start, part_end, ROW_GROUP_ROWS)):
            yield part, group, slice(first, min(first + ROW_GROUP_ROWS, part_end))


# Statistics


@every_data_set
@every_codec
def test_pyarrow_sees_exact_statistics(generated, data, codec):
    metadata = [pq.read_metadata(part) for part in parts(generated(data, compression=codec, **LAYOUT))]
    groups = list(row_groups(data))
    assert sum(m.num_row_groups for m in metadata) == len(groups)
    for part, group, rows in groups:
        assert metadata[part].row_group(group).num_rows == rows.stop - rows.start
        for i, values in enumerate(data.columns().values()):
            chunk = metadata[part].row_group(group).column(i)
            statistics = chunk.statistics
            assert statistics.has_min_max and statistics.has_null_count
            assert (statistics.null_count, chunk.num_values) == (0, rows.stop - rows.start)
            # pyarrow hands a float over as a Python float, which holds either width exactly
            expected = [v if values.ndim == 1 else v.tobytes() for v in smallest_and_largest(values[rows])]
            assert [statistics.min_raw, statistics.max_raw] == expected


@every_data_set
@every_codec
def test_duckdb_sees_exact_statistics(generated, data, codec):
    files = parts(generated(data, compression=codec, **LAYOUT))
    for part, group, rows in row_groups(data):
        chunks = DUCKDB.execute(
            """
            SELECT path_in_schema, stats_min_value, stats_max_value, min_is_exact, max_is_exact, stats_null_count
            FROM parquet_metadata(?) WHERE row_group_id = ? ORDER BY column_id
            """,
            [str(files[part]), group],
        ).fetchall()
        assert [name for name, *_ in chunks] == list(data.columns())
        for (name, smallest, largest, *rest), values in zip(chunks, data.columns().values(), strict=True):
            assert rest == [True, True, 0], name
            expected = smallest_and_largest(values[rows])
            if values.ndim == 1:
                assert (values.dtype.type(smallest), values.dtype.type(largest)) == expected
            else:
                assert (smallest, largest) == tuple(data.id_as_text(id_) for id_ in expected)


# Sizes, encodings, page index


@every_data_set
@every_codec
def test_sizes_add_up(generated, data, codec):
    for part in parts(generated(data, compression=codec, **LAYOUT)):
        metadata = pq.read_metadata(part)
        next_offset = len(b"PAR1")
        for group in map(metadata.row_group, range(metadata.num_row_groups)):
            chunks = [group.column(i) for i in range(group.num_columns)]
            assert group.total_byte_size == sum(chunk.total_uncompressed_size for chunk in chunks)
            for chunk in chunks:
                assert chunk.data_page_offset == next_offset, "chunks follow each other without gaps"
                next_offset += chunk.total_compressed_size
                if codec == "none":
                    assert chunk.total_compressed_size == chunk.total_uncompressed_size
        page_index_bytes = part.stat().st_size - metadata.serialized_size - 8 - next_offset
        assert page_index_bytes > 0
        assert metadata.num_rows == sum(metadata.row_group(i).num_rows for i in range(metadata.num_row_groups))


@every_data_set
@every_codec
def test_codec_encoding_and_page_index(generated, data, codec):
    for part in parts(generated(data, compression=codec, **LAYOUT)):
        metadata = pq.read_metadata(part)
        for group in map(metadata.row_group, range(metadata.num_row_groups)):
            for chunk in map(group.column, range(group.num_columns)):
                assert not chunk.has_dictionary_page
                assert set(chunk.encodings) <= {"PLAIN", "RLE"}  # RLE is for levels, which may be named though absent
                assert chunk.has_column_index and chunk.has_offset_index
        chunks = DUCKDB.execute("SELECT compression, encoding_stats FROM parquet_metadata(?)", [str(part)]).fetchall()
        for compression, encoding_stats in chunks:
            assert compression == {"none": "UNCOMPRESSED", "lz4": "LZ4_RAW"}.get(codec, codec.upper())
            assert {stats["encoding"] for stats in encoding_stats} == {"PLAIN"}


# Key-value metadata


@every_data_set
def test_key_value_metadata(generated, data):
    files = parts(generated(data, **LAYOUT))
    first_rows = range(data.first_row, data.first_row + data.rows, BATCH_ROWS)
    for part, (file, first_row) in enumerate(zip(files, first_rows, strict=True)):
        metadata = pq.read_metadata(file)
        pairs = metadata.metadata
        assert json.loads(pairs[b"samplegen:dataset"]) == data.description()
        assert json.loads(pairs[b"samplegen:layout"]) == {
            "batch_rows": BATCH_ROWS,
            "row_group_rows": ROW_GROUP_ROWS,
            "compression": "none",
        }
        assert json.loads(pairs[b"samplegen:part"]) == {
            "part": part,
            "parts": len(files),
            "first_row": first_row,
            "rows": metadata.num_rows,
        }
        arrow_schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(pairs[b"ARROW:schema"])))
        assert arrow_schema.remove_metadata() == data.arrow_schema()
