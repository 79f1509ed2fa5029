"""results.json as results.md and SVG plots; `run.py` does this at its end.

python benches/compare/render.py benches/compare/results
"""

import argparse
import json
from pathlib import Path

import plots
import report
from results import Results

RESULTS_FILE = "results.json"


def render(folder: Path) -> None:
    results = Results.from_dict(json.loads((folder / RESULTS_FILE).read_text()))
    drawn = plots.draw_all(results, folder)
    (folder / "results.md").write_text(report.markdown(results, drawn))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help=f"the folder of {RESULTS_FILE}")
    render(parser.parse_args().folder)
