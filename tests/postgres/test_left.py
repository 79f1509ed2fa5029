"""What a load that fails leaves: what it found, or a plain word about what stays."""

import contextlib
import signal
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import flags_of
from dataset import DataSet
from test_faults import until

METHODS = ["copy", "pipeline", "insert"]


@pytest.fixture
def spoiled(tmp_path):
    """Two row groups of a thousand rows, of which the last row cannot be stored; and the same without it."""
    times = [1000 * i for i in range(2000)]
    path, repaired = tmp_path / "spoiled.parquet", tmp_path / "repaired.parquet"
    pq.write_table(pa.table({"i": range(2000), "t": pa.array(times, pa.timestamp("ns"))}), repaired, row_group_size=1000)
    times[-1] = 1
    pq.write_table(pa.table({"i": range(2000), "t": pa.array(times, pa.timestamp("ns"))}), path, row_group_size=1000)
    return path, repaired


@pytest.mark.parametrize("method", METHODS)
def test_a_value_that_can_never_be_stored(db, gen, spoiled, method):
    """Nothing is made, nothing is promised, the row is that of the file, and the repaired file is loaded once."""
    path, repaired = spoiled
    command = [db.url(), "--table=t", "--connections=1", f"--method={method}"]
    line = gen.refused("load", path, *command)
    assert "row 1999 " in line and '"t"' in line and "nothing was loaded" in line
    assert "same command" not in line and "goes on" not in line and "cannot go on" not in line
    assert db.relations() == set()
    assert gen.json("load", repaired, *command, "--if-exists=append")["rows"] == 2000


@pytest.mark.parametrize("method", METHODS)
def test_a_value_that_can_never_be_read(db, gen, tmp_path, method):
    """An INT96 timestamp of nanoseconds, found before anything is made: no promise."""
    path = tmp_path / "x.parquet"
    times = pa.table({"t": pa.array([0, 1], pa.timestamp("ns"))})
    pq.write_table(times, path, use_deprecated_int96_timestamps=True)
    line = gen.refused("load", path, db.url(), "--table=t", f"--method={method}")
    assert "row 1 " in line and "INT96" in line and "nothing was loaded" in line
    assert "same command" not in line and "goes on" not in line and "cannot go on" not in line
    assert db.relations() == set()


@pytest.mark.parametrize("method", METHODS)
def test_a_repaired_file_of_another_name_doubles_nothing(db, gen, spoiled, method):
    """In a table that was there, since nothing of the spoiled one has come into it."""
    path, repaired = spoiled
    db.execute("create table t (i bigint, t timestamp)")
    command = [db.url(), "--table=t", "--if-exists=append", f"--method={method}"]
    gen.refused("load", path, *command)
    assert db.count() == 0
    gen("load", repaired, *command, "--quiet")
    assert db.query("select count(*), count(distinct i) from t") == [(2000, 2000)]


def test_in_a_table_that_was_there_what_stays_is_said(db, gen, spoiled):
    _, path = spoiled
    db.execute("create table t (i bigint check (i < 1999), t timestamp)")
    line = gen.failed("load", path, db.url(), "--table=t", "--connections=1", "--if-exists=append")
    assert "1,000 rows" in line and "stay" in line and "same command" not in line
    assert db.count() == 1000


@pytest.mark.parametrize("method", METHODS)
def test_a_constraint(db, gen, tmp_path, method):
    db.execute("create table t (i bigint check (i < 5))")
    pq.write_table(pa.table({"i": range(5, 10)}), tmp_path / "x.parquet")
    command = ["load", tmp_path / "x.parquet", db.url(), "--table=t", "--if-exists=append", f"--method={method}"]
    line = gen.failed(*command)
    assert "t_i_check" in line and "no row of this load" in line and "same command" not in line
    assert db.count() == 0


