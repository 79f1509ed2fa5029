"""Through a connection pooler in transaction mode, and in sessions that others have set up."""

import json
import os
import re
import shutil
import signal
import subprocess
import time

import psycopg
import pytest

from conftest import flags_of
from dataset import DataSet
from server import free_port
from test_faults import Watcher
from test_faults import until

DATA = DataSet(20_000, 2, seed=21, id_form="binary")
OTHER = DataSet(20_000, 2, seed=22, id_form="binary")
FEW = DataSet(600, 2, seed=23, id_form="binary")
METHODS = ["copy", "pipeline", "insert"]
WAITING = "select count(*) from pg_stat_activity where application_name = 'samplegen' and wait_event_type = 'Lock'"

CONFIG = """\
[databases]
* = host=127.0.0.1 port={server_port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
auth_type = trust
auth_file = {folder}/users
pool_mode = {mode}
default_pool_size = {size}
logfile = {folder}/log
unix_socket_dir =
"""


@pytest.fixture
def pooler(server, db):
    """Starts PgBouncer with so many connections to the server; the address of the database there."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if not program:
        pytest.skip("PGBOUNCER IS NOT INSTALLED: poolers are not tested")
    running = []

    def start(size: int, mode="transaction") -> str:
        folder, port = server.folder / f"pooler-{len(running)}-{os.getpid()}-{free_port()}", free_port()
        folder.mkdir()
        (folder / "config").write_text(CONFIG.format(server_port=server.port, port=port, folder=folder, size=size, mode=mode))
        (folder / "users").write_text('"tester" ""\n')
        if server.user:
            os.chown(folder, server.user.pw_uid, server.user.pw_gid)
        process = subprocess.Popen([program, "-q", folder / "config"], stderr=subprocess.DEVNULL, **server.as_user())
        running.append(process)
        for _ in range(500):
            try:
                psycopg.connect(db.url(port=port), connect_timeout=10).close()
                return db.url(port=port)
            except psycopg.OperationalError:
                assert process.poll() is None, "PgBouncer has ended"
                time.sleep(0.01)
        raise AssertionError("PgBouncer does not answer")

    yield start
    for process in running:
        process.kill()
        process.wait()


def into(url, data, table="t", **options) -> list[str]:
    return [*flags_of(data, **options), f"--out={url}", f"--table={table}"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [1, 2, 5])
def test_two_loads_through_a_pooler(db, gen, pooler, assert_whole, size, method):
    """More connections than the pooler has, or fewer; each row is in its own table, and the pool is left clean."""
    url = pooler(size)
    first, second = (DATA, OTHER) if method == "copy" else (FEW, DataSet(600, 2, seed=24, id_form="binary"))
    flags = [f"--method={method}", "--connections=3", "--quiet"]
    running = [
        gen.start(*into(url, data, table, batch_size=1000), *flags) for data, table in ((first, "t"), (second, "u"))
    ]
    assert [gen.end(process) for process in running] == [(0, "", "")] * 2
    for table in ("t", "u"):
        assert_whole(first.rows, table)
        assert_whole(first.rows, table, url=url)
    assert db.value("select count(*) from pg_locks where locktype = 'advisory'") == 0
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as connection:
        for setting in ("idle_in_transaction_session_timeout", "DateStyle", "synchronous_commit", "row_security"):
            changed = "select setting <> reset_val from pg_settings where name ilike %s"
            assert connection.execute(changed, [setting]).fetchone() == (False,), setting
        assert connection.execute("select count(*) from pg_prepared_statements").fetchone() == (0,)
    gen(*into(db.url(), first, batch_size=1000), "--if-exists=replace", "--quiet")


def test_killed_behind_a_pooler(db, gen, pooler, assert_whole):
    """At the start, and twice in the middle of forty parts."""
    url, watcher = pooler(2), Watcher(db)
    for parts in (0, 3, 12):
        process = gen.start(*into(url, DATA, batch_size=500), "--connections=3")
        watcher.until_further(process, parts)
        process.kill()
        assert gen.end(process)[0] == -signal.SIGKILL
    assert 12 <= watcher.parts() < 40
    watcher.connection.close()
    gen(*into(url, DATA, batch_size=500), "--quiet")
    assert_whole(DATA.rows, url=url)


def test_names_of_statements_that_others_left_in_the_pool(db, gen, pooler, assert_whole):
    url = pooler(1)
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as connection:
        for number in range(4):
            connection.execute(f"prepare s{number} as select 1")
    gen(*into(url, DATA, batch_size=5000), "--quiet")
    assert_whole(DATA.rows, url=url)


def test_a_pooler_that_is_busy(db, gen, pooler):
    """That nothing is answered is said, with its reason."""
    url = pooler(1)
    gen(*into(url, FEW), "--quiet")
    with psycopg.connect(url, prepare_threshold=None) as holder:
        holder.execute("select 1")
        for command in (["check", f"{url}?connect_timeout=2", "--table=t"], into(f"{url}?connect_timeout=2", FEW, "u")):
            assert "pooler" in gen.failed(*command)


def test_a_pooler_in_statement_mode(db, gen, pooler):
    gen(*into(db.url(), FEW), "--quiet")
    url = pooler(1, mode="statement")
    for command in (["check", url, "--table=t"], *(into(url, FEW, "u") + [f"--method={method}"] for method in METHODS)):
        line = gen.refused(*command)
        assert "statement pooling" in line and "transaction mode" in line
    assert "public.u" not in db.relations()


def test_a_start_parameter_that_a_pooler_does_not_know(gen, pooler):
    line = gen.refused(*into(f"{pooler(1)}?options=-cgeqo%3Doff", FEW))
    assert "options" in line and "ignore_startup_parameters" in line


# COPY knows no rules.
@pytest.mark.parametrize(["how", "method"], [("trigger", m) for m in METHODS] + [("rule", m) for m in METHODS[1:]])
def test_rows_that_the_server_does_not_take(db, gen, how, method):
    db.execute("create table t (id_client uuid, class_0 float8, class_1 float8)")
    if how == "rule":
        db.execute("create rule r as on insert to t where new.class_0 < 0.5 do instead nothing")
    else:
        db.execute(
            "create function f() returns trigger language plpgsql as "
            "'begin if new.class_0 < 0.5 then return null; end if; return new; end'",
            "create trigger g before insert on t for each row execute function f()",
        )
    line = gen.failed(*into(db.url(), FEW), "--if-exists=append", f"--method={method}")
    assert "the server took" in line and "trigger or a rule" in line and "same command" not in line


SETTINGS = {
    "statement_timeout": "'100ms'",
    "lock_timeout": "'100ms'",
    "idle_in_transaction_session_timeout": "'100ms'",
    "idle_session_timeout": "'300ms'",
    "extra_float_digits": "0",
    "DateStyle": "'German'",
    "IntervalStyle": "'sql_standard'",
    "bytea_output": "'escape'",
    "client_encoding": "'LATIN1'",
    "standard_conforming_strings": "off",
    "quote_all_identifiers": "on",
    "default_transaction_isolation": "'repeatable read'",
    "synchronous_commit": "off",
    "TimeZone": "'Asia/Kathmandu'",
}


@pytest.mark.parametrize("method", METHODS)
def test_a_role_with_settings(db, gen, assert_whole, method):
    db.execute("drop role if exists peculiar", "create role peculiar superuser login")
    try:
        db.execute(*(f"alter role peculiar set {name} = {value}" for name, value in SETTINGS.items()))
        data = DataSet(300_000, 4, seed=3, id_form="binary") if method == "copy" else FEW
        gen(*into(db.url(user="peculiar"), data, batch_size=data.rows), f"--method={method}", "--quiet")
        assert_whole(data.rows, url=db.url(user="peculiar"))
    finally:
        db.execute("drop owned by peculiar", "drop role peculiar")


@pytest.mark.parametrize("method", METHODS)
def test_no_time_limit_of_a_role_cuts_a_row_off(db, gen, assert_whole, method):
    """Somebody holds a lock for longer than a statement of the role may take."""
    gen(*into(db.url(), DataSet(0, 2, seed=23, id_form="binary")), "--quiet")
    db.execute("drop role if exists hurried", "create role hurried superuser login")
    try:
        db.execute(*(f"alter role hurried set {name} = '50ms'" for name in ("statement_timeout", "lock_timeout")))
        url = db.url(user="hurried")
        with db.connect(autocommit=False) as holder:
            holder.execute("lock table t in exclusive mode")
            process = gen.start(*into(url, FEW), "--if-exists=append", f"--method={method}", "--quiet")
            until(lambda: db.value(WAITING) > 0 or process.poll() is not None)
            time.sleep(0.2)
        assert gen.end(process) == (0, "", "")
        assert gen.json("check", url, "--table=t", *flags_of(FEW))["whole"]
    finally:
        db.execute("drop owned by hurried", "drop role hurried")


def test_a_role_that_only_reads(db, gen):
    db.execute("drop role if exists reader", "create role reader superuser login")
    try:
        db.execute("alter role reader set default_transaction_read_only = on")
        assert "default_transaction_read_only" in gen.refused(*into(db.url(user="reader"), FEW))
    finally:
        db.execute("drop role reader")


def test_rows_that_are_hidden_are_not_lost(db, gen):
    gen(*into(db.url(), FEW), "--quiet")
    db.execute(
        "alter table t enable row level security", "create policy p on t using (class_0 < 0.5)", "grant select on t to guest"
    )
    code, out, err = gen.end(gen.start("check", db.url(user="guest"), "--table=t"))
    assert (code, out) == (3, "") and "row-level security" in err


def test_domains_are_compared_as_what_they_are_over(db, gen, assert_whole):
    """To the bit; and rows are loaded into them."""
    db.execute(
        "create domain share as float8 check (value between 0 and 1)",
        "create domain smaller as share",
        "create domain key as uuid",
        "create table t (id_client key, class_0 share, class_1 smaller)",
    )
    gen(*into(db.url(), FEW), "--if-exists=append", "--quiet")
    check = ["check", db.url(), "--table=t", *flags_of(FEW)]
    assert gen.json(*check)["whole"]
    db.execute("update t set class_1 = class_1 * (1 + 2 ^ -52::float8) where class_1 = (select min(class_1) from t)")
    code, out, _ = gen.end(gen.start(*check, "--json"))
    assert code == 1 and json.loads(out)["altered"]["count"] == 1


def test_replace_at_once_after_an_interrupt(db, gen):
    for _ in range(3):
        command = [*into(db.url(), DataSet(20_000_000, 10, seed=1)), "--if-exists=replace"]
        process = gen.start(*command)
        time.sleep(0.4)
        process.send_signal(signal.SIGINT)
        assert gen.end(process)[0] == 130


@pytest.mark.parametrize("method", METHODS)
def test_a_load_that_goes_on_is_not_replaced(db, gen, method):
    process = gen.start(*into(db.url(), DataSet(3_000_000, 2, seed=1), batch_size=2000), f"--method={method}", "--connections=1")
    while db.value("select to_regclass('t') is null") or db.count() == 0:
        assert process.poll() is None
    line = gen.refused(*into(db.url(), FEW), "--if-exists=replace")
    assert "another gen" in line
    (session,) = re.findall(r"session (\d+) of role \"tester\" \(samplegen\)", line)
    assert db.value("select count(*) from pg_stat_activity where pid = %s", [int(session)]) == 1
    process.kill()
    gen.end(process)
