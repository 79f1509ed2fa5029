"""What cannot be done is said in one line, with the right exit code, without a password, and leaves nothing behind."""

import json
import os
import socket
import threading
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import flags_of
from dataset import DataSet
from server import PASSWORD, free_port

DATA = DataSet(3000, 2, seed=5, id_form="binary")
LAYOUT = {"batch_size": 1000}

SECRET = "s3cretive"


@pytest.fixture
def commands(files):
    """The ways to reach a database."""

    def commands(url, *flags) -> list[list]:
        return [
            ["load", files(DATA, **LAYOUT), url, "--table=t", *flags],
            [*flags_of(DATA, **LAYOUT), f"--out={url}", "--table=t", *flags],
            ["check", url, "--table=t", *(["--json"] if "--json" in flags else [])],
        ]

    return commands


every_way = pytest.mark.parametrize("way", range(3), ids=["load", "generate", "check"])
every_way_in = pytest.mark.parametrize("way", range(2), ids=["load", "generate"])


# Reaching the server


@every_way
@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_nobody_listens(gen, server, commands, way, flags):
    port = free_port()
    url = server.url("db", port=port, password=SECRET)
    line = gen.failed(*commands(url, *flags)[way])
    assert "refused" in line and f"127.0.0.1:{port}" in line and SECRET not in line


@every_way
def test_a_host_that_is_none(gen, server, commands, way):
    url = server.url("db", host="no-such-host.invalid", password=SECRET)
    line = gen.failed(*commands(url)[way])
    assert "no-such-host.invalid" in line and SECRET not in line


