"""The machine and the versions a result was measured with."""

import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import server

PACKAGES = (
    "chdb",
    "chdb-core",
    "duckdb",
    "numpy",
    "pandas",
    "polars",
    "psycopg",
    "psycopg-pool",
    "pyarrow",
    "pyspark",
)
INSTRUCTION_SETS = ("avx2", "avx512f", "avx512vbmi", "neon", "asimd", "sve")


def describe(work_folder: Path, programs: dict[str, str]) -> dict:
    return {
        "measured": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": processor(),
        "instruction sets": instruction_sets(),
        "cores": usable_cores(),
        "memory": f"{memory_bytes() / 1e9:.1f} GB",
        "kernel": f"{platform.system()} {platform.release()}",
        "filesystem": filesystem(work_folder),
        "filesystem of the database": filesystem(server.PARENT),
        "load before": f"{os.getloadavg()[0]:.2f}",
        "versions": versions(programs),
    }


def usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor() -> str:
    found = re.search(r"model name\s*:\s*(.+)", read("/proc/cpuinfo"))
    return found[1] if found else platform.processor() or platform.machine()


def instruction_sets() -> str:
    found = re.search(r"(?:flags|Features)\s*:\s*(.+)", read("/proc/cpuinfo"))
    flags = found[1].split() if found else []
    return ", ".join(name for name in INSTRUCTION_SETS if name in flags) or "unknown"


def memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def filesystem(folder: Path) -> str:
    """The type of the mount that holds a folder."""
    folder = folder.resolve()
    mounts = [line.split()[1:3] for line in read("/proc/mounts").splitlines()]
    holding = [(len(point), kind) for point, kind in mounts if folder.is_relative_to(point)]
    # Of two mounts on one point the later hides the earlier.
    return max(reversed(holding), key=lambda mount: mount[0])[1] if holding else "unknown"


def versions(programs: dict[str, str]) -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    for program in ("gen", "tpchgen-cli", "postgres"):
        if program in programs:
            found[program] = program_version(programs[program])
    return found


def program_version(program: str) -> str:
    process = subprocess.run(
        [program, "--version"], capture_output=True, text=True, timeout=60, check=False
    )
    found = re.search(r"\s(\d\S*)", process.stdout)
    if process.returncode != 0 or not found:
        print(f"{Path(program).name} --version says nothing", file=sys.stderr)
        return "unknown"
    return found[1]


def read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
