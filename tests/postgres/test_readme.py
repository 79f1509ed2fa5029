"""The commands of README's section on PostgreSQL, in the order in which they stand."""

import shlex
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
ADDRESS = "postgresql://me@host/db"


def commands() -> list[list[str]]:
    _, section = README.read_text().split("## Load into PostgreSQL\n")
    section, _ = section.split("\n## ", 1)
    lines = [line.strip() for line in section.splitlines() if line.startswith("    gen ")]
    return [shlex.split(line)[1:] for line in lines]


def test_the_commands_work_in_their_order(gen, db, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = {"1000000": "1000"}
    found = commands()
    assert sum(ADDRESS in command for command in found) >= 4
    for command in found:
        out = gen(*[db.url() if word == ADDRESS else rows.get(word, word) for word in command])
        assert "already" not in out
        assert "OK: the copy is whole" in out or command[0] != "check"
    assert db.count("predictions") == db.count("direct") == 1000
