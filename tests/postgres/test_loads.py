"""The rows of gen's own data sets, from files and straight from the generator, are all there and say what they are."""

import json
import subprocess
import uuid
from subprocess import PIPE

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import contract
from conftest import flags_of
from dataset import DataSet

DATA = DataSet(3000, 3, seed=5)
LAYOUT = {"batch_size": 1000, "row_group_rows": 400}
PARTS = 9


def generated_into(data: DataSet, db, table="t", **options) -> list[str]:
    return [*flags_of(data, **options), f"--out={db.url()}", f"--table={table}"]


def assert_same_rows(db, data: DataSet, table="t"):
    """Every value is that of the contract, bit by bit."""
    names = ", ".join(["id_client::text", *data.class_names()])
    found = db.query(f"select {names} from {table} order by 1")
    ids = contract.uuid_text("id_client", data.seed, contract.row_range(data.first_row, data.rows))
    ids = [text.tobytes().decode() for text in ids]
    scores = [data.columns()[name].tolist() for name in data.class_names()]
    assert found == sorted(zip(ids, *scores, strict=True))


@pytest.mark.parametrize("method", ["copy", "pipeline", "insert"])
@pytest.mark.parametrize("source", ["files", "generator"])
@pytest.mark.parametrize("float_bits", [64, 32])
def test_values(db, gen, files, assert_whole, source, method, float_bits):
    data = DataSet(3000, 3, seed=5, first_row=2**40, float_bits=float_bits, id_form="binary")
    if source == "files":
        command = ["load", files(data, **LAYOUT), db.url(), "--table", "t"]
    else:
        command = generated_into(data, db, **LAYOUT)
    summary = gen.json(*command, "--method", method)
    assert (summary["rows"], summary["parts"]) == (data.rows, PARTS)
    assert_same_rows(db, data)
    assert_whole(data.rows)
    scores = {64: "double precision", 32: "real"}[float_bits]
    assert db.types() == {"id_client": "uuid"} | dict.fromkeys(data.class_names(), scores)


@pytest.mark.parametrize(
    ["form", "flags", "expected"],
    [
        ("text", [], "uuid"),
        ("text", ["--id", "text"], "text"),
        ("text", ["--id", "uuid"], "uuid"),
        ("binary", [], "uuid"),
    ],
)
@pytest.mark.parametrize("method", ["copy", "insert"])
def test_ids_of_files(db, gen, files, assert_whole, form, flags, expected, method):
    data = DataSet(3000, 3, seed=5, id_form=form)
    gen("load", files(data, **LAYOUT), db.url(), "--table", "t", "--quiet", "--method", method, *flags)
    assert db.types()["id_client"] == expected
    assert_same_rows(db, data)
    assert_whole(data.rows)


@pytest.mark.parametrize(["flags", "expected"], [([], "uuid"), (["--id=text"], "text"), (["--id=binary"], "uuid")])
def test_ids_of_the_generator(db, gen, assert_whole, flags, expected):
    gen("--rows=3000", "--classes=3", "--seed=5", f"--out={db.url()}", "--table=t", "--quiet", *flags)
    assert db.types()["id_client"] == expected
    assert_same_rows(db, DATA)
    assert_whole(DATA.rows)


def test_the_ledger_describes_the_data_set(db, gen):
    """And the comment says it in a line for people."""
    data = DataSet(1234, 2, seed=2**53 - 1, first_row=2**63, float_bits=32, id_form="binary")
    gen(*generated_into(data, db), "--quiet")
    assert db.value("select obj_description('t'::regclass)") == f"samplegen: 1,234 rows, seed {data.seed}"
    description = db.value("select dataset from samplegen_loads where table_oid = 't'::regclass and dataset is not null")
    assert json.loads(description) == data.description()


def test_files_of_others_get_no_comment(db, gen, tmp_path):
    pq.write_table(pa.table({"n": [1]}), tmp_path / "x.parquet")
    gen("load", tmp_path / "x.parquet", db.url(), "--table", "t", "--quiet")
    assert db.value("select obj_description('t'::regclass)") is None
    assert "--dataset" in gen.refused("check", db.url(), "--table", "t")


