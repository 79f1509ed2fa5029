"""One run of one peer in a fresh process."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import peers
from work import TableTask, Task

HERE = Path(__file__).parent
STDERR_TAIL_CHARS = 2_000
# What must stay free on the disk beside what a run writes.
SPARE_BYTES = 1_000_000_000


class PeerFailed(Exception):
    """A peer did not end well."""


@dataclass(frozen=True)
class Measurement:
    """`seconds` is the time that counts: a program's whole process, a library's own clock."""

    command: str
    seconds: float
    process_seconds: float
    own_seconds: float | None
    cpu_seconds: float
    peak_bytes: int


def require_space(folder: Path, output_bytes: int) -> None:
    free_bytes = shutil.disk_usage(folder).free
    if output_bytes + SPARE_BYTES > free_bytes:
        raise PeerFailed(f"not started: {free_bytes / 1e9:.1f} GB free on the disk")


def run(name: str, task: Task | TableTask, programs: dict[str, str]) -> Measurement:
    peer = peers.load(name)
    if peers.is_program(peer):
        command = peer.command(task, programs[peer.PROGRAM])
        shown = [peer.PROGRAM, *command[1:]]
    else:
        command = [sys.executable, str(HERE / "worker.py"), name, json.dumps(task.to_dict())]
        shown = ["worker.py", name, json.dumps(task.to_dict()["work"])]
    output, launched = launch(command, task.out.parent)
    process_seconds, own_seconds = launched["process_seconds"], reported_seconds(output)
    return Measurement(
        command=task.shown(shlex.join(shown)),
        seconds=process_seconds if peers.is_program(peer) else own_seconds,
        process_seconds=process_seconds,
        own_seconds=own_seconds,
        cpu_seconds=launched["cpu_seconds"],
        peak_bytes=launched["peak_bytes"],
    )


def reported_seconds(output: str) -> float | None:
    """The time a peer gives in a last line of JSON, if it does."""
    try:
        return json.loads(output.splitlines()[-1])["seconds"]
    except (IndexError, KeyError, TypeError, ValueError):
        return None


def launch(command: list[str], folder: Path) -> tuple[str, dict]:
    """Runs a command through `launch.py`: its standard output and what was measured."""
    result = folder / "launched.json"
    result.unlink(missing_ok=True)
    launcher = [sys.executable, "-I", "-S", str(HERE / "launch.py"), str(result)]
    process = subprocess.Popen(
        [*launcher, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output, errors = process.communicate()
    except BaseException:
        # The session is the command's own: all that it started ends with it.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    said = errors[-STDERR_TAIL_CHARS:].strip()
    if process.returncode != 0:
        raise PeerFailed(f"could not be started: {said}")
    launched = json.loads(result.read_text())
    if launched["exit_code"] != 0:
        raise PeerFailed(f"ended with exit code {launched['exit_code']}: {said}")
    return output, launched


def least_visible_peak_bytes(folder: Path) -> int:
    """The peak memory that a program which does nothing is reported to have."""
    return launch(["true"], folder)[1]["peak_bytes"]
