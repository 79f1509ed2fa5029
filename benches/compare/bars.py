"""The bars: what must be true of `gen`, computed from the results."""

from collections.abc import Callable
from dataclasses import dataclass

import peers
from results import Results, Summary
from units import gigabytes_per_second, megabytes, milliseconds, peak, rows_per_second, times
from workloads import (
    CLASSES,
    EVENTS,
    SCALING,
    WIDE_CLASSES,
    Case,
    classes_case,
    codec_case,
    shape,
    short_count,
    table_case_name,
)

PEAK_BASE_BYTES = 32_000_000
PEAK_THREAD_BYTES = 8_000_000

NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Bar:
    """`met` is None when the bar was not measured; `aim_met` when there is no aim beyond it."""

    work: str
    measured: str
    bar: str
    met: bool | None
    aim_met: bool | None = None


def all_bars(results: Results) -> list[Bar]:
    main = shape_of(results, "side-by-side")
    medium = shape_of(results, "threads")
    return [
        times_faster(results, f"{main} against DuckDB, from range", "duckdb", 14),
        times_faster(
            results, f"{main} against the article's process pool", "article_processes", 100
        ),
        times_floor(results, f"{main} against the floor", "side-by-side", 3.0, 2.2),
        times_floor(
            results,
            f"{shape_of(results, 'large')} against the floor",
            "large",
            1.35,
            1.15,
        ),
        speedup(results, f"2 threads against 1, {medium}", "threads", 1.8),
        *(
            codec_bar(results, f"{codec}, {main}, against ArrowWriter", codec)
            for codec in ("snappy", "lz4", "zstd:1")
        ),
        small_files(results),
        relative_rate(
            results,
            f"{wide_work(results)}: bytes/s against {CLASSES} classes",
            ("wide", classes_case(WIDE_CLASSES), classes_case(CLASSES)),
            0.85,
        ),
        *(
            relative_rate(results, f"`{flag}`, {medium}: bytes/s", ("types", flag, "default"), 0.75)
            for flag in ("--float 32", "--id binary")
        ),
        peak_memory(results, "peak memory, uncompressed", "", lambda codec: codec == "none"),
        peak_memory(
            results, "peak memory, compressed", ", or say why", lambda codec: codec != "none"
        ),
        *events_bars(results),
        *table_bars(results),
    ]


def events_bars(results: Results) -> list[Bar]:
    events = shape_of(results, "events")
    check = f"`gen check` of {events}, against writing them"
    return [
        *(
            times_faster(results, f"{events}, {codec}, against DuckDB", "duckdb_table", *bar, name)
            for (name, codec), bar in zip(EVENTS.items(), ((8, 11), (4, 6), (3, 4)), strict=True)
        ),
        times_other(results, f"{events} against PyArrow, which only writes", "events", "pyarrow_ready", 0.6, 0.4),
        times_floor(results, f"{events} against the floor", "events", 3.0, 2.2),
        rows_bar(results, check, ("events-check", "gen_check_files", "gen"), 0.4, 0.7),
    ]


def table_bars(results: Results) -> list[Bar]:
    copied = f"`gen load`, {shape_of(results, 'load-copy')}"
    one, two = (table_case_name("gen_load", "copy", connections) for connections in (1, 2))
    psql = table_case_name("psql_load", "copy", 1)
    psql_read = table_case_name("psql_unload", "read", 1)
    threads = results.settings["threads"]
    checked = f"`gen check --threads {threads}`, {shape_of(results, 'table-check')}"
    check = table_case_name("gen_check", "read", threads)
    return [
        rows_bar(results, f"{copied}, against psql's `\\copy`", ("load-copy", one, psql), 0.95),
        rows_bar(results, f"{copied}, 2 connections against 1", ("load-copy", two, one), 1),
        *(
            article_bar(results, case)
            for case in results.workload("load-rows").cases
            if not peers.is_gen(case.peer)
        ),
        rows_bar(
            results,
            f"{checked}, against psql's `\\copy`",
            ("table-check", check, psql_read),
            0.8,
        ),
    ]


def article_bar(results: Results, case: Case) -> Bar:
    work = case.work
    gen = table_case_name("gen_load", work.method, work.connections)
    ours = f"`gen load --method {work.method}`, {work.through}"
    label = f"{ours}, against the {peers.load(case.peer).TITLE}"
    return rows_bar(results, label, ("load-rows", gen, case.name), 1)


def times_faster(
    results: Results,
    work: str,
    peer: str,
    least: float,
    aim: float | None = None,
    workload: str = "side-by-side",
) -> Bar:
    bar = f"≥ {least}× faster" + aimed(aim)
    gen, other = results.summary(workload, "gen"), results.summary(workload, peer)
    if not gen or not other:
        return Bar(work, NOT_MEASURED, bar, None)
    ratio = other.seconds / gen.seconds
    return Bar(work, versus(ratio, gen, other), bar, ratio >= least, aim and ratio >= aim)


def aimed(aim: float | None) -> str:
    return "" if aim is None else f", aim {aim}×"


