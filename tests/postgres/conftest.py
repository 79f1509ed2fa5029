"""Fixtures: the server, a database for each test, and the `gen` binary named by the environment variable GEN."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from subprocess import PIPE
from urllib.parse import quote

import pytest

from dataset import DataSet
from inherited import start_heeding_signals
from server import PASSWORD, Database, Server, programs, temporary_folder

GEN_SECONDS = 60


def pytest_configure():
    start_heeding_signals()


class Gen:
    """Runs `gen`, and sees to what holds whenever it runs: it never shows the password, and never panics."""

    def __init__(self, binary: Path, home: Path):
        self.binary, self.home = binary, home

    def start(self, *arguments, env=None) -> subprocess.Popen:
        of_postgres = {name for name in os.environ if name.startswith("PG")}
        environment = {name: value for name, value in os.environ.items() if name not in of_postgres}
        environment |= {"HOME": str(self.home), **(env or {})}
        command = [self.binary, *map(str, arguments)]
        return subprocess.Popen(command, stdout=PIPE, stderr=PIPE, text=True, env=environment)

    def end(self, process: subprocess.Popen) -> tuple[int, str, str]:
        """Exit code, output and errors."""
        out, err = process.communicate(timeout=GEN_SECONDS)
        for secret in (PASSWORD, quote(PASSWORD, safe="")):
            assert secret not in out + err, "the password is shown"
        assert "panick" not in err, err
        return process.returncode, out, err

    def __call__(self, *arguments, **options) -> str:
        """The output of a run that must succeed."""
        code, out, err = self.end(self.start(*arguments, **options))
        assert (code, err) == (0, ""), f"{arguments} ended with {code}: {out}{err}"
        return out

    def json(self, *arguments, **options) -> dict:
        return json.loads(self(*arguments, "--json", **options))

    def complaint(self, code: int, *arguments, **options) -> str:
        """The one line that a run says which must end with this code."""
        found, out, err = self.end(self.start(*arguments, **options))
        assert (found, out) == (code, ""), f"{arguments} ended with {found}: {out}{err}"
        (line,) = err.splitlines()
        if "--json" in arguments:
            error = json.loads(line)["error"]
            assert error["exit_code"] == code
            return "; ".join(filter(None, (error["message"], error["remedy"])))
        assert line.startswith("gen: ")
        return line

    def refused(self, *arguments, **options) -> str:
        return self.complaint(2, *arguments, **options)

    def failed(self, *arguments, **options) -> str:
        return self.complaint(3, *arguments, **options)


@pytest.fixture(scope="session")
def gen(tmp_path_factory) -> Gen:
    named = os.environ.get("GEN")
    if not named:
        pytest.fail("set the environment variable GEN to the path of the `gen` binary to test", pytrace=False)
    binary = Path(named).resolve()
    if not os.access(binary, os.X_OK) or not binary.is_file():
        pytest.fail(f"GEN={named} is not a program that can be run", pytrace=False)
    return Gen(binary, tmp_path_factory.mktemp("home"))


class Psql:
    """Runs psql: what it makes of an address and an environment is right."""

    def __init__(self, program, home):
        self.program, self.home = program, home

    def __call__(self, address: str, sql: str, env: dict) -> tuple[int, str, str]:
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), **env}
        done = subprocess.run(
            [self.program, "-X", "-At", "-q", "-c", sql, address], env=environment, text=True, capture_output=True, timeout=60
        )
        return done.returncode, done.stdout.strip(), done.stderr


@pytest.fixture(scope="session")
def psql(server, gen) -> Psql:
    program = shutil.which("psql") or server.bin_folder / "psql"
    return Psql(program, gen.home)


@pytest.fixture(scope="session")
def server():
    bin_folder = programs()
    if bin_folder is None:
        pytest.fail("PostgreSQL's server programs are needed: install postgresql", pytrace=False)
    folder = temporary_folder()
    server = Server(folder, bin_folder)
    try:
        server.make()
        server.start()
        with server.connect("postgres") as connection:
            for role in ("over_tls", "in_clear"):
                connection.execute(f"create role {role} superuser login")
            literal = PASSWORD.replace("'", "''")
            connection.execute(f"create role with_password superuser login password '{literal}'")
            connection.execute("create role guest login")
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def database(server) -> Database:
    with server.connect("postgres") as connection:
        connection.execute("create database tests")
    return Database(server, "tests")


CONNECTIONS = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
SCHEMAS = "select quote_ident(nspname) from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'"


@pytest.fixture
def db(server, database):
    """An empty database."""
    yield database
    if server.process is None:
        server.start()
    with server.connect("postgres") as connection:
        connection.execute("alter database tests reset all")
    database.execute(f"select pg_terminate_backend(pid) {CONNECTIONS}")
    schemas = [name for (name,) in database.query(SCHEMAS)]
    database.execute(*(f"drop schema {name} cascade" for name in schemas))
    database.execute("create schema public", "grant usage on schema public to public")


@pytest.fixture(scope="module")
def module_db(server):
    """A database for all tests of a module: do not write there."""
    with server.connect("postgres") as connection:
        connection.execute("create database of_the_module")
    yield Database(server, "of_the_module")
    with server.connect("postgres") as connection:
        connection.execute("drop database of_the_module with (force)")


def flags_of(data: DataSet, **options) -> list[str]:
    flags = data.flags() | options
    return [f"--{name.replace('_', '-')}={value}" for name, value in flags.items()]


@pytest.fixture
def into(db):
    """The flags that append a data set to table t, straight from the generator."""

    def into(data, *flags, **layout):
        return [*flags_of(data, **layout), f"--out={db.url()}", "--table=t", "--if-exists=append", *flags]

    return into


@pytest.fixture(scope="session")
def files(gen, tmp_path_factory):
    """A folder with the data set in the layout asked for, made once however many tests read it: do not write there."""
    folders = {}

    def files(data: DataSet, **options) -> Path:
        asked = data, *sorted(options.items())
        if asked not in folders:
            folder = tmp_path_factory.mktemp("files") / "data"
            gen("--quiet", *flags_of(data, **options), f"--out={folder}")
            folders[asked] = folder
        return folders[asked]

    return files


@pytest.fixture
def assert_whole(gen, db):
    """Both `gen check`, from what the table itself says, and PostgreSQL see every row of the data set, once."""

    def assert_whole(rows: int, table="t", url=None):
        report = gen.json("check", url or db.url(), "--table", table)
        assert report["whole"], report
        assert (report["expected"], report["seen"]) == (rows, rows)
        sql = f"select count(*), count(distinct id_client) from {table}"
        assert db.query(sql) == [(rows, rows)]

    return assert_whole
