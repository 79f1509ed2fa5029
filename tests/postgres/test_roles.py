"""Roles with the privileges that the documentation names, and no others, can do what it says they can."""

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "postgres.md"
ROWS = ["--rows=1000", "--classes=2", "--id=binary", "--batch-size=100"]


def statements(heading: str) -> list[str]:
    """The SQL of the section under this heading."""
    _, section = DOCUMENTATION.read_text().split(f"### {heading}\n")
    section, *_ = re.split("\n##+ ", section)
    return [part for block in re.findall("```sql\n(.*?)```", section, re.S) for part in block.split(";") if part.strip()]


@pytest.fixture
def roles(db):
    """Roles without any privilege, which go with what they have."""
    names = ["loader", "appender", "checker"]
    db.execute(*(f"create role {name} login" for name in names), "create schema raw")
    yield
    for name in names:
        db.execute(f"drop owned by {name} cascade", f"drop role {name}")


@pytest.mark.usefixtures("roles")
def test_a_role_that_makes_its_tables(gen, db):
    url = db.url(user="loader")
    load = [*ROWS, f"--out={url}", "--table=raw.predictions"]
    gen.refused(*load)
    db.execute(*statements("To make tables and load into them"))
    for method in ("copy", "insert", "pipeline"):
        flags = ["--if-exists=replace", f"--method={method}"]
        assert gen.json(*load, *flags)["rows"] == 1000
    assert gen.json("check", url, "--table=raw.predictions")["whole"]
    assert gen.json(*ROWS, f"--out={url}", "--table=raw.others", "--unlogged")["rows"] == 1000


@pytest.mark.usefixtures("roles")
def test_a_role_that_appends_to_a_table(gen, db):
    gen("--rows=0", "--classes=2", "--id=binary", f"--out={db.url()}", "--table=raw.predictions", "--quiet")
    url = db.url(user="appender")
    for method in ("copy", "insert", "pipeline"):
        load = [*ROWS, f"--out={url}", "--table=raw.predictions", "--if-exists=append", f"--method={method}"]
        load += [f"--seed={len(method)}"]
        gen.refused(*load)
        db.execute(*statements("To append to a table only"))
        assert gen.json(*load)["rows"] == 1000
        assert gen.json(*load)["kept_rows"] == 1000
        db.execute("drop owned by appender")
    assert db.count("raw.predictions") == 3000


@pytest.mark.usefixtures("roles")
def test_a_role_to_which_row_level_security_applies(gen, db):
    """COPY is refused beforehand; rows are inserted where a policy lets them in, and a check calls none of them lost."""
    gen("--rows=0", "--classes=2", "--id=binary", f"--out={db.url()}", "--table=raw.predictions", "--quiet")
    db.execute(*statements("To append to a table only"), "alter table raw.predictions enable row level security")
    db.execute("create policy p on raw.predictions for insert with check (true)")
    url = db.url(user="appender")
    load = [*ROWS, "--seed=1", f"--out={url}", "--table=raw.predictions", "--if-exists=append"]
    ledger = db.query("select * from raw.samplegen_loads")
    assert "--method insert" in gen.refused(*load)
    assert db.query("select * from raw.samplegen_loads") == ledger
    for _ in range(2):
        summary = gen.json(*load, "--method=insert")
        assert summary["rows"] + summary["kept_rows"] == 1000
    assert db.count("raw.predictions") == 1000
    assert "row-level security" in gen.failed("check", url, "--table=raw.predictions")


@pytest.mark.usefixtures("roles")
def test_a_role_that_may_not_make_the_ledger(gen, db, tmp_path):
    """The message names what an administrator can do, also for a table whose columns are not those of a data set."""
    pq.write_table(pa.table({"i": range(10)}), tmp_path / "x.parquet")
    db.execute("create table raw.numbers (i bigint)", "grant usage on schema raw to appender")
    db.execute("grant select, insert on raw.numbers to appender")
    load = ["load", tmp_path / "x.parquet", db.url(user="appender"), "--table=raw.numbers", "--if-exists=append"]
    line = gen.refused(*load)
    assert '"raw"."samplegen_loads" does not exist' in line and "--rows 0" in line and "grant" in line
    gen("--rows=0", "--classes=2", f"--out={db.url()}", '--table="raw".new', "--quiet")
    db.execute("drop table raw.new", "grant select, insert, update on raw.samplegen_loads to appender")
    assert gen.json(*load)["rows"] == 10


@pytest.mark.usefixtures("roles")
def test_a_role_that_checks(gen, db):
    gen(*ROWS, f"--out={db.url()}", "--table=raw.predictions", "--quiet")
    check = ["check", db.url(user="checker"), "--table=raw.predictions"]
    gen.refused(*check)
    db.execute(*statements("To check"))
    assert gen.json(*check)["whole"]
