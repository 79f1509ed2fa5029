"""Fixtures: the `gen` binary named by the environment variable GEN, and the folders it fills."""

import os
import subprocess
from pathlib import Path

import pytest

from dataset import DataSet


def run_gen(binary: Path, data: DataSet, folder: Path, **options):
    """`options` are more flags of `gen`, or other spellings: `batch_size="1M"` is `--batch-size=1M`."""
    flags = data.flags() | {"out": folder} | options
    command = [binary, "--quiet", *(f"--{name.replace('_', '-')}={value}" for name, value in flags.items())]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"


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