@pytest.mark.parametrize("source", ["files", "generator"])
def test_shards_in_parallel_processes(db, gen, files, assert_whole, source):
    data = DataSet(20_000, 3, seed=5, id_form="binary")
    layout = {"batch_size": 1000}
    shards = 3
    if source == "generator":
        commands = [[*generated_into(data, db, **layout), f"--shard={i}/{shards}"] for i in range(1, shards + 1)]
    else:
        paths = sorted(files(data, **layout).glob("*.parquet"))
        commands = [["load", *paths[i::shards], db.url(), "--table", "t"] for i in range(shards)]
    running = [gen.start(*command, "--json") for command in commands]
    ended = [gen.end(process) for process in running]
    assert [code for code, _, _ in ended] == [0] * shards, ended
    assert sum(json.loads(out)["rows"] for _, out, _ in ended) == data.rows
    assert_whole(data.rows)
    # The ledger says how the rows are cut.
    checked = [gen.json("check", db.url(), "--table=t", f"--shard={i}/{shards}", "--partial") for i in range(1, shards + 1)]
    assert [report["expected"] for report in checked] == [6000, 7000, 7000]
    assert_same_rows(db, data)


@pytest.mark.parametrize("method", ["copy", "pipeline", "insert"])
def test_shards_one_after_the_other(db, gen, assert_whole, method):
    """Each shard brings its own rows, whatever the book says of those that came before."""
    for i in (1, 2, 3):
        command = [*generated_into(DATA, db, **LAYOUT), f"--shard={i}/3", "--if-exists=append"]
        summary = gen.json(*command, "--method", method)
        assert (summary["rows"], summary["kept_rows"]) == (1000, 0)
    assert_whole(DATA.rows)


@pytest.mark.parametrize(("rows", "batch_size", "shards"), [(3000, 1000, 2), (3001, 1000, 3), (2999, 700, 4)])
def test_a_shard_that_is_loaded_checks_whole_as_that_shard(db, gen, rows, batch_size, shards):
    data, layout = DataSet(rows, 1, seed=5, id_form="binary"), {"batch_size": batch_size}
    for i in range(1, shards + 1):
        shard = f"--shard={i}/{shards}"
        loaded = gen.json(*generated_into(data, db, **layout), shard, "--if-exists=append")["rows"]
        report = gen.json("check", db.url(), "--table=t", shard, f"--batch-size={batch_size}")
        assert report["whole"] and report["expected"] == report["seen"] == loaded


@pytest.mark.parametrize("method", ["copy", "pipeline", "insert"])
def test_files_one_after_the_other(db, gen, files, assert_whole, method):
    for path in sorted(files(DATA, **LAYOUT).glob("*.parquet")):
        command = ["load", path, db.url(), "--table", "t", "--if-exists", "append"]
        assert gen.json(*command, "--method", method)["rows"] == 1000
    assert_whole(DATA.rows)


def test_begun_from_the_generator_and_ended_from_files(db, gen, files, assert_whole):
    """Rows are known by their numbers, wherever they come from, if the parts are the same."""
    data = DataSet(3000, 3, seed=5, id_form="binary")
    gen(*generated_into(data, db, **LAYOUT), "--shard=2/3", "--quiet")
    summary = gen.json("load", files(data, **LAYOUT), db.url(), "--table", "t")
    assert (summary["rows"], summary["kept_rows"], summary["kept_parts"]) == (2000, 1000, 3)
    assert_whole(data.rows)


@pytest.mark.parametrize("codec", ["snappy", "lz4", "zstd:3"])
def test_compressed_files(db, gen, files, assert_whole, codec):
    gen("load", files(DATA, compression=codec, **LAYOUT), db.url(), "--table", "t", "--quiet")
    assert_same_rows(db, DATA)
    assert_whole(DATA.rows)


@pytest.mark.parametrize("codec", ["gzip", "brotli", "zstd", "snappy", "lz4"])
def test_compressed_files_of_others(db, gen, tmp_path, codec):
    numbers = pa.table({"n": pa.array(range(5000)), "s": [str(i) for i in range(5000)]})
    pq.write_table(numbers, tmp_path / "x.parquet", compression=codec, row_group_size=700, data_page_version="2.0")
    gen("load", tmp_path / "x.parquet", db.url(), "--table", "t", "--quiet")
    assert db.query("select * from t order by n") == [(i, str(i)) for i in range(5000)]


