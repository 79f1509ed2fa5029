"""Whatever happens to a load, it is ended by the same command, with every row there once."""

import json
import os
import random
import shutil
import signal
import subprocess
import threading
import time

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import flags_of
from dataset import DataSet
from proxy import LOSE_ANSWER, LOSE_COMMIT, PASS, Proxy

DATA = DataSet(100_000, 2, seed=11, id_form="binary")
LAYOUT = {"batch_size": 2500}
PARTS = 40

SMALL = DataSet(5000, 2, seed=12, id_form="binary")
SMALL_LAYOUT = {"batch_size": 1000}
SMALL_PARTS = 5

# Of each kind, and there are four.
KILLS = 9
WAIT_SECONDS = 30


def generated_into(url, data=DATA, layout=LAYOUT, table="t") -> list[str]:
    return [*flags_of(data, **layout), f"--out={url}", f"--table={table}"]


def until(reached):
    """Waits for what must come."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not reached():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.002)


class Watcher:
    """Sees over one connection how far a load is."""

    def __init__(self, db):
        self.connection = db.connect()

    def parts(self) -> int:
        try:
            sql = "select count(*) from samplegen_loads where part <> '' and table_oid = to_regclass('t')"
            return self.connection.execute(sql).fetchone()[0]
        except psycopg.errors.UndefinedTable:
            return 0

    def rows(self) -> int:
        try:
            return self.connection.execute("select count(*) from t").fetchone()[0]
        except psycopg.errors.UndefinedTable:
            return 0

    def waiting(self) -> int:
        """Loaders that wait for somebody else's lock."""
        sql = (
            "select count(*) from pg_stat_activity where application_name = 'samplegen' "
            "and datname = current_database() and wait_event_type = 'Lock'"
        )
        return self.connection.execute(sql).fetchone()[0]

    def connected(self) -> int:
        sql = "select count(*) from pg_stat_activity where application_name = 'samplegen' and datname = current_database()"
        return self.connection.execute(sql).fetchone()[0]

    def cut(self, how_many: int) -> int:
        """Ends connections of loaders."""
        sql = (
            "select count(pg_terminate_backend(pid)) from (select pid from pg_stat_activity where application_name = "
            "'samplegen' and datname = current_database() order by random() limit %s) loaders"
        )
        return self.connection.execute(sql, [how_many]).fetchone()[0]

    def until_further(self, process: subprocess.Popen, parts: int):
        """Waits until so many parts are in the table, or the load is at its end."""
        until(lambda: self.parts() >= parts or process.poll() is not None)


@pytest.fixture
def watcher(db):
    return Watcher(db)


def until_it_ends(db, faulty_run, times: int):
    """Runs it until it ends whole, and until it was in time to be hindered so many times."""
    hindered = 0
    while True:
        if faulty_run():
            hindered += 1
        elif hindered < times:
            db.execute("drop table t")
        else:
            return


@pytest.mark.parametrize("moments", ["by the clock", "by progress"])
@pytest.mark.parametrize("source", ["files", "generator"])
def test_killed_again_and_again(db, gen, files, assert_whole, watcher, source, moments):
    chance = random.Random()
    command = generated_into(db.url())
    if source == "files":
        command = ["load", files(DATA, **LAYOUT), db.url(), "--table", "t"]
    kills = in_the_middle = 0
    while kills < KILLS:
        process = gen.start(*command, "--connections", chance.randint(1, 4))
        if moments == "by the clock":
            time.sleep(chance.uniform(0, 0.25))
        else:
            watcher.until_further(process, watcher.parts() + chance.randint(0, 4))
        process.kill()
        code, _, err = gen.end(process)
        assert (code, err) in ((0, ""), (-signal.SIGKILL, ""))
        if code == 0:
            assert_whole(DATA.rows)
            db.execute("drop table t")
        else:
            kills += 1
            in_the_middle += 0 < watcher.parts() < PARTS
    summary = gen.json(*command)
    assert summary["rows"] + summary["kept_rows"] == DATA.rows
    assert_whole(DATA.rows)
    assert gen.json(*command)["rows"] == 0
    if moments == "by progress":
        assert in_the_middle > 0


