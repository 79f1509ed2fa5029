"""`gen check` tells whole copies from damaged ones, whoever wrote them, and says exactly what was done to them."""

import json
import shutil
import signal
import subprocess
import time
import uuid
from subprocess import PIPE

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import contract
import damage
from conftest import run_check
from damage import CHECK_BITS_WRONG, NOT_A_UUID, Copy, damaged, id_of, in_numbers
from dataset import DataSet
from readers import DUCKDB, parts
from writers import BY_NAME, WRITERS, Writer, cast, ipc_file, ipc_stream, only_finite, pandas, pyarrow_parquet

DATA = DataSet(6000, 2, seed=17)
ALL_DATA = [
    DataSet(6000, 2, seed=17, first_row=first_row, float_bits=float_bits, id_form=id_form)
    for first_row, float_bits, id_form in [
        (0, 64, "text"),
        (2**40, 32, "text"),
        (2**63 - 3000, 64, "binary"),
        (7, 32, "binary"),
    ]
]
LAYOUT = {"batch_size": 2500, "row_group_rows": 1000}

# A writer for each format, without types of its own.
FORMATS = ["pyarrow row groups", "pyarrow ipc stream", "polars json lines", "polars csv"]
every_format = pytest.mark.parametrize("writer", [BY_NAME[name] for name in FORMATS], ids=lambda writer: writer.file)
every_data_set = pytest.mark.parametrize("data", ALL_DATA, ids=lambda data: f"{data.float_bits}-{data.id_form}")


@pytest.fixture
def rows(generated):
    """The rows of a data set as PyArrow reads them, to do things to."""

    def rows(data: DataSet = DATA) -> Copy:
        return Copy(data, pq.read_table(parts(generated(data, **LAYOUT))))

    return rows


@pytest.fixture
def assert_found(checked, generated, tmp_path):
    """Writes a copy, and checks it: the report says what was done to the copy, and nothing else."""

    def assert_found(copy: Copy, writer: Writer = BY_NAME["pyarrow row groups"], make=lambda table: table, **expected):
        path = writer(make(copy.table()), tmp_path)
        assert_report(checked(path, dataset=generated(copy.data, **LAYOUT), limit=1000), copy, writer, **expected)

    return assert_found


def assert_report(report: dict, copy: Copy, writer: Writer = BY_NAME["pyarrow row groups"], limit=1000, **expected):
    float_bits = expected.pop("compared_bits", copy.data.float_bits)
    width = {64: np.float64, 32: np.float32}[float_bits]
    expected = copy.report(limit, writer.shown, width, **expected)
    assert in_numbers(report, float_bits) == expected


# Who wrote the copy


def test_a_folder_of_gen_is_whole(generated, checked, rows):
    folder = generated(DATA, **LAYOUT)
    assert_report(checked(folder), rows())
    assert_report(checked(*parts(folder)), rows())


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.name)
def test_a_copy_is_whole(rows, assert_found, writer):
    assert_found(rows(), writer)


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.name)
def test_damage_of_every_kind_is_found(rows, assert_found, writer):
    copy = rows()
    for kind in damage.KINDS:
        kind(copy)
    if not writer.ids_are_uuids:
        damage.spoil_text_of_ids(copy)
    assert_found(copy, writer)


PARQUET_CODECS = ["none", "snappy", "gzip", "brotli", "lz4", "zstd"]
CODECS = [
    *(Writer(f"parquet {codec}", "copy.parquet", pyarrow_parquet(compression=codec)) for codec in PARQUET_CODECS),
    *(Writer(f"arrow file {codec}", "copy.arrow", ipc_file(compression=codec)) for codec in ("lz4", "zstd")),
    *(Writer(f"arrow stream {codec}", "copy.arrows", ipc_stream(compression=codec)) for codec in ("lz4", "zstd")),
    Writer("pandas feather", "copy.feather", pandas("to_feather")),
]


@pytest.mark.parametrize("writer", CODECS, ids=lambda writer: writer.name)
def test_no_compression_makes_a_copy_less_whole(rows, assert_found, writer):
    """Those that writers of Parquet offer, and those of Arrow; pandas compresses its Feather files unasked."""
    assert_found(rows(), writer)


@every_format
@pytest.mark.parametrize("kind", [*damage.KINDS, damage.spoil_text_of_ids], ids=lambda kind: kind.__name__)
def test_damage_of_one_kind_is_found(rows, assert_found, writer, kind):
    copy = rows()
    kind(copy)
    assert_found(copy, writer)


@every_data_set
@pytest.mark.parametrize("name", ["duckdb sorted", "pyarrow row groups", "pyarrow ipc file", "polars parquet"])
@pytest.mark.parametrize("is_damaged", [False, True], ids=["whole", "damaged"])
def test_every_kind_of_data_set(rows, assert_found, data, name, is_damaged):
    copy = rows(data)
    assert_found(damaged(data, copy.table()) if is_damaged else copy, BY_NAME[name])


@pytest.mark.parametrize("name", ["duckdb csv", "pandas csv", "polars csv", "polars json lines", "duckdb json lines"])
@pytest.mark.parametrize("is_damaged", [False, True], ids=["whole", "damaged"])
@pytest.mark.parametrize("id_form", ["text", "binary"])
def test_text_of_32_bit_numbers(rows, assert_found, name, is_damaged, id_form):
    data = DataSet(6000, 2, seed=17, first_row=2**40, float_bits=32)
    copy = damaged(data, rows(data).table()) if is_damaged else rows(data)
    copy.data = DataSet(6000, 2, seed=17, first_row=2**40, float_bits=32, id_form=id_form)
    assert_found(copy, BY_NAME[name])


def test_damage_done_with_sql(generated, checked, tmp_path):
    """The way anybody would do it, and the numbers are those that DuckDB says."""
    folder, path = generated(DATA, **LAYOUT), tmp_path / "copy.parquet"
    database = duckdb.connect()
    database.execute(f"CREATE TABLE copy AS FROM '{folder}/*.parquet' ORDER BY random()")

    def changed(statement):
        return database.execute(statement).fetchone()[0]

    duplicated = changed("INSERT INTO copy FROM copy WHERE class_0 > 0.99")
    lost = changed("DELETE FROM copy WHERE class_0 < 0.01")
    altered = changed("UPDATE copy SET class_1 = round(class_1, 3) WHERE class_0 BETWEEN 0.5 AND 0.6")
    foreign = changed("INSERT INTO copy SELECT uuid(), 0.5, 0.5 FROM range(33)")
    database.execute(f"COPY copy TO '{path}'")
    report = checked(path, dataset=folder)
    assert min(duplicated, lost, altered, foreign) > 20
    assert report["seen"] == DATA.rows + duplicated - lost + foreign
    assert {kind: report[kind]["count"] for kind in ("duplicated", "lost", "altered", "foreign")} == {
        "duplicated": duplicated,
        "lost": lost,
        "altered": altered,
        "foreign": foreign,
    }
    assert (report["duplicated"]["surplus"], report["altered"]["by_column"]) == (duplicated, {"class_1": altered})


