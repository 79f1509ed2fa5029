"""`gen check` of a table says exactly what is wrong with it, whoever filled it, and with whatever types."""

import json
import uuid

import numpy as np
import pyarrow.parquet as pq
import pytest

import damage
from conftest import flags_of
from damage import CHECK_BITS_WRONG, Copy, damaged, id_of, in_numbers, random_id, reason_beyond
from dataset import DataSet

DATA = DataSet(6000, 2, seed=17)
BINARY = DataSet(6000, 2, seed=17, id_form="binary")
LAYOUT = {"batch_size": 2500, "row_group_rows": 1000}

TABLE = "create table t (id_client {}, class_0 {}, class_1 {})"


@pytest.fixture
def rows(files):
    """The rows of a data set as PyArrow reads them, to do things to."""

    def rows(data: DataSet = DATA) -> Copy:
        paths = sorted(files(data, **LAYOUT).glob("*.parquet"))
        return Copy(data, pq.read_table(paths))

    return rows


@pytest.fixture
def fill(db):
    """Fills the table `t` with a copy, by psycopg."""

    def fill(copy: Copy, make=lambda id_: id_):
        with db.connect() as connection, connection.cursor().copy("copy t from stdin") as stream:
            for row in copy.table().to_pylist():
                stream.write_row([row["id_client"] and make(row["id_client"]), *list(row.values())[1:]])

    return fill


@pytest.fixture
def report(gen, db):
    def report(table="t", *flags, url=None) -> dict:
        """What `gen check` says, with which the exit code must agree."""
        code, out, err = gen.end(gen.start("check", url or db.url(), "--table", table, "--json", *flags))
        assert (code in (0, 1), err) == (True, "")
        found = json.loads(out)
        assert found["whole"] == (code == 0)
        return found

    return report


def described(data: DataSet) -> list[str]:
    return [*flags_of(data), "--limit=1000"]


def assert_report(found: dict, copy: Copy, bits=64, **expected):
    width = {64: np.float64, 32: np.float32}[bits]
    assert in_numbers(found, bits) == copy.report(1000, width=width, **expected)


IDS = {
    "uuid": ("uuid", DATA, str),
    "text": ("text", DATA, str),
    "varchar": ("varchar(40)", DATA, str),
    "char": ("char(36)", DATA, str),
    "upper case": ("text", DATA, str.upper),
    "bytea": ("bytea", BINARY, lambda id_: uuid.UUID(bytes=id_.bytes if isinstance(id_, uuid.UUID) else id_).bytes),
    "uuid of a binary data set": ("uuid", BINARY, str),
}
SCORES = {"double precision": 64, "numeric": 64, "text": 64, "real": 32}


@pytest.mark.parametrize("is_damaged", [False, True], ids=["whole", "damaged"])
@pytest.mark.parametrize("kind", IDS)
def test_types_of_ids(db, rows, fill, report, kind, is_damaged):
    sql_type, data, make = IDS[kind]
    copy = rows(data)
    if is_damaged:
        for damage_of_a_kind in damage.KINDS:
            damage_of_a_kind(copy)
    db.execute(TABLE.format(sql_type, "float8", "float8"))
    fill(copy, make)
    found = report("t", *described(data))
    if kind == "upper case":
        for example in found["foreign"]["examples"]:
            example["id"] = example["id"].lower() if example["id"] != "null" else "null"
    assert_report(found, copy)


def test_ids_that_are_none(db, rows, fill, report):
    """Of text, which may hold anything."""
    copy = damaged(DATA, rows().table())
    db.execute(TABLE.format("text", "float8", "float8"))
    fill(copy)
    assert_report(report("t", *described(DATA)), copy)


