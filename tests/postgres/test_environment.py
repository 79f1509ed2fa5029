"""Address and environment mean what they mean to psql, or are refused by name."""

import ctypes
import ctypes.util
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from server import free_port

ROWS = ["--rows=10", "--classes=1", "--id=binary"]

# What a session is, seen from the server.
SESSION = """
select current_database(), current_user::text, coalesce(inet_server_port(), 0), current_setting('search_path'),
    current_setting('application_name'), current_setting('DateStyle'), current_setting('TimeZone'),
    current_setting('geqo'), current_setting('work_mem')
"""


@pytest.fixture
def noted(db, psql, gen):
    """What the session of a load is, and what that of psql is, with the same address and environment."""
    db.execute(
        "create table t (id_client uuid, class_0 float8)",
        "create table notes (note text)",
        f"create function note() returns trigger language plpgsql as $$ begin "
        f"insert into public.notes select row_to_json(s)::text from ({SESSION}) s (a, b, c, d, e, f, g, h, i); return null; end $$",
        "create trigger note after insert on t execute function public.note()",
        "create schema other",
    )

    def noted(address: str, env: dict) -> tuple[str, str]:
        db.execute("truncate t, notes", "drop table if exists public.samplegen_loads, other.samplegen_loads")
        gen(*ROWS, f"--out={address}", "--table=public.t", "--if-exists=append", "--connections=1", "--quiet", env=env)
        sql = f"select row_to_json(s)::text from ({SESSION}) s (a, b, c, d, e, f, g, h, i)"
        code, out, err = psql(address, sql, {"PGAPPNAME": "samplegen"} | env)
        assert code == 0, err
        return db.value("select distinct note from public.notes"), out

    return noted


@pytest.mark.parametrize(
    ["address", "env"],
    [
        ("postgresql://127.0.0.1:{port}/tests", {"PGUSER": "tester"}),
        ("postgresql://tester@127.0.0.1:{port}", {"PGDATABASE": "tests"}),
        ("postgresql://tester@127.0.0.1/tests", {"PGPORT": "{port}"}),
        ("postgresql://127.0.0.1/tests", {"PGPORT": " {port} ", "PGUSER": "over_tls"}),
        ("postgresql://", {"PGHOST": "127.0.0.1", "PGPORT": "{port}", "PGUSER": "tester", "PGDATABASE": "tests"}),
        ("postgres:///", {"PGHOST": "{folder}", "PGPORT": "{port}", "PGUSER": "tester", "PGDATABASE": "tests"}),
        ("postgresql:///tests?host={folder}&port={port}&user=over_tls", {"PGHOST": "127.0.0.1", "PGUSER": "nobody"}),
        ("postgresql://tester@%2Fnowhere:1/?host={folder}&dbname=tests&port={port}", {}),
        ("postgresql://over_tls@no-such-host.invalid:{port}/tests", {"PGHOSTADDR": "127.0.0.1"}),
        ("postgresql:///tests?hostaddr=127.0.0.1&port={port}&user=tester", {}),
        ("postgresql://tester@127.0.0.1:{closed},127.0.0.1:{port}/tests", {}),
        ("postgresql://tester@%2Fnowhere,127.0.0.1/tests", {"PGPORT": "{closed}"}),
        ("postgresql://tester@127.0.0.1,127.0.0.1/tests?port={closed},{port}", {}),
        ("postgresql://tester@/tests", {"PGHOST": "{folder},127.0.0.1", "PGPORT": "{closed},{port}"}),
        ("{url}", {"PGOPTIONS": "-c search_path=other,public"}),
        ("{url}?options=-c%20work_mem%3D5MB", {"PGOPTIONS": "-c search_path=other"}),
        ("{url}", {"PGOPTIONS": "--work-mem=7MB -c TimeZone=Asia/Tokyo", "PGTZ": "Asia/Kathmandu"}),
        ("{url}", {"PGTZ": "Europe/Zurich", "PGDATESTYLE": "SQL, DMY", "PGGEQO": "off"}),
        ("{url}", {"PGTZ": "default", "PGDATESTYLE": "", "PGGEQO": "default"}),
        ("{url}", {"PGAPPNAME": "an app"}),
        ("{url}", {"PGAPPNAME": ""}),
        ("{url}?application_name=one", {"PGAPPNAME": "another"}),
        ("{url}", {"PGCONNECT_TIMEOUT": "10", "PGSSLMODE": "allow", "PGCHANNELBINDING": "disable", "PGGSSENCMODE": "disable"}),
        ("{url}?keepalives=1&keepalives_idle=3&keepalives_interval=2&keepalives_count=4&tcp_user_timeout=9000", {}),
        ("{url}?target_session_attrs=read-write", {"PGTARGETSESSIONATTRS": "standby"}),
        ("{url}", {"PGTARGETSESSIONATTRS": "prefer-standby", "PGSSLCERT": "", "PGREQUIREPEER": ""}),
        ("{url}", {"PGCLIENTENCODING": "LATIN1", "PGSSLCOMPRESSION": "1", "PGKRBSRVNAME": "x", "PGSYSCONFDIR": "/x"}),
    ],
)
def test_sessions_are_those_of_psql(noted, db, address, env):
    server = db.server
    values = {"port": server.port, "folder": server.folder, "closed": free_port(), "url": db.url()}
    env = {name: value.format(**values) for name, value in env.items()}
    if env.get("PGPORT", "").strip() == str(values["closed"]):
        # One port is meant for every host that has none, and a list with commas has one for each.
        address = address.replace("127.0.0.1", f"127.0.0.1:{server.port}")
    ours, theirs = noted(address.format(**values), env)
    assert ours == theirs


