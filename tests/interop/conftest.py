"""Fixtures: the `gen` binary named by the environment variable GEN, the folders it fills, and the copies it checks."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from dataset import DataSet
from inherited import start_heeding_signals


CHECK_MEMORY_KIB = 4 * 2**20
CHECK_SECONDS = 20


def pytest_configure():
    start_heeding_signals()


def run_gen(binary: Path, data: DataSet, folder: Path, **options):
    """`options` are more flags of `gen`, or other spellings: `batch_size="1M"` is `--batch-size=1M`."""
    flags = data.flags() | {"out": folder} | options
    command = [binary, "--quiet", *(f"--{name.replace('_', '-')}={value}" for name, value in flags.items())]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"


def run_check(binary: Path, *copies, **options) -> subprocess.CompletedProcess:
    """`options` are flags of `gen check`; a flag without a value is `True`. `stdin` is what stands on standard input.

    The memory it gets is far more than it needs for these copies, and less than the machine has.
    """
    stdin = options.pop("stdin", b"")
    flags = [
        f"--{name.replace('_', '-')}" + ("" if value is True else f"={value}") for name, value in options.items()
    ]
    bounded = ["sh", "-c", f'ulimit -v {CHECK_MEMORY_KIB}; exec "$0" "$@"', binary, "check", *copies, *flags]
    return subprocess.run(bounded, input=stdin, capture_output=True, timeout=CHECK_SECONDS)


@pytest.fixture(scope="session")
def gen_binary() -> Path:
    named = os.environ.get("GEN")
    if not named:
        pytest.fail("set the environment variable GEN to the path of the `gen` binary to test", pytrace=False)
    binary = Path(named).resolve()
    if not os.access(binary, os.X_OK) or not binary.is_file():
        pytest.fail(f"GEN={named} is not a program that can be run", pytrace=False)
    return binary


@pytest.fixture
def generate(gen_binary, tmp_path):
    """Runs `gen` into the test's own folder, again and again if asked."""

    def generate(data: DataSet, **options) -> Path:
        run_gen(gen_binary, data, tmp_path / "data", **options)
        return tmp_path / "data"

    return generate


@pytest.fixture(scope="session")
def generated(gen_binary, tmp_path_factory):
    """A folder with the data set in the layout asked for, made once however many tests read it: do not write there."""
    folders = {}

    def generated(data: DataSet, **options) -> Path:
        asked = data, *sorted(options.items())
        if asked not in folders:
            folder = tmp_path_factory.mktemp("generated") / "data"
            run_gen(gen_binary, data, folder, **options)
            folders[asked] = folder
        return folders[asked]

    return generated


@pytest.fixture(scope="session")
def checked(gen_binary):
    """Checks copies that can be checked, and returns the report, with which the exit code must agree."""

    def checked(*copies, **options) -> dict:
        done = run_check(gen_binary, *copies, json=True, **options)
        assert (done.returncode in (0, 1), done.stderr) == (True, b""), f"ended with {done.returncode}: {done.stderr}"
        report = json.loads(done.stdout)
        assert (done.returncode == 0) == (report["whole"] and not report["unreadable"])
        return report

    return checked


@pytest.fixture(scope="session")
def refused(gen_binary):
    """Asks for a check that cannot be made, and returns the one line that says why."""

    def refused(*copies, **options) -> str:
        done = run_check(gen_binary, *copies, **options)
        assert (done.returncode, done.stdout) == (2, b""), f"ended with {done.returncode}: {done.stdout}{done.stderr}"
        (line,) = done.stderr.decode().splitlines()
        return line

    return refused