def test_many_small_files(db, gen, files, assert_whole):
    data = DataSet(2000, 1, seed=1)
    summary = gen.json("load", files(data, batch_size=10), db.url(), "--table", "t", "--connections", 7)
    assert (summary["parts"], summary["connections"]) == (200, 7)
    assert_whole(data.rows)


def test_no_more_connections_than_parts(db, gen, files):
    summary = gen.json("load", files(DATA, **LAYOUT), db.url(), "--table", "t", "--connections", 40)
    assert (summary["parts"], summary["connections"]) == (PARTS, PARTS)


def test_a_large_file_of_several_row_groups(db, gen, files, assert_whole):
    data = DataSet(200_000, 2, seed=1)
    folder = files(data, batch_size=200_000, row_group_rows=30_000)
    (path,) = folder.glob("*.parquet")
    summary = gen.json("load", path, db.url(), "--table", "t", "--connections", 3)
    assert (summary["rows"], summary["parts"]) == (200_000, 7)
    assert_whole(data.rows)


def test_files_in_folders_below(db, gen, tmp_path):
    """As many programs write partitions; files of one name in two folders are two."""
    for i in range(3):
        (tmp_path / f"day={i}").mkdir()
        pq.write_table(pa.table({"n": [i]}), tmp_path / f"day={i}" / "part.parquet")
    code, out, err = gen.end(gen.start("load", tmp_path, db.url(), "--table", "t", "--json"))
    if code == 0:
        assert db.query("select n from t order by n") == [(0,), (1,), (2,)]
    else:
        assert (code, out) == (2, "") and db.relations() == set()


@pytest.mark.parametrize("method", ["copy", "pipeline", "insert"])
def test_no_rows(db, gen, files, assert_whole, method):
    data = DataSet(0, 2)
    gen("load", files(data), db.url(), "--table", "t", "--quiet", "--method", method)
    assert_whole(0)
    gen(*generated_into(data, db, "u"), "--quiet", "--method", method)
    assert_whole(0, "u")
    gen("load", files(data), db.url(), "--table", "t", "--quiet", "--method", method)


def test_no_rows_of_others(db, gen, tmp_path):
    pq.write_table(pa.table({"n": pa.array([], pa.int64())}), tmp_path / "x.parquet")
    gen("load", tmp_path / "x.parquet", db.url(), "--table", "t", "--quiet")
    assert (db.types(), db.count()) == ({"n": "bigint"}, 0)


@pytest.mark.parametrize("flags", [["--connections=1"], ["--connections=16"], ["--method=insert", "--connections=16"]])
def test_connections(db, gen, files, assert_whole, flags):
    gen("load", files(DATA, **LAYOUT), db.url(), "--table", "t", "--quiet", *flags)
    assert_whole(DATA.rows)


@pytest.mark.parametrize("depth", [1, 2, 1000])
def test_pipeline_depth(db, gen, files, assert_whole, depth):
    command = ["load", files(DATA, **LAYOUT), db.url(), "--table", "t", "--quiet", "--connections", 2]
    gen(*command, "--method", "pipeline", "--pipeline-depth", depth)
    assert_whole(DATA.rows)


def test_unlogged(db, gen, assert_whole):
    gen(*generated_into(DATA, db), "--unlogged", "--quiet")
    gen(*generated_into(DATA, db, "u"), "--quiet")
    assert db.query("select relname::text, relpersistence::text from pg_class where relname in ('t', 'u') order by 1") == [
        ("t", "u"),
        ("u", "p"),
    ]
    assert_whole(DATA.rows)


def test_each_row_is_a_transaction_of_its_own(db, gen):
    """With insert and pipeline, as they say; with copy, each part is."""
    for method, transactions in (("copy", PARTS), ("insert", DATA.rows), ("pipeline", DATA.rows)):
        gen(*generated_into(DATA, db, method, **LAYOUT), "--quiet", "--method", method)
        assert db.value(f"select count(distinct xmin::text) from {method}") == transactions


# What is said


def test_json(db, gen, files):
    summary = gen.json("load", files(DATA, **LAYOUT), db.url(), "--table", "t", "--connections", 2)
    seconds, rate = summary.pop("seconds"), summary.pop("rows_per_second")
    assert seconds > 0 and rate == pytest.approx(DATA.rows / seconds)
    assert summary == {
        "database": f"postgresql://127.0.0.1:{db.server.port}/{db.name}",
        "table": '"t"',
        "method": "copy",
        "connections": 2,
        "rows": DATA.rows,
        "parts": PARTS,
        "kept_rows": 0,
        "kept_parts": 0,
        "dataset": None,
    }
    assert db.count() == DATA.rows


