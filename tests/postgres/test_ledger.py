"""What the ledger knows: which rows are in the table, wherever they came from, and what the table holds."""

import json

import pytest
import xxhash

from conftest import flags_of
from dataset import DataSet

DATA = DataSet(10_000, 2, seed=3)
AS_BYTES = DataSet(10_000, 2, seed=3, id_form="binary")


@pytest.fixture
def from_files(db, files):
    def from_files(data, *flags, **layout):
        return ["load", files(data, **layout), db.url(), "--table=t", "--if-exists=append", *flags]

    return from_files


def assert_each_once(db, rows):
    assert db.query("select count(*), count(distinct id_client) from t") == [(rows, rows)]


@pytest.mark.parametrize("method", ["copy", "pipeline", "insert"])
@pytest.mark.parametrize("order", ["files first", "generator first"])
def test_files_and_the_generator_bring_the_same_rows(db, gen, into, from_files, method, order):
    """Whether ids are text or bytes, and however many rows a part has."""
    ways = [from_files(DATA, batch_size=3000), into(AS_BYTES, batch_size=1000, row_group_rows=700), into(AS_BYTES)]
    if order == "generator first":
        ways.reverse()
    for number, way in enumerate(ways):
        summary = gen.json(*way, f"--method={method}")
        assert (summary["rows"], summary["kept_rows"]) == ((DATA.rows, 0) if number == 0 else (0, DATA.rows))
    assert_each_once(db, DATA.rows)


def test_other_ranges_of_the_same_rows(db, gen, into):
    gen(*into(DataSet(4000, 2, seed=3, id_form="binary"), batch_size=1000), "--quiet")
    # Those in the middle are there, and those behind are not.
    assert gen.json(*into(DataSet(2000, 2, seed=3, first_row=1000, id_form="binary")))["kept_rows"] == 2000
    assert gen.json(*into(DataSet(3000, 2, seed=3, first_row=4000, id_form="binary")))["rows"] == 3000
    summary = gen.json(*into(DataSet(8000, 2, seed=3, id_form="binary"), batch_size=1000))
    assert (summary["rows"], summary["kept_rows"]) == (1000, 7000)
    assert_each_once(db, 8000)
    # A part that has some of them is not loaded, and it is said which.
    line = gen.refused(*into(DataSet(10_000, 2, seed=3, id_form="binary"), batch_size=5000))
    assert "--batch-size" in line and "in the table" in line
    assert_each_once(db, 8000)


@pytest.mark.parametrize("other", [{"seed": 4}, {"float_bits": 32}])
def test_other_values_are_other_rows(db, gen, into, other):
    gen(*into(DataSet(100, 2, seed=3, id_form="binary")), "--quiet")
    data = DataSet(100, 2, **({"seed": 3, "id_form": "binary"} | other))
    if "float_bits" in other:
        assert "real" in gen.refused(*into(data))
    else:
        assert gen.json(*into(data))["rows"] == 100


# Ledgers of release 0.1.0

LEDGER_OF_VERSION_1 = (
    "create table samplegen_loads (table_oid oid, load text, part text, method text not null, cut text, rows bigint, "
    "at timestamptz not null default now(), primary key (table_oid, load, part))"
)

def of_version_1(db, gen, data, load, parts=(("rows 0+6", 6), ("rows 6+4", 4)), cut="--batch-size 6"):
    """A table and a ledger as that release has left them: the rows are those of today."""
    gen(*flags_of(data, batch_size=6), f"--out={db.url()}", "--table=t", "--connections=1", "--quiet")
    comment = "samplegen:dataset " + json.dumps(data.description(), separators=(",", ":"))
    db.execute("drop table samplegen_loads", LEDGER_OF_VERSION_1, f"comment on table t is '{comment}'")
    entry = "insert into samplegen_loads (table_oid, load, part, method, cut, rows) values ('t'::regclass, "
    db.execute(f"{entry} '{load}', '', 'copy', '{cut}', null)")
    db.execute(*(f"{entry} '{load}', '{part}', 'copy', null, {rows})" for part, rows in parts))


def load_of_version_1(data) -> str:
    text = json.dumps(data.description(), separators=(",", ":"))
    return f"data set {xxhash.xxh3_128(text.encode()).hexdigest()}"


SMALL = DataSet(10, 2, seed=3, id_form="binary")


@pytest.mark.parametrize("form", ["text", "binary"])
def test_a_ledger_of_0_1_0_is_taken_over(db, gen, into, form):
    data = DataSet(10, 2, seed=3, id_form=form)
    of_version_1(db, gen, SMALL, load_of_version_1(data))
    assert gen.json("check", db.url(), "--table=t")["whole"]
    summary = gen.json(*into(SMALL))
    assert (summary["rows"], summary["kept_rows"]) == (0, 10)
    assert db.value("select count(*) from samplegen_loads where version = 2") == 3
    # The old release cannot enter anything beside.
    with pytest.raises(Exception, match="version"):
        db.execute("insert into samplegen_loads (table_oid, load, part, method) values (1, 'x', 'y', 'copy')")


def test_a_load_that_0_1_0_has_begun_is_ended(db, gen, into):
    of_version_1(db, gen, SMALL, load_of_version_1(SMALL))
    db.execute("delete from samplegen_loads where part = 'rows 6+4'")
    db.execute("delete from t where ctid in (select ctid from t offset 6)")
    summary = gen.json(*into(SMALL, batch_size=6))
    assert (summary["rows"], summary["kept_rows"]) == (4, 6)
    assert_each_once(db, 10)


@pytest.mark.parametrize("way", ["fail", "append"])
@pytest.mark.parametrize(["load", "part"], [("data set 00", "rows 0+6"), ("files", "row group 0 of x.parquet 00")])
def test_a_ledger_of_0_1_0_that_is_not_understood_is_refused(db, gen, load, part, way):
    of_version_1(db, gen, SMALL, load, parts=[(part, 6)])
    command = [*flags_of(SMALL), f"--out={db.url()}", "--table=t"]
    line = gen.refused(*command, f"--if-exists={way}")
    assert "samplegen_loads" in line and "another release" in line and load in line
    assert db.value("select load from samplegen_loads where part <> ''") == load
    gen(*command, "--if-exists=replace", "--quiet")
    assert_each_once(db, 10)


# What a table holds


def test_a_table_that_was_restored_from_a_dump(db, gen, into):
    """It has another object identifier, and only its comment has come along."""
    gen(*into(SMALL), "--quiet")
    db.execute("create table u as select * from t", "drop table t", "alter table u rename to t")
    db.execute("comment on table t is 'samplegen: 10 rows, seed 3'")
    line = gen.refused("check", db.url(), "--table=t")
    assert "dump" in line and "--dataset" in line
    assert gen.json("check", db.url(), "--table=t", *flags_of(SMALL))["whole"]


def test_a_checker_who_may_not_read_the_ledger(db, gen, into):
    gen(*into(SMALL), "--quiet")
    db.execute("grant select on t to guest")
    line = gen.refused("check", db.url(user="guest"), "--table=t")
    assert "grant select" in line and "samplegen_loads" in line and "--dataset" in line
    assert gen.json("check", db.url(user="guest"), "--table=t", *flags_of(SMALL))["whole"]
    db.execute("grant select on samplegen_loads to guest")
    assert gen.json("check", db.url(user="guest"), "--table=t")["whole"]
