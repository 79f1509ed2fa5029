"""README's section on schemas: its command makes the rows, and DuckDB answers the query as it is shown."""

import re
import shlex
from pathlib import Path

import duckdb

from schema_runs import run

ROOT = Path(__file__).parents[2]
SECTION = (ROOT / "README.md").read_text().split("## Data of any shape\n")[1].split("\n## ")[0]


def test_the_example_is_real(gen_binary, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    (command,) = re.findall(r"^    gen (.+)$", SECTION, re.MULTILINE)
    run(gen_binary, *shlex.split(command), "--quiet")
    query, answer = re.search(r"```\nD (.+?);\n(.+?)\n```", SECTION, re.DOTALL).groups()
    answered = duckdb.sql(query)
    cells = [re.split(r"\s*│\s*", line.strip("│ ")) for line in answer.splitlines() if line.startswith("│")]
    assert cells[0] == answered.columns
    assert cells[1] == [str(kind).lower().replace("bigint", "int64") for kind in answered.types]
    assert cells[2:] == [[str(value) for value in row] for row in answered.fetchall()]
    run(gen_binary, "check", "events", "--quiet")