@pytest.mark.parametrize("is_damaged", [False, True], ids=["whole", "damaged"])
@pytest.mark.parametrize("sql_type", SCORES)
def test_types_of_scores(db, rows, fill, report, sql_type, is_damaged):
    data = DataSet(6000, 2, seed=17, float_bits=32) if sql_type == "real" else DATA
    copy = rows(data)
    if is_damaged:
        for damage_of_a_kind in damage.KINDS:
            # A numeric zero has no sign.
            if not (sql_type == "numeric" and damage_of_a_kind is damage.set_special_values):
                damage_of_a_kind(copy)
    db.execute(TABLE.format("uuid", sql_type, sql_type))
    fill(copy)
    assert_report(report("t", *described(data)), copy, SCORES[sql_type])


def test_numbers_narrower_than_declared(db, rows, fill, report):
    """They are compared as what the table keeps of them."""
    copy = rows()
    db.execute(TABLE.format("uuid", "real", "float8"))
    fill(copy)
    assert_report(report("t", *described(DATA)), copy, narrowed_columns=["class_0"])


def test_damage_done_with_sql(db, gen, report):
    """The way anybody would do it, and the numbers are those that PostgreSQL says."""
    gen(*flags_of(BINARY, **LAYOUT), f"--out={db.url()}", "--table=t", "--quiet")

    def changed(statement) -> int:
        with db.connect() as connection:
            return connection.execute(statement).rowcount

    assert report()["whole"]
    duplicated = changed("insert into t select * from t where class_0 > 0.99")
    lost = changed("delete from t where class_0 < 0.01")
    altered = changed("update t set class_1 = round(class_1::numeric, 3) where class_0 between 0.5 and 0.6")
    db.execute("alter table t alter class_0 drop not null, alter id_client drop not null")
    nulled = changed("update t set class_0 = null where class_0 between 0.2 and 0.22")
    foreign = changed("insert into t select gen_random_uuid(), 0.5, 0.5 from generate_series(1, 33)")
    renamed = changed("update t set id_client = gen_random_uuid() where class_0 between 0.3 and 0.31")
    headless = changed("update t set id_client = null where class_0 between 0.7 and 0.71")
    assert min(duplicated, lost, altered, nulled, foreign, renamed, headless) > 20
    found = report()
    assert found["seen"] == BINARY.rows + duplicated - lost + foreign == db.count()
    assert {kind: found[kind]["count"] for kind in ("duplicated", "lost", "altered", "foreign")} == {
        "duplicated": duplicated,
        "lost": lost + renamed + headless,
        "altered": altered + nulled,
        "foreign": foreign + renamed + headless,
    }
    assert found["altered"]["by_column"] == {"class_0": nulled, "class_1": altered}
    assert found["duplicated"]["surplus"] == duplicated


def test_each_damage_is_named(db, gen, report):
    """Row by row, and nothing else."""
    gen(*flags_of(BINARY, **LAYOUT), f"--out={db.url()}", "--table=t", "--quiet")

    def id_(position: int) -> str:
        return id_of(BINARY, position)

    beyond, stranger = id_(BINARY.rows), random_id(7)
    before = float(BINARY.columns()["class_1"][300])
    db.execute(
        f"delete from t where id_client in ('{id_(0)}', '{id_(1)}', '{id_(5999)}')",
        f"insert into t select t.* from t, generate_series(1, 2) where id_client = '{id_(100)}'",
        f"update t set class_1 = 2 where id_client = '{id_(300)}'",
        f"update t set id_client = '{stranger}' where id_client = '{id_(400)}'",
        f"insert into t values ('{beyond}', 0, 0)",
    )
    found = report()
    assert found["lost"] == {
        "count": 4,
        "examples": [{"first": 0, "last": 1}, {"first": 400, "last": 400}, {"first": 5999, "last": 5999}],
    }
    (example,) = found["duplicated"]["examples"]
    assert (found["duplicated"]["surplus"], example["row"], example["times"]) == (2, 100, 3)
    (altered,) = found["altered"]["examples"]
    assert (altered["row"], altered["column"]) == (300, "class_1")
    assert (float(altered["expected"]), float(altered["found"])) == (before, 2.0)
    strangers = [(beyond, reason_beyond(BINARY, BINARY.rows)), (stranger, CHECK_BITS_WRONG)]
    assert sorted((row["id"], row["reason"]) for row in found["foreign"]["examples"]) == sorted(strangers)