class Option(ctypes.Structure):
    _fields_ = [(name, ctypes.c_char_p) for name in "keyword variable compiled value label shown".split()] + [
        ("size", ctypes.c_int)
    ]


def parameters_of_libpq() -> list[tuple[str, str | None]]:
    """Keywords and variables, as the library itself has them."""
    library = ctypes.util.find_library("pq")
    if library is None:
        pytest.skip("libpq is not installed")
    libpq = ctypes.CDLL(library)
    libpq.PQconndefaults.restype = ctypes.POINTER(Option)
    options, found = libpq.PQconndefaults(), []
    while options[len(found)].keyword:
        option = options[len(found)]
        found.append((option.keyword.decode(), option.variable and option.variable.decode()))
    return found


# What may be refused although psql takes it.
REFUSED = {"service", "sslcert", "sslkey", "requirepeer", "replication"}


# What psql takes and this does not: roots and lists of revoked certificates that are named have to be there, and
# an address is written in full.
STRICTER = {("sslrootcert", "nonsense"), ("sslcrl", "nonsense"), ("sslcrldir", "nonsense"), ("hostaddr", "0")} | {
    (keyword, value) for keyword in ("sslrootcert", "sslcrl", "sslcrldir") for value in ("0", "1", "require")
}
# What this takes and psql does not: an empty name is none, and a silence of no length is the system's default.
MILDER = {("user", ""), ("PGUSER", "")} | {(f"keepalives_{what}", "0") for what in ("idle", "interval", "count")}


@pytest.mark.parametrize("value", ["nonsense", "", "0", "1", "require", "{folder}/root.crt"])
def test_no_parameter_is_passed_over(gen, db, psql, value):
    """Where psql fails, this fails; where psql connects, so does this, unless it names what it refuses."""
    value = value.format(folder=db.server.folder)
    gen(*ROWS, f"--out={db.url()}", "--table=t", "--quiet")
    base = {"PGHOST": "127.0.0.1", "PGPORT": str(db.server.port), "PGUSER": "tester", "PGDATABASE": db.name}

    def compare(keyword, name, address, env):
        theirs, _, said = psql(address, "select 1", env)
        ours, _, err = gen.end(gen.start("check", address, "--table=t", env=env))
        told = f"{name}={value}: {ours} {err} (psql: {theirs} {said})"
        if theirs != 0:
            assert ours in (2, 3) or (name, value) in MILDER, told
        elif ours != 0:
            assert ours == 2 and name in err, told
            assert keyword in REFUSED or (keyword, value) in STRICTER, told
        assert "no such parameter" not in err, told

    ways = []
    for keyword, variable in parameters_of_libpq():
        ways.append((keyword, keyword, db.url(**{keyword: value}), {}))
        if variable:
            ways.append((keyword, variable, "postgresql://", base | {variable: value}))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda way: compare(*way), ways))


@pytest.mark.parametrize(
    "variable",
    ["PGSERVICE", "PGSSLCERT", "PGSSLKEY", "PGREQUIREPEER", "PGREQUIREAUTH", "PGSSLNEGOTIATION", "PGLOADBALANCEHOSTS"],
)
def test_what_cannot_be_heeded_is_refused_by_name(gen, db, variable):
    line = gen.refused(*ROWS, f"--out={db.url()}", "--table=t", env={variable: "something"})
    assert line.startswith(f"gen: {variable}: ") and "something" not in line
    assert db.relations() == set()


