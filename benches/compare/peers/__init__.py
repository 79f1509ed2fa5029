"""The peers, one a file. A peer is a module with

    TITLE      what the report calls it
    CLOCK      what its time covers: "whole process", "statement" or "function"
    CODECS     the values of `--compression` that it can write, if it writes files

and then either, for a Python library,

    MODULES          what must be installed
    prepare(task)    imports, connects, and returns the callable that is timed

or, for a program, whose whole process is timed,

    PROGRAM                   its name
    command(task, program)    its argument list

A peer imports its libraries inside `prepare`, so that naming the peers costs nothing and a
peer's memory holds its own libraries only.

The peers of tables load rows into a table of PostgreSQL, or read them out of it; theirs is a
`TableTask`. The table is there, and empty, when they load, but for `gen`, which makes it.
"""

import importlib
import importlib.util
import shutil
import sysconfig
from pathlib import Path
from types import ModuleType

FILE_NAMES = (
    "floor",
    "gen",
    "arrow_writer",
    "duckdb",
    "duckdb_table",
    "clickhouse",
    "polars",
    "pyarrow",
    "pyarrow_ready",
    "article_serial",
    "article_threads",
    "article_processes",
    "tpchgen",
    "spark",
    "gen_check_files",
)
ARTICLE_LOADERS = (
    "article_load",
    "article_load_threads",
    "article_load_asyncio",
    "article_load_processes",
)
TABLE_NAMES = (
    "psql_load",
    "gen_load",
    "gen_direct",
    "psycopg_copy",
    *ARTICLE_LOADERS,
    "psql_unload",
    "gen_check",
)
NAMES = FILE_NAMES + TABLE_NAMES
SLOW_NAMES = (
    "article_serial",
    "article_threads",
    "article_processes",
    "tpchgen",
    "spark",
    "psycopg_copy",
    *ARTICLE_LOADERS,
)
# `gen` at the work that others do too, which they are compared with.
GEN_NAMES = ("gen", "gen_load", "gen_check")
# What `gen` has written is read by these.
NAMES_OF_READERS = ("gen_check_files",)
# These write as many files as `gen` does for the same work, or as many bytes.
NAMES_AFTER_GEN = ("floor", "arrow_writer")


def load(name: str) -> ModuleType:
    return importlib.import_module(f"peers.{name}")


def is_gen(name: str) -> bool:
    return getattr(load(name), "PROGRAM", None) == "gen"


def is_program(peer: ModuleType) -> bool:
    return hasattr(peer, "PROGRAM")


def is_slow(name: str) -> bool:
    """Whether a peer takes seconds where the others take fractions of one."""
    return name in SLOW_NAMES


def published_rate(name: str) -> float:
    """The rows a second of one of the article's loaders, as the article has it."""
    peer = load(name)
    return peer.PUBLISHED_ROWS / peer.PUBLISHED_SECONDS


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