# Tables of other kinds


@pytest.fixture
def loaded(db, gen):
    gen(*flags_of(BINARY, **LAYOUT), f"--out={db.url()}", "--table=t", "--quiet")
    return db


def test_views(loaded, report):
    loaded.execute(
        "create view v as select * from t",
        "create materialized view m as select class_1, id_client, class_0 from t",
        "create view less as select * from t where class_0 < 0.5",
        "create view twice as select * from t union all select * from t",
    )
    for table in ("v", "m"):
        assert report(table, *flags_of(BINARY))["whole"]
    assert report("less", *flags_of(BINARY))["lost"]["count"] == loaded.count("t where class_0 >= 0.5")
    assert report("twice", *flags_of(BINARY))["duplicated"]["count"] == BINARY.rows


def test_partitioned_and_inherited_tables(loaded, report):
    loaded.execute(
        "create table p (like t) partition by range (class_0)",
        "create table p0 partition of p for values from (0) to (0.5)",
        "create table p1 partition of p for values from (0.5) to (1)",
        "insert into p select * from t",
        "create table parent (like t)",
        "create table child () inherits (parent)",
        "insert into parent select * from t where class_0 < 0.5",
        "insert into child select * from t where class_0 >= 0.5",
    )
    for table in ("p", "parent"):
        assert report(table, *flags_of(BINARY))["whole"], table
    for table in ("p0", "child"):
        assert report(table, *flags_of(BINARY), "--partial")["whole"], table
        assert not report(table, *flags_of(BINARY))["whole"], table


def test_unlogged_tables_and_others(loaded, report):
    loaded.execute("create unlogged table u as table t", 'create schema "Other"', 'create table "Other".t as table t')
    assert report("u", *flags_of(BINARY))["whole"]
    assert report("Other.t", *flags_of(BINARY))["whole"]


def test_a_table_that_is_checked_against_files(loaded, report, files):
    assert report("t", "--dataset", files(DATA, **LAYOUT))["whole"]
    assert report("t", "--dataset", files(BINARY, **LAYOUT))["whole"]
    assert not report("t", "--dataset", files(DataSet(6000, 2, seed=18), **LAYOUT))["whole"]


def test_a_table_and_files_make_one_copy(loaded, gen, files):
    paths = sorted(files(BINARY, **LAYOUT).glob("*.parquet"))
    ids = ", ".join(f"'{id_of(BINARY, position)}'" for position in range(2500))
    loaded.execute(f"delete from t where id_client in ({ids})")
    assert gen.json("check", paths[0], loaded.url(), "--table", "t")["whole"]
    code, out, _ = gen.end(gen.start("check", paths[1], loaded.url(), "--table", "t", "--json"))
    assert code == 1 and json.loads(out)["duplicated"]["count"] == 2500


def test_columns_of_the_table_that_the_data_set_does_not_have(loaded, report):
    loaded.execute(
        "alter table t add note text default 'x', add t timestamptz default now(), add n int[] default '{1}', add j jsonb",
        "alter table t add gone int default 5",
        "alter table t drop gone",
    )
    found = report()
    assert found["whole"] and sorted(found["ignored_columns"]) == ["j", "n", "note", "t"]


def test_columns_that_are_not_there(loaded, gen, report):
    loaded.execute("alter table t drop class_1")
    line = gen.refused("check", loaded.url(), "--table", "t")
    assert "class_1" in line
    assert report("t", "--columns", "class_0")["whole"]
    loaded.execute("alter table t drop id_client")
    assert "id_client" in gen.refused("check", loaded.url(), "--table", "t", "--columns", "class_0")


def test_tables_that_are_not_there(loaded, gen):
    for table in ("none", "public.none", "none.t", "T"):
        assert "--table" in gen.refused("check", loaded.url(), "--table", table)


