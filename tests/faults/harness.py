"""The built command under test, and what is done to it. Every run is watched for panics, crashes and hangs."""

import ctypes
import os
import re
import resource
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 60
"""Seconds after which a run hangs; nothing here is about speed."""

TEMPORARY = re.compile(r"\.(part-\d+-of-\d+\.parquet|_dataset\.json\.[0-9a-f]{16})\.tmp")
CRASHES = {signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL}


@dataclass
class Done:
    code: int
    out: str
    err: str

    def line(self) -> str:
        """What a run that failed has said, which must be one line."""
        assert self.out == "", self.out
        (line,) = self.err.splitlines()
        assert line.startswith("gen: "), line
        return line


def binary() -> Path:
    return Path(os.environ["GEN"]).resolve()


def command(flags: str, out=None) -> list:
    return [binary(), *flags.split(), *([] if out is None else [f"--out={out}"])]


def limited(**limits):
    """What a new process calls to have these limits: `limited(NOFILE=10)`."""

    def limit():
        for name, value in limits.items():
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))

    return limit


def start(flags: str, out=None, **options) -> subprocess.Popen:
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.Popen(command(flags, out), **options)


def finish(process: subprocess.Popen, patience: float = PATIENCE) -> Done:
    try:
        out, err = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise AssertionError(f"hangs: {process.args}") from None
    done = Done(process.returncode, (out or b"").decode(), (err or b"").decode())
    assert "panicked" not in done.err and done.code != 101, f"panics: {process.args}: {done.err}"
    assert -done.code not in CRASHES, f"crashes: {process.args}: {done}"
    return done


def run(flags: str, out=None, patience: float = PATIENCE, **options) -> Done:
    return finish(start(flags, out, **options), patience)


def run_well(flags: str, out=None, **options) -> Done:
    done = run(flags, out, **options)
    assert done.code == 0, done
    return done


def check(*arguments, patience: float = PATIENCE, **options) -> Done:
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return finish(subprocess.Popen([binary(), "check", *arguments], **(streams | options)), patience)


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder)) if folder.is_dir() else []


def parts(folder: Path) -> list[str]:
    return [name for name in names(folder) if name.startswith("part-")]


def contents(folder: Path) -> dict[str, bytes]:
    """Names and bytes of all files."""
    return {name: (folder / name).read_bytes() for name in names(folder)}


def assert_nothing_torn(folder: Path, *wholes: dict[str, bytes]):
    """What has its final name is complete, and all else are temporary files."""
    for name in names(folder):
        if not TEMPORARY.fullmatch(name):
            found = (folder / name).read_bytes()
            assert any(found == whole.get(name) for whole in wholes), f"{name} is not what it should be"


def assert_nothing_temporary(folder: Path):
    left = [name for name in names(folder) if name != "_dataset.json" and not name.startswith("part-")]
    assert not left, left


def wait_until(condition, process: subprocess.Popen | None = None):
    """Waits for what must come about before the process ends."""
    if not comes_about(condition, process):
        raise AssertionError(f"the run ended before what was waited for came about: {finish(process)}")


def comes_about(condition, process: subprocess.Popen | None = None) -> bool:
    """Whether it came about before the process ended."""
    patience = time.monotonic() + PATIENCE
    while not condition():
        if process and process.poll() is not None:
            return False
        assert time.monotonic() < patience, "what is waited for does not come about"
        time.sleep(0.0005)
    return True


# File systems

MS_RDONLY, MS_REMOUNT, MNT_DETACH = 1, 32, 2
LIBC = ctypes.CDLL(None, use_errno=True)


class Tmpfs:
    """A small file system in memory. Mounting it takes root."""

    def __init__(self, path: Path, **options):
        self.path = path
        self.mount(0, **options)

    def mount(self, flags: int, **options):
        data = ",".join(f"{name}={value}" for name, value in options.items())
        if LIBC.mount(b"tmpfs", os.fsencode(self.path), b"tmpfs", flags, data.encode()):
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error), str(self.path))

    def remount(self, read_only: bool = False, **options):
        self.mount(MS_REMOUNT | (MS_RDONLY if read_only else 0), **options)

    def free(self) -> int:
        told = os.statvfs(self.path)
        return told.f_bavail * told.f_frsize

    def unmount(self):
        LIBC.umount2(os.fsencode(self.path), MNT_DETACH)
