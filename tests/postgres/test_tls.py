"""TLS as the address asks for it; whom the server lets in tells what the connection was."""

import signal

import pytest

from conftest import flags_of
from dataset import DataSet
from server import PASSWORD

DATA = DataSet(1000, 2, seed=5, id_form="binary")

# How each role is let in.
TLS, CLEAR = "over_tls", "in_clear"


@pytest.fixture
def load(gen, db):
    """Loads, and checks, over an address with these parameters; `via` is what of `gen` runs it, and says how to end."""

    def load(user: str, via=None, host="127.0.0.1", **parameters):
        url = db.url(user=user, host=host, **parameters)
        command = [*flags_of(DATA, batch_size=300), f"--out={url}", "--table=t"]
        if via is not None:
            via("check", url, "--table=t")
            return via(*command)
        assert gen.json(*command)["rows"] == DATA.rows
        assert gen.json("check", url, "--table=t")["whole"]

    return load


@pytest.mark.parametrize("parameters", [{}, {"sslmode": "prefer"}, {"sslmode": "require"}], ids=str)
def test_tls(load, parameters):
    load(TLS, **parameters)


def test_no_tls(load):
    load(CLEAR, sslmode="disable")


@pytest.mark.parametrize(["user", "sslmode"], [(TLS, "disable"), (CLEAR, "require")])
def test_who_is_not_let_in_that_way(gen, load, user, sslmode):
    assert "pg_hba.conf" in load(user, via=gen.refused, sslmode=sslmode)


def test_a_server_that_is_verified(server, load):
    load(TLS, host="localhost", sslmode="verify-full", sslrootcert=server.folder / "root.crt")


def test_another_root(server, gen, load):
    """Nobody vouches for the server."""
    line = load(TLS, via=gen.failed, host="localhost", sslmode="verify-full", sslrootcert=server.folder / "other_root.crt")
    assert "certificate" in line.lower()


def test_the_roots_of_the_system(gen, load):
    """They do not know the server either, or there are none."""

    def not_done(*command):
        code, out, err = gen.end(gen.start(*command))
        assert (code in (2, 3), out, len(err.splitlines())) == (True, "", 1)

    load(TLS, via=not_done, host="localhost", sslmode="verify-full")


def test_another_host(server, gen, load):
    """The certificate is for somebody else."""
    line = load(TLS, via=gen.failed, host="127.0.0.1", sslmode="verify-full", sslrootcert=server.folder / "root.crt")
    assert "certificate" in line.lower()


@pytest.mark.parametrize("content", [None, "", "no certificate", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"])
def test_roots_that_are_none(gen, load, tmp_path, content):
    path = tmp_path / "root.crt"
    if content is not None:
        path.write_text(content)
    load(TLS, via=gen.refused, host="localhost", sslmode="verify-full", sslrootcert=path)


def test_passwords_over_tls(gen, db):
    """With what binds the password to the channel."""
    url = db.url(user="with_password", password=PASSWORD, sslmode="require")
    assert gen.json("--rows=10", f"--out={url}", "--table=t")["rows"] == 10
    bound = db.url(user="with_password", password=PASSWORD, sslmode="require", channel_binding="require")
    assert gen.json("--rows=10", f"--out={bound}", "--table=t")["rows"] == 0


def test_a_server_without_tls(server, gen, db, load):
    settings = server.folder / "data" / "postgresql.auto.conf"
    before = settings.read_text()
    server.stop()
    try:
        settings.write_text(before + "ssl = off\n")
        server.start()
        load("tester", via=gen.failed, sslmode="require")
        load("tester")
    finally:
        server.stop(signal.SIGINT)
        settings.write_text(before)
        server.start()


@pytest.mark.parametrize("kind", ["signed by itself", "of version 1"])
@pytest.mark.parametrize("sslmode", ["prefer", "require"])
def test_certificates_that_are_not_verified(server, load, kind, sslmode):
    """Whatever the server shows, it is not looked at. These two are made as PostgreSQL's manual says."""
    folder = server.folder
    saved = {name: (folder / name).read_bytes() for name in ("server.crt", "server.key")}
    new = ["req", "-new", "-x509", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=localhost", "-keyout", "server.key"]
    # Without a word on extensions, openssl before 3.2 makes certificates of version 1.
    by_root = ["x509", "-req", "-in", "server.csr", "-CA", "root.crt", "-CAkey", "root.key"]
    server.run("openssl", *(new if kind == "signed by itself" else by_root), "-days", "2", "-out", "server.crt")
    server.stop()
    try:
        server.start()
        load(TLS, sslmode=sslmode)
    finally:
        server.stop()
        for name, content in saved.items():
            (folder / name).write_bytes(content)
        server.start()
