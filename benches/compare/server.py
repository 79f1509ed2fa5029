"""A PostgreSQL server of the harness's own: in a temporary folder, with PostgreSQL's defaults."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = ("initdb", "postgres", "psql")
PACKAGED = Path("/usr/lib/postgresql")
# On a disk: /tmp is memory on many machines, where a commit waits for nothing.
PARENT = Path("/var/tmp")
# The server refuses to run as root; it then runs as the first of these that there is.
ORDINARY_USERS = ("postgres", "nobody")
DATABASE_USER = "bench"
HOST = "127.0.0.1"
# PostgreSQL's default, and what must be left of it for the harness and the server itself.
MAX_CONNECTIONS = 100
SPARE_CONNECTIONS = 10
START_SECONDS = 60
LOG_TAIL_CHARS = 2_000


class ServerFailed(Exception):
    """The server did not start, or not do what it was told."""


def find_programs() -> dict[str, str]:
    """PostgreSQL's programs, of one version: all in one folder, or none."""
    on_path = shutil.which("postgres")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(PACKAGED.glob("[0-9]*/bin"), key=packaged_version, reverse=True)
    for folder in folders:
        if all((folder / name).exists() for name in PROGRAMS):
            return {name: str(folder / name) for name in PROGRAMS}
    return {}


def packaged_version(folder: Path) -> list[int]:
    return [int(number) for number in folder.parent.name.split(".")]


def why_missing(programs: dict[str, str]) -> str | None:
    """Why there can be no server here, or None."""
    if all(name in programs for name in PROGRAMS):
        return None
    return f"no PostgreSQL: not all of {', '.join(PROGRAMS)} on the PATH or in {PACKAGED}"


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    url: str
    psql: str

    def sql(self, statements: str) -> str:
        """Executes statements, and gives the rows of the last, columns separated by `|`."""
        flags = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]
        command = [self.psql, *flags, "--dbname", self.url, "--command", statements]
        process = subprocess.run(command, capture_output=True, text=True, check=False)
        if process.returncode != 0:
            raise ServerFailed(process.stderr[-LOG_TAIL_CHARS:].strip())
        return process.stdout.strip()


@contextmanager
def running_server(programs: dict[str, str], connections: int) -> Iterator[Server]:
    """A server for as many connections, until the context is left, however it is left."""
    # Whatever is still in the folder of a server that was told to stop may go on vanishing.
    with tempfile.TemporaryDirectory(
        prefix="compare-postgres-", dir=PARENT, ignore_cleanup_errors=True
    ) as name:
        folder, port = Path(name), free_port()
        as_user = give_to_ordinary_user(folder)
        make_cluster(programs["initdb"], folder, as_user)
        most_connections = max(MAX_CONNECTIONS, connections + SPARE_CONNECTIONS)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    programs["postgres"],
                    "-D", str(folder / "data"),
                    "-c", f"listen_addresses={HOST}",
                    "-c", f"port={port}",
                    "-c", f"unix_socket_directories={folder}",
                    "-c", f"max_connections={most_connections}",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for the harness, which stops the server when it has no more use for it.
                start_new_session=True,
                **as_user,
            )  # fmt: skip
        try:
            url = f"postgresql://{DATABASE_USER}@{HOST}:{port}/postgres"
            server = Server(url, programs["psql"])
            wait_until_ready(server, process, folder / "log")
            yield server
        finally:
            # At once: nobody needs its data any more.
            process.send_signal(signal.SIGQUIT)
            process.wait()


def give_to_ordinary_user(folder: Path) -> dict:
    """The folder to whom the server will run as: what `subprocess` is to be told for that."""
    options = {"cwd": folder}
    if os.geteuid() != 0:
        return options
    user = ordinary_user()
    shutil.chown(folder, user.pw_uid, user.pw_gid)
    return options | {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def ordinary_user() -> pwd.struct_passwd:
    for name in ORDINARY_USERS:
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise ServerFailed(f"root may not run it, and no user is called {' or '.join(ORDINARY_USERS)}")


def make_cluster(initdb: str, folder: Path, as_user: dict) -> None:
    """With a password, which the programs that are measured find in the environment."""
    password = os.environ["PGPASSWORD"] = secrets.token_hex()
    password_file = folder / "password"
    password_file.write_text(password)
    if "user" in as_user:
        shutil.chown(password_file, as_user["user"], as_user["group"])
    command = [
        initdb,
        "--pgdata", str(folder / "data"),
        "--username", DATABASE_USER,
        "--pwfile", str(password_file),
        "--auth", "scram-sha-256",
        "--encoding", "UTF8",
        "--locale", "C",
    ]  # fmt: skip
    process = subprocess.run(command, capture_output=True, text=True, check=False, **as_user)
    if process.returncode != 0:
        raise ServerFailed(f"initdb: {process.stderr[-LOG_TAIL_CHARS:].strip()}")


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind((HOST, 0))
        return bound.getsockname()[1]


def wait_until_ready(server: Server, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            server.sql("SELECT 1")
            return
        except ServerFailed:
            if process.poll() is not None or time.monotonic() > deadline:
                said = log.read_text(errors="replace")[-LOG_TAIL_CHARS:].strip()
                raise ServerFailed(f"the server did not start: {said}") from None
        time.sleep(0.1)
