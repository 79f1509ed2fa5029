"""Loads of the same rows into one table at the same time: each row comes once, however the loads cut them."""

import random
import signal

import pytest

from dataset import DataSet
from test_faults import until

# Rows in common: 500 to 3999.
ONE = DataSet(4000, 2, seed=7, id_form="binary")
OTHER = DataSet(4000, 2, seed=7, first_row=500, id_form="binary")
BOTH = DataSet(4500, 2, seed=7, id_form="binary")

WAITING = "select count(*) from pg_stat_activity where application_name = 'samplegen' and wait_event_type = 'Lock'"


@pytest.fixture
def gate(db, gen, into):
    """Table t, into which rows come only when the connection given has let go of it."""
    gen(*into(DataSet(0, 2, seed=7, id_form="binary")), "--quiet")
    db.execute(
        "create function waits() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock_shared(42); return new; end $$",
        "create trigger waits before insert on t for each row execute function waits()",
    )
    with db.connect() as connection:
        connection.autocommit = True
        connection.execute("select pg_advisory_lock(42)")
        yield connection


def each_once(db):
    rows, ids = db.query("select count(*), count(distinct id_client) from t")[0]
    assert rows == ids
    return rows


@pytest.mark.parametrize("method", ["copy", "pipeline", "insert"])
@pytest.mark.parametrize("first_is", ["let through", "killed"])
def test_a_load_waits_for_one_that_has_some_of_its_rows(db, gen, into, gate, first_is, method):
    first = gen.start(*into(ONE, "--connections=1", batch_size=1000))
    until(lambda: db.value(WAITING) == 1)
    second = gen.start(*into(OTHER, "--connections=1", f"--method={method}", batch_size=700))
    until(lambda: db.value(WAITING) == 2)
    if first_is == "killed":
        first.kill()
    gate.execute("select pg_advisory_unlock(42)")
    code, _, err = gen.end(first)
    assert code in (-signal.SIGKILL, 0, 2, 3)
    code, _, err = gen.end(second)
    if first_is == "killed":
        assert (code, err) == (0, "")
        assert each_once(db) == OTHER.rows
    else:
        assert code in (2, 3) and "at the same time" in err and "--from-row" in err and "same command" not in err
        assert each_once(db) >= 1000
    if method == "copy":
        gen(*into(BOTH, batch_size=100), "--quiet")
        assert each_once(db) == BOTH.rows


def test_loads_with_other_ranges_and_parts_at_once(db, gen, into):
    """As they come; one of them may be killed."""
    chance = random.Random(5)
    gen(*into(DataSet(0, 2, seed=7, id_form="binary")), "--quiet")
    for attempt in range(6):
        db.execute("delete from samplegen_loads where part <> '' or load not like '%+0'", "truncate t")
        loads = [
            gen.start(*into(data, f"--connections={chance.randint(1, 3)}", batch_size=chance.choice([100, 300, 700, 1000])))
            for data in (ONE, OTHER)
        ]
        if attempt % 2:
            until(lambda: db.count() > 0 or loads[0].poll() is not None)
            loads[0].kill()
        for load in loads:
            code, _, err = gen.end(load)
            assert code in (0, 2, 3, -signal.SIGKILL), err
        each_once(db)
        gen(*into(BOTH, batch_size=100), "--quiet")
        assert each_once(db) == BOTH.rows
