"""Where a peer is better than `gen`, in whatever is measured of both."""

from collections.abc import Callable
from dataclasses import dataclass

import peers
from results import Results, Summary, gens_by_work
from units import gigabytes_per_second, megabytes, milliseconds
from work import TableWork
from workloads import shape

# Writes other data, so only its rate compares.
OTHER_DATA = ("tpchgen",)


@dataclass(frozen=True)
class Measure:
    name: str
    value: Callable[[Summary], float]
    shown: Callable[[float], str]
    of_same_data: bool = True
    of_other_data: bool = False
    of_tables: bool = False
    more_is_better: bool = False


MEASURES = (
    Measure("time", lambda s: s.seconds, milliseconds, of_tables=True),
    Measure(
        "processor time of its whole process",
        lambda s: s.cpu_seconds,
        milliseconds,
        of_tables=True,
    ),
    Measure("peak memory", lambda s: s.peak_bytes, megabytes, of_other_data=True, of_tables=True),
    Measure("bytes written", lambda s: s.bytes, megabytes),
    Measure(
        "bytes a second",
        lambda s: s.bytes_per_second,
        gigabytes_per_second,
        of_same_data=False,
        of_other_data=True,
        more_is_better=True,
    ),
)


@dataclass(frozen=True)
class Win:
    """A peer that did the same work as `gen` and was better in one measure."""

    work: str
    peer: str
    measure: str
    theirs: str
    gens: str


def peer_wins(results: Results, workload_name: str) -> list[Win]:
    summaries = results.summaries(workload_name)
    gens = gens_by_work(summaries)
    return [
        win(measure, other, gens[other.case.work])
        for other in summaries
        for measure in MEASURES
        if is_peer(other.case.peer)
        and other.case.work in gens
        and compares(measure, other)
        and beats(measure, other, gens[other.case.work])
    ]


def is_peer(name: str) -> bool:
    """Nothing can be won against the floor, which writes no data."""
    return name != "floor" and not peers.is_gen(name)


def win(measure: Measure, other: Summary, gen: Summary) -> Win:
    work = other.case.work
    return Win(
        work=f"{shape(work)}, {work.manner}",
        peer=peers.load(other.case.peer).TITLE,
        measure=measure.name,
        theirs=measure.shown(measure.value(other)),
        gens=measure.shown(measure.value(gen)),
    )


def compares(measure: Measure, other: Summary) -> bool:
    if isinstance(other.case.work, TableWork):
        return measure.of_tables
    return measure.of_other_data if other.case.peer in OTHER_DATA else measure.of_same_data


def beats(measure: Measure, other: Summary, gen: Summary) -> bool:
    """Better as it is printed: what reads the same is no win."""
    a, b = measure.value(other), measure.value(gen)
    better = a > b if measure.more_is_better else a < b
    return better and measure.shown(a) != measure.shown(b)