def test_copies_in_several_formats_make_one(rows, generated, checked, tmp_path):
    copy = rows()
    for kind in set(damage.KINDS) - {damage.set_special_values}:  # JSON cannot hold them
        kind(copy)
    table = copy.table()
    names = [*FORMATS, "pyarrow ipc file"]
    paths = [BY_NAME[name](table.slice(i * 1300, 1300), tmp_path) for i, name in enumerate(names)]
    assert table.num_rows < 1300 * len(names)
    assert_report(checked(*paths, dataset=generated(DATA, **LAYOUT), limit=1000), copy)


def test_every_row_twice(generated, checked, rows):
    folder = generated(DATA, **LAYOUT)
    copy = rows()
    for position in range(DATA.rows):
        copy.duplicate(position, 2)
    assert_report(checked(folder, *parts(folder), limit=3), copy, limit=3)


def test_a_row_that_came_twice_can_be_altered_twice(rows, generated, checked, tmp_path):
    """Once as it is, once with one altered value, once with two."""
    table = rows().table()
    row = table.slice(9, 1).to_pylist()[0]
    more = [row | {"class_0": 0.25}, row | {"class_0": 0.75, "class_1": 0.25}]
    path = BY_NAME["pyarrow row groups"](pa.concat_tables([table, pa.Table.from_pylist(more, table.schema)]), tmp_path)
    report = checked(path, dataset=generated(DATA, **LAYOUT))
    example = {"row": 9, "times": 3, "file": str(path)}
    assert report["duplicated"] == {"count": 1, "surplus": 2, "examples": [example]}
    assert (report["altered"]["count"], report["altered"]["by_column"]) == (2, {"class_0": 2, "class_1": 1})
    found = [(example["row"], example["column"], example["found"]) for example in report["altered"]["examples"]]
    assert found == [(9, "class_0", "0.25"), (9, "class_0", "0.75"), (9, "class_1", "0.25")]


# Types of numbers


def narrow(table: pa.Table, names=("class_0", "class_1")) -> pa.Table:
    return cast(table, **{name: pa.float32() for name in names})


@pytest.mark.parametrize("name", ["pyarrow row groups", "pyarrow ipc file", "duckdb sorted", "pyarrow dictionary"])
def test_numbers_that_were_narrowed(rows, assert_found, name):
    assert_found(rows(), BY_NAME[name], narrow, narrowed_columns=["class_0", "class_1"])


def test_one_column_that_was_narrowed(rows, assert_found):
    assert_found(rows(), make=lambda table: narrow(table, ["class_1"]), narrowed_columns=["class_1"])


def test_damage_of_narrowed_numbers(rows, assert_found):
    """All kinds but a change by one unit in the last place, which narrowing takes away: it is done after it."""
    copy = rows()
    for kind in set(damage.KINDS) - {damage.change_by_one_ulp}:
        kind(copy)
    for position, towards in ((2000, 1), (2001, 0)):
        narrowed = float(np.float32(copy.cells[position]["class_0"]))
        copy.alter(position, "class_0", damage.next_number(narrowed, towards, 32))
    assert_found(copy, make=narrow, narrowed_columns=["class_0", "class_1"], compared_bits=32)


def widened(rows) -> Copy:
    copy = rows(DataSet(6000, 2, seed=17, float_bits=32))
    copy.schema = cast(copy.table(), class_0=pa.float64(), class_1=pa.float64()).schema
    return copy


@pytest.mark.parametrize(
    "name", ["pyarrow row groups", "pyarrow ipc file", "pandas csv", "polars csv", "polars json lines"]
)
def test_numbers_that_were_widened(rows, assert_found, name):
    """They hold the same, so this is no difference; but what is only nearly the same is one."""
    assert_found(widened(rows), BY_NAME[name])


def test_widened_numbers_that_are_only_nearly_the_same(rows, assert_found):
    copy = widened(rows)
    copy.alter(5, "class_1", damage.next_number(copy.cells[5]["class_1"], 1, 64))
    assert_found(copy)


@every_format
@pytest.mark.parametrize("float_bits", [64, 32])
def test_minus_zero_is_not_zero(generated, checked, tmp_path, writer, float_bits):
    zero_row = contract.rows_of_words(np.zeros(1, np.uint64), contract.column_keys("class_0", 0)).item()
    data = DataSet(500, 1, first_row=zero_row - 250, float_bits=float_bits)
    folder = generated(data)
    copy = Copy(data, pq.read_table(parts(folder)))
    assert copy.cells[250]["class_0"] == 0
    assert_report(checked(writer(copy.table(), tmp_path), dataset=folder), copy, writer)
    copy.alter(250, "class_0", -0.0)
    assert_report(checked(writer(copy.table(), tmp_path), dataset=folder), copy, writer)


def without_signed_zero(value):
    """pandas forgets the sign of zero in JSON, and has no word for what is not a number."""
    value = only_finite(value)
    return 0.0 if value == 0 else value


PANDAS_JSON = Writer(
    "pandas json lines",
    "copy.jsonl",
    pandas("to_json", orient="records", lines=True, double_precision=15),
    without_signed_zero,
)


@pytest.mark.parametrize("is_damaged", [False, True], ids=["whole", "damaged"])
def test_pandas_json_lines(rows, assert_found, is_damaged):
    """Its 15 decimals are enough for 32-bit numbers."""
    data = DataSet(6000, 2, seed=17, float_bits=32)
    copy = damaged(data, rows(data).table()) if is_damaged else rows(data)
    assert_found(copy, PANDAS_JSON)


def test_pandas_json_lines_round_64_bit_numbers(rows, generated, checked, tmp_path):
    """So the copy is not whole, in just the rows where Python's own reader finds another number."""
    copy = rows()
    path = PANDAS_JSON(copy.table(), tmp_path)
    for position, line in enumerate(path.read_text().splitlines()):
        for name in DATA.class_names():
            value = json.loads(line)[name]
            if value != copy.cells[position][name]:
                copy.alter(position, name, value)
    assert len(copy.altered) > DATA.rows
    assert_report(checked(path, dataset=generated(DATA, **LAYOUT), limit=9), copy, PANDAS_JSON, limit=9)


def test_pandas_json_lines_of_texts_are_whole(rows, generated, checked, tmp_path):
    frame = rows().table().to_pandas().astype(str)
    frame.to_json(tmp_path / "copy.jsonl", orient="records", lines=True)
    assert_report(checked(tmp_path / "copy.jsonl", dataset=generated(DATA, **LAYOUT)), rows())


# Ids


CLOTHES = {
    "upper case": str.upper,
    "no hyphens": lambda id_: id_.replace("-", ""),
    "braces": lambda id_: "{" + id_ + "}",
    "urn": lambda id_: "urn:uuid:" + id_,
    "upper case in braces": lambda id_: "{" + id_.upper() + "}",
    "mixed": lambda id_: list(CLOTHES.values())[int(id_[0], 16) % 5](id_),
}


