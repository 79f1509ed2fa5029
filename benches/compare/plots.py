"""The results as SVG plots, readable on a light page and on a dark one.

Colours are those of Okabe and Ito, which the colour-blind can tell apart; the ground is opaque.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from matplotlib.transforms import offset_copy

import peers
from results import Results, Summary
from units import megabytes, milliseconds, rows_per_second

GROUND = "#fbfaf7"
INK = "#2b2b2b"
FAINT = "#d9d6cf"
BLUE, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "#8a8a8a"
COLOURS = {"gen": BLUE, "floor": GREY}
OTHER_COLOUR = ORANGE
WIDTH_INCHES = 8.0

plt.rcParams.update(
    {
        "figure.facecolor": GROUND,
        "axes.facecolor": GROUND,
        "savefig.facecolor": GROUND,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": FAINT,
        "font.size": 10,
        "svg.fonttype": "none",
        "svg.hashsalt": "samplegen",
        "font.family": "sans-serif",
    }
)


@dataclass(frozen=True)
class Plot:
    """A plot that was written, and the workload it belongs to."""

    workload: str
    title: str
    file_name: str


def draw_all(results: Results, folder: Path) -> list[Plot]:
    """Writes one SVG for each plot that has results."""
    drawn = []
    for workload_name, suffix, draw in PLOTS:
        summaries = results.summaries(workload_name)
        if not summaries:
            continue
        title = f"{results.workload(workload_name).title}: {suffix}"
        figure = draw(summaries)
        figure.suptitle(title, x=0.01, ha="left", fontsize=11)
        file_name = f"{workload_name}-{suffix.split()[0]}.svg"
        figure.savefig(folder / file_name, metadata={"Date": None})
        plt.close(figure)
        drawn.append(Plot(workload_name, title, file_name))
    return drawn


def draw_times(summaries: list[Summary]) -> Figure:
    same_data = [summary for summary in summaries if summary.case.peer != "tpchgen"]
    figure, axes = bar_figure(
        same_data,
        lambda s: s.seconds,
        milliseconds,
        "time, ms (logarithmic); the line is min – max",
        spread=lambda s: (s.least_seconds, s.most_seconds),
    )
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 1e3:,.10g}"))
    return figure


def draw_memory(summaries: list[Summary]) -> Figure:
    figure, axes = bar_figure(
        summaries, lambda s: s.peak_bytes, megabytes, "peak memory, MB (logarithmic)"
    )
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / 1e6:,.10g}"))
    return figure


def draw_rates(summaries: list[Summary]) -> Figure:
    """With the article's own figures, below the bars of its programs."""
    figure, axes = bar_figure(
        summaries,
        lambda s: s.rows_per_second,
        rows_per_second,
        "rows/s; the line is min – max",
        spread=lambda s: (s.rows / s.most_seconds, s.rows / s.least_seconds),
    )
    published = {
        s.case.title: peers.published_rate(s.case.peer)
        for s in summaries
        if s.case.peer in peers.ARTICLE_LOADERS
    }
    if published:
        below = offset_copy(axes.transData, figure, y=-9, units="points")
        style = {"color": INK, "markersize": 4, "transform": below}
        label = "the article's figure, on its machine"
        axes.plot(list(published.values()), list(published), "D", label=label, **style)
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(0, -0.2))
    most = max([*(s.rows / s.least_seconds for s in summaries), *published.values()])
    axes.set_xscale("linear")
    axes.set_xlim(0, most * 1.3)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    return figure


def bar_figure(
    summaries: list[Summary],
    value: Callable[[Summary], float],
    shown: Callable[[float], str],
    label: str,
    spread: Callable[[Summary], tuple[float, float]] | None = None,
) -> tuple[Figure, Axes]:
    """Horizontal bars, the least at the top, each with its figure written behind it."""
    ordered = sorted(summaries, key=value)
    figure, axes = plt.subplots(
        figsize=(WIDTH_INCHES, 1.2 + 0.34 * len(ordered)), layout="constrained"
    )
    values = [value(summary) for summary in ordered]
    axes.barh(
        [s.case.title for s in ordered],
        values,
        color=[colour_of(s.case.peer) for s in ordered],
        height=0.65,
    )
    axes.set_xscale("log")
    axes.set_xlim(min(values) / 3, max(values) * 4)
    spreads = [spread(s) if spread else (value(s), value(s)) for s in ordered]
    if spread:
        below = [number - least for number, (least, _) in zip(values, spreads, strict=True)]
        above = [most - number for number, (_, most) in zip(values, spreads, strict=True)]
        places = range(len(ordered))
        axes.errorbar(values, places, xerr=[below, above], fmt="none", ecolor=INK, capsize=3)
    for row, (number, (_, most)) in enumerate(zip(values, spreads, strict=True)):
        axes.annotate(shown(number), (most, row), (6, 0), textcoords="offset points", va="center")
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(label)
    return figure, axes


