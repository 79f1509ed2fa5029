"""How the rows are cut into files, and by how many threads, changes no row; the same command gives the same bytes."""

import json
import math

import pyarrow.parquet as pq
import pytest

from dataset import DataSet, assert_same_values, select
from readers import parts, read

DATA = DataSet(50_000, 3, seed=9)


def file_bytes(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def part_names(count: int) -> list[str]:
    return [f"part-{i:05}-of-{count:05}.parquet" for i in range(count)]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"threads": 1},
        {"threads": 2},
        {"threads": 7},
        {"batch_size": 999},
        {"batch_size": 49_999},
        {"batch_size": 50_000},
        {"batch_size": "1M"},
        {"row_group_rows": 1000},
        {"row_group_rows": 32_769},
        {"compression": "snappy"},
        {"compression": "lz4"},
        {"compression": "zstd"},
        {"compression": "zstd:19"},
        {"threads": 2, "batch_size": 12_345, "row_group_rows": 7000, "compression": "zstd:1"},
    ],
    ids=lambda options: " ".join(f"{name}={value}" for name, value in options.items()) or "defaults",
)
def test_no_option_changes_a_row(generated, options):
    assert_same_values(read("pyarrow", generated(DATA, **options)), DATA.columns())


def test_a_part_may_be_one_row(generated):
    data = DataSet(100, 3, seed=9)
    assert_same_values(read("pyarrow", generated(data, batch_size=1)), data.columns())


@pytest.mark.parametrize("batch_size", [1000, 7001, 50_000])
def test_parts_and_row_groups_are_as_asked(generated, batch_size):
    folder = generated(DATA, batch_size=batch_size, row_group_rows=3000)
    files = parts(folder)
    assert [file.name for file in files] == part_names(math.ceil(DATA.rows / batch_size))
    for part, file in enumerate(files):
        part_rows = min(batch_size, DATA.rows - part * batch_size)
        metadata = pq.read_metadata(file)
        groups = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
        assert groups == [min(3000, part_rows - start) for start in range(0, part_rows, 3000)]


@pytest.mark.parametrize("compression", ["none", "snappy", "lz4", "zstd"])
def test_threads_do_not_change_a_byte(generated, compression):
    one, two = (generated(DATA, threads=t, batch_size=8000, compression=compression) for t in (1, 2))
    assert file_bytes(one) == file_bytes(two)


@pytest.mark.parametrize("spelling", ["50_000", "5e4"])
def test_row_counts_may_be_spelled(generated, generate, spelling):
    folder = generate(DATA, rows=spelling, batch_size=spelling)
    assert file_bytes(folder) == file_bytes(generated(DATA, batch_size=50_000))


@pytest.mark.parametrize("batch_size", [7000, 20_000, 50_000])
def test_shards_together_are_the_whole(generated, generate, batch_size):
    """Of 8, 3 and 1 parts, so that a shard can be larger than another, and can be empty."""
    for shard in ("2/3", "3/3", "1/3"):
        folder = generate(DATA, batch_size=batch_size, shard=shard)
    assert file_bytes(folder) == file_bytes(generated(DATA, batch_size=batch_size))


def test_shards_do_not_overlap(generated):
    names = [path.name for i in (1, 2, 3) for path in parts(generated(DATA, batch_size=7000, shard=f"{i}/3"))]
    assert sorted(names) == part_names(8)


@pytest.mark.parametrize("float_bits", [64, 32])
def test_more_classes_leave_the_first_ones_alone(generated, float_bits):
    few = DataSet(20_000, 10, seed=1, float_bits=float_bits)
    many = DataSet(20_000, 20, seed=1, float_bits=float_bits)
    columns = read("pyarrow", generated(many))
    assert_same_values({name: columns[name] for name in few.columns()}, read("pyarrow", generated(few)))


def test_a_slice_is_the_same_rows(generated):
    whole, part = DATA, DataSet(10_000, 3, seed=9, first_row=20_001)
    columns = read("pyarrow", generated(whole))
    assert_same_values(read("pyarrow", generated(part)), select(columns, slice(20_001, 30_001)))


@pytest.mark.parametrize("compression", ["none", "snappy", "lz4", "zstd:3"])
def test_the_folder_describes_itself(generated, compression):
    folder = generated(DATA, batch_size=8000, row_group_rows=5000, compression=compression)
    assert json.loads((folder / "_dataset.json").read_text()) == {
        "dataset": DATA.description(),
        "layout": {"batch_rows": 8000, "row_group_rows": 5000, "compression": compression},
    }
    assert sorted(path.name for path in folder.iterdir()) == ["_dataset.json", *part_names(7)]


def test_a_second_run_changes_nothing(generate):
    before = file_bytes(generate(DATA, batch_size=8000))
    assert file_bytes(generate(DATA, batch_size=8000)) == before
