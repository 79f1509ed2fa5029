"""A dry run says what the run would do with the table, is refused where the run would be, and changes nothing."""

import json

import pytest

from conftest import flags_of
from dataset import DataSet

DATA = DataSet(1000, 2, seed=4, id_form="binary")
LAYOUT = {"batch_size": 100}
SIZES = """
    select c.oid::regclass::text, c.relkind, (xpath('/row/c/text()', query_to_xml(format('select count(*) as c from %s',
    c.oid::regclass), false, true, '')))[1]::text from pg_class c join pg_namespace n on n.oid = relnamespace
    where nspname = 'public' and relkind = 'r' order by 1
"""


@pytest.fixture
def dry(gen, db, files):
    """Both ways of loading, dry; what they plan must be the same, and nothing may change."""

    def dry(*flags, url=None) -> dict:
        before = db.query(SIZES), db.query("select count(*) from pg_class")
        ways = [
            ["load", files(DATA, **LAYOUT), url or db.url()],
            [*flags_of(DATA, **LAYOUT), f"--out={url or db.url()}"],
        ]
        plans = [gen.json(*way, "--table=t", "--dry-run", *flags) for way in ways]
        assert plans[0] == plans[1]
        assert (db.query(SIZES), db.query("select count(*) from pg_class")) == before
        return {name: plans[0][name] for name in ("action", "rows", "parts", "kept_rows", "kept_parts")}

    return dry


def plan(action: str, parts: int, kept: int) -> dict:
    return {"action": action, "rows": 100 * parts, "parts": parts, "kept_rows": 100 * kept, "kept_parts": kept}


@pytest.mark.parametrize("method", ["copy", "insert", "pipeline"])
def test_what_would_be_done(db, gen, dry, method):
    flags = [f"--method={method}"]
    assert dry(*flags) == plan("create", 10, 0)
    gen("--quiet", *flags_of(DATA, **LAYOUT), f"--out={db.url()}", "--table=t", "--shard=1/2")
    if method == "copy":
        assert dry("--if-exists=append") == plan("append", 5, 5)
        assert dry() == plan("append", 5, 5)
    assert dry("--if-exists=replace", *flags) == plan("replace", 10, 0)
    gen("--quiet", *flags_of(DATA, **LAYOUT), f"--out={db.url()}", "--table=t", "--shard=2/2")
    assert dry(*flags) == plan("append", 0, 10)


def test_it_is_said_in_words(db, gen):
    into = [*flags_of(DATA, **LAYOUT), f"--out={db.url()}", "--table=t"]
    assert "1,000 rows in 10 parts" in gen(*into, "--dry-run") and db.relations() == set()
    gen(*into, "--quiet", "--shard=1/10")
    assert "100 rows would be kept" in gen(*into, "--dry-run")
    gen(*into, "--quiet")
    assert "nothing to do" in gen(*into, "--dry-run")


REFUSALS = {
    "another table": ["create table t (x integer)"],
    "a column of another type": ["create table t (id_client uuid, class_0 float8, class_1 text)"],
    "a view": ["create view t as select 1 as x"],
    "a column that gets no value": [
        "create table t (id_client uuid, class_0 float8, class_1 float8, more integer not null)"
    ],
    "a name of the catalog": [],
}


@pytest.mark.parametrize("why", REFUSALS)
@pytest.mark.parametrize("if_exists", ["fail", "append"])
def test_it_is_refused_where_the_run_would_be_in_the_same_words(db, gen, why, if_exists):
    if REFUSALS[why]:
        db.execute(*REFUSALS[why])
    table = "pg_class" if "catalog" in why else "t"
    into = [*flags_of(DATA), f"--out={db.url()}", f"--table={table}", f"--if-exists={if_exists}"]
    assert gen.refused(*into, "--dry-run") == gen.refused(*into)


def test_rights_are_asked_for(db, gen):
    db.execute("create role visitor login")
    try:
        into = [*flags_of(DATA), f"--out={db.url(user='visitor')}", "--table=t"]
        assert gen.refused(*into, "--dry-run") == gen.refused(*into)
        db.execute("create table t (id_client uuid, class_0 float8, class_1 float8)")
        assert "owner" in gen.refused(*into, "--if-exists=replace", "--dry-run")
        gen.refused(*into, "--if-exists=replace")
    finally:
        db.execute("drop owned by visitor", "drop role visitor")


def test_a_table_that_is_read_by_others_is_not_waited_for(db, gen):
    """A run that replaces it waits until they are done."""
    gen("--quiet", *flags_of(DATA), f"--out={db.url()}", "--table=t")
    with db.connect() as reader:
        reader.execute("begin")
        reader.execute("select count(*) from t")
        said = gen(*flags_of(DATA), f"--out={db.url()}", "--table=t", "--if-exists=replace", "--dry-run", "--json")
        assert json.loads(said)["action"] == "replace"


def test_no_server(gen):
    line = gen.failed(*flags_of(DATA), "--out=postgresql://u@127.0.0.1:1/db", "--table=t", "--dry-run")
    assert "127.0.0.1" in line and "same command" not in line
