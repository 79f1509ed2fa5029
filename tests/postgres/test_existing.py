"""What becomes of tables that are there, and of loads that were run before."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import flags_of
from dataset import DataSet

DATA = DataSet(3000, 2, seed=5, id_form="binary")
OTHER = DataSet(1000, 2, seed=6, id_form="binary")
LAYOUT = {"batch_size": 1000}
METHODS = ["copy", "pipeline", "insert"]


@pytest.fixture
def load(gen, db, files):
    """Loads `data` into the table `t`; `via` is what of `gen` runs it, and says how it is to end."""

    def load(data: DataSet = DATA, *flags, via=gen.json, **layout):
        return via("load", files(data, **(LAYOUT | layout)), db.url(), "--table", "t", *flags)

    return load


def everything(db) -> list:
    """The table and the book, row for row and where they lie."""
    return [db.query("select ctid::text, xmin::text, * from t"), db.query("select ctid::text, * from samplegen_loads")]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("way", ["fail", "append"])
def test_running_it_again_changes_nothing_and_says_so(db, gen, load, assert_whole, method, way):
    flags = ["--method", method, "--if-exists", way]
    load(DATA, *flags)
    before = everything(db)
    summary = load(DATA, *flags)
    assert (summary["rows"], summary["kept_rows"], summary["kept_parts"]) == (0, 3000, 3)
    assert "already" in load(DATA, *flags, via=gen)
    assert everything(db) == before
    assert_whole(DATA.rows)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("rerun", METHODS)
def test_a_load_that_ended_is_known_to_every_method(db, load, method, rerun):
    load(DATA, "--method", method)
    assert load(DATA, "--method", rerun)["rows"] == 0
    assert db.count() == DATA.rows


@pytest.mark.parametrize("method", METHODS)
def test_a_table_of_somebody_else_is_left_alone(db, gen, load, method):
    db.execute("create table t (id_client uuid, class_0 float8, class_1 float8)", "insert into t values (null, 1, 2)")
    line = load(DATA, "--method", method, via=gen.refused)
    assert '"t"' in line and "--if-exists" in line
    assert db.count() == 1
    assert db.relations() == {"public.t"}


@pytest.mark.parametrize("method", METHODS)
def test_append_to_a_table_of_somebody_else(db, load, method):
    """Its columns stand in another order, and it has one more."""
    db.execute(
        "create table t (note text default 'none', class_1 float8, id_client uuid primary key, class_0 float8)",
        "insert into t values ('mine', 1, gen_random_uuid(), 2)",
    )
    for rows in (3000, 0):
        assert load(DATA, "--if-exists", "append", "--method", method)["rows"] == rows
    assert db.query("select note, count(*) from t group by 1 order by 1") == [("mine", 1), ("none", 3000)]
    for i in (0, 1):
        assert db.value(f"select sum(class_{i}) from t where note = 'none'") == pytest.approx(
            DATA.columns()[f"class_{i}"].sum()
        )


@pytest.mark.parametrize("method", METHODS)
def test_another_data_set(db, gen, load, method):
    load(DATA, "--method", method)
    assert "--if-exists" in load(OTHER, "--method", method, via=gen.refused)
    assert db.count() == DATA.rows
    for rows in (OTHER.rows, 0):
        assert load(OTHER, "--if-exists", "append", "--method", method)["rows"] == rows
        assert db.count() == DATA.rows + OTHER.rows
    report = gen.end(gen.start("check", db.url(), "--table", "t", "--json"))
    assert report[0] == 1 and '"foreign":{"count":1000' in report[1]
    # The first one has not been forgotten.
    assert load(DATA, "--method", method)["kept_rows"] == DATA.rows


@pytest.mark.parametrize("method", METHODS)
def test_replace(db, gen, load, assert_whole, method):
    """Whatever is in it, and again and again."""
    db.execute("create table t (x int)", "insert into t values (1)")
    for data in (OTHER, DATA, DATA):
        assert load(data, "--if-exists", "replace", "--method", method)["rows"] == data.rows
        assert_whole(data.rows)
    assert load(DATA, "--method", method)["rows"] == 0
    assert db.value("select count(*) from samplegen_loads where part = ''") == 1


def test_replace_leaves_other_tables_and_their_entries_alone(db, gen, load, files):
    gen("load", files(DATA, **LAYOUT), db.url(), "--table", "u", "--quiet")
    load(DATA)
    load(OTHER, "--if-exists", "replace")
    assert gen.json("load", files(DATA, **LAYOUT), db.url(), "--table", "u")["kept_rows"] == DATA.rows


def test_replace_of_a_table_that_others_need(db, gen, load):
    """Nothing is dropped that was not named."""
    load(DATA)
    db.execute("create view v as select * from t")
    assert "v" in load(OTHER, "--if-exists", "replace", via=gen.refused)
    assert db.count("v") == DATA.rows
    assert load(DATA)["rows"] == 0


@pytest.mark.parametrize(
    ["columns", "told"],
    [
        ("id_client uuid, class_0 float8", "class_1"),
        ("id_client uuid, class_0 float8, class_1 real", "real"),
        ("id_client text, class_0 float8, class_1 float8", "--id text"),
        ("id_client uuid, class_0 float8, class_1 float8[]", "double precision[]"),
        ('id_client uuid, class_0 float8, "Class_1" float8', "class_1"),
    ],
)
def test_columns_are_compared_before_the_first_row(db, gen, load, columns, told):
    db.execute(f"create table t ({columns})")
    assert told in load(DATA, "--if-exists", "append", via=gen.refused)
    assert db.count() == 0
    assert db.relations() == {"public.t"}


def test_ids_of_a_table_with_text(db, gen, load):
    db.execute("create table t (id_client text, class_0 float8, class_1 float8)")
    text = DataSet(3000, 2, seed=5)
    assert "--id text" in load(text, "--if-exists", "append", via=gen.refused)
    assert load(text, "--if-exists", "append", "--id", "text")["rows"] == 3000


def test_columns_are_compared_in_the_middle_of_a_load(db, gen, load):
    gen(*flags_of(DATA, **LAYOUT), f"--out={db.url()}", "--table=t", "--shard=1/3", "--quiet")
    db.execute("alter table t alter class_1 type real")
    assert "class_1" in load(DATA, via=gen.refused)
    assert db.count() == 1000


def test_a_column_that_must_have_a_value_and_gets_none(db, gen, load):
    """The table has a column more, which must not be null."""
    db.execute("create table t (id_client uuid, class_0 float8, class_1 float8, more int not null)")
    line = load(DATA, "--if-exists", "append", via=lambda *command: gen.end(gen.start(*command)))
    assert line[0] in (2, 3) and "more" in line[2]
    assert db.count() == 0


# Parts


def test_other_parts_are_refused(db, gen, load, assert_whole):
    """Of a load that began, rather than doubling the rows that are in parts of both."""
    gen(*flags_of(DATA, **LAYOUT), f"--out={db.url()}", "--table=t", "--shard=2/3", "--quiet")
    for layout in ({"batch_size": 700}, {"batch_size": 1500}, {"batch_size": 3000}, {"row_group_rows": 300}):
        assert "--batch-size" in load(DATA, via=gen.refused, **layout)
        assert db.count() == 1000
    summary = load(DATA)
    assert (summary["rows"], summary["kept_rows"]) == (2000, 1000)
    assert_whole(DATA.rows)


def test_files_given_twice(db, gen, files, tmp_path):
    folder = files(DATA, **LAYOUT)
    first = sorted(folder.glob("*.parquet"))[0]
    copy = tmp_path / "another name.parquet"
    copy.write_bytes(first.read_bytes())
    for sources in ([folder, folder], [folder, first], [first, first], [folder, copy]):
        assert "twice" in gen.refused("load", *sources, db.url(), "--table", "t")
    assert db.relations() == set()


def test_files_of_others_given_twice(db, gen, tmp_path):
    """Under one name, they are one; the same rows under two names are what the user has."""
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"n": [1, 2]}), path)
    assert "twice" in gen.refused("load", path, path, db.url(), "--table", "t")
    assert "twice" in gen.refused("load", tmp_path, path, db.url(), "--table", "t")
    (tmp_path / "y.parquet").write_bytes(path.read_bytes())
    assert gen.json("load", tmp_path, db.url(), "--table", "t")["rows"] == 4


def test_files_of_others_are_known_again(db, gen, tmp_path):
    """By their names and their content: one that was written anew is another."""
    path = tmp_path / "x.parquet"
    command = ["load", path, db.url(), "--table", "t"]
    pq.write_table(pa.table({"n": [1, 2]}), path)
    assert gen.json(*command)["rows"] == 2
    assert gen.json(*command)["kept_rows"] == 2
    pq.write_table(pa.table({"n": [3, 4]}), path)
    assert "--if-exists" in gen.refused(*command)
    assert gen.json(*command, "--if-exists", "append")["rows"] == 2
    assert db.query("select n from t order by n") == [(1,), (2,), (3,), (4,)]


def test_files_of_others_are_known_again_from_elsewhere(db, gen, tmp_path):
    """Moved to another folder, or named from another folder, they are the same."""
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    pq.write_table(pa.table({"n": [1, 2]}), here / "x.parquet")
    gen("load", here, db.url(), "--table", "t", "--quiet")
    here.rename(there)
    assert gen.json("load", there / "x.parquet", db.url(), "--table", "t")["kept_rows"] == 2


@pytest.mark.parametrize(
    "order",
    [pytest.param([1, 2, 2, 1], id="the same rows"), pytest.param([2, 1, 2, 1], id="other rows")],
)
def test_files_of_one_name(db, gen, tmp_path, order):
    """From two folders, one after the other. They differ in their rows only, not in length, nor in what their footers say."""
    for folder, values in (("one", [1, 2, 2, 1]), ("two", order)):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "x.parquet"
        pq.write_table(pa.table({"n": values, "m": [1, 2, 3, 4]}), path, use_dictionary=False, compression="none")
    command = [db.url(), "--table", "t", "--if-exists", "append"]
    gen("load", tmp_path / "one" / "x.parquet", *command, "--quiet")
    summary = gen.json("load", tmp_path / "two" / "x.parquet", *command)
    is_other = order != [1, 2, 2, 1]
    assert summary["rows"] == (4 if is_other else 0)
    assert db.count() == (8 if is_other else 4)


# Tables that were changed behind its back


def test_a_table_that_was_dropped_and_made_again(db, gen, load, assert_whole):
    load(DATA)
    db.execute("drop table t")
    assert load(DATA)["rows"] == DATA.rows
    assert_whole(DATA.rows)
    db.execute("drop table t", "create table t (id_client uuid, class_0 float8, class_1 float8)")
    load(DATA, via=gen.refused)
    assert load(DATA, "--if-exists", "append")["rows"] == DATA.rows
    assert db.count() == DATA.rows


def test_a_table_that_was_renamed(db, gen, load, files):
    """It is the same table under another name."""
    load(DATA)
    db.execute("alter table t rename to renamed")
    command = ["load", files(DATA, **LAYOUT), db.url(), "--table"]
    assert gen.json(*command, "renamed")["kept_rows"] == DATA.rows
    assert gen.json(*command, "t")["rows"] == DATA.rows


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("how", ["truncate t", "delete from t"])
def test_a_table_that_was_emptied(db, gen, load, assert_whole, method, how):
    """That its rows are there is not said of it; the user says what becomes of it."""
    load(DATA, "--method", method)
    db.execute(how)
    for way in ("fail", "append"):
        assert "empty" in load(DATA, "--method", method, "--if-exists", way, via=gen.refused)
    assert load(DATA, "--method", method, "--if-exists", "replace")["rows"] == DATA.rows
    assert_whole(DATA.rows)


def test_a_book_that_was_dropped(db, gen, load):
    """Then the table is anybody's."""
    load(DATA)
    db.execute("drop table samplegen_loads")
    load(DATA, via=gen.refused)
    assert db.count() == DATA.rows


