"""Runs the workloads: every case once a round, each round in an order of its own."""

import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from random import Random

import peers
from file_runs import FileRuns
from measure import PeerFailed
from results import Failure, Results, Run
from server import ServerFailed
from table_runs import TableRuns, table_runs
from verify import WrongOutput
from workloads import Case, Workload


class Runner:
    def __init__(self, folder: Path, programs: dict[str, str], results: Results):
        self.folder = folder
        self.programs = programs
        self.results = results
        self.file_runs = FileRuns(folder, programs)

    def run_all(self) -> None:
        started = time.monotonic()
        try:
            for name in self.results.chosen:
                self.run_workload(self.results.workload(name))
        finally:
            self.results.total_seconds = time.monotonic() - started

    def run_workload(self, workload: Workload) -> None:
        say(f"{workload.name}: {workload.title}")
        wanted = [case for case in workload.cases if case.peer not in self.results.missing]
        if not wanted:
            return
        try:
            with self.runs(workload) as runs:
                for round_number, case in turns(workload, self.results.settings["slow_rounds"]):
                    if case in wanted:
                        self.run_case(runs, workload.name, case, round_number)
        except ServerFailed as failure:
            for case in wanted:
                self.fail((workload.name, case.name, case.peer, 0), failure)

    def runs(self, workload: Workload) -> AbstractContextManager[FileRuns | TableRuns]:
        if workload.is_of_tables:
            return table_runs(self.folder, self.programs, workload)
        return nullcontext(self.file_runs)

    def run_case(
        self, runs: FileRuns | TableRuns, workload_name: str, case: Case, round_number: int
    ) -> None:
        where = workload_name, case.name, case.peer, round_number
        try:
            run = Run(*where, *runs.run(case))
        except (PeerFailed, ServerFailed, WrongOutput) as failure:
            self.fail(where, failure)
        else:
            self.results.runs.append(run)
            seconds, peak = run.measurement.seconds, run.measurement.peak_bytes
            say(f"  {round_number} {case.name}: {seconds * 1e3:.1f} ms, {peak / 1e6:.0f} MB")

    def fail(self, where: tuple[str, str, str, int], failure: Exception) -> None:
        self.results.failures.append(Failure(*where, str(failure)))
        _, case_name, _, round_number = where
        say(f"  {round_number} {case_name}: FAILED, {failure}")


def turns(workload: Workload, slow_rounds: int) -> Iterator[tuple[int, Case]]:
    """The runs of a workload in order: shuffled, since what a case leaves behind in caches and on disks is met by the next.

    With the same order every time the harness is run."""
    for round_number in range(workload.rounds):
        for case in Random(round_number).sample(workload.cases, len(workload.cases)):
            if round_number < slow_rounds or not peers.is_slow(case.peer):
                yield round_number, case


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