@every_format
@pytest.mark.parametrize("clothes", CLOTHES)
def test_ids_in_other_clothes(rows, generated, checked, tmp_path, writer, clothes):
    copy = rows()
    copy.drop(3)
    copy.duplicate(4, 2)
    table = copy.table()
    ids = pa.array([CLOTHES[clothes](id_) for id_ in table["id_client"].to_pylist()])
    path = writer(table.set_column(0, "id_client", ids), tmp_path)
    assert_report(checked(path, dataset=generated(DATA, **LAYOUT)), copy, writer)


ID_TYPES = [pa.binary(16), pa.binary(), pa.large_binary(), pa.binary_view(), pa.uuid(), pa.string(), pa.large_string()]


@pytest.mark.parametrize("id_type", ID_TYPES, ids=str)
@pytest.mark.parametrize("name", ["pyarrow row groups", "pyarrow ipc file"])
@pytest.mark.parametrize("id_form", ["text", "binary"])
def test_types_of_ids(rows, assert_found, name, id_type, id_form):
    data = DataSet(6000, 2, seed=17, id_form=id_form)
    copy = rows(data)
    for kind in damage.KINDS:
        kind(copy)

    def retype(table):
        return table.set_column(0, "id_client", ids_as(id_type, table["id_client"].to_pylist()))

    assert_found(copy, BY_NAME[name], retype)


def ids_as(id_type: pa.DataType, ids: list) -> pa.Array:
    ids = [id_ if id_ is None else uuid.UUID(str(id_)) for id_ in ids]
    if id_type in (pa.string(), pa.large_string()):
        return pa.array([id_ and str(id_) for id_ in ids], id_type)
    bytes_type = pa.binary(16) if id_type == pa.uuid() else id_type
    return pa.array([id_ and id_.bytes for id_ in ids], bytes_type).cast(id_type)


def test_bytes_that_are_no_ids(generated, checked, tmp_path):
    """Too short, too long, and the text of an id, which is one."""
    ids = contract.uuid_bytes("id_client", DATA.seed, contract.row_range(0, 3))
    table = pa.table(
        {"id_client": pa.array([ids[0].tobytes()[:15], ids[1].tobytes() + b"x", id_of(DATA, 2).encode()], pa.binary())}
    )
    pq.write_table(table, tmp_path / "copy.parquet")
    report = checked(tmp_path / "copy.parquet", dataset=generated(DATA, **LAYOUT), columns="id_client")
    assert (report["seen"], report["lost"]["count"], report["foreign"]["count"]) == (3, DATA.rows - 1, 2)
    assert {example["reason"] for example in report["foreign"]["examples"]} == {NOT_A_UUID}


def test_a_flipped_bit_makes_an_id_foreign(generated, checked, tmp_path):
    id_ = contract.uuid_bytes("id_client", DATA.seed, contract.row_range(0, 1))
    ids = np.tile(id_, (128, 1)) ^ np.packbits(np.eye(128, dtype=np.uint8), axis=1)
    path, folder = tmp_path / "copy.parquet", generated(DATA, **LAYOUT)
    pq.write_table(pa.table({"id_client": pa.array([i.tobytes() for i in ids], pa.binary(16))}), path)
    report = checked(path, dataset=folder, columns="id_client", partial=True, limit=200)
    assert report["foreign"]["count"] == 128
    reasons = {uuid.UUID(example["id"]).bytes: example["reason"] for example in report["foreign"]["examples"]}
    assert reasons == {i.tobytes(): CHECK_BITS_WRONG for i in ids}


# Columns


NESTED = {
    "class_2": pa.scalar(0.5),
    "a list": pa.scalar([1, 2]),
    "a struct": pa.scalar({"class_0": 0.25, "id_client": "x"}),
}
EXTRA = {
    "Parquet and Arrow": NESTED | {"when": pa.scalar(0, pa.timestamp("us"))},
    "JSON": NESTED,
    "CSV": {"class_2": pa.scalar(0.5), 'in "quotes", twice': pa.scalar('a "quote", a comma\nand a line')},
}


def with_extra_columns(table: pa.Table, extra: dict[str, pa.Scalar]) -> pa.Table:
    for place, (name, value) in enumerate(extra.items()):
        table = table.add_column(place, name, pa.array([value.as_py()] * table.num_rows, value.type))
    return table


@pytest.mark.parametrize(
    "name, extra",
    [
        ("pyarrow row groups", "Parquet and Arrow"),
        ("polars parquet", "Parquet and Arrow"),
        ("pyarrow ipc stream", "Parquet and Arrow"),
        ("polars json lines", "JSON"),
        ("duckdb csv", "CSV"),
        ("pandas csv", "CSV"),
    ],
)
def test_extra_columns_are_named_and_ignored(rows, assert_found, name, extra):
    copy, extra = damaged(DATA, rows().table()), EXTRA[extra]
    assert_found(copy, BY_NAME[name], lambda table: with_extra_columns(table, extra), ignored_columns=sorted(extra))


def test_the_index_of_pandas_is_an_extra_column(rows, generated, checked, tmp_path):
    """Nobody asks for it, but it is there unless it is forbidden."""
    frame = rows().table().to_pandas().sample(frac=1, random_state=1)
    frame.to_parquet(tmp_path / "copy.parquet")
    frame.to_csv(tmp_path / "copy.csv")
    for name, index in (("copy.parquet", "__index_level_0__"), ("copy.csv", "")):
        report = checked(tmp_path / name, dataset=generated(DATA, **LAYOUT))
        assert_report(report, rows(), ignored_columns=[index])


@every_format
def test_the_order_of_columns_is_nothing(rows, assert_found, writer):
    copy = damaged(DATA, rows().table())
    assert_found(copy, writer, lambda table: table.select(["class_1", "id_client", "class_0"]))


@every_format
def test_a_missing_column(rows, generated, checked, refused, tmp_path, writer):
    copy = rows()
    copy.drop(3)
    copy.alter(4, "class_0", 0.5)
    path, folder = writer(copy.table().drop_columns("class_1"), tmp_path), generated(DATA, **LAYOUT)
    assert 'no column "class_1"' in refused(path, dataset=folder)
    assert 'no column "class_1"' in refused(path, dataset=folder, columns="class_1")
    assert_report(checked(path, dataset=folder, columns="class_0"), copy, writer)
    assert_report(checked(path, dataset=folder, columns="id_client,class_0"), copy, writer)
    path = writer(copy.table().drop_columns("id_client"), tmp_path)
    assert 'no column "id_client"' in refused(path, dataset=folder)
    assert 'no column "id_client"' in refused(path, dataset=folder, columns="class_0")