@pytest.mark.parametrize(
    "make",
    [
        "create view t as select null::uuid id_client, 0.0::float8 class_0, 0.0::float8 class_1",
        "create materialized view t as select null::uuid id_client, 0.0::float8 class_0, 0.0::float8 class_1",
    ],
)
@pytest.mark.parametrize("way", ["fail", "append", "replace"])
def test_views(db, gen, load, make, way):
    db.execute(make)
    assert '"t"' in load(DATA, "--if-exists", way, via=gen.refused)
    assert db.relations() == {"public.t"}


@pytest.mark.parametrize("make", ["create sequence t", "create index t on u (n)", "create type t as (n int)"])
def test_other_things_of_that_name(db, gen, load, make):
    db.execute("create table u (n int)", make)
    code, out, err = load(DATA, via=lambda *command: gen.end(gen.start(*command)))
    assert code in (2, 3) and out == "" and len(err.splitlines()) == 1
    assert db.relations() == {"public.u"}


@pytest.mark.parametrize("method", METHODS)
def test_partitioned_tables(db, gen, load, method):
    db.execute(
        "create table t (id_client uuid, class_0 float8, class_1 float8) partition by range (class_0)",
        *(f"create table t{i} partition of t for values from ({i / 2}) to ({(i + 1) / 2})" for i in (0, 1)),
    )
    assert load(DATA, "--if-exists", "append", "--method", method)["rows"] == DATA.rows
    assert load(DATA, "--if-exists", "append", "--method", method)["rows"] == 0
    assert db.count("t0") + db.count("t1") == DATA.rows
    description = flags_of(DATA)
    assert gen.json("check", db.url(), "--table", "t", *description)["whole"]


