"""The results as Markdown. Every figure is computed; only the words around it are written here."""

from collections.abc import Callable, Iterable
from dataclasses import astuple

import peers
import server
from bars import Bar, all_bars
from plots import Plot
from results import Results, Summary, gens_by_work
from units import gigabytes_per_second, megabytes, milliseconds, peak, rows_per_second, times
from wins import MEASURES, is_peer, peer_wins
from workloads import EVENTS, NAMES, shape

ARTICLE_PEERS = ("article_serial", "article_threads", "article_processes")
# The bars are about medians of at least so many runs.
PROOF_ROUNDS = 7
PEER_TABLES = ("side-by-side", "snappy", "large", "codecs", *EVENTS, "events-check")
LOAD_TABLES = ("load-copy", "load-rows", "table-check")
# What bounds the figures of a workload, where the figures alone do not tell.
NOTES = {
    "side-by-side": "DuckDB reads `range` with one thread, and a table with all of them; the table is made before the "
    "clock starts.",
    "events": "DuckDB makes such columns by the query of `samples/schemas/events.sql`. PyArrow has them in memory before "
    "the clock starts, and only encodes and writes them.",
    "one-file": "The kernel locks a file's inode while it takes a write, so that writes to one file take turns. Two "
    "threads can share only the work between the writes; the floor does nothing but write, and gains nothing.",
}