@every_format
def test_only_the_named_columns_are_checked(rows, generated, checked, tmp_path, writer):
    copy = rows()
    copy.duplicate(3, 3)
    path = writer(copy.table().set_column(1, "class_0", pa.nulls(DATA.rows + 2, pa.float64())), tmp_path)
    folder = generated(DATA, **LAYOUT)
    for columns in ("class_1", "id_client"):
        assert_report(checked(path, dataset=folder, columns=columns), copy, writer)
    report = checked(path, dataset=folder)
    assert report["altered"]["by_column"] == {"class_0": DATA.rows + 2}


def test_a_column_of_another_type(rows, generated, refused, tmp_path):
    """What says nothing of the values cannot be compared with them."""
    folder = generated(DATA, **LAYOUT)
    for make in (
        lambda table: cast(table, class_0=pa.bool_()),
        lambda table: table.set_column(1, "class_0", pa.array([[0.5]] * DATA.rows)),
        lambda table: table.set_column(0, "id_client", pa.array(range(DATA.rows))),
    ):
        table = make(rows().table())
        pq.write_table(table, tmp_path / "copy.parquet")
        assert "cannot be compared" in refused(tmp_path / "copy.parquet", dataset=folder)


def test_a_column_that_is_there_twice(rows, generated, refused, tmp_path):
    table = rows().table()
    pq.write_table(table.append_column("class_0", table["class_0"]), tmp_path / "copy.parquet")
    assert 'more than one column "class_0"' in refused(tmp_path / "copy.parquet", dataset=generated(DATA, **LAYOUT))


# How strictly, and how much


def test_partial_copies(rows, generated, checked, tmp_path):
    """Rows may be missing, but nothing else is forgiven."""
    folder = generated(DATA, **LAYOUT)
    copy = rows()
    copy.drop(0, *range(100, 4000))
    path = BY_NAME["duckdb shuffled zstd"](copy.table(), tmp_path)
    assert not checked(path, dataset=folder)["whole"]
    nothing_lost = {"partial": True, "lost": {"count": 0, "examples": []}}
    report = checked(path, dataset=folder, partial=True)
    assert report["whole"] is True
    assert_report(report, copy, **nothing_lost)

    copy = damaged(DATA, rows().table())
    path = BY_NAME["duckdb shuffled zstd"](copy.table(), tmp_path)
    assert_report(checked(path, dataset=folder, partial=True, limit=1000), copy, **nothing_lost)

    (tmp_path / "copy.csv").write_text("id_client,class_0,class_1\n")
    report = checked(tmp_path / "copy.csv", dataset=folder, partial=True)
    assert (report["whole"], report["seen"], report["distinct"]) == (False, 0, 0)


@pytest.mark.parametrize("data", [ALL_DATA[0], ALL_DATA[2]], ids=["from row 0", "from another row"])
@pytest.mark.parametrize("slices", [1, 2, 7, 23])
def test_slices_together_are_the_whole(rows, generated, checked, tmp_path, data, slices):
    """Each finds what was done to its own rows, and all strangers, which are of no slice."""
    copy = damaged(data, rows(data).table())
    layout = {"batch_size": 250}
    path, folder = BY_NAME["duckdb sorted"](copy.table(), tmp_path), generated(data, **layout)
    start = 0
    for shard in range(1, slices + 1):
        report = checked(path, dataset=folder, shard=f"{shard}/{slices}", limit=1000)
        positions = range(start, start + report["expected"])
        files = len(positions) / layout["batch_size"]
        assert abs(files - data.rows / layout["batch_size"] / slices) < 1
        assert_report(report, copy, positions=positions)
        start = positions.stop
    assert start == data.rows


def test_more_slices_than_rows(generated, checked):
    folder = generated(DataSet(3, 2))
    reports = [checked(folder, shard=f"{shard}/5") for shard in range(1, 6)]
    assert all(report["whole"] for report in reports)
    assert sum(report["expected"] for report in reports) == sum(report["seen"] for report in reports) == 3


def test_a_slice_of_a_whole_copy_is_whole(generated, checked):
    folder = generated(DATA, **LAYOUT)
    for shard, rows in ((1, 2500), (2, 2500), (3, 1000)):
        report = checked(folder, shard=f"{shard}/3")
        found = report["whole"], report["expected"], report["seen"], report["elsewhere"]
        assert found == (True, rows, rows, DATA.rows - rows)


def test_a_slice_of_a_trillion_rows(generated, checked):
    """Only the slice costs memory."""
    folder = generated(DataSet(2000, 2, seed=17, first_row=1_000_000 * 2000))
    trillion = {"rows": 10**12, "classes": 2, "seed": 17, "batch_size": 2000}
    report = checked(folder, **trillion, shard=f"{1_000_001}/{10**12 // 2000}")
    assert (report["whole"], report["expected"], report["seen"]) == (True, 2000, 2000)
    report = checked(folder, **trillion, shard=f"{1_000_002}/{10**12 // 2000}")
    assert (report["lost"]["count"], report["seen"], report["elsewhere"]) == (2000, 0, 2000)


@pytest.mark.parametrize("rows", [2**64 - 1, 10**18, 10**15])
def test_more_rows_than_memory_can_note(gen_binary, generated, rows):
    """Is said in one line, with the way out, before anything is read; no crash."""
    folder = generated(DATA, **LAYOUT)
    done = run_check(gen_binary, folder, rows=rows, classes=2, seed=17)
    assert done.returncode in (2, 3) and done.stdout == b"", f"ended with {done.returncode}: {done.stderr}"
    (line,) = done.stderr.decode().splitlines()
    assert "--shard" in line


@every_format
@pytest.mark.parametrize("float_bits", [64, 32])
def test_tolerance(generated, checked, tmp_path, writer, float_bits):
    """A number may be off by as many units in the last place, and no further."""
    data = DataSet(6000, 2, seed=17, float_bits=float_bits)
    folder = generated(data, **LAYOUT)
    values = data.columns()["class_0"]
    for tolerance in (0, 1, 2, 5):
        copy = Copy(data, pq.read_table(parts(folder)))
        for position, ulps in enumerate([-6, -5, -3, -2, -1, 1, 2, 3, 5, 6], 3000):
            value = as_float(as_integer(values[position]) + ulps, values.dtype)
            if abs(ulps) > tolerance:
                copy.alter(position, "class_0", float(value))
            else:
                copy.cells[position]["class_0"] = float(value)
        path = writer(copy.table(), tmp_path)
        assert_report(checked(path, dataset=folder, tolerance=tolerance, limit=1000), copy, writer)


def as_integer(value: np.floating) -> int:
    """Neighbouring numbers have neighbouring integers."""
    return int(value.view(f"u{value.nbytes}"))


def as_float(integer: int, dtype: np.dtype) -> np.floating:
    return np.array(integer, f"u{dtype.itemsize}").view(dtype)[()]