def times_floor(results: Results, work: str, workload: str, most: float, aim: float) -> Bar:
    return times_other(results, work, workload, "floor", most, aim)


def times_other(results: Results, work: str, workload: str, peer: str, most: float, aim: float) -> Bar:
    """How many times as long `gen` takes."""
    bar = f"≤ {most}× {peers.load(peer).TITLE}" + aimed(aim)
    gen, other = results.summary(workload, "gen"), results.summary(workload, peer)
    if not gen or not other:
        return Bar(work, NOT_MEASURED, bar, None)
    ratio = gen.seconds / other.seconds
    return Bar(work, versus(ratio, gen, other), bar, ratio <= most, ratio <= aim)


def speedup(results: Results, work: str, workload: str, least: float) -> Bar:
    bar = f"≥ {least}×"
    one = results.summary(workload, "1 thread")
    two = results.summary(workload, "2 threads")
    if not one or not two:
        return Bar(work, NOT_MEASURED, bar, None)
    ratio = one.seconds / two.seconds
    return Bar(work, versus(ratio, two, one), bar, ratio >= least)


def codec_bar(results: Results, work: str, codec: str) -> Bar:
    bar = "at least as fast"
    gen = results.summary("codecs", codec_case("gen", codec))
    arrow = results.summary("codecs", codec_case("arrow_writer", codec))
    if not gen or not arrow:
        return Bar(work, NOT_MEASURED, bar, None)
    ratio = arrow.seconds / gen.seconds
    return Bar(work, f"{versus(ratio, gen, arrow)} as fast", bar, ratio >= 1)


def small_files(results: Results) -> Bar:
    bar = "≤ 1.5× the default layout"
    small = results.summary("small-files", "small files")
    default = results.summary("small-files", "default layout")
    if not small or not default:
        return Bar("the article's batch size", NOT_MEASURED, bar, None)
    ratio = small.seconds / default.seconds
    work = f"{small.files:,} files of {small.case.work.batch_rows:,} rows"
    return Bar(work, versus(ratio, small, default), bar, ratio <= 1.5)


def relative_rate(results: Results, work: str, cases: tuple[str, str, str], least: float) -> Bar:
    workload, other_name, base_name = cases
    bar = f"no more than {1 - least:.0%} below"
    other, base = results.summary(workload, other_name), results.summary(workload, base_name)
    if not other or not base:
        return Bar(work, NOT_MEASURED, bar, None)
    ratio = other.bytes_per_second / base.bytes_per_second
    rates = " against ".join(gigabytes_per_second(s.bytes_per_second) for s in (other, base))
    return Bar(work, f"{ratio - 1:+.0%} ({rates})", bar, ratio >= least)


def rows_bar(
    results: Results, work: str, cases: tuple[str, str, str], least: float, aim: float | None = None
) -> Bar:
    workload, name, other_name = cases
    bar = f"≥ {least}× the rows/s" + aimed(aim)
    measured, other = results.summary(workload, name), results.summary(workload, other_name)
    if not measured or not other:
        return Bar(work, NOT_MEASURED, bar, None)
    ratio = measured.rows_per_second / other.rows_per_second
    rates = " against ".join(rows_per_second(s.rows_per_second) for s in (measured, other))
    return Bar(work, f"{times(ratio)} ({rates})", bar, ratio >= least, aim and ratio >= aim)


def peak_memory(results: Results, work: str, excuse: str, counts: Callable[[str], bool]) -> Bar:
    """The run of `gen` that came nearest to its limit, or went furthest beyond it."""
    base, thread = megabytes(PEAK_BASE_BYTES), megabytes(PEAK_THREAD_BYTES)
    bar = f"≤ {base} + {thread} a thread{excuse}"
    found = [
        (summary.peak_bytes - peak_limit_bytes(summary), workload.name, summary)
        for workload, summary in results.all_summaries()
        if workload.name not in SCALING
        and summary.case.peer == "gen"
        and counts(summary.case.work.compression)
    ]
    if not found:
        return Bar(work, NOT_MEASURED, bar, None)
    excess_bytes, workload_name, worst = max(found, key=lambda entry: entry[0])
    highest = peak(worst.peak_bytes, worst.least_visible_peak_bytes)
    threads, case_name = worst.case.work.threads, worst.case.name
    measured = f"{highest} with --threads {threads} (worst: {workload_name}, {case_name})"
    return Bar(work, measured, bar, excess_bytes <= 0)


def peak_limit_bytes(summary: Summary) -> int:
    return PEAK_BASE_BYTES + PEAK_THREAD_BYTES * summary.case.work.threads


def versus(ratio: float, measured: Summary, other: Summary) -> str:
    return (
        f"{times(ratio)} ({milliseconds(measured.seconds)} against {milliseconds(other.seconds)})"
    )


def shape_of(results: Results, workload_name: str) -> str:
    return shape(results.workload(workload_name).cases[0].work)


def wide_work(results: Results) -> str:
    rows = results.workload("wide").cases[-1].work.rows
    return f"{WIDE_CLASSES:,} classes × {short_count(rows)} rows"
