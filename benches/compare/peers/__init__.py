"""The peers, one a file. A peer is a module with

    TITLE      what the report calls it
    CLOCK      what its time covers: "whole process", "statement" or "function"
    CODECS     the values of `--compression` that it can write

and then either, for a Python library,

    MODULES          what must be installed
    prepare(task)    imports, connects, and returns the callable that is timed

or, for a program, whose whole process is timed,

    PROGRAM                   its name
    command(task, program)    its argument list

A peer imports its libraries inside `prepare`, so that naming the peers costs nothing and a
peer's memory holds its own libraries only.
"""

import importlib
import importlib.util
import shutil
import sysconfig
from pathlib import Path
from types import ModuleType

NAMES = (
    "floor",
    "gen",
    "arrow_writer",
    "duckdb",
    "duckdb_table",
    "clickhouse",
    "polars",
    "pyarrow",
    "article_serial",
    "article_threads",
    "article_processes",
    "tpchgen",
    "spark",
)
SLOW_NAMES = ("article_serial", "article_threads", "article_processes", "tpchgen", "spark")
# These write as many files as `gen` does for the same work, or as many bytes.
NAMES_AFTER_GEN = ("floor", "arrow_writer")


def load(name: str) -> ModuleType:
    return importlib.import_module(f"peers.{name}")


def is_program(peer: ModuleType) -> bool:
    return hasattr(peer, "PROGRAM")


def is_slow(name: str) -> bool:
    """Whether a peer takes seconds where the others take fractions of one."""
    return name in SLOW_NAMES


def find_programs(given: dict[str, str]) -> dict[str, str]:
    """Where the peers' programs are: as given, else beside this Python, else on the PATH."""
    found = dict(given)
    for peer in map(load, NAMES):
        if is_program(peer) and peer.PROGRAM not in found:
            beside = Path(sysconfig.get_path("scripts")) / peer.PROGRAM
            path = str(beside) if beside.exists() else shutil.which(peer.PROGRAM)
            if path:
                found[peer.PROGRAM] = path
    return found


def why_missing(peer: ModuleType, programs: dict[str, str]) -> str | None:
    """Why a peer cannot be run here, or None."""
    if is_program(peer):
        return None if peer.PROGRAM in programs else f"no program `{peer.PROGRAM}`"
    absent = [module for module in peer.MODULES if importlib.util.find_spec(module) is None]
    if absent:
        return "not installed: " + ", ".join(absent)
    absent = [tool for tool in getattr(peer, "TOOLS", ()) if shutil.which(tool) is None]
    return "no program " + ", ".join(f"`{tool}`" for tool in absent) if absent else None