def test_tolerance_of_rounded_text(rows, generated, checked, tmp_path):
    """15 digits, as many tools write them: off by a few units, and the counts are NumPy's."""
    path, folder = tmp_path / "copy.csv", generated(DATA, **LAYOUT)
    rows().table().to_pandas().to_csv(path, index=False, float_format="%.15g")
    distances = {}
    for name in DATA.class_names():
        values = DATA.columns()[name]
        rounded = np.array([float(f"{value:.15g}") for value in values])
        distances[name] = np.abs(values.view(np.int64) - rounded.view(np.int64))
    farthest = max(distance.max() for distance in distances.values())
    assert farthest > 2
    for tolerance in range(farthest + 1):
        report = checked(path, dataset=folder, tolerance=tolerance)
        off = {name: int((distance > tolerance).sum()) for name, distance in distances.items()}
        assert report["altered"]["by_column"] == {name: count for name, count in off.items() if count}
        assert report["whole"] == (tolerance == farthest)


@pytest.mark.parametrize("name", ["pyarrow row groups", "polars csv"])
def test_numbers_that_went_through_32_bits(rows, generated, checked, tmp_path, name):
    """And back: nothing shows it but that they are off by up to 2^28 units in the last place of 64 bits."""
    table, types = rows().table(), {"class_0": pa.float64(), "class_1": pa.float64()}
    path, folder = BY_NAME[name](cast(narrow(table), **types), tmp_path), generated(DATA, **LAYOUT)
    altered = {name: sum(float(np.float32(v)) != v for v in DATA.columns()[name].tolist()) for name in types}
    assert checked(path, dataset=folder)["altered"]["by_column"] == altered
    assert checked(path, dataset=folder, tolerance=2**28)["whole"]


@pytest.mark.parametrize("writer", [BY_NAME["pyarrow row groups"], BY_NAME["polars csv"]], ids=["parquet", "csv"])
@pytest.mark.parametrize("float_bits", [64, 32])
@pytest.mark.parametrize("tolerance", [1, 1000, 2**31, 2**64 - 1])
def test_no_tolerance_for_what_is_no_number(generated, checked, tmp_path, writer, float_bits, tolerance):
    """-0.0 where there should be 0.0, negative numbers, NaN, infinities and nulls."""
    zero_row = contract.rows_of_words(np.zeros(1, np.uint64), contract.column_keys("class_0", 0)).item()
    data = DataSet(500, 1, first_row=zero_row - 250, float_bits=float_bits)
    folder = generated(data)
    copy = Copy(data, pq.read_table(parts(folder)))
    copy.alter(250, "class_0", -0.0)
    copy.alter(251, "class_0", -copy.cells[251]["class_0"])
    for position, value in enumerate([np.nan, -np.nan, np.inf, -np.inf, None], 300):
        copy.alter(position, "class_0", value)
    path = writer(copy.table(), tmp_path)
    report = checked(path, dataset=folder, tolerance=tolerance, limit=1000)
    altered = [example["row"] - data.first_row for example in report["altered"]["examples"]]
    assert altered == [250, 251, *range(300, 305)]


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_limit(rows, generated, checked, tmp_path, limit):
    """Counts are exact whatever it is, and the examples are the first by their rows, in any order of the copy."""
    copy = damaged(DATA, rows().table())
    path = BY_NAME["duckdb shuffled zstd"](copy.table(), tmp_path)
    assert_report(checked(path, dataset=generated(DATA, **LAYOUT), limit=limit), copy, limit=limit)


def test_five_examples_unless_told_otherwise(rows, generated, checked, tmp_path):
    copy = damaged(DATA, rows().table())
    path = BY_NAME["duckdb shuffled zstd"](copy.table(), tmp_path)
    assert_report(checked(path, dataset=generated(DATA, **LAYOUT)), copy, limit=5)


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_threads_change_nothing(rows, generated, checked, tmp_path, threads):
    copy = damaged(DATA, rows().table())
    path = BY_NAME["duckdb shuffled zstd"](copy.table(), tmp_path)
    assert_report(checked(path, dataset=generated(DATA, **LAYOUT), threads=threads), copy, limit=5)


# What the copy should hold


def test_ways_to_describe_the_data_set(rows, generated, checked, tmp_path):
    data = DataSet(6000, 2, seed=17, first_row=2**40, float_bits=32, id_form="binary")
    folder = generated(data, **LAYOUT)
    copy = damaged(data, Copy(data, pq.read_table(parts(folder))).table())
    path = BY_NAME["duckdb sorted"](copy.table(), tmp_path)
    for description in (folder, folder / "_dataset.json", parts(folder)[1]):
        assert_report(checked(path, dataset=description), copy, limit=5)
    assert_report(checked(path, **data.flags()), copy, limit=5)
    assert_report(checked(path, **data.flags() | {"id": "text"}), copy, limit=5)


def test_a_copy_describes_itself(generated, checked, refused, tmp_path):
    """By the folder's description, by any of its parts, or not at all."""
    folder = tmp_path / "copy"
    shutil.copytree(generated(DATA, **LAYOUT), folder)
    first, *others = parts(folder)
    first.unlink()
    assert checked(folder)["lost"]["count"] == 2500
    (folder / "_dataset.json").unlink()
    assert checked(folder)["lost"]["count"] == 2500
    assert checked(others[0])["lost"]["count"] == 3500
    for part in others:
        pq.write_table(pq.read_table(part).replace_schema_metadata(None), part)
    assert "--dataset" in refused(folder)


def test_another_description(generated, checked):
    """Fewer rows, more rows, another seed, another first row, fewer classes."""
    folder = generated(DATA, **LAYOUT)

    def counts(**flags):
        report = checked(folder, **{"rows": 6000, "classes": 2, "seed": 17} | flags)
        return [report[kind]["count"] for kind in ("lost", "duplicated", "altered", "foreign")]

    assert counts() == [0, 0, 0, 0]
    assert counts(rows=5000) == [0, 0, 0, 1000]
    assert counts(rows=7000) == [1000, 0, 0, 0]
    assert counts(from_row=1) == [1, 0, 0, 1]
    assert counts(from_row=2**64 - 6000) == [6000, 0, 0, 6000]
    assert counts(seed=18) == [6000, 0, 0, 6000]
    assert counts(classes=1) == [0, 0, 0, 0]
    report = checked(folder, rows=6000, classes=1, seed=17)
    assert (report["whole"], report["ignored_columns"]) == (True, ["class_1"])


@pytest.mark.parametrize("rows", [0, 1])
@pytest.mark.parametrize("classes", [0, 1])
def test_few_rows_or_columns(generated, checked, tmp_path, rows, classes):
    data = DataSet(rows, classes)
    folder = generated(data)
    copy = Copy(data, pq.read_table(parts(folder)))
    for name in ("pyarrow row groups", "pyarrow ipc file", "duckdb csv"):
        assert_report(checked(BY_NAME[name](copy.table(), tmp_path), dataset=folder), copy)


