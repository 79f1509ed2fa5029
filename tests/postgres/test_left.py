"""What a load that fails leaves: what it found, or a plain word about what stays."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import flags_of
from dataset import DataSet

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
    """Nothing stays, nothing is promised, the row is that of the file, and the repaired file is loaded once."""
    path, repaired = spoiled
    command = [db.url(), "--table=t", "--connections=1", f"--method={method}"]
    line = gen.failed("load", path, *command)
    assert "row 1999 " in line and '"t"' in line and "removed" in line
    assert "same command" not in line and "goes on" not in line and "cannot go on" not in line
    assert db.relations() == {"public.samplegen_loads"}
    assert db.count("samplegen_loads") == 0
    assert gen.json("load", repaired, *command, "--if-exists=append")["rows"] == 2000


def test_in_a_table_that_was_there_what_stays_is_said(db, gen, spoiled):
    path, _ = spoiled
    db.execute("create table t (i bigint, t timestamp)")
    line = gen.failed("load", path, db.url(), "--table=t", "--connections=1", "--if-exists=append")
    assert "1000 rows" in line and "stay" in line and "same command" not in line
    assert db.count() == 1000


@pytest.mark.parametrize("method", METHODS)
def test_a_constraint(db, gen, tmp_path, method):
    db.execute("create table t (i bigint check (i < 5))")
    pq.write_table(pa.table({"i": range(5, 10)}), tmp_path / "x.parquet")
    command = ["load", tmp_path / "x.parquet", db.url(), "--table=t", "--if-exists=append", f"--method={method}"]
    line = gen.failed(*command)
    assert "t_i_check" in line and "no row of this load" in line and "same command" not in line
    assert db.count() == 0


def test_rows_of_others_are_never_removed(db, gen, spoiled):
    """Somebody has added a row to the table that the load made."""
    path, _ = spoiled
    db.execute(
        "create function add() returns event_trigger language plpgsql as "
        "$$ begin if to_regclass('public.t') is not null then insert into public.t values (-1, null); end if; end $$",
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