@pytest.mark.parametrize(
    ["env", "reason"],
    [
        ({"PGTZ": "Nowhere/Nothing"}, "TimeZone"),
        ({"PGOPTIONS": "-c no_such_setting=1"}, "no_such_setting"),
        ({"PGOPTIONS": "nonsense"}, "nonsense"),
        ({"PGDATESTYLE": "nonsense"}, "DateStyle"),
        ({"PGTARGETSESSIONATTRS": "standby"}, "standby"),
        ({"PGTARGETSESSIONATTRS": "read-only"}, "read-only"),
    ],
)
def test_what_the_server_does_not_take(gen, db, env, reason):
    line = gen.refused(*ROWS, f"--out={db.url()}", "--table=t", env=env)
    assert reason.lower() in line.lower()
    assert db.relations() == set()


def test_a_server_that_only_reads(gen, db):
    db.execute(f"alter database {db.name} set default_transaction_read_only = on")
    url = db.url(target_session_attrs="read-write")
    assert "read-only" in gen.refused(*ROWS, f"--out={url}", "--table=t")


@pytest.mark.parametrize("asked", [{"PGSSLMODE": "require"}, {"PGSSLMODE": "verify-ca"}, {"PGSSLMODE": "verify-full"}, {"PGREQUIRESSL": "1"}])
def test_nothing_is_sent_to_a_server_without_tls(gen, server, asked):
    """Only the question whether it has TLS."""
    received = []

    def answer(listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                received.append(client.recv(1000))
                client.sendall(b"N")
                while more := client.recv(1000):
                    received.append(more)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer, args=[listener], daemon=True).start()
        url = f"postgresql://tester:s3cret@127.0.0.1:{listener.getsockname()[1]}/db"
        env = asked | {"PGSSLROOTCERT": str(server.folder / "root.crt")}
        line = gen.failed(*ROWS, f"--out={url}", "--table=t", env=env)
        listener.shutdown(socket.SHUT_RDWR)
    assert "TLS" in line
    assert received == [bytes([0, 0, 0, 8]) + (80877103).to_bytes(4)]


def test_the_default_socket(gen, server, db):
    """Where Debian has it, or else in /tmp."""
    folder = "/var/run/postgresql" if os.access("/var/run/postgresql", os.W_OK) else "/tmp"
    name = f".s.PGSQL.{server.port}"
    os.symlink(server.folder / name, f"{folder}/{name}")
    try:
        url = f"postgresql://tester@:{server.port}/{db.name}"
        gen(*ROWS, f"--out={url}", "--table=t", "--quiet")
        assert gen.json("check", "postgresql://", "--table=t", env={"PGPORT": str(server.port), "PGDATABASE": db.name, "PGUSER": "tester"})["whole"]
    finally:
        os.unlink(f"{folder}/{name}")


def test_no_default_socket(gen):
    line = gen.failed(*ROWS, f"--out=postgresql://:{free_port()}/db", "--table=t")
    assert "No such file" in line


def test_a_password_file_for_each_host(gen, db, tmp_path):
    """The server that answers is not the first, and has a password of its own."""
    from server import PASSWORD

    escaped = PASSWORD.replace("\\", "\\\\").replace(":", "\\:")
    closed = free_port()
    path = tmp_path / "passwords"
    path.write_text(f"127.0.0.1:{closed}:*:*:wrong\n127.0.0.1:{db.server.port}:*:*:{escaped}\n")
    path.chmod(0o600)
    url = f"postgresql://with_password@127.0.0.1:{closed},127.0.0.1:{db.server.port}/{db.name}?passfile={path}"
    assert gen.json(*ROWS, f"--out={url}", "--table=t")["rows"] == 10


def test_no_server_answers(gen):
    ports = [free_port(), free_port()]
    line = gen.failed(*ROWS, f"--out=postgresql://u:s3cret@127.0.0.1:{ports[0]},127.0.0.1:{ports[1]}/db", "--table=t")
    assert all(str(port) in line for port in ports) and "s3cret" not in line


def test_all_connections_go_to_one_server(gen, server, db):
    """The first host takes one connection and no other; the second one would take all."""
    listener = socket.create_server(("127.0.0.1", 0))

    def relay():
        client, _ = listener.accept()
        listener.close()
        with client, socket.create_connection(("127.0.0.1", server.port)) as behind:
            threading.Thread(target=copy, args=[behind, client], daemon=True).start()
            copy(client, behind)

    def copy(source, target):
        try:
            while data := source.recv(1 << 16):
                target.sendall(data)
        except OSError:
            pass

    first = listener.getsockname()[1]
    threading.Thread(target=relay, daemon=True).start()
    url = f"postgresql://tester@127.0.0.1:{first},127.0.0.1:{server.port}/{db.name}?sslmode=disable"
    line = gen.failed("--rows=1000", "--batch-size=100", f"--out={url}", "--table=t", "--connections=3")
    assert "refused" in line
    assert gen.json("--rows=1000", "--batch-size=100", f"--out={url}", "--table=t", "--connections=3")["rows"] > 0