def test_no_rows_at_all(rows, generated, checked, tmp_path):
    """Files without rows, in place of all that should be there."""
    copy = rows()
    copy.drop(*range(DATA.rows))
    for name in ("pyarrow row groups", "pyarrow ipc file", "pyarrow ipc stream", "duckdb csv", "polars csv"):
        path = BY_NAME[name](copy.table(), tmp_path)
        assert_report(checked(path, dataset=generated(DATA, **LAYOUT)), copy)


@pytest.mark.parametrize("first_row", [2**64 - 6000, 2**63 - 3000])
def test_rows_from_anywhere(rows, assert_found, first_row):
    data = DataSet(6000, 2, seed=17, first_row=first_row)
    assert_found(rows(data))
    assert_found(damaged(data, rows(data).table()))


# Standard input


STREAMS = {"polars csv": "csv", "polars json lines": "jsonl", "pyarrow ipc stream": "arrow"}


@pytest.mark.parametrize("name, format_", STREAMS.items())
@pytest.mark.parametrize("is_damaged", [False, True], ids=["whole", "damaged"])
def test_standard_input(rows, generated, checked, tmp_path, name, format_, is_damaged):
    copy = damaged(DATA, rows().table()) if is_damaged else rows()
    stdin = BY_NAME[name](copy.table(), tmp_path).read_bytes()
    report = checked("-", dataset=generated(DATA, **LAYOUT), format=format_, stdin=stdin, limit=1000)
    assert_report(report, copy, BY_NAME[name])


@pytest.mark.parametrize("name, format_", STREAMS.items())
def test_a_stream_that_ends_too_soon(rows, generated, checked, tmp_path, name, format_):
    stream = BY_NAME[name](rows().table(), tmp_path).read_bytes()
    report = checked("-", dataset=generated(DATA, **LAYOUT), format=format_, stdin=stream[: len(stream) // 2])
    assert ([file["path"] for file in report["unreadable"]], report["whole"]) == (["-"], False)
    assert report["lost"]["count"] == report["expected"] - report["seen"] >= DATA.rows // 2
    assert report["duplicated"]["count"] == report["altered"]["count"] == report["foreign"]["count"] == 0


def test_an_arrow_stream_that_ends_between_batches(rows, generated, checked):
    """Nothing is torn, but rows are missing: a reader of streams would not notice."""
    sink = pa.BufferOutputStream()
    table = rows().table()
    writer = pa.ipc.new_stream(sink, table.schema)
    writer.write_table(table.slice(0, 4000), max_chunksize=1000)
    stream = sink.getvalue().to_pybytes()
    copy = rows()
    copy.drop(*range(4000, 6000))
    report = checked("-", dataset=generated(DATA, **LAYOUT), format="arrow", stdin=stream)
    assert_report(report, copy)


@pytest.mark.parametrize("name, format_", STREAMS.items())
def test_a_pipe_that_has_a_path(rows, generated, checked, tmp_path, name, format_):
    """As shells make of `<(command)`: it can be opened and read only once."""
    stdin = BY_NAME[name](rows().table(), tmp_path).read_bytes()
    report = checked("/dev/stdin", dataset=generated(DATA, **LAYOUT), format=format_, stdin=stdin)
    assert_report(report, rows())


def test_what_follows_an_arrow_stream_is_not_passed_over(rows, generated, checked, tmp_path):
    """Every row twice, as `cat` would bring them: that cannot be whole."""
    stream = BY_NAME["pyarrow ipc stream"](rows().table(), tmp_path).read_bytes()
    report = checked("-", dataset=generated(DATA, **LAYOUT), format="arrow", stdin=stream + stream)
    assert not report["whole"] or report["unreadable"]


def test_an_arrow_file_on_standard_input(rows, generated, gen_binary, tmp_path):
    """It is read or refused, but no rows are called lost because the format wants to be read from its end."""
    stdin = BY_NAME["pyarrow ipc file"](rows().table(), tmp_path).read_bytes()
    done = run_check(gen_binary, "-", dataset=generated(DATA, **LAYOUT), format="arrow", stdin=stdin)
    assert done.returncode in (0, 2), done.stdout


def test_standard_input_can_be_read_only_once(rows, generated, refused, tmp_path):
    stdin = BY_NAME["polars csv"](rows().table(), tmp_path).read_bytes()
    assert "no column" not in refused("-", "-", dataset=generated(DATA, **LAYOUT), format="csv", stdin=stdin)


@pytest.mark.parametrize("name, format_", STREAMS.items())
@pytest.mark.parametrize("said", [0, 1000], ids=["nothing", "something"])
def test_interrupted_while_nothing_comes(rows, generated, gen_binary, tmp_path, name, format_, said):
    """Ctrl-C ends it even if the other end of the pipe neither writes nor closes."""
    stream = BY_NAME[name](rows().table(), tmp_path).read_bytes()
    command = [gen_binary, "check", "-", f"--format={format_}", f"--dataset={generated(DATA, **LAYOUT)}"]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE) as process:
        try:
            process.stdin.write(stream[:said])
            process.stdin.flush()
            time.sleep(0.2)  # it may not have come to reading yet: then this is the easier half of the test
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=2) == 130
        finally:
            process.kill()


# Files of lines


def test_csv_as_excel_writes_it(rows, generated, checked, tmp_path):
    """A byte order mark, and lines that end as Windows has them."""
    copy = damaged(DATA, rows().table())
    copy.table().to_pandas().to_csv(tmp_path / "copy.csv", index=False, encoding="utf-8-sig", lineterminator="\r\n")
    report = checked(tmp_path / "copy.csv", dataset=generated(DATA, **LAYOUT), limit=1000)
    assert_report(report, copy, BY_NAME["pandas csv"])


def test_csv_files_one_after_the_other(rows, assert_found):
    """As `cat` makes them: the second line of names is no row of the data set."""

    def write(table, path):
        halves = []
        for half in (table.slice(0, 2000), table.slice(2000)):
            pl.from_arrow(half).write_csv(path)
            halves.append(path.read_bytes())
        path.write_bytes(b"".join(halves))

    copy = rows()
    copy.foreign.append(("id_client", NOT_A_UUID))
    assert_found(copy, Writer("cat", "copy.csv", write))


def test_blank_lines_are_nothing(rows, generated, checked, tmp_path):
    for name in ("polars csv", "polars json lines"):
        path = BY_NAME[name](rows().table(), tmp_path)
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join([*lines[:2000], "\n", *lines[2000:], "\n\n"]))
        assert_report(checked(path, dataset=generated(DATA, **LAYOUT)), rows())


def written_by_python(lines: list[dict], path):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.parametrize("line", [0, 1, 3000, 5999])
def test_a_name_that_is_missing_in_a_line_is_a_null(rows, generated, checked, tmp_path, line):
    """Spark and others leave nulls out, in the first line too."""
    copy = rows()
    lines = copy.table().to_pylist()
    del lines[line]["class_1"]
    copy.alter(line, "class_1", None)
    path = written_by_python(lines, tmp_path / "copy.jsonl")
    assert_report(checked(path, dataset=generated(DATA, **LAYOUT)), copy)