def markdown(results: Results, plots: list[Plot]) -> str:
    sections = [
        introduction(results),
        bars_section(all_bars(results)),
        wins_section(results),
        *workload_sections(results, plots),
        article_section(results),
        article_loads_section(results),
        gaps_section(results),
        machine_section(results),
        method_section(results),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def introduction(results: Results) -> str:
    lines = ["# gen beside its peers", "Written by `run.py`; every run is in `results.json`."]
    if results.settings["quick"]:
        lines.append("**A quick look at smaller data: no bar is proved here.**")
    if min(results.settings["rounds"], results.settings["slow_rounds"]) < PROOF_ROUNDS:
        lines.append(f"**Some cases ran fewer than {PROOF_ROUNDS} times: no bar is proved here.**")
    if results.settings["shrink"] != 1:
        lines.append(
            f"**Every row count divided by {results.settings['shrink']}: "
            "this tries the harness and measures nothing.**"
        )
    return "\n\n".join(lines)


def bars_section(bars: list[Bar]) -> str:
    rows = [(bar.work, bar.measured, bar.bar, verdict(bar)) for bar in bars]
    return "## Bars\n\n" + table(("work", "measured", "bar", "met?"), rows)


def verdict(bar: Bar) -> str:
    if bar.met is None:
        return "?"
    if bar.met and bar.aim_met is False:
        return "yes, not the aim"
    return "yes" if bar.met else "**no**"


def wins_section(results: Results) -> str:
    wins = [win for name in (*PEER_TABLES, *LOAD_TABLES) for win in peer_wins(results, name)]
    if not any(is_peer(summary.case.peer) for _, summary in results.all_summaries()):
        return ""
    if not wins:
        measures = ", ".join(measure.name for measure in MEASURES)
        return f"## Where a peer wins\n\nNowhere, in what is measured of both: {measures}."
    header = ("work", "who", "in what", "theirs", "gen's")
    return "## Where a peer wins\n\n" + table(header, map(astuple, wins))


def workload_sections(results: Results, plots: list[Plot]) -> Iterable[str]:
    for name in NAMES:
        summaries = results.summaries(name)
        if not summaries:
            continue
        parts = [f"## {results.workload(name).title}"]
        parts += [NOTES[name]] if name in NOTES else []
        parts += [f"![{plot.title}]({plot.file_name})" for plot in plots if plot.workload == name]
        parts.append(table_of(name)(summaries))
        yield "\n\n".join(parts)


def table_of(workload_name: str) -> Callable[[list[Summary]], str]:
    if workload_name in LOAD_TABLES:
        return load_table
    return peer_table if workload_name in PEER_TABLES else case_table


def peer_table(summaries: list[Summary]) -> str:
    gens = gens_by_work(summaries)
    columns: dict[str, Callable[[Summary], str]] = {
        "who": lambda s: name_of(s, summaries),
        "median": lambda s: milliseconds(s.seconds),
        "min – max": spread,
        "× gen": lambda s: against_gen(s, gens),
        "bytes/s": lambda s: gigabytes_per_second(s.bytes_per_second),
        "ns/row": lambda s: f"{s.seconds / s.rows * 1e9:,.0f}" if s.rows else "–",
        "processor": lambda s: milliseconds(s.cpu_seconds),
        "peak memory": lambda s: peak(s.peak_bytes, s.least_visible_peak_bytes),
        "files": lambda s: f"{s.files:,}",
        "written": lambda s: megabytes(s.bytes),
        "clock": lambda s: peers.load(s.case.peer).CLOCK,
        "runs": lambda s: str(s.runs),
    }
    return column_table(columns, summaries)


def load_table(summaries: list[Summary]) -> str:
    gens = gens_by_work(summaries)
    columns: dict[str, Callable[[Summary], str]] = {
        "who": lambda s: s.case.title,
        "rows × classes": lambda s: f"{s.rows:,} × {s.case.work.classes:,}",
        "rows/s": lambda s: f"{s.rows_per_second:,.0f}",
        "median": lambda s: milliseconds(s.seconds),
        "min – max": spread,
        "× gen": lambda s: against_gen(s, gens),
        "processor": lambda s: milliseconds(s.cpu_seconds),
        "peak memory": lambda s: peak(s.peak_bytes, s.least_visible_peak_bytes),
        "table": lambda s: megabytes(s.bytes),
        "clock": lambda s: peers.load(s.case.peer).CLOCK,
        "runs": lambda s: str(s.runs),
    }
    return column_table(columns, summaries)


def case_table(summaries: list[Summary]) -> str:
    columns: dict[str, Callable[[Summary], str]] = {
        "case": lambda s: s.case.name,
        "rows × classes": lambda s: f"{s.case.work.rows:,} × {s.case.work.classes:,}",
        "threads": lambda s: str(s.case.work.threads),
        "median": lambda s: milliseconds(s.seconds),
        "min – max": spread,
        "bytes/s": lambda s: gigabytes_per_second(s.bytes_per_second),
        "peak memory": lambda s: peak(s.peak_bytes, s.least_visible_peak_bytes),
        "files": lambda s: f"{s.files:,}",
        "written": lambda s: megabytes(s.bytes),
        "runs": lambda s: str(s.runs),
    }
    return column_table(columns, summaries)


def name_of(summary: Summary, beside: list[Summary]) -> str:
    title = peers.load(summary.case.peer).TITLE
    several = len({other.case.work.compression for other in beside}) > 1
    return f"{title}, {summary.case.work.compression}" if several else title


def spread(summary: Summary) -> str:
    return f"{milliseconds(summary.least_seconds)} – {milliseconds(summary.most_seconds)}"


def against_gen(summary: Summary, gens: dict) -> str:
    gen = gens.get(summary.case.work)
    if gen is None or summary.case.peer == "tpchgen":
        return "–"
    return times(summary.seconds / gen.seconds)


def article_section(results: Results) -> str:
    """The article's programs leave the codec to pandas, which is snappy."""
    names = ("gen", *ARTICLE_PEERS)
    plain = {name: results.summary("side-by-side", name) for name in names}
    snappy = {name: results.summary("snappy", name) for name in names}
    if not any(plain.values()) and not any(snappy.values()):
        return ""
    published = {name: peers.load(name).PUBLISHED_SECONDS for name in ARTICLE_PEERS}
    rows = [
        (
            peers.load(name).TITLE,
            *seconds_and_gain(published.get(name), published["article_serial"]),
            *seconds_and_gain(seconds_of(snappy[name]), seconds_of(snappy["article_serial"])),
            *seconds_and_gain(seconds_of(plain[name]), seconds_of(plain["article_serial"])),
        )
        for name in names
    ]
    header = (
        *("who", "its figure: 1M × 10, 6 cores", "serial ÷ it"),
        *(results_title(results, "snappy"), "serial ÷ it"),
        *(results_title(results, "side-by-side"), "serial ÷ it"),
    )
    return "## The article's figures beside ours\n\n" + table(header, rows)


def article_loads_section(results: Results) -> str:
    """Beside each of the article's programs, `gen` with as many rows and connections."""
    summaries = results.summaries("load-rows")
    ours = {s.case.peer: s for s in summaries if s.case.peer in peers.ARTICLE_LOADERS}
    if not ours:
        return ""
    gens = gens_by_work(summaries)
    published = {name: peers.published_rate(name) for name in peers.ARTICLE_LOADERS}
    naive = ours.get("article_load")
    rows = [
        (
            ours[name].case.title,
            *rate_and_gain(published[name], published["article_load"]),
            *rate_and_gain(ours[name].rows_per_second, naive and naive.rows_per_second),
            *gen_beside(gens.get(ours[name].case.work), ours[name]),
        )
        for name in peers.ARTICLE_LOADERS
        if name in ours
    ]
    header = (
        *("who", "its figure: 100k × 10, 6 cores", "it ÷ naive"),
        *("here", "it ÷ naive", "gen in its place", "gen's figure", "gen ÷ it"),
    )
    return "## The article's loaders beside ours\n\n" + table(header, rows)


def rate_and_gain(rate: float, naive_rate: float | None) -> tuple[str, str]:
    return rows_per_second(rate), times(rate / naive_rate) if naive_rate else "–"


def gen_beside(gen: Summary | None, other: Summary) -> tuple[str, str, str]:
    if gen is None:
        return "–", "–", "–"
    return gen.case.title, *rate_and_gain(gen.rows_per_second, other.rows_per_second)


def seconds_of(summary: Summary | None) -> float | None:
    return summary.seconds if summary else None


def seconds_and_gain(seconds: float | None, serial_seconds: float | None) -> tuple[str, str]:
    if seconds is None:
        return "–", "–"
    return milliseconds(seconds), times(serial_seconds / seconds) if serial_seconds else "–"


def results_title(results: Results, workload_name: str) -> str:
    work = results.workload(workload_name).cases[0].work
    return f"here: {shape(work)}, compression {work.compression}"


def gaps_section(results: Results) -> str:
    lines = [
        f"- {peers.load(name).TITLE} was not measured: {reason}."
        for name, reason in results.missing.items()
    ]
    lines += [
        f"- {failure.workload}, {failure.case}, round {failure.round} does not count: "
        f"{failure.reason}"
        for failure in results.failures
    ]
    return "## Not measured\n\n" + "\n".join(lines) if lines else ""


def machine_section(results: Results) -> str:
    facts = {name: fact for name, fact in results.machine.items() if name != "versions"}
    rows = [*facts.items(), *results.machine["versions"].items()]
    rows.append(("the whole measurement took", f"{results.total_seconds / 60:.1f} minutes"))
    return "## Machine and versions\n\n" + table(("what", "here"), rows)


def method_section(results: Results) -> str:
    least = megabytes(results.least_visible_peak_bytes)
    return f"""## How it is measured

- Each run is a fresh process. The cases of a workload take turns, and each round starts with
  another.
- The time is that of the whole process for programs, of the statement for the engines, and of the
  function for Python code: without interpreter start and imports. Connecting to an engine inside
  the process is not in it; connecting to a server is.
- A time counts after the output was read back: columns, codec, number of rows, no id twice; of the
  floor, bytes and files. Outputs are emptied, and the disk is left to settle, between runs.
- Tables are those of a PostgreSQL server of the harness's own, which listens at {server.HOST} and
  has PostgreSQL's defaults: a commit waits for the disk. Before each run, outside its time, all
  earlier tables are dropped, the table is made for all programs but gen, which makes its own, and a
  checkpoint is written. A load's time counts after the table was asked for its columns, its rows
  and its distinct ids.
- All programs load the same rows: gen from Parquet files, psql from a binary file that was made of
  them before, Python from a pandas frame in its memory. The article's loaders have ids of text, and
  so has gen beside them; ids are of the type uuid elsewhere. The article's coroutines on one
  connection stand beside `--method pipeline`, its other programs beside `--method insert`.
- The harness flushes no file to the disk: a write counts as done when the kernel has taken it.
- Peak memory is the highest resident set of the runs, of the whole process with its interpreter
  and libraries; of a pool of processes, the largest process, not the sum. Below {least} it cannot
  be told.
- Processor time is that of the whole process, children included; neither it nor the peak has what
  the PostgreSQL server takes.
- A MB is 10⁶ bytes."""


def column_table(columns: dict[str, Callable[[Summary], str]], summaries: list[Summary]) -> str:
    rows = [tuple(column(summary) for column in columns.values()) for summary in summaries]
    return table(tuple(columns), rows)


def table(header: tuple[str, ...], rows: Iterable[tuple]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
