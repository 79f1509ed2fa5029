"""TLS as the address asks for it; whom the server lets in tells what the connection was."""

import contextlib
import os
import shutil
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


@pytest.mark.parametrize("sslmode", ["verify-ca", "verify-full"])
def test_no_roots(gen, load, sslmode):
    line = load(TLS, via=gen.refused, host="localhost", sslmode=sslmode)
    assert sslmode in line and "sslrootcert" in line


@pytest.mark.parametrize("sslmode", ["disable", "allow", "prefer", "require", "verify-ca"])
def test_the_roots_of_the_system_are_not_enough_without_names(gen, load, sslmode):
    assert "verify-full" in load(TLS, via=gen.refused, host="localhost", sslmode=sslmode, sslrootcert="system")


def test_the_roots_of_the_system(gen, load):
    """They do not know the server either, or there are none."""

    def not_done(*command):
        code, out, err = gen.end(gen.start(*command))
        assert (code in (2, 3), out, len(err.splitlines())) == (True, "", 1)

    load(TLS, via=not_done, host="localhost", sslmode="verify-full", sslrootcert="system")
    load(TLS, via=not_done, host="localhost", sslrootcert="system")


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


@contextlib.contextmanager
def made_again(server, *command):
    """Has openssl make the server's certificate in another way, for the time of a test."""
    folder = server.folder
    saved = {name: (folder / name).read_bytes() for name in ("server.crt", "server.key")}
    server.run("openssl", *command)
    server.stop()
    try:
        server.start()
        yield
    finally:
        server.stop()
        for name, content in saved.items():
            (folder / name).write_bytes(content)
        server.start()


@pytest.mark.parametrize("kind", ["signed by itself", "of version 1"])
@pytest.mark.parametrize("sslmode", ["prefer", "require"])
def test_certificates_that_are_not_verified(server, load, kind, sslmode):
    """Whatever the server shows, it is not looked at. These two are made as PostgreSQL's manual says."""
    new = ["req", "-new", "-x509", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=localhost", "-keyout", "server.key"]
    # Without a word on extensions, openssl before 3.2 makes certificates of version 1.
    by_root = ["x509", "-req", "-in", "server.csr", "-CA", "root.crt", "-CAkey", "root.key"]
    with made_again(server, *(new if kind == "signed by itself" else by_root), "-days", "2", "-out", "server.crt"):
        load(TLS, sslmode=sslmode)


def compare(gen, psql, name, url, env) -> bool:
    """Whether psql connects, which this does then too."""
    theirs, _, said = psql(url, "select 1", env)
    ours, _, err = gen.end(gen.start("check", url, "--table=t", env=env))
    assert (ours == 0) == (theirs == 0), f"{name}: {ours} {err}; psql: {theirs} {said}"
    return theirs == 0


MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]


@pytest.mark.parametrize("sslmode", MODES)
def test_every_mode_lets_in_whom_psql_lets_in(gen, psql, server, db, tmp_path, sslmode):
    """With roots and without, where libpq looks for them; for both kinds of roles and of names of hosts."""
    gen("--rows=10", f"--out={db.url()}", "--table=t", "--quiet")
    let_in = 0
    for roots in (None, "root.crt", "other_root.crt"):
        home = tmp_path / str(roots)
        (home / ".postgresql").mkdir(parents=True)
        if roots is not None:
            shutil.copy(server.folder / roots, home / ".postgresql" / "root.crt")
        for user in (TLS, CLEAR):
            for host in ("127.0.0.1", "localhost"):
                url = db.url(user=user, host=host)
                env = {"HOME": str(home), "PGSSLMODE": sslmode}
                let_in += compare(gen, psql, f"{roots}, {user}, {host}", url, env)
    assert let_in in range(1, 12)


@pytest.mark.parametrize(
    ["name", "common_name", "names"],
    [
        ("a common name", "localhost", None),
        ("another common name", "elsewhere", None),
        ("a common name beside names", "localhost", "DNS:elsewhere"),
        ("an address", "elsewhere", "IP:127.0.0.1"),
        ("an address as a common name", "127.0.0.1", None),
        ("a star", "elsewhere", "DNS:*.localhost"),
    ],
)
def test_names_in_certificates(gen, psql, server, db, name, common_name, names):
    """Signed by itself, as PostgreSQL's manual says, and trusted as a root."""
    gen("--rows=10", f"--out={db.url()}", "--table=t", "--quiet")
    new = ["req", "-new", "-x509", "-nodes", "-newkey", "rsa:2048", "-subj", f"/CN={common_name}", "-days", "2"]
    new += ["-addext", f"subjectAltName={names}"] if names else []
    with made_again(server, *new, "-keyout", "server.key", "-out", "server.crt"):
        for sslmode in ("require", "verify-ca", "verify-full"):
            for host in ("localhost", "127.0.0.1"):
                url = db.url(user=TLS, host=host, sslmode=sslmode, sslrootcert=server.folder / "server.crt")
                is_in = compare(gen, psql, f"{name}, {sslmode}, {host}", url, {})
                assert is_in or sslmode == "verify-full"


@pytest.mark.parametrize("sslmode", ["prefer", "require", "verify-ca", "verify-full"])
def test_revoked_certificates(gen, psql, server, db, sslmode):
    gen("--rows=10", f"--out={db.url()}", "--table=t", "--quiet")
    folder = server.folder
    (folder / "ca.cnf").write_text(
        "[ca]\ndefault_ca=own\n[own]\ndatabase=index\ncrlnumber=number\ndefault_md=sha256\ndefault_crl_days=2\n"
    )
    ca = ["openssl", "ca", "-config", "ca.cnf", "-keyfile", "root.key", "-cert", "root.crt"]
    (folder / "index").write_text("")
    (folder / "number").write_text("01\n")
    if server.user:
        for name in ("index", "number"):
            os.chown(folder / name, server.user.pw_uid, server.user.pw_gid)
    server.run(*ca, "-gencrl", "-out", "none.crl")
    server.run(*ca, "-revoke", "server.crt")
    server.run(*ca, "-gencrl", "-out", "revoked.crl")
    for crl, is_revoked in (("none.crl", False), ("revoked.crl", True)):
        url = db.url(user=TLS, host="localhost", sslmode=sslmode, sslrootcert=folder / "root.crt")
        env = {"PGSSLCRL": str(folder / crl)}
        assert compare(gen, psql, crl, url, env) != is_revoked


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_versions(gen, psql, server, db, version):
    """The server has another one, and the same."""
    gen("--rows=10", f"--out={db.url()}", "--table=t", "--quiet")
    settings = server.folder / "data" / "postgresql.auto.conf"
    before = settings.read_text()
    server.stop()
    try:
        settings.write_text(before + f"ssl_min_protocol_version = '{version}'\nssl_max_protocol_version = '{version}'\n")
        server.start()
        url = db.url(user=TLS, sslmode="require")
        let_in = {
            asked: compare(gen, psql, asked, url, {"PGSSLMINPROTOCOLVERSION": asked, "PGSSLMAXPROTOCOLVERSION": asked})
            for asked in ("TLSv1.2", "TLSv1.3")
        }
        assert let_in == {asked: asked == version for asked in let_in}
    finally:
        server.stop()
        settings.write_text(before)
        server.start()
