"""Runs of the peers that write files."""

import os
from dataclasses import replace
from pathlib import Path

import measure
import peers
from verify import Written, verify
from work import Task, Work
from workloads import Case


class FileRuns:
    def __init__(self, folder: Path, programs: dict[str, str]):
        self.outputs = folder / "outputs"
        self.output_count = 0
        self.programs = programs
        self.gen_layouts: dict[Work, Written] = {}

    def run(self, case: Case) -> tuple[measure.Measurement, Written]:
        task = self.task(case.work)
        if case.peer in peers.NAMES_OF_READERS:
            return self.run_reader(case.peer, task)
        if case.peer in peers.NAMES_AFTER_GEN:
            layout = self.gen_layout(case.work)
            task = replace(task, files=layout.files, bytes=layout.bytes)
        return self.run_peer(case.peer, task)

    def run_reader(self, peer: str, task: Task) -> tuple[measure.Measurement, Written]:
        """Measures the reading of what `gen` has just written."""
        try:
            self.measured("gen", task)
            return self.measured(peer, task), verify("gen", task)
        finally:
            empty_files(task.out)

    def gen_layout(self, work: Work) -> Written:
        """The files and bytes that `gen` makes of this work, from a run that is not counted."""
        if work not in self.gen_layouts:
            _, self.gen_layouts[work] = self.run_peer("gen", self.task(work))
        return self.gen_layouts[work]

    def task(self, work: Work) -> Task:
        self.output_count += 1
        return Task(work, self.outputs / str(self.output_count))

    def run_peer(self, peer: str, task: Task) -> tuple[measure.Measurement, Written]:
        try:
            return self.measured(peer, task), verify(peer, task)
        finally:
            empty_files(task.out)

    def measured(self, peer: str, task: Task) -> measure.Measurement:
        self.outputs.mkdir(exist_ok=True)
        os.sync()
        measure.require_space(self.outputs, task.work.rows * task.work.row_bytes)
        return measure.run(peer, task, self.programs)


def empty_files(folder: Path) -> None:
    """Gives the memory and the disk space of an output back, so that the next run finds as much as this one
    did. The files stay until all is measured: some file systems look for places of new files among those that
    were just deleted, which takes time in the next run."""
    for path in folder.rglob("*"):
        if path.is_file():
            os.truncate(path, 0)