def test_interrupted_again_and_again(db, gen, assert_whole, watcher):
    """By a signal that it answers: parts that were under way are gone, or there with their entries."""
    chance = random.Random()

    def interrupt():
        process = gen.start(*generated_into(db.url()), "--connections", 3)
        watcher.until_further(process, watcher.parts() + chance.randint(1, 8))
        process.send_signal(signal.SIGINT)
        code, out, err = gen.end(process)
        until(lambda: watcher.connected() == 0)
        assert watcher.rows() == watcher.parts() * (DATA.rows // PARTS)
        if code != 0:
            assert (code, out, len(err.splitlines())) == (130, "", 1)
            assert "interrupted" in err
        return code != 0

    until_it_ends(db, interrupt, times=4)
    assert_whole(DATA.rows)


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("method", ["copy", "pipeline", "insert"])
def test_a_signal_ends_a_load_that_waits(db, gen, assert_whole, watcher, which, method):
    """The server does not answer, because somebody holds a lock."""
    command = [*generated_into(db.url(), SMALL, SMALL_LAYOUT), "--if-exists=append", f"--method={method}"]
    db.execute("create table t (id_client uuid, class_0 float8, class_1 float8)")
    with db.connect(autocommit=False) as holder:
        holder.execute("lock table t in exclusive mode")
        process = gen.start(*command)
        until(lambda: watcher.waiting() > 0)
        process.send_signal(which)
        code, out, err = gen.end(process)
        assert (code, out, len(err.splitlines())) == (128 + which, "", 1)
        assert "interrupted" in err
    until(lambda: watcher.connected() == 0)
    if method == "copy":
        assert "the same command" in err
        gen(*command, "--quiet")
        assert gen.json("check", db.url(), "--table=t", *flags_of(SMALL))["whole"]
    else:
        assert "cannot go on" in err
        gen.refused(*command)
        gen(*generated_into(db.url(), SMALL, SMALL_LAYOUT), "--if-exists=replace", "--quiet")
        assert_whole(SMALL.rows)


@pytest.mark.parametrize("sslmode", ["disable", "require"])
def test_a_signal_ends_what_the_server_does(db, gen, watcher, sslmode):
    """When the command has ended, its sessions have too, though the lock that they waited for is still held."""
    db.execute("create table t (id_client uuid, class_0 float8, class_1 float8)")
    command = generated_into(db.url(sslmode=sslmode), SMALL, SMALL_LAYOUT)
    with db.connect(autocommit=False) as holder:
        holder.execute("lock table t in exclusive mode")
        process = gen.start(*command, "--if-exists=append", "--connections=3")
        until(lambda: watcher.waiting() > 0)
        process.send_signal(signal.SIGINT)
        assert gen.end(process)[0] == 130
        assert watcher.waiting() == 0


def test_the_server_ends_what_a_killed_load_waits_for(db, gen, watcher):
    db.execute("create table t (id_client uuid, class_0 float8, class_1 float8)")
    with db.connect(autocommit=False) as holder:
        holder.execute("lock table t in exclusive mode")
        process = gen.start(*generated_into(db.url(), SMALL, SMALL_LAYOUT), "--if-exists=append")
        until(lambda: watcher.waiting() > 0)
        process.kill()
        gen.end(process)
        until(lambda: watcher.connected() == 0)


def test_a_load_that_replaces_says_for_whom_it_waits(db, gen):
    command = [*generated_into(db.url(), SMALL, SMALL_LAYOUT), "--if-exists=replace"]
    gen(*command, "--quiet")
    with db.connect(autocommit=False) as holder:
        holder.execute("set application_name = 'a reader'")
        holder.execute("select count(*) from t")
        process = gen.start(*command)
        line = process.stderr.readline()
        assert f"waiting for session {holder.info.backend_pid} of role \"tester\" (a reader)" in line
    assert process.wait(60) == 0


def test_a_signal_ends_a_check_that_waits(db, gen, watcher):
    gen(*generated_into(db.url(), SMALL, SMALL_LAYOUT), "--quiet")
    with db.connect(autocommit=False) as holder:
        holder.execute("lock table t in access exclusive mode")
        process = gen.start("check", db.url(), "--table=t")
        until(lambda: watcher.waiting() > 0)
        process.send_signal(signal.SIGINT)
        # Before it has begun, the signal itself may end it.
        assert gen.end(process)[0] in (130, -signal.SIGINT)


@pytest.mark.parametrize("how_many", [1, 100], ids=["one", "all"])
def test_connections_are_cut(db, gen, assert_whole, watcher, how_many):
    chance = random.Random()

    def cut():
        process = gen.start(*generated_into(db.url()), "--connections", 3)
        watcher.until_further(process, watcher.parts() + chance.randint(1, 6))
        watcher.cut(how_many)
        code, out, err = gen.end(process)
        if code != 0:
            assert (code, out, len(err.splitlines())) == (3, "", 1)
            assert "the same command" in err
        return code != 0

    until_it_ends(db, cut, times=5)
    assert_whole(DATA.rows)


@pytest.mark.parametrize("method", ["pipeline", "insert"])
@pytest.mark.parametrize("fault", ["killed", "cut"])
def test_each_row_committed_by_itself_is_not_gone_on_with(db, gen, assert_whole, watcher, method, fault):
    command = [*generated_into(db.url()), f"--method={method}", "--connections=2"]
    process = gen.start(*command)
    until(lambda: watcher.rows() > 100)
    if fault == "killed":
        process.kill()
        assert gen.end(process) == (-signal.SIGKILL, "", "")
    else:
        watcher.cut(100)
        code, out, err = gen.end(process)
        assert (code, out, len(err.splitlines())) == (3, "", 1) and "cannot go on" in err
    until(lambda: watcher.connected() == 0)
    rows = watcher.rows()
    assert 0 < rows < DATA.rows
    for rerun in (method, "copy"):
        for way in ("fail", "append"):
            again = [*generated_into(db.url()), f"--method={rerun}", f"--if-exists={way}"]
            assert "--if-exists replace" in gen.refused(*again)
    assert watcher.rows() == rows
    gen(*generated_into(db.url()), "--if-exists=replace", "--quiet")
    assert_whole(DATA.rows)


@pytest.mark.parametrize("method", ["pipeline", "insert"])
def test_rows_committed_by_themselves_are_known_in_a_larger_source(db, gen, tmp_path, method):
    """A load that was cut off is refused together with another file, too."""
    pq.write_table(pa.table({"i": [0, 1, 2, 9]}), tmp_path / "a.parquet", row_group_size=3)
    db.execute("create table t (i bigint check (i < 9))")
    gen.failed("load", tmp_path, db.url(), "--table=t", "--if-exists=append", f"--method={method}", "--connections=1")
    assert db.count() == 3
    pq.write_table(pa.table({"i": [3]}), tmp_path / "b.parquet")
    command = ["load", tmp_path, db.url(), "--table=t", "--if-exists=append", "--connections=1"]
    code, _, err = gen.end(gen.start(*command, "--method=copy"))
    assert (code, db.count()) == (2, 3), err


# The server


@pytest.mark.parametrize("method", ["copy", "pipeline", "insert"])
@pytest.mark.parametrize("how", ["drop table t", "alter table t rename to other"])
def test_a_table_that_goes_away(db, gen, watcher, method, how):
    process = gen.start(*generated_into(db.url()), f"--method={method}")
    until(lambda: watcher.rows() > 100)
    db.execute(how)
    code, out, err = gen.end(process)
    assert (code, out, len(err.splitlines())) == (3, "", 1) and "dropped or renamed" in err


def test_the_server_is_stopped_hard_and_started_again(db, server, gen, assert_whole):
    """Parts that had been reported as committed may be lost with it, together with their entries."""


    def stop():
        watcher = Watcher(db)
        process = gen.start(*generated_into(db.url()), "--connections", 2)
        watcher.until_further(process, watcher.parts() + 8)
        server.stop(signal.SIGQUIT)
        code, out, err = gen.end(process)
        server.start()
        watcher = Watcher(db)
        assert watcher.rows() == watcher.parts() * (DATA.rows // PARTS)
        if code != 0:
            assert (code, out, len(err.splitlines())) == (3, "", 1)
        return code != 0

    until_it_ends(db, stop, times=3)
    assert_whole(DATA.rows)


def test_what_was_reported_survives_the_server(db, server, gen, assert_whole):
    for table in ("t", "u"):
        gen(*generated_into(db.url(), SMALL, SMALL_LAYOUT, table), "--quiet")
        server.stop(signal.SIGQUIT)
        server.start()
        assert_whole(SMALL.rows, table)


@pytest.fixture
def lazy_server(server):
    """It writes to the disk what need not be there at once as late as it can."""
    with server.connect("postgres") as connection:
        connection.execute("alter system set wal_writer_delay = '10s'")
        connection.execute("alter system set wal_writer_flush_after = '1GB'")
        connection.execute("select pg_reload_conf()")
    yield server
    with server.connect("postgres") as connection:
        connection.execute("alter system reset all")
        connection.execute("select pg_reload_conf()")


def test_that_all_was_there_already_survives_the_server(db, lazy_server, gen, assert_whole):
    """A load loses the answer to its last commit; the next run finds all parts there, and says so."""
    with Proxy(lazy_server.port, lambda n: LOSE_ANSWER if n == 1 + SMALL_PARTS else PASS) as proxy:
        url = db.url(port=proxy.port, sslmode="disable")
        gen.failed(*generated_into(url, SMALL, SMALL_LAYOUT), "--connections=1")
    assert gen.json(*generated_into(db.url(), SMALL, SMALL_LAYOUT))["kept_rows"] == SMALL.rows
    lazy_server.stop(signal.SIGQUIT)
    lazy_server.start()
    assert_whole(SMALL.rows)


def test_an_unlogged_table_after_a_crash(db, server, gen, assert_whole):
    """The server empties it, and that is seen."""
    command = [*generated_into(db.url(), SMALL, SMALL_LAYOUT), "--unlogged"]
    gen(*command, "--quiet")
    assert gen.json(*command)["rows"] == 0
    server.stop(signal.SIGQUIT)
    server.start()
    assert db.count() == 0
    assert "--if-exists replace" in gen.refused(*command)
    gen(*command, "--if-exists=replace", "--quiet")
    assert_whole(SMALL.rows)


def test_an_unlogged_table_after_a_crash_and_another_load(db, server, gen):
    """What the crash took is not said to be there because of what came afterwards."""
    first = [*generated_into(db.url(), SMALL, SMALL_LAYOUT), "--unlogged", "--if-exists=append"]
    gen(*first, "--quiet")
    server.stop(signal.SIGQUIT)
    server.start()
    assert db.count() == 0
    gen("--rows=10", "--classes=2", "--seed=1", f"--out={db.url()}", "--table=t", "--if-exists=append", "--quiet")
    code, _, err = gen.end(gen.start(*first))
    assert code == 2 or db.count() == SMALL.rows + 10, err


def test_the_server_is_not_there_yet(db, server, gen, assert_whole):
    server.stop()
    line = gen.failed(*generated_into(db.url(), SMALL, SMALL_LAYOUT))
    assert f"127.0.0.1:{server.port}" in line
    server.start()
    gen(*generated_into(db.url(), SMALL, SMALL_LAYOUT), "--quiet")
    assert_whole(SMALL.rows)


# Commits whose fate is not known


@pytest.mark.parametrize("what", [LOSE_ANSWER, LOSE_COMMIT], ids=["the answer is lost", "the commit is lost"])
@pytest.mark.parametrize("at", range(1, SMALL_PARTS + 2))
def test_a_commit_that_is_not_heard_of(db, server, gen, assert_whole, what, at):
    """The first is that of the table, and the others are those of the parts."""
    with Proxy(server.port, lambda number: what if number == at else PASS) as proxy:
        url = db.url(port=proxy.port, sslmode="disable")
        gen.failed(*generated_into(url, SMALL, SMALL_LAYOUT), "--connections=1")
        # A table that holds nothing is removed again, which is a commit too.
        assert at <= proxy.commits <= at + 1
    summary = gen.json(*generated_into(db.url(), SMALL, SMALL_LAYOUT))
    kept = max(at - 2 + (what == LOSE_ANSWER), 0)
    assert (summary["parts"], summary["kept_parts"]) == (SMALL_PARTS - kept, kept)
    assert_whole(SMALL.rows)


@pytest.mark.parametrize("connections", [1, 3])
def test_no_commit_is_ever_heard_of(db, server, gen, assert_whole, connections):
    """Each run brings a part for each connection, without knowing it."""
    with Proxy(server.port, lambda _: LOSE_ANSWER) as proxy:
        url = db.url(port=proxy.port, sslmode="disable")
        # The first one only makes the table.
        gen.failed(*generated_into(url, SMALL, SMALL_LAYOUT), "--connections", connections)
    # The table is there, so its commit is one of nothing, which may as well be heard of.
    runs = 0
    while True:
        first = threading.Event()

        def at_commit(_):
            if first.is_set():
                return LOSE_ANSWER
            first.set()
            return PASS

        with Proxy(server.port, at_commit) as proxy:
            url = db.url(port=proxy.port, sslmode="disable")
            process = gen.start(*generated_into(url, SMALL, SMALL_LAYOUT), "--connections", connections)
            code, _, err = gen.end(process)
        if code == 0:
            break
        assert (code, len(err.splitlines())) == (3, 1)
        runs += 1
    assert runs <= SMALL_PARTS
    assert_whole(SMALL.rows)


@pytest.mark.parametrize("what", [PASS, LOSE_COMMIT], ids=["it comes", "it never comes"])
def test_a_commit_that_is_still_on_its_way(db, server, gen, assert_whole, watcher, what):
    """The loader is dead, and the server has not heard its commit: the next run waits to see what becomes of it."""
    reached, go_on = threading.Event(), threading.Event()

    def at_commit(number):
        if number == 3:
            reached.set()
            go_on.wait(WAIT_SECONDS)
            return what
        return PASS

    with Proxy(server.port, at_commit) as proxy:
        url = db.url(port=proxy.port, sslmode="disable")
        first = gen.start(*generated_into(url, SMALL, SMALL_LAYOUT), "--connections=1")
        assert reached.wait(WAIT_SECONDS)
        first.kill()
        gen.end(first)
        second = gen.start(*generated_into(db.url(), SMALL, SMALL_LAYOUT), "--connections=2", "--json")
        until(lambda: watcher.waiting() > 0)
        go_on.set()
        code, out, err = gen.end(second)
    assert (code, err) == (0, "")
    kept = 2 if what == PASS else 1
    assert json.loads(out)["kept_parts"] == kept
    assert_whole(SMALL.rows)


# Several loaders


def end_all(gen, running) -> list[dict]:
    ended = [gen.end(process) for process in running]
    assert [(code, err) for code, _, err in ended] == [(0, "")] * len(running)
    return [json.loads(out) for _, out, _ in ended]


def test_several_loaders_of_the_same(db, gen, files, assert_whole):
    for _ in range(3):
        commands = [generated_into(db.url()), generated_into(db.url())]
        commands += [["load", files(DATA, **LAYOUT), db.url(), "--table", "t"]]
        summaries = end_all(gen, [gen.start(*command, "--json", "--connections=2") for command in commands])
        assert sum(summary["rows"] for summary in summaries) == DATA.rows
        assert all(summary["rows"] + summary["kept_rows"] == DATA.rows for summary in summaries)
        assert_whole(DATA.rows)
        db.execute("drop table t", "drop table samplegen_loads")


def test_several_loaders_into_tables_of_their_own(db, gen, assert_whole):
    """They share the book, which none of them has made yet."""
    for _ in range(3):
        tables = [f"t{i}" for i in range(4)]
        end_all(gen, [gen.start(*generated_into(db.url(), SMALL, {}, table), "--json") for table in tables])
        for table in tables:
            assert_whole(SMALL.rows, table)
        db.execute("drop table t0, t1, t2, t3, samplegen_loads")


def test_loaders_of_other_parts_at_the_same_time(db, server, gen, watcher):
    """The first one has not committed a part yet, so the second one cannot see that its parts are others."""
    reached, go_on = threading.Event(), threading.Event()

    def at_commit(number):
        if number == 2:
            reached.set()
            go_on.wait(WAIT_SECONDS)
        return PASS

    with Proxy(server.port, at_commit) as proxy:
        url = db.url(port=proxy.port, sslmode="disable")
        first = gen.start(*generated_into(url, SMALL, {"batch_size": 1000}), "--connections=1")
        assert reached.wait(WAIT_SECONDS)
        second = gen.start(*generated_into(db.url(), SMALL, {"batch_size": 700}), "--connections=1")
        until(lambda: second.poll() is not None or watcher.waiting() > 0)
        go_on.set()
        codes = gen.end(first)[0], gen.end(second)[0]
    assert codes in ((0, 2), (0, 0))
    assert db.query("select count(*), count(distinct id_client) from t") == [(SMALL.rows, SMALL.rows)]


# The disk


def test_the_servers_disk_is_full(db, server, gen, assert_whole):
    """Of a file system made for it, which only root can do."""
    folder = server.folder / "small disk"
    folder.mkdir()
    size = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]
    if os.geteuid() != 0 or not shutil.which("mount") or subprocess.run(size, capture_output=True).returncode != 0:
        folder.rmdir()
        pytest.skip("A SMALL FILE SYSTEM CANNOT BE MOUNTED HERE: a full disk of the server is not tested")
    try:
        os.chown(folder, server.user.pw_uid, server.user.pw_gid)
        db.execute(f"create tablespace small location '{folder}'")
        db.execute(f"alter database {db.name} set default_tablespace = small")
        line = gen.failed(*generated_into(db.url()))
        assert "No space left" in line and "the same command" in line
        watcher = Watcher(db)
        assert watcher.rows() == watcher.parts() * (DATA.rows // PARTS)
        watcher.connection.close()
        subprocess.run(["mount", "-o", "remount,size=100m", folder], check=True)
        gen(*generated_into(db.url()), "--quiet")
        assert_whole(DATA.rows)
    finally:
        try:
            db.execute(f"alter database {db.name} reset default_tablespace")
            db.execute("drop table if exists t, samplegen_loads", "checkpoint")
            db.execute("drop tablespace if exists small")
        finally:
            # Even if the server still has files there.
            subprocess.run(["umount", "--lazy", folder], check=True)