COMMENTS = ["samplegen:dataset {", 'samplegen:dataset {"contract": 99}', "samplegen:dataset "]


@pytest.mark.parametrize("comment", COMMENTS)
def test_a_comment_that_describes_nothing(loaded, gen, comment):
    loaded.execute(f"comment on table t is '{comment}'")
    assert "--dataset" in gen.refused("check", loaded.url(), "--table", "t")


@pytest.mark.parametrize("comment", COMMENTS)
def test_a_comment_that_is_not_asked(loaded, report, comment):
    loaded.execute(f"comment on table t is '{comment}'")
    assert report("t", *flags_of(BINARY))["whole"]


def test_a_comment_that_is_wrong_and_not_asked(loaded, report):
    other = json.dumps(DataSet(1, 2).description())
    loaded.execute(f"comment on table t is 'samplegen:dataset {other}'")
    assert not report("t")["whole"]
    assert report("t", *flags_of(BINARY))["whole"]


def test_who_may_only_read(loaded, report):
    loaded.execute("grant select on t, samplegen_loads to guest", f"alter database {loaded.name} set default_transaction_read_only = on")
    assert report("t", url=loaded.url(user="guest"))["whole"]
    assert loaded.relations() == {"public.t", "public.samplegen_loads"}


def test_slices(loaded, report):
    loaded.execute(f"delete from t where id_client = '{id_of(BINARY, 2500)}'")
    shards = [report("t", f"--shard={i}/3", "--batch-size=2500") for i in (1, 2, 3)]
    assert [shard["expected"] for shard in shards] == [2500, 2500, 1000]
    assert [shard["lost"]["count"] for shard in shards] == [0, 1, 0]


def test_a_table_of_many_pages(db, gen, report):
    """It is read in several pieces, wherever its rows lie."""
    data = DataSet(100_000, 4, seed=3, id_form="binary")
    columns = ", ".join(f"{name} float8" for name in data.class_names())
    db.execute(f"create table t (id_client uuid, {columns}) with (fillfactor = 10)")
    gen(*flags_of(data), f"--out={db.url()}", "--table=t", "--if-exists=append", "--quiet")
    assert db.value("select pg_relation_size('t') / 8192") > 8192
    for _ in range(2):
        assert report("t", *flags_of(data), "--threads=3")["whole"]
        db.execute("update t set class_0 = class_0 where class_1 < 0.1")
    db.execute(f"delete from t where id_client = '{id_of(data, 99_999)}'", "analyze t")
    assert report("t", *flags_of(data))["lost"]["count"] == 1


def test_the_table_is_seen_as_it_is_at_one_moment(loaded, gen):
    """Rows that move while it is checked are neither lost nor duplicated."""
    with loaded.connect() as writer:
        process = gen.start("check", loaded.url(), "--table=t", "--json")
        while process.poll() is None:
            writer.execute("update t set class_0 = class_0 where class_0 < 0.5")
    code, out, err = gen.end(process)
    assert (code, err) == (0, ""), out


def test_the_server_stops_while_it_is_checked(loaded, gen):
    """Then nothing is known of the copy."""
    loaded.execute("create view slow as select t.* from t, pg_sleep(600)")
    process = gen.start("check", loaded.url(), "--table=slow", *flags_of(BINARY))
    sql = "select count(pg_terminate_backend(pid)) from pg_stat_activity where query like 'copy%slow%' and pid <> pg_backend_pid()"
    while not loaded.value(sql):
        assert process.poll() is None
    code, out, err = gen.end(process)
    assert code == 3, out + err


def test_a_check_of_two_tables(loaded, gen, report):
    """Of one name, in two databases, as it were: every row is there twice."""
    code, out, _ = gen.end(gen.start("check", loaded.url(), loaded.url(), "--table=t", "--json"))
    assert code == 1 and json.loads(out)["duplicated"]["count"] == BINARY.rows