def test_what_is_no_number_is_found_where_it_stands(rows, generated, checked, tmp_path):
    """Text and truth values in one place do not keep the other rows from being checked."""
    lines = rows().table().to_pylist()
    for position, value in enumerate([True, "zebra", "", "0.5 "], 3000):
        lines[position]["class_1"] = value
    lines[3010]["id_client"] = 5
    path = written_by_python(lines, tmp_path / "copy.jsonl")
    report = checked(path, dataset=generated(DATA, **LAYOUT))
    assert [example["row"] for example in report["altered"]["examples"]] == [3000, 3001, 3002, 3003]
    assert report["foreign"] == {"count": 1, "examples": [{"id": "5", "reason": NOT_A_UUID, "file": str(path)}]}
    assert (report["altered"]["count"], report["lost"]["count"], report["seen"]) == (4, 1, DATA.rows)


@pytest.mark.parametrize("value", [[0.5], {"class_1": 0.5}], ids=["a list", "an object"])
def test_nested_json_is_found_where_it_stands(rows, generated, checked, tmp_path, value):
    lines = rows().table().to_pylist()
    lines[3000]["class_1"] = value
    path = written_by_python(lines, tmp_path / "copy.jsonl")
    report = checked(path, dataset=generated(DATA, **LAYOUT))
    assert [example["row"] for example in report["altered"]["examples"]] == [3000]
    assert (report["seen"], report["lost"]["count"], report["altered"]["count"]) == (DATA.rows, 0, 1)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_json_lines_of_duckdb_with_what_is_no_number(rows, generated, checked, tmp_path, value):
    """DuckDB and Python write it bare, as no JSON may: one altered value, and not the end of the file."""
    copy = rows()
    copy.alter(3000, "class_1", value)
    DUCKDB.register("rows", copy.table())
    DUCKDB.execute(f"COPY rows TO '{tmp_path}/copy.jsonl' (FORMAT json)")
    DUCKDB.unregister("rows")
    assert_report(checked(tmp_path / "copy.jsonl", dataset=generated(DATA, **LAYOUT)), copy)


def test_an_empty_file_of_json_lines_has_no_rows(rows, generated, checked, tmp_path):
    """Nothing in it could name a column; engines that write many files write such ones too."""
    path = BY_NAME["polars json lines"](rows().table(), tmp_path)
    (tmp_path / "empty.jsonl").touch()
    assert_report(checked(tmp_path / "empty.jsonl", path, dataset=generated(DATA, **LAYOUT)), rows())


# Files that cannot be read


