"""Names are taken as they are, whatever is in them: nothing of them is ever run as SQL."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from psycopg import sql

from conftest import flags_of
from dataset import DataSet

NAMES = [
    'a "quoted" name',
    "it's",
    "a name with spaces ",
    " ",
    "dots.in.it",
    "größe 中文 🦀",
    "x; drop table victim; --",
    "x'; drop table victim; --",
    'x"; drop table victim; --',
    '"); drop table victim; --',
    "$1",
    "%s",
    "{}",
    "select",
    "Capitals",
    "back\\slash",
    "new\nline",
    "tab\t",
    "--dashes",
    "-1",
    "/* comment",
    "x" * 63,
    "é" * 31 + "x",
    '"' * 63,
    "samplegen:dataset",
]
# A table has at most these bytes in its name.
TOO_LONG = ["x" * 64, "é" * 32, '"' * 64]


def quoted(name: str) -> str:
    """As `--table` takes it, and SQL."""
    return '"' + name.replace('"', '""') + '"'


@pytest.fixture
def victim(db):
    db.execute("create table victim (n int)", "insert into victim values (1)")
    yield db
    assert db.query("select * from victim") == [(1,)]


@pytest.mark.parametrize("name", NAMES)
def test_tables(victim, gen, name):
    data = DataSet(10, 1, id_form="binary")
    load = [*flags_of(data), f"--out={victim.url()}", f"--table={quoted(name)}"]
    summary = gen.json(*load)
    assert (summary["rows"], summary["table"]) == (10, quoted(name))
    assert victim.relations() == {"public.victim", "public.samplegen_loads", f"public.{name}"}
    table = sql.Identifier(name)
    assert victim.value(sql.SQL("select count(*) from {}").format(table)) == 10
    check = ["check", victim.url(), f"--table={quoted(name)}"]
    assert gen.json(*check)["whole"]
    victim.query(sql.SQL("delete from {} where class_0 = (select max(class_0) from {})").format(table, table))
    assert gen.end(gen.start(*check, "--json"))[0] == 1
    for flags, rows in (([], 0), (["--if-exists=replace"], 10)):
        assert gen.json(*load, *flags)["rows"] == rows
    # What it says of it is one line.
    gen.refused(*flags_of(DataSet(10, 2)), f"--out={victim.url()}", f"--table={quoted(name)}")


@pytest.mark.parametrize("name", NAMES)
def test_schemas(victim, gen, name):
    data = DataSet(10, 1, id_form="binary")
    table = f"{quoted(name)}.{quoted(name)}"
    load = [*flags_of(data), f"--out={victim.url()}", f"--table={table}"]
    gen.refused(*load)
    victim.execute(f"create schema {quoted(name)}")
    for rows in (10, 0):
        assert gen.json(*load)["rows"] == rows
    assert gen.json("check", victim.url(), f"--table={table}")["whole"]
    assert victim.relations() == {"public.victim", f"{name}.{name}", f"{name}.samplegen_loads"}


@pytest.mark.parametrize("method", ["copy", "insert"])
def test_columns(victim, gen, tmp_path, method):
    """All of them in one table; and one that is appended to names them again."""
    pq.write_table(pa.table({name: [i] for i, name in enumerate(NAMES)}), tmp_path / "x.parquet")
    pq.write_table(pa.table({name: [-i] for i, name in enumerate(NAMES)}), tmp_path / "y.parquet")
    for path in ("x", "y"):
        command = ["load", tmp_path / f"{path}.parquet", victim.url(), "--table=t", "--if-exists=append"]
        gen(*command, "--quiet", f"--method={method}")
    assert list(victim.types()) == NAMES
    assert victim.query("select * from t order by 2") == [
        tuple(-i for i in range(len(NAMES))),
        tuple(range(len(NAMES))),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_columns_of_types_that_are_not_supported(victim, gen, tmp_path, name):
    """The name is in the error, which is one line, and nothing is made."""
    pq.write_table(pa.table({name: [{"a": 1}]}), tmp_path / "x.parquet")
    gen.refused("load", tmp_path / "x.parquet", victim.url(), "--table=t")
    assert victim.relations() == {"public.victim"}


def test_columns_that_a_checked_table_has_besides(victim, gen):
    gen("--rows=10", "--classes=1", f"--out={victim.url()}", "--table=t", "--quiet")
    victim.execute(*(f"alter table t add {quoted(name)} int" for name in NAMES))
    assert sorted(gen.json("check", victim.url(), "--table=t")["ignored_columns"]) == sorted(NAMES)


def test_names_of_files(victim, gen, tmp_path):
    names = [name.replace("/", "|") for name in NAMES]
    for number, name in enumerate(names):
        pq.write_table(pa.table({"n": [number]}), tmp_path / f"{name}.parquet")
    command = ["load", tmp_path, victim.url(), "--table=t"]
    assert gen.json(*command)["rows"] == len(names)
    assert gen.json(*command)["kept_rows"] == len(names)
    assert victim.query("select n from t order by n") == [(number,) for number in range(len(names))]


@pytest.mark.parametrize("name", TOO_LONG)
def test_names_that_postgresql_would_cut_off(db, gen, name):
    for table in (quoted(name), f"{quoted(name)}.t", f"public.{quoted(name)}"):
        assert "63" in gen.refused("--rows=1", f"--out={db.url()}", f"--table={table}")
        assert "63" in gen.refused("check", "--rows=1", db.url(), f"--table={table}")
    assert db.relations() == set()


@pytest.mark.parametrize("table", ["", '""', ".t", "public.", '"open', '"a"b', 'a"."b.c', "a.b.c", '"a"."b"."c"'])
def test_forms_of_table_that_are_none(db, gen, table):
    assert "--table" in gen.refused("--rows=1", f"--out={db.url()}", f"--table={table}")
    assert db.relations() == set()


@pytest.mark.parametrize(
    ["table", "schema", "name"],
    [
        ("t", "public", "t"),
        ("T", "public", "T"),
        ("public.t", "public", "t"),
        ('"public".t', "public", "t"),
        ('public."a.b"', "public", "a.b"),
        ('"a.b"', "public", "a.b"),
        ("Other.t", "Other", "t"),
        ('"Other"."T"', "Other", "T"),
        ("a b", "public", "a b"),
    ],
)
def test_forms_of_table(db, gen, table, schema, name):
    """Written with and without quotes, it is the same table."""
    db.execute('create schema "Other"')
    command = ["--rows=10", f"--out={db.url()}"]
    assert gen.json(*command, f"--table={table}")["rows"] == 10
    assert db.relations() == {f"{schema}.{name}", f"{schema}.samplegen_loads"}
    assert gen.json(*command, f'--table="{schema}"."{name}"')["kept_rows"] == 10


def test_the_schema_of_a_name_without_one_is_the_current_one(db, gen):
    db.execute("create schema mine", f"alter database {db.name} set search_path = nowhere, mine, public")
    gen("--rows=10", f"--out={db.url()}", "--table=t", "--quiet")
    assert db.relations() == {"mine.t", "mine.samplegen_loads"}
    assert gen.json("check", db.url(), "--table=t")["whole"]


def test_what_somebody_else_puts_in_the_way(db, gen):
    """Functions and tables of the names that it relies on, in a schema that is searched first."""
    db.execute(
        "create schema evil",
        "create table evil.pg_class (oid oid, relname name, relnamespace oid, relkind char)",
        "create table evil.pg_namespace (oid oid, nspname name)",
        "create table evil.pg_attribute (attrelid oid, attname name)",
        "create function evil.quote_literal(text) returns text language sql as $$ select '''evil''' $$",
        "create function evil.hashtextextended(text, bigint) returns bigint language sql as $$ select 1::bigint $$",
        f"alter database {db.name} set search_path = public, evil",
    )
    assert gen.json("--rows=10", f"--out={db.url()}", "--table=t")["rows"] == 10
    assert gen.json("--rows=10", f"--out={db.url()}", "--table=t")["rows"] == 0
    assert gen.json("check", db.url(), "--table=t")["whole"]


def test_names_of_databases_and_users(server, db, gen):
    """In an address, they are written as in any other."""
    name = 'a "name" with spaces/ü?&=%'
    with server.connect("postgres") as connection:
        connection.execute(f"create database {quoted(name)}")
        connection.execute(f"create role {quoted(name)} superuser login")
    try:
        url = server.url(name, user=name)
        assert gen.json("--rows=10", f"--out={url}", "--table=t")["rows"] == 10
        assert gen.json("check", url, "--table=t")["whole"]
        with server.connect(name) as connection:
            sql_owner = "select tableowner from pg_tables where tablename = 't'"
            assert connection.execute(sql_owner).fetchone() == (name,)
    finally:
        with server.connect("postgres") as connection:
            connection.execute(f"drop database {quoted(name)} with (force)")
            connection.execute(f"drop role {quoted(name)}")
