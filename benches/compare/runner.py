"""Runs the workloads: every case once a round, a round's order turned by one from the last."""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import measure
import peers
from measure import PeerFailed
from results import Failure, Results, Run
from verify import Written, WrongOutput, verify
from work import Task, Work
from workloads import Case, Workload

# What must stay free on the disk beside the output.
SPARE_BYTES = 1_000_000_000


class Runner:
    def __init__(self, folder: Path, programs: dict[str, str], results: Results):
        self.folder = folder
        self.outputs = folder / "outputs"
        self.output_count = 0
        self.programs = programs
        self.results = results
        self.gen_layouts: dict[Work, Written] = {}

    def run_all(self) -> None:
        started = time.monotonic()
        try:
            for name in self.results.chosen:
                self.run_workload(self.results.workload(name))
        finally:
            self.results.total_seconds = time.monotonic() - started

    def run_workload(self, workload: Workload) -> None:
        say(f"{workload.name}: {workload.title}")
        for round_number, case in turns(workload, self.results.settings["slow_rounds"]):
            if case.peer in self.results.missing:
                continue
            where = workload.name, case.name, case.peer, round_number
            try:
                run = Run(*where, *self.run_case(case))
            except (PeerFailed, WrongOutput) as failure:
                self.results.failures.append(Failure(*where, str(failure)))
                say(f"  {round_number} {case.name}: FAILED, {failure}")
            else:
                self.results.runs.append(run)
                seconds, peak = run.measurement.seconds, run.measurement.peak_bytes
                say(f"  {round_number} {case.name}: {seconds * 1e3:.1f} ms, {peak / 1e6:.0f} MB")

    def run_case(self, case: Case) -> tuple[measure.Measurement, Written]:
        task = self.task(case.work)
        if case.peer in peers.NAMES_AFTER_GEN:
            layout = self.gen_layout(case.work)
            task = replace(task, files=layout.files, bytes=layout.bytes)
        return self.run_peer(case.peer, task)

    def gen_layout(self, work: Work) -> Written:
        """The files and bytes that `gen` makes of this work, from a run that is not counted."""
        if work not in self.gen_layouts:
            _, self.gen_layouts[work] = self.run_peer("gen", self.task(work))
        return self.gen_layouts[work]

    def task(self, work: Work) -> Task:
        self.output_count += 1
        return Task(work, self.outputs / str(self.output_count))

    def run_peer(self, peer: str, task: Task) -> tuple[measure.Measurement, Written]:
        self.outputs.mkdir(exist_ok=True)
        os.sync()
        free_bytes = shutil.disk_usage(self.folder).free
        if task.work.rows * task.work.row_bytes + SPARE_BYTES > free_bytes:
            raise PeerFailed(f"not started: {free_bytes / 1e9:.1f} GB free on the disk")
        try:
            measurement = measure.run(peer, task, self.programs)
            return measurement, verify(peer, task)
        finally:
            empty_files(task.out)


def turns(workload: Workload, slow_rounds: int) -> Iterator[tuple[int, Case]]:
    """The runs of a workload in order: the next round starts with the next case."""
    for round_number in range(workload.rounds):
        first = round_number % len(workload.cases)
        for case in workload.cases[first:] + workload.cases[:first]:
            if round_number < slow_rounds or not peers.is_slow(case.peer):
                yield round_number, case


def empty_files(folder: Path) -> None:
    """Gives the memory and the disk space of an output back, so that the next run finds as much as this one
    did. The files stay until all is measured: some file systems look for places of new files among those that
    were just deleted, which takes time in the next run."""
    for path in folder.rglob("*"):
        if path.is_file():
            os.truncate(path, 0)


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