def colour_of(peer: str) -> str:
    return COLOURS["gen"] if peers.is_gen(peer) else COLOURS.get(peer, OTHER_COLOUR)


def draw_codecs(summaries: list[Summary]) -> Figure:
    figure, axes = plt.subplots(figsize=(WIDTH_INCHES, 3.6), layout="constrained")
    codecs = list(dict.fromkeys(s.case.work.compression for s in summaries))
    for shift, peer, colour in ((-0.2, "gen", BLUE), (0.2, "arrow_writer", ORANGE)):
        own = [s for s in summaries if s.case.peer == peer]
        places = [codecs.index(s.case.work.compression) + shift for s in own]
        heights = [s.seconds * 1e3 for s in own]
        bars = axes.bar(places, heights, width=0.38, color=colour, label=peers.load(peer).TITLE)
        axes.bar_label(bars, fmt="{:,.0f}", padding=2)
    axes.set_xticks(range(len(codecs)), codecs)
    axes.set_ylabel("time, ms")
    axes.grid(axis="x", visible=False)
    axes.legend(frameon=False)
    return figure


def draw_rows(summaries: list[Summary]) -> Figure:
    figure, (left, right) = two_panels()
    for peer, colour in COLOURS.items():
        own = [s for s in summaries if s.case.peer == peer]
        rows = [s.case.work.rows for s in own]
        title = peers.load(peer).TITLE
        left.plot(rows, [s.seconds * 1e3 for s in own], "o-", color=colour, label=title)
        right.plot(rows, [s.peak_bytes / 1e6 for s in own], "o-", color=colour, label=title)
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_xlabel("rows")
        axes.legend(frameon=False)
    left.set_yscale("log")
    left.set_ylabel("time, ms")
    right.set_ylabel("peak memory, MB")
    from_zero(right)
    return figure


def draw_threads(summaries: list[Summary]) -> Figure:
    figure, (left, right) = two_panels()
    threads = [s.case.work.threads for s in summaries]
    speedups = [summaries[0].seconds / s.seconds for s in summaries]
    left.plot(threads, threads, "--", color=GREY, label="as many times faster")
    left.plot(threads, speedups, "o-", color=BLUE, label="gen")
    left.set_ylabel("times faster than 1 thread")
    left.legend(frameon=False)
    right.plot(threads, [s.peak_bytes / 1e6 for s in summaries], "o-", color=BLUE)
    right.set_ylabel("peak memory, MB")
    for axes in (left, right):
        axes.set_xticks(threads)
        axes.set_xlabel("threads")
        from_zero(axes)
    return figure


def draw_classes(summaries: list[Summary]) -> Figure:
    figure, (left, right) = two_panels()
    classes = [s.case.work.classes for s in summaries]
    left.plot(classes, [s.bytes_per_second / 1e9 for s in summaries], "o-", color=BLUE)
    left.set_ylabel("GB/s")
    right.plot(classes, [s.peak_bytes / 1e6 for s in summaries], "o-", color=BLUE)
    right.set_ylabel("peak memory, MB")
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_xlabel("classes")
        from_zero(axes)
    return figure


def from_zero(axes: Axes) -> None:
    """The vertical axis from 0, with air above the highest point."""
    axes.set_ylim(0, axes.dataLim.y1 * 1.15)


def two_panels() -> tuple[Figure, Iterable[Axes]]:
    return plt.subplots(1, 2, figsize=(WIDTH_INCHES, 3.4), layout="constrained")


PLOTS = (
    ("side-by-side", "time", draw_times),
    ("side-by-side", "memory", draw_memory),
    ("snappy", "time", draw_times),
    ("codecs", "time", draw_codecs),
    ("scale-rows", "time and memory", draw_rows),
    ("scale-threads", "speed and memory", draw_threads),
    ("scale-classes", "speed and memory", draw_classes),
    ("load-copy", "speed", draw_rates),
    ("load-rows", "speed", draw_rates),
    ("table-check", "speed", draw_rates),
)
