"""Draws the pictures of `docs/schemas.md`: what `gen` makes of the columns of each section.

    GEN=target/debug/gen .venv/bin/python docs/schemas/draw.py
"""

import os
import re
import subprocess
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

FOLDER = Path(__file__).parent
PAGE = FOLDER.parent / "schemas.md"
ROWS = 100_000

WIDTH, HEIGHT, MARGIN = 270, 110, 16
PANEL_HEIGHT, PANELS_A_LINE = HEIGHT + 4 * MARGIN, 3
BINS, NAMED_BARS = 54, 5
FIRST_ROWS = 60
SHOWN_SHARE = 0.995  # of the values of a column with a long tail
COLOUR, INK = "#4878a8", "#777777"

# Sections with a picture of each column: how often its values occur, or the values of the first rows.
FREQUENCIES = ["uniform", "normal", "lognormal", "exponential", "pareto", "quantiles", "zipf", "bernoulli", "one_of"]
FREQUENCIES += ["mapping"]
IN_ORDER = ["sequence", "unique"]


def columns_of(section: str) -> str:
    """The columns of a section's example, as the page has them."""
    body = PAGE.read_text().split(f"\n## {section}\n")[1]
    return re.search(r"```yaml\n(.*?)```", body, re.DOTALL)[1]


def schema_of(section: str) -> str:
    return f"rows: {ROWS}\ncolumns:\n{columns_of(section)}"


def picture(section: str, table: pa.Table) -> str:
    draw = points if section in IN_ORDER else most_frequent if section == "zipf" else frequencies
    panels = [panel(n, field, draw(table[field.name])) for n, field in enumerate(table.schema)]
    width = min(len(panels), PANELS_A_LINE) * (WIDTH + MARGIN) + MARGIN
    height = (len(panels) + PANELS_A_LINE - 1) // PANELS_A_LINE * PANEL_HEIGHT + MARGIN
    style = f'font-family="sans-serif" font-size="11" fill="{INK}"'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" {style}>'
    return "\n".join([opening, *panels, "</svg>", ""])


def panel(number: int, field: pa.Field, drawing: tuple[list[str], str, str]) -> str:
    shapes, left, right = drawing
    line, place = divmod(number, PANELS_A_LINE)
    return "\n".join(
        [
            f'<g transform="translate({place * (WIDTH + MARGIN) + MARGIN} {line * PANEL_HEIGHT + 2 * MARGIN})">',
            f'<text x="{WIDTH / 2}" y="-6" text-anchor="middle">{escape(field.name)}</text>',
            *shapes,
            f'<path d="M0 {HEIGHT}H{WIDTH}" stroke="{INK}"/>',
            f'<text x="0" y="{HEIGHT + 14}">{escape(left)}</text>',
            f'<text x="{WIDTH}" y="{HEIGHT + 14}" text-anchor="end">{escape(right)}</text>',
            "</g>",
        ]
    )


def frequencies(values: pa.ChunkedArray):
    """A bar for each value if they are few, else a histogram."""
    counted = counts_of(values).sort_by("value")
    if len(counted) <= BINS:
        return bars(counted)
    numbers, order = as_numbers(values), values.take(pc.sort_indices(values))
    ends = [round((1 - SHOWN_SHARE) * len(order)), round(SHOWN_SHARE * len(order)) - 1]
    low, high = np.sort(numbers)[ends]
    counts, _ = np.histogram(numbers, bins=BINS, range=(low, high))
    return columns(counts), label(order[ends[0]]), label(order[ends[1]])


def most_frequent(values: pa.ChunkedArray):
    counted = counts_of(values).sort_by([("count_all", "descending"), ("value", "ascending")])
    return bars(counted[:BINS])


def counts_of(values: pa.ChunkedArray) -> pa.Table:
    return pa.table({"value": values}).group_by("value").aggregate([([], "count_all")])


def bars(counted: pa.Table):
    names, counts = [label(value) for value in counted["value"]], counted["count_all"].to_numpy()
    return (columns(counts, names), "", "") if len(names) <= NAMED_BARS else (columns(counts), names[0], names[-1])


def columns(counts: np.ndarray, names: list[str] = ()) -> list[str]:
    width = WIDTH / len(counts)
    gap = width / 5 if len(counts) < BINS else 0
    shapes = []
    for n, count in enumerate(counts.tolist()):
        height = count / max(counts) * HEIGHT
        at = f'x="{n * width + gap / 2:.1f}" y="{HEIGHT - height:.1f}" width="{width - gap:.1f}" height="{height:.1f}"'
        shapes.append(f'<rect {at} fill="{COLOUR}"/>')
    for n, name in enumerate(names):
        shapes.append(f'<text x="{(n + 0.5) * width:.1f}" y="{HEIGHT + 14}" text-anchor="middle">{escape(name)}</text>')
    return shapes


def points(values: pa.ChunkedArray):
    """The values of the first rows, one beside the other."""
    numbers = as_numbers(values[:FIRST_ROWS])
    low, high = numbers.min(), numbers.max()
    shapes = []
    for row, share in enumerate(((numbers - low) / (high - low)).tolist()):
        x, y = (row + 0.5) * WIDTH / FIRST_ROWS, HEIGHT - 3 - share * (HEIGHT - 6)
        shapes.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.6" fill="{COLOUR}"/>')
    return shapes, "row 0", f"row {FIRST_ROWS - 1}"


def as_numbers(values: pa.ChunkedArray) -> np.ndarray:
    if pa.types.is_temporal(values.type):
        values = values.cast(pa.int64() if values.type.bit_width == 64 else pa.int32())
    return values.cast(pa.float64(), safe=False).to_numpy()


def label(value: pa.Scalar) -> str:
    plain = value.as_py()
    if isinstance(plain, bool):
        return str(plain).lower()
    return f"{plain:.4g}" if isinstance(plain, float) else str(plain)


def generated(section: str, gen: str) -> pa.Table:
    with tempfile.TemporaryDirectory() as folder:
        schema, out = Path(folder, "schema.yaml"), Path(folder, "out")
        schema.write_text(schema_of(section))
        subprocess.run([gen, "--schema", schema, "--out", out, "--quiet"], check=True)
        return pq.read_table(out)


def main():
    for section in FREQUENCIES + IN_ORDER:
        (FOLDER / f"{section}.svg").write_text(picture(section, generated(section, os.environ["GEN"])))


if __name__ == "__main__":
    main()
