"""Fixtures: places to write to, an ordinary user, and skips that are counted aloud."""

import os
import pwd
import resource
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

import harness
from inherited import start_heeding_signals


def pytest_configure(config):
    named = os.environ.get("GEN")
    if not named or not os.access(named, os.X_OK):
        pytest.exit("set the environment variable GEN to the path of the `gen` binary to test", 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o022)
    start_heeding_signals()


def pytest_terminal_summary(terminalreporter):
    skipped = len(terminalreporter.stats.get("skipped", []))
    if skipped:
        terminalreporter.section(f"{skipped} FAULTS WERE NOT TRIED: see the reasons for skipping", red=True, bold=True)


@pytest.fixture(scope="session")
def whole():
    """The files of an undisturbed run."""
    made = {}

    def whole(flags: str) -> dict[str, bytes]:
        if flags not in made:
            with tempfile.TemporaryDirectory() as folder:
                harness.run_well(f"{flags} --quiet", folder)
                made[flags] = harness.contents(Path(folder))
        return made[flags]

    return whole


@pytest.fixture
def tmpfs(tmp_path):
    mounted = []

    def tmpfs(**options) -> harness.Tmpfs:
        path = tmp_path / f"tmpfs-{len(mounted)}"
        path.mkdir()
        try:
            mounted.append(harness.Tmpfs(path, **options))
        except OSError as error:
            pytest.skip(f"a file system of its own cannot be mounted, which takes root: {error}")
        return mounted[-1]

    yield tmpfs
    for file_system in mounted:
        file_system.unmount()


@pytest.fixture
def ordinary(public) -> dict:
    """Options of a process of an ordinary user: of this one, or of `nobody` if this is root."""
    if os.geteuid():
        return {}
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        pytest.skip("there is no user called nobody, and root may do anything")
    user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    try:
        subprocess.run([harness.binary(), "--version"], check=True, stdout=subprocess.DEVNULL, **user)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"nobody may not run {harness.binary()}: {error}")
    os.chown(public, nobody.pw_uid, nobody.pw_gid)
    return user


@pytest.fixture
def public():
    """A folder that any user can reach."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def strace() -> str:
    found = shutil.which("strace")
    works = found and subprocess.run([found, "-qq", "-o/dev/null", "true"], stderr=subprocess.DEVNULL).returncode == 0
    if not works:
        pytest.skip("strace is missing, or may not trace")
    return found