def test_a_unique_index_is_no_help_against_others_rows(db, gen, load, files):
    """A row that is there already, by somebody else's hand: its part is not loaded, and the others are."""
    db.execute("create table t (id_client uuid unique, class_0 float8, class_1 float8)")
    id_ = DATA.id_as_text(DATA.columns()["id_client"][1500])
    db.execute(f"insert into t values ('{id_}', 0, 0)")
    line = load(DATA, "--if-exists", "append", "--connections", 1, via=gen.failed)
    assert id_ in line
    assert db.count() == 1001
    db.execute(f"delete from t where id_client = '{id_}'")
    assert load(DATA)["kept_rows"] == 1000
    assert db.count() == DATA.rows


def test_the_book_is_no_table_for_rows(db, gen, load, files):
    """Neither before it is there nor after."""
    command = ["load", files(DATA, **LAYOUT), db.url(), "--table", "samplegen_loads"]
    gen.refused(*command)
    assert db.relations() == set()
    load(DATA)
    for way in ("fail", "append", "replace"):
        gen.refused(*command, "--if-exists", way)
    assert load(DATA)["kept_rows"] == DATA.rows


def test_shards_by_different_methods(db, gen, load):
    """One by one, and again: each row is there once, and what is there is said."""
    flags = [*flags_of(DATA, **LAYOUT), f"--out={db.url()}", "--table=t", "--if-exists=append"]
    for again in (False, True):
        for number, method in enumerate(["insert", "copy"], start=1):
            kept = gen.json(*flags, f"--shard={number}/2", f"--method={method}")["kept_rows"]
            assert (kept > 0) == again
    assert db.count() == DATA.rows
    assert load(DATA)["rows"] == 0


