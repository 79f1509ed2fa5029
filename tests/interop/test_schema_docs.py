"""The page "Schemas": every schema in it is one, its values are those that it shows, and no generator is left out."""

import importlib.util
import re
from pathlib import Path

import pytest

import contract
from contract import column as generators
from schema_runs import run

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "schemas.md").read_text()
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"^# (.+)$", re.MULTILINE)
DIGITS_OF_FLOATS = 6


def schema_of(block: str) -> dict:
    """A block is a schema, or a list of columns."""
    given = contract.load(block)
    return {"rows": 10, "columns": given} if isinstance(given, list) else given


def first_values(column: contract.Column, count: int) -> str:
    rows = contract.row_range(0, count)
    try:
        texts = column.type.texts(column.beneath(rows))
    except contract.SchemaError:
        texts = map(shown, column.values(rows).to_pylist())
    return ", ".join("null" if null else text for text, null in zip(texts, column.nulls(rows)))


def shown(value) -> str:
    """Of types that have no text in templates."""
    if isinstance(value, list):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, float):
        return f"{value:.{DIGITS_OF_FLOATS}g}"
    return value.hex() if isinstance(value, bytes) else str(value)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split("\n")[0][:60])
def test_blocks_are_schemas_and_show_their_first_values(block):
    """Below a column of a list, a comment has its first values with the seed 0."""
    schema = schema_of(block)
    table, *others = contract.Schema(schema).tables if "tables" in schema else [contract.parse(schema)]
    for each in [table, *others]:
        assert len(each.arrow(contract.row_range(0, 10))) == 10
    comments = SHOWN.findall(block)
    if comments:
        assert comments == [first_values(column, count_of(comment)) for column, comment in zip(table.columns, comments)]
        assert len(comments) == len(table.columns)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split("\n")[0][:60])
def test_gen_reads_the_blocks(gen_binary, tmp_path, block):
    file = tmp_path / "schema.yaml"
    file.write_text(f"rows: 10\ncolumns:\n{block}" if block.startswith("- ") else block)
    run(gen_binary, "schema", "check", file)


def count_of(comment: str) -> int:
    outside_lists = re.sub(r"\[.*?\]", "", comment)
    return outside_lists.count(", ") + 1


def test_every_generator_has_a_heading_and_a_block():
    for name in [*generators.relations.TAKING, "position"]:
        assert f"\n| `{name}` | " in PAGE and f"generator: {name}" in PAGE
    for name in generators.DRAWING | generators.COUNTING | generators.COMBINING:
        assert f"\n## {name}\n" in PAGE
        assert any(f"generator: {name}" in block for block in BLOCKS), name


def test_links_within_the_page_have_headings():
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^## (.+)$", PAGE, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= headings


def drawing():
    """The script that draws the pictures."""
    spec = importlib.util.spec_from_file_location("draw", DOCS / "schemas/draw.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


DRAW = drawing()


@pytest.mark.parametrize("section", DRAW.FREQUENCIES + DRAW.IN_ORDER)
def test_pictures_show_the_values(section):
    """They are those that the script draws, and are drawn again by: GEN=… python docs/schemas/draw.py"""
    table = contract.parse(contract.load(DRAW.schema_of(section))).arrow()
    assert f"![{section}](schemas/{section}.svg)" in PAGE
    assert (DOCS / f"schemas/{section}.svg").read_text() == DRAW.picture(section, table)