# A table in which values fail, and the definition of its column.
CONSTRAINTS = {
    "check": "i bigint check (i <> 1777)",
    "unique": "i bigint unique",
    "not null": "i bigint not null",
    "domain": "i seventeen",
    "exclusion": "i bigint, exclude (i with =)",
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_the_row_that_a_constraint_refuses_is_that_of_the_file(db, gen, tmp_path, constraint, method):
    numbers = [None if i == 1777 and constraint == "not null" else i for i in range(2000)]
    db.execute("create domain seventeen as bigint check (value <> 1777)", f"create table t ({CONSTRAINTS[constraint]})")
    if constraint in ("unique", "exclusion"):
        db.execute("insert into t values (1777)")
    pq.write_table(pa.table({"i": numbers}), tmp_path / "x.parquet", row_group_size=1000)
    command = ["load", tmp_path / "x.parquet", db.url(), "--table=t", "--if-exists=append", "--connections=1"]
    line = gen.failed(*command, f"--method={method}")
    assert "row 1777 " in line and "x.parquet" in line and "same command" not in line
    assert "line 778" not in line


def test_the_row_that_a_constraint_refuses_is_that_of_the_data_set(db, gen):
    data = DataSet(1000, 1, first_row=500, id_form="binary")
    ids = DataSet(1500, 1, id_form="binary")
    gen(*flags_of(ids, batch_size=100), f"--out={db.url()}", "--table=t", "--connections=1", "--quiet")
    ids_of_row = db.value("select id_client from t order by ctid offset 777 limit 1")
    db.execute("create table u (like t)", f"alter table u add check (id_client <> '{ids_of_row}')")
    line = gen.failed(*flags_of(data, batch_size=300), f"--out={db.url()}", "--table=u", "--if-exists=append", "--connections=1")
    assert "row 777 " in line


def test_the_second_file_is_broken(db, gen, tmp_path):
    """A value in its last row: nothing of the first comes either."""
    folder = tmp_path / "files"
    folder.mkdir()
    pq.write_table(pa.table({"i": range(100), "s": ["fine"] * 100}), folder / "a.parquet")
    pq.write_table(pa.table({"i": range(100), "s": ["fine"] * 99 + ["a\0b"]}), folder / "b.parquet")
    line = gen.refused("load", folder, db.url(), "--table=t", "--connections=1")
    assert "b.parquet" in line and "row 99 " in line
    assert db.relations() == set()


WAITING = "select count(*) from pg_stat_activity where application_name = 'samplegen' and wait_event = 'advisory'"


@contextlib.contextmanager
def rows_kept_waiting(db):
    """No row comes into table t, which a load will make, until the end."""
    db.execute(
        "create function waits() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock_shared(42); return new; end $$",
        "create function guard() returns event_trigger language plpgsql as $$ begin if to_regclass('public.t') is not null "
        "and not exists (select from pg_trigger where tgname = 'waits') then create trigger waits before insert on public.t for each row execute function waits(); end if; end $$",
        "create event trigger guards on ddl_command_end when tag in ('CREATE TABLE') execute function guard()",
    )
    try:
        with db.connect() as connection:
            connection.execute("select pg_advisory_lock(42)")
            yield
    finally:
        db.execute("drop event trigger guards")


def test_interrupted_before_the_first_row(db, gen):
    """The table that the load has made goes away; the ledger stays and is empty."""
    data = DataSet(1000, 1, id_form="binary")
    with rows_kept_waiting(db):
        process = gen.start(*flags_of(data), f"--out={db.url()}", "--table=t")
        until(lambda: db.value(WAITING) > 0)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
    code, _, err = gen.end(process)
    assert code == 130 and "interrupted" in err
    assert "public.t" not in db.relations() and db.count("samplegen_loads") == 0
    gen(*flags_of(data), f"--out={db.url()}", "--table=t", "--quiet")
    assert db.count() == 1000


def test_killed_before_the_first_row(db, gen):
    """What it has made stays, and the same command goes on with it."""
    data = DataSet(1000, 1, id_form="binary")
    command = [*flags_of(data), f"--out={db.url()}", "--table=t"]
    with rows_kept_waiting(db):
        process = gen.start(*command)
        until(lambda: db.value(WAITING) > 0)
        process.kill()
        gen.end(process)
    gen(*command, "--quiet")
    assert db.count() == 1000


def test_rows_of_others_are_never_removed(db, gen, spoiled):
    """Somebody has added a row to the table that the load made."""
    _, path = spoiled
    db.execute(
        "create function add() returns event_trigger language plpgsql as "
        "$$ begin if to_regclass('public.t') is not null then insert into public.t values (-1, null); "
        "alter table public.t add check (i < 1999); end if; end $$",
        "create event trigger adds on ddl_command_end when tag in ('CREATE TABLE') execute function add()",
    )
    try:
        line = gen.failed("load", path, db.url(), "--table=t", "--connections=1")
    finally:
        db.execute("drop event trigger adds")
    assert "stay" in line and db.value("select count(*) from t where i = -1") > 0


@pytest.mark.parametrize("method", METHODS)
def test_a_load_that_brought_nothing_leaves_no_table(db, gen, method):
    """Whatever ends it: here the server, before the first row."""
    data = DataSet(1000, 1, id_form="binary")
    db.execute(
        "create function no() returns trigger language plpgsql as $$ begin raise sqlstate '53100'; end $$",
        "create function guard() returns event_trigger language plpgsql as $$ begin if to_regclass('public.t') is not null "
        "and not exists (select from pg_trigger where tgname = 'no') then create trigger no before insert on public.t for each row execute function no(); end if; end $$",
        "create event trigger guards on ddl_command_end when tag in ('CREATE TABLE') execute function guard()",
    )
    try:
        gen.failed(*flags_of(data), f"--out={db.url()}", "--table=t", f"--method={method}")
    finally:
        db.execute("drop event trigger guards")
    assert "public.t" not in db.relations() and db.count("samplegen_loads") == 0
    gen(*flags_of(data), f"--out={db.url()}", "--table=t", f"--method={method}", "--quiet")
    assert db.count() == 1000