@every_way
@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"N", b"\0" * 100, b"R\x7f\xff\xff\xff"])
def test_somebody_else_listens(gen, server, commands, way, answer):
    listener = socket.create_server(("127.0.0.1", 0))

    def listen():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                client.recv(1000)
                client.sendall(answer)

    threading.Thread(target=listen, daemon=True).start()
    try:
        url = server.url("db", port=listener.getsockname()[1], password=SECRET)
        assert SECRET not in gen.failed(*commands(url)[way])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def test_a_server_that_never_answers(gen, server, commands):
    """The address says how long to wait: here, much shorter than the test does."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = gen.start(*commands(server.url("db", port=listener.getsockname()[1], connect_timeout=1))[0])
        try:
            code, out, err = process.wait(4), process.stdout.read(), process.stderr.read()
        finally:
            process.kill()
            process.communicate()
        assert (code, out, len(err.splitlines())) == (3, "", 1)


@every_way
def test_no_connections_left(gen, db, commands, way):
    db.execute(f"alter database {db.name} connection limit 0")
    try:
        assert "too many connections" in gen.failed(*commands(db.url(user="guest"))[way])
    finally:
        db.execute(f"alter database {db.name} connection limit -1")


def test_more_connections_than_the_server_has(db, gen, files):
    """Nothing is lost: with fewer of them, it goes on."""
    folder = files(DataSet(3000, 2, seed=5, id_form="binary"), batch_size=10)
    command = ["load", folder, db.url(), "--table=t", "--connections"]
    line = gen.failed(*command, 200)
    assert "too many clients" in line or "remaining connection slots" in line
    gen(*command, 3, "--quiet")
    assert gen.json("check", db.url(), "--table=t")["whole"]
    # What takes no more than one is not refused for all.
    assert gen.json(*command, 200)["kept_rows"] == 3000


@pytest.mark.parametrize("method", ["insert", "pipeline"])
def test_more_connections_than_the_server_has_for_single_rows(db, gen, files, method):
    command = ["load", files(DATA, **LAYOUT), db.url(), "--table=t", f"--method={method}", "--connections"]
    gen.failed(*command, 200)
    gen(*command, 3, "--quiet")
    assert gen.json("check", db.url(), "--table=t")["whole"]


# Being let in


@every_way
@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_a_wrong_password(gen, db, commands, way, flags):
    url = db.url(user="with_password", password=SECRET)
    line = gen.refused(*commands(url, *flags)[way])
    assert "password" in line and SECRET not in line


@every_way
def test_no_password(gen, db, commands, way):
    assert "password" in gen.refused(*commands(db.url(user="with_password"))[way])


@every_way
def test_users_and_databases_that_are_not_there(gen, db, commands, way):
    assert "nobody" in gen.refused(*commands(db.url(user="nobody"))[way])
    assert "no_such_db" in gen.refused(*commands(db.server.url("no_such_db"))[way])


ways_to_tell = pytest.mark.parametrize("told", ["address", "PGPASSWORD", "PGPASSFILE", ".pgpass"])


@ways_to_tell
def test_passwords(gen, db, tmp_path, told):
    """Each character of it counts, wherever it is told."""
    url, env = db.url(user="with_password"), {}
    escaped = PASSWORD.replace("\\", "\\\\").replace(":", "\\:")
    line = f"# comment\nother:*:*:*:wrong\n127.0.0.1:{db.server.port}:{db.name}:with_password:{escaped}\n*:*:*:*:wrong\n"
    match told:
        case "address":
            url = db.url(user="with_password", password=PASSWORD)
            # It comes before what the environment says.
            env = {"PGPASSWORD": "wrong"}
        case "PGPASSWORD":
            env = {"PGPASSWORD": PASSWORD, "PGPASSFILE": "/nowhere"}
        case "PGPASSFILE":
            path = tmp_path / "passwords"
            env = {"PGPASSFILE": str(path)}
        case ".pgpass":
            path = tmp_path / ".pgpass"
            env = {"HOME": str(tmp_path)}
    if "PASSFILE" in told or told == ".pgpass":
        path.write_text(line)
        path.chmod(0o600)
    load = [*flags_of(DATA, **LAYOUT), f"--out={url}", "--table=t", "--connections=3"]
    assert gen.json(*load, env=env)["rows"] == DATA.rows
    assert "already" in gen(*load, env=env)
    assert gen.json("check", url, "--table=t", env=env)["whole"]
    comment = db.value("select obj_description('t'::regclass)")
    assert PASSWORD not in comment and PASSWORD not in str(db.query("select * from samplegen_loads"))


def test_a_password_file_that_others_may_read(gen, db, tmp_path, commands):
    path = tmp_path / ".pgpass"
    path.write_text(f"*:*:*:with_password:{SECRET}\n")
    path.chmod(0o644)
    for command in commands(db.url(user="with_password")):
        line = gen.refused(*command, env={"HOME": str(tmp_path)})
        assert "chmod" in line and SECRET not in line


def test_the_password_is_in_nothing_that_others_see(gen, db):
    """Neither in what the server shows of connections, nor in an environment that is handed on."""
    load = [*flags_of(DATA, **LAYOUT), f"--out={db.url(user='with_password')}", "--table=t", "--if-exists=append"]
    db.execute("create table t (id_client uuid, class_0 float8, class_1 float8)")
    with db.connect(autocommit=False) as holder:
        holder.execute("lock table t in exclusive mode")
        process = gen.start(*load, env={"PGPASSWORD": PASSWORD})
        sql = "select row_to_json(a)::text from pg_stat_activity a where usename = 'with_password' and wait_event_type = 'Lock'"
        while not (shown := db.query(sql)):
            assert process.poll() is None
        assert PASSWORD not in str(shown)
        with open(f"/proc/{process.pid}/cmdline") as title:
            assert PASSWORD not in title.read()
    assert gen.end(process)[0] == 0


# Addresses that are none

BAD_ADDRESSES = [
    "postgresql://u:{}@h:port/d",
    "postgresql://u:{}@h:99999/d",
    "postgresql://u:{}@127.0.0.1:1/d?sslmode=some",
    "postgresql://u:{}@127.0.0.1:1/d?nonsense={}",
    "postgresql://u:{}@127.0.0.1:1/d?sslmode=verify-full&sslrootcert=/none",
    "postgresql://u:{}@127.0.0.1:1/d?sslrootcert=/none",
    "postgresql://u:{}@127.0.0.1:1/d?connect_timeout=x",
    "postgresql://u:{}@[::1/d",
    "postgresql://u:{}/d@h@h:1:2/d",
    "postgresql://u:%zz{}@h:port/d",
    "postgresql://u:{}:{}@h:port/d",
    "postgresql://{}:port/d",
    "postgresql://u@h/d?password={}&x=1",
    "postgres://u:{}@h:port/d",
    "postgresql:/u:{}@h/d",
    "Postgresql://u:{}@h/d",
    "postgresql//u:{}@h/d",
    "jdbc:postgresql://h/d?user=u&password={}",
    "host=h user=u password={}",
    "postgresq://u:{}@h/d",
    "mysql://u:{}@h/d",
    "https://u:{}@h/d",
    "u:{}@h/d",
    "postgresql://u:x/{}@h/d",
    "postgresql://u:5/{}@h/d",
    "postgresql://u:x@{}@h/d",
    "postgresql://u:{}/@[::1/d",
    "postgresql://u:?x={}@h@i/d",
    "postgresql://u:{}%@h/d",
    "postgresql://h/d?password=a&{}",
    "postgresql://h/d?password=a&{}=b",
    "postgresql://h/d?password=a={}",
    "postgresql://h/d?passwort={}",
    "postgresql://h/d?port={}",
    "postgresql://h/d?hostaddr={}",
    "postgresql://h/d?connect_timeout={}",
    "postgresql://h/d?service={}",
    "postgresql://h:{}/d",
]


@pytest.mark.parametrize("address", BAD_ADDRESSES)
@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_addresses_that_are_none(gen, files, tmp_path, monkeypatch, address, flags):
    """Wherever they are given, they are refused before anything is made, and no password is shown."""
    url = address.format(*[SECRET] * 3)
    source = files(DATA, **LAYOUT)
    monkeypatch.chdir(tmp_path)
    for command in (
        ["load", source, url, "--table=t"],
        ["load", url, url, "--table=t"],
        ["check", url, "--table=t"],
        ["check", "x.csv", f"--dataset={url}"],
        ["--rows=1", f"--out={url}", "--table=t"],
        ["--rows=1", url],
        [f"--rows={url}"],
        ["load", source, url, f"--method={url}"],
    ):
        line = gen.refused(*command, *flags)
        assert SECRET not in line, command
    assert list(tmp_path.iterdir()) == []


# Permissions


@every_way_in
def test_a_schema_that_is_not_there(gen, db, commands, way):
    command = [arg if arg != "--table=t" else "--table=nowhere.t" for arg in commands(db.url())[way]]
    assert "nowhere" in gen.refused(*command)


@every_way_in
def test_no_current_schema(gen, db, commands, way):
    db.execute(f"alter database {db.name} set search_path = nowhere")
    assert "schema" in gen.refused(*commands(db.url())[way])


@every_way_in
def test_a_schema_one_may_not_write_to(gen, db, commands, way):
    assert "permission denied" in gen.refused(*commands(db.url(user="guest"))[way])
    assert db.relations() == set()


@every_way_in
def test_a_schema_one_may_not_use(gen, db, commands, way):
    db.execute("revoke all on schema public from public")
    assert "schema" in gen.refused(*commands(db.url(user="guest"))[way])


@pytest.mark.parametrize("way_in", ["fail", "append", "replace"])
def test_a_table_one_may_not_write_to(gen, db, way_in):
    db.execute("create table t (id_client uuid, class_0 float8, class_1 float8)", "grant create on schema public to guest")
    gen.refused(*flags_of(DATA), f"--out={db.url(user='guest')}", "--table=t", f"--if-exists={way_in}")
    assert "public.t" in db.relations() and db.count() == 0


@every_way_in
def test_a_load_of_somebody_else(gen, db, commands, way):
    gen(*commands(db.url())[0], "--quiet")
    assert "permission denied" in gen.refused(*commands(db.url(user="guest"))[way])


def test_a_table_one_may_not_read(gen, db, commands):
    """That is no lost row: nothing is known of the copy."""
    gen(*commands(db.url())[0], "--quiet")
    assert "permission denied" in gen.refused("check", db.url(user="guest"), "--table=t", "--json")


def test_a_database_one_may_not_connect_to(gen, db, commands):
    db.execute(f"revoke connect on database {db.name} from public")
    try:
        for command in commands(db.url(user="guest")):
            assert "permission denied" in gen.refused(*command)
    finally:
        db.execute(f"grant connect on database {db.name} to public")


@every_way_in
def test_read_only(gen, db, commands, way):
    db.execute(f"alter database {db.name} set default_transaction_read_only = on")
    assert "read-only" in gen.refused(*commands(db.url())[way])
    assert db.relations() == set()


# Settings of the server that others may have


@pytest.mark.parametrize(
    "setting",
    [
        "default_transaction_isolation = 'serializable'",
        "default_transaction_isolation = 'repeatable read'",
        "synchronous_commit = off",
        "standard_conforming_strings = off",
        "client_encoding = 'LATIN1'",
        "bytea_output = 'escape'",
        "DateStyle = 'German'",
        "TimeZone = 'Asia/Kathmandu'",
        "extra_float_digits = -15",
        "IntervalStyle = 'sql_standard'",
        "transform_null_equals = on",
        "lc_messages = 'C'",
        "row_security = on",
        "search_path = public, pg_catalog",
        "default_table_access_method = 'heap'",
        "enable_indexscan = off",
        "quote_all_identifiers = on",
    ],
)
def test_settings(gen, db, files, setting):
    """Whatever they are, the rows are the same, and several loaders get along."""
    db.execute(f"alter database {db.name} set {setting}")
    text = DataSet(3000, 2, seed=5)
    running = [gen.start("load", files(text, **LAYOUT), db.url(), "--table=t", "--id=text", "--json") for _ in range(2)]
    ended = [gen.end(process) for process in running]
    assert [code for code, _, _ in ended] == [0, 0], ended
    assert sum(json.loads(out)["rows"] for _, out, _ in ended) == text.rows
    assert gen.json("check", db.url(), "--table=t")["whole"]
    db.execute("create table u (id_client varchar, class_0 numeric, class_1 text)", "set extra_float_digits = 1")
    with db.connect() as connection:
        connection.execute("set extra_float_digits = 1")
        connection.execute("insert into u select id_client, class_0::text::numeric, class_1::text from t")
    assert gen.json("check", db.url(), "--table=u", *flags_of(text))["whole"]


def test_moments_in_another_zone(gen, db, tmp_path):
    db.execute(f"alter database {db.name} set TimeZone = 'Asia/Kathmandu'")
    moments = pa.table({"z": pa.array([0], pa.timestamp("us", "UTC")), "l": pa.array([0], pa.timestamp("us"))})
    pq.write_table(moments, tmp_path / "x.parquet")
    gen("load", tmp_path / "x.parquet", db.url(), "--table=t", "--quiet")
    sql = "select extract(epoch from z)::int, l::text from t"
    assert db.query(sql) == [(0, "1970-01-01 00:00:00")]


def test_a_database_in_another_encoding(server, db, gen, tmp_path):
    """Text that it cannot hold is refused by the server, and the rest is the same."""
    with server.connect("postgres") as connection:
        connection.execute("create database latin encoding 'LATIN1' locale 'C' template template0")
    try:
        url = server.url("latin")
        pq.write_table(pa.table({"größe": ["é", "ü"]}), tmp_path / "fits.parquet")
        pq.write_table(pa.table({"x": ["中"]}), tmp_path / "not.parquet")
        gen("load", tmp_path / "fits.parquet", url, "--table=é", "--quiet")
        gen.failed("load", tmp_path / "not.parquet", url, "--table=t")
        with server.connect("latin", client_encoding="UTF8") as connection:
            assert connection.execute('select "größe" from "é" order by 1').fetchall() == [("é",), ("ü",)]
            assert connection.execute("select to_regclass('t') is null").fetchone() == (True,)
    finally:
        with server.connect("postgres") as connection:
            connection.execute("drop database latin with (force)")


@pytest.mark.parametrize("when", ["", "deferrable initially deferred"])
def test_what_the_table_forbids(gen, db, when):
    """A trigger, a check or a foreign key: the part that it is about is not there."""
    ids = [DATA.id_as_text(id_) for id_ in DATA.columns()["id_client"]]
    db.execute("create table known (id_client uuid primary key)")
    with db.connect() as connection, connection.cursor().copy("copy known from stdin") as stream:
        for id_ in ids[:1500]:
            stream.write_row([id_])
    db.execute(f"create table t (id_client uuid references known {when}, class_0 float8, class_1 float8)")
    command = [*flags_of(DATA, **LAYOUT), f"--out={db.url()}", "--table=t", "--if-exists=append", "--connections=1"]
    assert "foreign key" in gen.failed(*command)
    assert db.count() == 1000
    db.execute("alter table t drop constraint t_id_client_fkey")
    assert gen.json(*command)["kept_rows"] == 1000
    assert db.count() == DATA.rows


def test_environment_of_postgresql(gen, db):
    """`PGHOST` and `PGUSER` stand for what the address leaves out."""
    url = f"postgresql:///{db.name}?port={db.server.port}"
    env = {"PGHOST": "127.0.0.1", "PGUSER": "tester"}
    code, out, err = gen.end(gen.start("--rows=10", f"--out={url}", "--table=t", "--quiet", env=env))
    assert (code, out, err) == (0, "", "")
    assert db.count() == 10


def test_the_servers_socket(gen, db):
    folder = quote(str(db.server.folder), safe="")
    url = f"postgresql://tester@{folder}:{db.server.port}/{db.name}"
    assert gen.json("--rows=10", f"--out={url}", "--table=t", env={"USER": os.environ.get("USER", "me")})["rows"] == 10
    assert gen.json("check", url, "--table=t")["whole"]