def test_a_table_that_was_made_logged_afterwards(db, load):
    load(DATA, "--unlogged")
    db.execute("alter table t set logged")
    for way in ("fail", "append"):
        assert load(DATA, "--if-exists", way)["kept_rows"] == DATA.rows
    assert db.count() == DATA.rows


def test_binary_ids_as_text(db, gen, load, assert_whole):
    load(DATA, "--id=text")
    assert db.types()["id_client"] == "text"
    assert_whole(DATA.rows)


def test_files_of_two_data_sets_are_no_source(db, gen, files):
    line = gen.refused("load", files(DATA, **LAYOUT), files(OTHER, **LAYOUT), db.url(), "--table=t")
    assert "one by one" in line and db.relations() == set()


@pytest.mark.parametrize(
    "command",
    [
        ["--rows=10", "--table=t", "postgresql://u:s3cret@h/db"],
        ["--rows=10", "--id=postgresql://u:s3cret@h/db"],
        ["check", ".", "--dataset", "postgresql://u:s3cret@h/db"],
        ["--rows=10", "--out=PostgreSQL://u:s3cret@h/db", "--table=t"],
        ["--rows=10", "--out=postgresql://u:s3@cret@h/db", "--table=t"],
    ],
)
def test_no_password_is_repeated(gen, command):
    line = gen.refused(*command)
    assert "s3cret" not in line and "cret@" not in line