def test_json_of_the_generator(db, gen):
    data = DataSet(100, 2, seed=9, id_form="binary")
    assert gen.json(*generated_into(data, db))["dataset"] == data.description()
    drawn = gen.json("--rows=10", "--seed=random", f"--out={db.url()}", "--table=drawn")
    description = db.value("select dataset from samplegen_loads where table_oid = 'drawn'::regclass and dataset is not null")
    assert json.loads(description) == drawn["dataset"]


def test_summary_for_people(db, gen, files):
    said = gen("load", files(DATA, **LAYOUT), db.url(password="unasked"), "--table", "t")
    assert "3,000 rows" in said and "rows/s" in said and '"t"' in said
    assert "unasked" not in said and "tester" not in said
    said = gen("load", files(DATA, **LAYOUT), db.url(), "--table", "t")
    assert "already" in said and "3,000 rows" in said


def test_quiet(db, gen, files):
    for _ in range(2):
        assert gen("load", files(DATA, **LAYOUT), db.url(), "--table", "t", "--quiet") == ""
    assert gen(*generated_into(DATA, db, "u"), "--quiet") == ""
    assert gen("check", db.url(), "--table", "t", "--quiet") == ""
    db.execute("delete from t where class_0 < 0.1")
    assert gen.end(gen.start("check", db.url(), "--table", "t", "--quiet")) == (1, "", "")


@pytest.mark.parametrize(
    ["flags", "told"],
    [
        (["--compression=zstd"], "--compression"),
        (["--threads=2"], "--threads"),
        (["--overwrite"], "--overwrite"),
        (["--durable"], "--durable"),
        (["--method=insert", "--pipeline-depth=3"], "--pipeline-depth"),
        (["--pipeline-depth=3"], "--pipeline-depth"),
        (["--method=other"], "--method"),
        (["--connections=0"], "--connections"),
        (["--if-exists=maybe"], "--if-exists"),
        (["--quiet", "--json"], "--json"),
    ],
)
def test_flags_that_do_not_go_with_a_database(db, gen, flags, told):
    assert told in gen.refused(*generated_into(DATA, db), *flags)
    assert db.relations() == set()


@pytest.mark.parametrize(
    "flag", ["--table=t", "--method=copy", "--connections=2", "--pipeline-depth=2", "--if-exists=fail", "--unlogged"]
)
def test_flags_that_go_with_a_database_only(gen, tmp_path, flag):
    out = tmp_path / "out"
    assert flag.partition("=")[0] in gen.refused("--rows=10", f"--out={out}", flag)
    assert not out.exists()


def test_what_is_needed(db, gen, files):
    assert "--table" in gen.refused("--rows=10", f"--out={db.url()}")
    assert "--table" in gen.refused("load", files(DATA), db.url())
    assert "--table" in gen.refused("check", db.url())
    assert "--table" in gen.refused("check", files(DATA), "--table", "t")
    gen.refused("load", db.url(), "--table", "t")
    gen.refused("load", db.url(), db.url(), "--table", "t")
    gen.refused("load", files(DATA), "--table", "t")
    gen.refused("load", files(DATA), "mysql://me@host/db", "--table", "t")
    assert db.relations() == set()


def test_what_is_written_cannot_be_said(db, gen, files):
    """A closed standard output takes nothing from the rows."""
    command = [gen.binary, "load", files(DATA), db.url(), "--table", "t"]
    process = subprocess.Popen(command, stdout=PIPE, stderr=PIPE)
    process.stdout.close()
    assert process.wait(30) == 0 and process.stderr.read() == b""
    assert db.count() == DATA.rows


def test_ids_of_psycopg_are_uuids(db, gen):
    """The bytes are in the order that everybody else has them in."""
    gen(*generated_into(DATA, db, id="binary"), "--quiet")
    ids = contract.uuid_bytes("id_client", DATA.seed, contract.row_range(0, DATA.rows))
    expected = {uuid.UUID(bytes=np.asarray(id_).tobytes()) for id_ in ids}
    assert {id_ for (id_,) in db.query("select id_client from t")} == expected
