"""Every run of a measurement, and what the runs of a case come to."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from statistics import median

import peers
from measure import Measurement
from verify import Written
from work import TableWork, Work
from workloads import Case, Workload


@dataclass(frozen=True)
class Run:
    """A run that was verified."""

    workload: str
    case: str
    peer: str
    round: int
    measurement: Measurement
    written: Written


@dataclass(frozen=True)
class Failure:
    """A run whose time does not count, and why."""

    workload: str
    case: str
    peer: str
    round: int
    reason: str


@dataclass(frozen=True)
class Summary:
    """What the runs of one case come to. Times are those that count; the peak is the highest."""

    case: Case
    runs: int
    seconds: float
    least_seconds: float
    most_seconds: float
    cpu_seconds: float
    peak_bytes: int
    least_visible_peak_bytes: int
    files: int
    bytes: int
    rows: int | None

    @property
    def bytes_per_second(self) -> float:
        return self.bytes / self.seconds

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds


@dataclass
class Results:
    """All workloads, of which the `chosen` are run, and what came of them."""

    machine: dict
    settings: dict
    workloads: list[Workload]
    chosen: list[str]
    least_visible_peak_bytes: int
    missing: dict[str, str]
    runs: list[Run] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    total_seconds: float = 0.0

    def workload(self, name: str) -> Workload:
        return next(workload for workload in self.workloads if workload.name == name)

    def summaries(self, workload_name: str) -> list[Summary]:
        """The cases of a workload that have a run, in their order."""
        cases = self.workload(workload_name).cases
        found = (self.summary(workload_name, case.name) for case in cases)
        return [summary for summary in found if summary]

    def summary(self, workload_name: str, case_name: str) -> Summary | None:
        runs = [run for run in self.runs if (run.workload, run.case) == (workload_name, case_name)]
        if not runs:
            return None
        seconds = [run.measurement.seconds for run in runs]
        last = runs[-1].written
        return Summary(
            case=self.case(workload_name, case_name),
            runs=len(runs),
            seconds=median(seconds),
            least_seconds=min(seconds),
            most_seconds=max(seconds),
            cpu_seconds=median(run.measurement.cpu_seconds for run in runs),
            peak_bytes=max(run.measurement.peak_bytes for run in runs),
            least_visible_peak_bytes=self.least_visible_peak_bytes,
            files=last.files,
            bytes=last.bytes,
            rows=last.rows,
        )

    def case(self, workload_name: str, case_name: str) -> Case:
        cases = self.workload(workload_name).cases
        return next(case for case in cases if case.name == case_name)

    def all_summaries(self) -> Iterator[tuple[Workload, Summary]]:
        for workload in self.workloads:
            for summary in self.summaries(workload.name):
                yield workload, summary

    def to_dict(self) -> dict:
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: dict) -> "Results":
        return cls(
            **fields
            | {
                "workloads": [workload_from_dict(workload) for workload in fields["workloads"]],
                "runs": [run_from_dict(run) for run in fields["runs"]],
                "failures": [Failure(**failure) for failure in fields["failures"]],
            }
        )


def gens_by_work(summaries: Iterable[Summary]) -> dict[Work | TableWork, Summary]:
    """The cases of `gen` that others are compared with."""
    return {s.case.work: s for s in summaries if s.case.peer in peers.GEN_NAMES}


def workload_from_dict(fields: dict) -> Workload:
    return Workload(**fields | {"cases": tuple(map(case_from_dict, fields["cases"]))})


def case_from_dict(fields: dict) -> Case:
    kind = TableWork if fields["peer"] in peers.TABLE_NAMES else Work
    return Case(**fields | {"work": kind(**fields["work"])})


def run_from_dict(fields: dict) -> Run:
    measurement, written = Measurement(**fields["measurement"]), Written(**fields["written"])
    return Run(**fields | {"measurement": measurement, "written": written})
