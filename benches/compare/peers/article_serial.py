"""The article's program: one pandas frame, one file."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from work import Task, Work

TITLE = "article, serial"
CLOCK = "function"
CODECS = ("none", "snappy")
MODULES = ("numpy", "pandas", "pyarrow")
PUBLISHED_SECONDS = 3.73


def generate(rows: int, classes: int, compression: str, folder: Path) -> None:
    import numpy as np
    import pandas as pd

    frame = pd.DataFrame(
        {"id_client": [str(uuid4()) for _ in range(rows)]}
        | {f"class_{i}": np.random.uniform(size=rows) for i in range(classes)}
    )
    # The article leaves everything to the defaults, which is snappy.
    codec = None if compression == "none" else compression
    frame.to_parquet(folder / f"{rows}-{uuid4()}.parquet", compression=codec)


def load_libraries() -> None:
    """Imports what `generate` and `to_parquet` would import at their first call."""
    import pandas  # noqa: F401
    import pyarrow.parquet  # noqa: F401


def arguments(work: Work, rows: int, folder: Path) -> tuple:
    return rows, work.classes, work.compression, folder


def prepare(task: Task) -> Callable[[], object]:
    load_libraries()
    task.out.mkdir()
    return lambda: generate(*arguments(task.work, task.work.rows, task.out))
