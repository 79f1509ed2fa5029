"""Runs of the peers that load a table or read it, each workload beside a server of its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import measure
import peers
import server
from server import Server, running_server
from verify import Written, verify
from verify_table import verify_copy, verify_table
from work import TABLE, TableTask, TableWork, Task, Work
from workloads import Case, Workload

# A table, its copies, and what the server's log holds of it.
DISK_COPIES = 5


@contextmanager
def table_runs(folder: Path, programs: dict[str, str], workload: Workload) -> Iterator["TableRuns"]:
    connections = max(case.work.connections for case in workload.cases)
    with running_server(programs, connections) as running:
        yield TableRuns(running, folder / "tables", programs)


class TableRuns:
    def __init__(self, running: Server, folder: Path, programs: dict[str, str]):
        self.server = running
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.programs = programs
        # The load that the table is from, if it is to be read.
        self.filled_by: TableWork | None = None

    def run(self, case: Case) -> tuple[measure.Measurement, Written]:
        task = self.task(case.work)
        if case.peer == "psql_load":
            self.make_copied(task)
        if case.work.method == "read":
            self.fill(task)
        else:
            self.clear(with_table=not peers.is_gen(case.peer), work=case.work)
        # No run pays for what the one before it has left to be written.
        self.server.sql("CHECKPOINT")
        os.sync()
        measurement = measure.run(case.peer, task, self.programs)
        written = verify_table(self.server, case.work)
        if case.peer == "psql_unload":
            verify_copy(task.out, case.work)
            os.truncate(task.out, 0)
        return measurement, written

    def task(self, work: TableWork) -> TableTask:
        """The rows to load, as files of `gen`, are made for the first task that needs them."""
        task = TableTask(work, self.server.url, self.folder / f"{work.rows}-{work.classes}")
        for place in (self.folder, server.PARENT):
            measure.require_space(place, DISK_COPIES * work.rows * work.row_bytes)
        if not task.parquet.exists():
            task.folder.mkdir(exist_ok=True)
            source = Task(Work(work.rows, work.classes, threads=1), task.parquet)
            measure.run("gen", source, self.programs)
            verify("gen", source)
        return task

    def make_copied(self, task: TableTask) -> None:
        """The rows as psql's binary file, out of a table that `gen` has loaded."""
        if not task.copied.exists():
            self.fill(task)
            measure.run("psql_unload", task, self.programs)
            verify_copy(task.out, task.work)
            task.out.rename(task.copied)

    def fill(self, task: TableTask) -> None:
        """The table with the rows in it, and with no work left for the server to do."""
        load = replace(task.work, method="copy", connections=1)
        if self.filled_by != load:
            self.clear(with_table=False, work=load)
            measure.run("gen_load", replace(task, work=load), self.programs)
            self.server.sql(f"VACUUM (FREEZE, ANALYZE) {TABLE}")
            self.filled_by = load

    def clear(self, *, with_table: bool, work: TableWork) -> None:
        """Nothing of earlier runs in the database; with the table to load, or without."""
        self.filled_by = None
        columns = ", ".join(f"{name} {kind} NOT NULL" for name, kind in work.columns.items())
        self.server.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        if with_table:
            self.server.sql(f"CREATE TABLE {TABLE} ({columns})")
