"""A PostgreSQL server of the tests' own: in a temporary folder, on a free port, gone when they end."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

ADMIN = "tester"
# Every character means something somewhere: in an address, in a password file, to a shell.
PASSWORD = "pa:ss\\w@rd/%é?#"

# Who may come in, and how: what a role is let in with tells what the client has done.
ADMISSION = """\
local     all all           trust
host      all with_password 127.0.0.1/32 scram-sha-256
hostssl   all over_tls      127.0.0.1/32 trust
hostnossl all over_tls      127.0.0.1/32 reject
hostnossl all in_clear      127.0.0.1/32 trust
hostssl   all in_clear      127.0.0.1/32 reject
host      all all           127.0.0.1/32 trust
"""

SETTINGS = """\
listen_addresses = '127.0.0.1'
max_connections = 60
shared_buffers = 64MB
max_wal_size = 256MB
autovacuum = off
# The tests stop the server, not the machine.
fsync = off
ssl = on
ssl_cert_file = '{folder}/server.crt'
ssl_key_file = '{folder}/server.key'
unix_socket_directories = '{folder}'
log_line_prefix = '%t [%p] '
"""


def programs() -> Path | None:
    """The folder of PostgreSQL's server programs."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    folders = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((path.parent for path in folders), key=lambda folder: int(folder.parent.name), default=None)


def ordinary_user() -> pwd.struct_passwd | None:
    """Whom the server runs as if the tests run as root, which it refuses."""
    if os.geteuid() != 0:
        return None
    users = {user.pw_name: user for user in pwd.getpwall()}
    return users.get("postgres") or users["nobody"]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    def __init__(self, folder: Path, bin_folder: Path):
        self.folder, self.bin_folder = folder, bin_folder
        self.port = free_port()
        self.user = ordinary_user()
        self.process = None

    def as_user(self) -> dict:
        """What makes `subprocess` run something as the server's user."""
        user = self.user
        own = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
        return own | {"cwd": self.folder, "env": environment, "stdin": subprocess.DEVNULL}

    def run(self, *command):
        done = subprocess.run(command, capture_output=True, text=True, **self.as_user())
        assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"

    def make(self):
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        data = self.folder / "data"
        self.run(
            *(self.bin_folder / "initdb", "-D", data, "-U", ADMIN, "--auth=trust"),
            *("--no-sync", "--encoding=UTF8", "--locale=C"),
        )
        self.make_certificates()
        (data / "pg_hba.conf").write_text(ADMISSION)
        with open(data / "postgresql.conf", "a") as settings:
            settings.write(SETTINGS.format(folder=self.folder))

    def make_certificates(self):
        """One for `localhost`, the root that vouches for it, and a root that does not."""
        folder = self.folder
        new = ["openssl", "req", "-new", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        for name in ("root", "other_root"):
            self.run(
                *(*new, "-x509", "-days", "2", "-subj", f"/CN=samplegen {name}"),
                *("-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt"),
            )
        self.run(*new, "-subj", "/CN=localhost", "-keyout", folder / "server.key", "-out", folder / "server.csr")
        (folder / "names").write_text("subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n")
        self.run(
            *("openssl", "x509", "-req", "-days", "2", "-CAcreateserial", "-extfile", folder / "names"),
            *("-in", folder / "server.csr", "-out", folder / "server.crt"),
            *("-CA", folder / "root.crt", "-CAkey", folder / "root.key"),
        )

    def start(self):
        # Whatever ends the tests, ends the server.
        bound = ["setpriv", "--pdeathsig", "INT"] if shutil.which("setpriv") else []
        command = [*bound, self.bin_folder / "postgres", "-D", self.folder / "data", "-p", str(self.port)]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, **self.as_user())
        deadline = time.monotonic() + 60
        while True:
            try:
                return self.connect("postgres").close()
            except psycopg.OperationalError as error:
                log = (self.folder / "log").read_text(errors="replace")
                assert self.process.poll() is None, f"the server ended:\n{log}"
                assert time.monotonic() < deadline, f"the server does not answer: {error}\n{log}"
                time.sleep(0.02)

    def stop(self, how=signal.SIGINT):
        """`SIGINT` is `pg_ctl stop -m fast`, `SIGQUIT` is `-m immediate`."""
        if self.process is not None:
            self.process.send_signal(how)
            try:
                self.process.wait(30)
            finally:
                self.process.kill()
                self.process.wait()
                self.process = None

    def connect(self, database: str, user: str = ADMIN, **others) -> psycopg.Connection:
        options = {"autocommit": True, "sslmode": "disable", "connect_timeout": 10} | others
        return psycopg.connect(host="127.0.0.1", port=self.port, user=user, dbname=database, **options)

    def url(self, database: str, user=ADMIN, password=None, host="127.0.0.1", port=None, **parameters) -> str:
        who = quote(user, safe="") + ("" if password is None else f":{quote(password, safe='')}")
        text = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in parameters.items())
        place = f"{host}:{port or self.port}/{quote(database, safe='')}"
        return f"postgresql://{who}@{place}" + (f"?{text}" if text else "")


class Database:
    """A database of the server, looked at with psycopg; each question over a connection of its own."""

    def __init__(self, server: Server, name: str):
        self.server, self.name = server, name

    def url(self, **others) -> str:
        return self.server.url(self.name, **others)

    def connect(self, **others) -> psycopg.Connection:
        return self.server.connect(self.name, **others)

    def query(self, sql, parameters=None, **others) -> list[tuple]:
        """The rows of the answer, exactly as the server has their values; or none if there is no answer."""
        with self.connect(**others) as connection, connection.cursor(binary=True) as cursor:
            cursor.execute(sql, parameters, prepare=False)
            return cursor.fetchall() if cursor.description else []

    def value(self, sql, parameters=None):
        ((value,),) = self.query(sql, parameters)
        return value

    def execute(self, *statements: str):
        with self.connect() as connection:
            for statement in statements:
                connection.execute(statement)

    def count(self, table: str = "t") -> int:
        return self.value(f"select count(*) from {table}")

    def relations(self) -> set[str]:
        """All that somebody has made, by schema and name."""
        sql = (
            "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            "where c.relkind in ('r', 'p', 'v', 'm') and n.nspname not in ('pg_catalog', 'information_schema') "
            "and n.nspname not like 'pg_toast%'"
        )
        return {name for (name,) in self.query(sql)}

    def types(self, table: str = "t") -> dict[str, str]:
        sql = (
            "select attname::text, format_type(atttypid, atttypmod) from pg_attribute "
            "where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum"
        )
        return dict(self.query(sql, [table]))


def temporary_folder() -> Path:
    # The path of a socket has about a hundred bytes, and its folders must let the server's user through.
    return Path(tempfile.mkdtemp(prefix="samplegen-postgres-", dir="/tmp"))