def torn(contents: bytes) -> bytes:
    return contents[: len(contents) * 2 // 3]


NOT_PARQUET = {
    "torn": torn,
    "without its last byte": lambda contents: contents[:-1],
    "empty": lambda contents: b"",
    "text": lambda contents: b"id_client,class_0,class_1\n",
    "zeros": lambda contents: bytes(len(contents)),
    "magic only": lambda contents: b"PAR1PAR1",
    "its footer's length is too large": lambda contents: contents[:-8] + b"\xff\xff\xff\x7fPAR1",
}


@pytest.mark.parametrize("what", NOT_PARQUET)
@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_file_that_is_no_parquet_among_good_ones(generated, checked, rows, tmp_path, what, position):
    """It is named, its rows are lost, and the others are checked."""
    folder = tmp_path / "copy"
    shutil.copytree(generated(DATA, **LAYOUT), folder)
    bad = parts(folder)[position]
    bad.write_bytes(NOT_PARQUET[what](bad.read_bytes()))
    copy = rows()
    copy.drop(*range(2500 * position, min(2500 * (position + 1), DATA.rows)))
    report = checked(folder)
    (file,) = report["unreadable"]
    assert (file["path"], file["system"]) == (str(bad), False) and file["reason"]
    assert_report(report, copy, unreadable=[file])


def test_pages_that_cannot_be_decoded(generated, checked, rows, tmp_path):
    """Of one row group of one file: the others are still checked."""
    folder = tmp_path / "copy"
    shutil.copytree(generated(DATA, **LAYOUT, compression="zstd"), folder)
    bad = parts(folder)[1]
    start = pq.read_metadata(bad).row_group(1).column(1).data_page_offset
    contents = bytearray(bad.read_bytes())
    contents[start : start + 1000] = bytes(1000)
    bad.write_bytes(contents)
    copy = rows()
    copy.drop(*range(3500, 4500))
    report = checked(folder)
    (file,) = report["unreadable"]
    assert file["path"] == str(bad)
    assert_report(report, copy, unreadable=[file])


@pytest.mark.parametrize("name", ["pyarrow ipc file", "pyarrow ipc stream", "polars csv", "polars json lines"])
def test_a_torn_file_among_good_ones(rows, generated, checked, tmp_path, name):
    """What comes before the tear may have been read; what comes after it is lost."""
    table = rows().table()
    (tmp_path / "good").mkdir()
    (tmp_path / "torn").mkdir()
    good = BY_NAME["pyarrow row groups"](table.slice(0, 3000), tmp_path / "good")
    bad = BY_NAME[name](table.slice(3000), tmp_path / "torn")
    bad.write_bytes(torn(bad.read_bytes()))
    report = checked(bad, good, dataset=generated(DATA, **LAYOUT))
    assert ([file["path"] for file in report["unreadable"]], report["whole"]) == ([str(bad)], False)
    assert 3000 <= report["seen"] <= 5000 and report["lost"]["count"] == DATA.rows - report["seen"]
    (lost,) = report["lost"]["examples"]
    assert lost == {"first": report["seen"], "last": DATA.rows - 1}
    assert report["duplicated"]["count"] == report["altered"]["count"] == report["foreign"]["count"] == 0


def test_an_unreadable_file_alone_makes_a_copy_not_whole(generated, gen_binary, tmp_path):
    """All rows are there; but what else is in the file, nobody knows."""
    folder = generated(DATA, **LAYOUT)
    (tmp_path / "bad.parquet").write_bytes(b"nothing")
    done = run_check(gen_binary, folder, tmp_path / "bad.parquet", json=True)
    report = json.loads(done.stdout)
    assert (done.returncode, report["lost"]["count"], len(report["unreadable"])) == (1, 0, 1)
    assert report["whole"] is False


def test_a_file_that_the_system_cannot_read(generated, gen_binary, tmp_path):
    """A file whose beginning cannot be read, beside a good folder."""
    folder, bad = generated(DATA, **LAYOUT), tmp_path / "bad.csv"
    bad.symlink_to("/proc/self/mem")
    done = run_check(gen_binary, folder, bad, json=True, dataset=folder)
    report = json.loads(done.stdout)
    assert (done.returncode, report["lost"], report["whole"], report["verdict"]) == (3, None, None, "unknown")
    (file,) = report["unreadable"]
    assert (file["path"], file["system"]) == (str(bad), True)


def test_a_link_in_a_folder_is_not_followed(generated, gen_binary, tmp_path):
    """Whoever filled the folder decides where it leads; given by its own name it is read."""
    folder = tmp_path / "copy"
    shutil.copytree(generated(DATA, **LAYOUT), folder)
    first, *others = parts(folder)
    moved = tmp_path / first.name
    first.rename(moved)
    first.symlink_to(moved)
    refused = run_check(gen_binary, folder, dataset=folder)
    assert refused.returncode == 2 and b"is a link" in refused.stderr and refused.stdout == b""
    assert run_check(gen_binary, first, *others, dataset=folder).returncode == 0


def test_files_that_are_passed_over(generated, checked, rows, tmp_path):
    """In folders: what readers of folders do not read either, and other formats; folders within are read."""
    folder = tmp_path / "copy"
    (folder / "more").mkdir(parents=True)
    first, *others = parts(generated(DATA, **LAYOUT))
    for part in others:
        shutil.copy(part, folder / "more")
    shutil.copy(first, folder)
    shutil.copy(first, folder / "_temporary.parquet")
    shutil.copy(first, folder / ".hidden.parquet")
    (folder / "_SUCCESS").touch()
    (folder / "notes.csv").write_text("zebra\n")
    assert_report(checked(folder, dataset=generated(DATA, **LAYOUT)), rows())


def test_a_folder_of_another_format(rows, generated, checked, tmp_path):
    table = rows().table()
    for number, start in enumerate(range(0, DATA.rows, 2000)):
        pl.from_arrow(table.slice(start, 2000)).write_csv(tmp_path / f"{number}.csv")
    (tmp_path / "notes.parquet").write_text("zebra\n")
    assert_report(checked(tmp_path, dataset=generated(DATA, **LAYOUT), format="csv"), rows())


def test_format_beats_the_ending(rows, generated, checked, tmp_path):
    path = BY_NAME["polars csv"](rows().table(), tmp_path).rename(tmp_path / "copy.parquet")
    assert_report(checked(path, dataset=generated(DATA, **LAYOUT), format="csv"), rows())


# Requests that cannot be carried out


def test_wrong_requests(generated, refused, tmp_path):
    """One line on standard error, with what is wrong in it; exit code 2; nothing on standard output."""
    folder, other = generated(DATA, **LAYOUT), generated(DataSet(10, 2))
    part = parts(folder)[0]
    (tmp_path / "copy.csv").write_text("id_client,class_0,class_1\n")
    (tmp_path / "copy.txt").write_text("id_client,class_0,class_1\n")
    (tmp_path / "empty").mkdir()
    assert "nowhere" in refused(tmp_path / "nowhere.parquet", dataset=folder)
    assert "nowhere" in refused(folder, tmp_path / "nowhere")
    assert "nowhere" in refused(folder, dataset=tmp_path / "nowhere")
    assert "copy.txt" in refused(tmp_path / "copy.txt", dataset=folder)
    assert "--format" in refused(tmp_path / "copy.txt", dataset=folder)
    assert "empty" in refused(tmp_path / "empty", dataset=folder)
    assert "xlsx" in refused(tmp_path / "copy.csv", dataset=folder, format="xlsx")
    assert "--format" in refused("-", dataset=folder)
    assert "Parquet" in refused("-", dataset=folder, format="parquet", stdin=part.read_bytes())
    assert "--dataset" in refused(tmp_path / "copy.csv")
    assert "copy.csv" in refused(part, dataset=tmp_path / "copy.csv")
    assert "different data sets" in refused(folder, other)
    (tmp_path / "mixed").mkdir()
    for file in (part, other / "_dataset.json"):
        shutil.copy(file, tmp_path / "mixed")
    assert "different data sets" in refused(tmp_path / "mixed")
    assert "class_2" in refused(folder, columns="class_2")
    assert "class_2" in refused(folder, columns="class_0,class_2")
    assert "--rows" in refused(folder, dataset=folder, rows=6000)
    assert "--seed" in refused(folder, rows=6000, seed="random")
    assert "--from-row" in refused(folder, rows=2, from_row=2**64 - 1)
    assert "0/3" in refused(folder, shard="0/3")
    assert "4/3" in refused(folder, shard="4/3")
    assert "-1" in refused(folder, tolerance=-1)
    assert "0.5" in refused(folder, tolerance=0.5)
    assert "COPY" in refused()


def test_flags_of_the_description_need_its_rows(generated, refused):
    """Else they would be passed over in silence, and the copy checked against another data set than was asked for."""
    folder = generated(DATA, **LAYOUT)
    for flag in ({"seed": 3}, {"classes": 7}, {"from_row": 5}, {"float": 32}, {"id": "binary"}):
        assert "--rows" in refused(folder, **flag)


# How it is said


def test_the_report_for_people(rows, generated, gen_binary, tmp_path):
    copy = rows()
    copy.drop(17, 4096, 4097)
    copy.duplicate(88, 2)
    copy.alter(5, "class_1", 0.0)
    path = BY_NAME["pyarrow row groups"](copy.table(), tmp_path)
    done = run_check(gen_binary, path, dataset=generated(DATA, **LAYOUT))
    expected = float(DATA.columns()["class_1"][5])
    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout.decode() == (
        "6,000 rows expected, 5,998 seen\n"
        "lost        3   rows 17, 4096-4097\n"
        "duplicated  1   row 88 (2 times)\n"
        f"altered     1   row 5, class_1: expected {expected}, found 0.0\n"
        "foreign     0\n"
        "FAILED: the copy is not whole\n"
    )
    done = run_check(gen_binary, generated(DATA, **LAYOUT))
    assert (done.returncode, done.stderr, done.stdout.splitlines()[-1]) == (0, b"", b"OK: the copy is whole")


def test_the_report_names_what_it_passed_over(rows, generated, gen_binary, tmp_path):
    table = narrow(rows().table()).append_column("zebra", pa.nulls(DATA.rows))
    path = BY_NAME["pyarrow row groups"](table, tmp_path)
    (tmp_path / "bad.parquet").touch()
    done = run_check(gen_binary, path, tmp_path / "bad.parquet", dataset=generated(DATA, **LAYOUT))
    said = done.stdout.decode()
    assert done.returncode == 1
    assert "zebra" in said and "class_0, class_1" in said and str(tmp_path / "bad.parquet") in said
    assert said.splitlines()[-1].startswith("FAILED: the copy is not whole (numbers compared in 32 bits")


def test_quiet(rows, generated, gen_binary, tmp_path):
    folder = generated(DATA, **LAYOUT)
    copy = rows()
    copy.drop(5)
    path = BY_NAME["pyarrow row groups"](copy.table(), tmp_path)
    for copies, code in ((folder, 0), (path, 1)):
        done = run_check(gen_binary, copies, dataset=folder, quiet=True)
        assert (done.returncode, done.stdout, done.stderr) == (code, b"", b"")
