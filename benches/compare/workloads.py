"""What is measured: each workload is a few cases that are run in turn, and compared."""

from dataclasses import dataclass, fields, replace
from itertools import takewhile

import peers
from work import TableWork, Work

CLASSES = 10
WIDE_CLASSES = 1_000
ARTICLE_BATCH_ROWS = 5_000
# These have a data set of ids and classes to make.
CLASSIFIER_PEERS = tuple(
    name for name in peers.FILE_NAMES if name not in ("pyarrow_ready", "gen_check_files")
)
SIDE_BY_SIDE_PEERS = tuple(name for name in CLASSIFIER_PEERS if name != "arrow_writer")
SNAPPY_PEERS = tuple(name for name in CLASSIFIER_PEERS if "snappy" in peers.load(name).CODECS)
CODECS = ("none", "snappy", "lz4", "zstd:1")
# The workloads of a table of everyday kinds, by codec.
EVENTS = {"events": "none", "events-snappy": "snappy", "events-zstd": "zstd:1"}
EVENTS_PEERS = ("gen", "duckdb_table", "pyarrow_ready")
SCALE_ROWS = tuple(10**power for power in range(4, 9))
SCALE_CLASSES = (1, 10, 100, 1_000, 10_000)
# The scaling curves have many points, and no bar hangs on them.
SCALING_ROUNDS = 3
# The article's pools of threads and of connections; its processes are as many for two cores.
ARTICLE_WORKERS = 48
# How much of the free space one output may take.
DISK_SHARE = 0.5


@dataclass(frozen=True)
class Sizes:
    """How many rows the workloads have."""

    main: int
    large: int
    medium: int
    wide: int
    scale_most: int
    scale_classes_bytes: int
    load: int
    load_rows_alone: int
    load_rows_together: int

    def divided(self, divisor: int) -> "Sizes":
        return Sizes(*(max(1, getattr(self, field.name) // divisor) for field in fields(self)))

    def fitting(self, free_bytes: int) -> "Sizes":
        """The same, no output larger than its share of the free space."""
        most_bytes = int(free_bytes * DISK_SHARE)
        most_rows = most_bytes // Work(rows=1, classes=CLASSES, threads=1).row_bytes
        most_wide_rows = most_bytes // Work(rows=1, classes=WIDE_CLASSES, threads=1).row_bytes
        return Sizes(
            main=min(self.main, most_rows),
            large=min(self.large, most_rows),
            medium=min(self.medium, most_rows),
            wide=min(self.wide, most_wide_rows),
            scale_most=min(self.scale_most, most_rows),
            scale_classes_bytes=min(self.scale_classes_bytes, most_bytes),
            load=min(self.load, most_rows),
            load_rows_alone=min(self.load_rows_alone, most_rows),
            load_rows_together=min(self.load_rows_together, most_rows),
        )


FULL = Sizes(
    main=1_000_000,
    large=50_000_000,
    medium=10_000_000,
    wide=1_000_000,
    scale_most=100_000_000,
    scale_classes_bytes=1_200_000_000,
    load=1_000_000,
    load_rows_alone=25_000,
    load_rows_together=100_000,
)
QUICK = Sizes(
    main=1_000_000,
    large=50_000_000,
    medium=2_000_000,
    wide=100_000,
    scale_most=10_000_000,
    scale_classes_bytes=240_000_000,
    load=200_000,
    load_rows_alone=5_000,
    load_rows_together=20_000,
)


@dataclass(frozen=True)
class Case:
    name: str
    peer: str
    work: Work | TableWork

    @property
    def title(self) -> str:
        """What the report calls it among others with the same kind of work."""
        title = peers.load(self.peer).TITLE
        if not isinstance(self.work, TableWork):
            return title
        manner = self.work.manner if self.peer == "gen_load" else self.work.through
        return f"{title}, {manner}"


@dataclass(frozen=True)
class Workload:
    name: str
    title: str
    cases: tuple[Case, ...]
    rounds: int

    @property
    def is_of_tables(self) -> bool:
        return self.cases[0].peer in peers.TABLE_NAMES


NAMES = (
    "side-by-side",
    "snappy",
    "large",
    "threads",
    "one-file",
    "codecs",
    "small-files",
    "wide",
    "types",
    "events",
    "events-snappy",
    "events-zstd",
    "events-check",
    "scale-rows",
    "scale-threads",
    "scale-classes",
    "load-copy",
    "load-rows",
    "table-check",
)
SCALING = ("scale-rows", "scale-threads", "scale-classes")
NOT_QUICK = ("large",)
NOT_QUICK_PEERS = ("spark",)


def plan(sizes: Sizes, cores: int, rounds: int, quick: bool) -> list[Workload]:
    """All workloads, in the order of `NAMES`."""
    base = Work(rows=sizes.main, classes=CLASSES, threads=cores)
    medium = replace(base, rows=sizes.medium)
    events = Work(rows=sizes.main, classes=0, threads=cores, schema="events")
    table = TableWork(rows=sizes.load, classes=CLASSES, method="copy", connections=1)
    few_rounds = 1 if quick else min(rounds, SCALING_ROUNDS)
    made = {
        "side-by-side": Workload(
            "side-by-side",
            f"Side by side: {shape(base)}, uncompressed",
            same_work(SIDE_BY_SIDE_PEERS, base),
            rounds,
        ),
        "snappy": Workload(
            "snappy",
            f"Side by side: {shape(base)}, snappy",
            same_work(SNAPPY_PEERS, replace(base, compression="snappy")),
            rounds,
        ),
        "large": Workload(
            "large",
            f"Large: {shape(replace(base, rows=sizes.large))}, uncompressed",
            same_work(("floor", "gen"), replace(base, rows=sizes.large)),
            rounds,
        ),
        "threads": Workload(
            "threads",
            f"Two threads against one: {shape(medium)}",
            one_and_two_threads(medium),
            rounds,
        ),
        "one-file": Workload(
            "one-file",
            f"One file, two threads against one: {shape(medium)}",
            one_and_two_threads(replace(medium, batch_rows=medium.rows), beside_floor=True),
            rounds,
        ),
        "codecs": Workload(
            "codecs",
            f"Codecs against parquet's ArrowWriter: {shape(base)}",
            tuple(
                Case(codec_case(peer, codec), peer, replace(base, compression=codec))
                for codec in CODECS
                for peer in ("gen", "arrow_writer")
            ),
            rounds,
        ),
        "small-files": Workload(
            "small-files",
            f"Small files: {shape(base)}",
            (
                Case("default layout", "gen", base),
                Case("small files", "gen", replace(base, batch_rows=ARTICLE_BATCH_ROWS)),
            ),
            rounds,
        ),
        "wide": Workload(
            "wide",
            f"Wide rows: the same bytes in {CLASSES} and {WIDE_CLASSES:,} classes",
            equal_bytes(
                Work(rows=sizes.wide, classes=WIDE_CLASSES, threads=cores).row_bytes * sizes.wide,
                (CLASSES, WIDE_CLASSES),
                cores,
            ),
            rounds,
        ),
        "types": Workload(
            "types",
            f"Types: {shape(medium)}",
            (
                Case("default", "gen", medium),
                Case("--float 32", "gen", replace(medium, float_bits=32)),
                Case("--id binary", "gen", replace(medium, id_kind="binary")),
            ),
            rounds,
        ),
        **{
            name: Workload(
                name,
                f"{shape(events)}, {'uncompressed' if codec == 'none' else codec}",
                same_work(
                    ("floor", *EVENTS_PEERS) if codec == "none" else EVENTS_PEERS,
                    replace(events, compression=codec),
                ),
                rounds,
            )
            for name, codec in EVENTS.items()
        },
        "events-check": Workload(
            "events-check",
            f"Checking against writing: {shape(events)}",
            same_work(("gen", "gen_check_files"), events),
            rounds,
        ),
        "scale-rows": Workload(
            "scale-rows",
            f"Rows, {CLASSES} classes",
            tuple(
                Case(f"{peer} {rows}", peer, replace(base, rows=rows))
                for rows in takewhile(lambda rows: rows <= sizes.scale_most, SCALE_ROWS)
                for peer in ("floor", "gen")
            ),
            few_rounds,
        ),
        "scale-threads": Workload(
            "scale-threads",
            f"Threads: {shape(medium)}",
            tuple(
                Case(f"threads {threads}", "gen", replace(medium, threads=threads))
                for threads in thread_counts(cores)
            ),
            few_rounds,
        ),
        "scale-classes": Workload(
            "scale-classes",
            f"Classes, {sizes.scale_classes_bytes / 1e6:,.0f} MB each",
            equal_bytes(sizes.scale_classes_bytes, SCALE_CLASSES, cores),
            few_rounds,
        ),
        "load-copy": Workload(
            "load-copy",
            f"Loading with COPY: {shape(table)} into PostgreSQL",
            load_copy_cases(table),
            rounds,
        ),
        "load-rows": Workload(
            "load-rows",
            f"Loading with a commit for each row: {CLASSES} classes into PostgreSQL",
            load_rows_cases(sizes.load_rows_alone, sizes.load_rows_together, cores),
            rounds,
        ),
        "table-check": Workload(
            "table-check",
            f"Reading a table: {shape(table)} out of PostgreSQL",
            table_check_cases(replace(table, method="read"), cores),
            rounds,
        ),
    }
    return [made[name] for name in NAMES]


def same_work(names: tuple[str, ...], work: Work) -> tuple[Case, ...]:
    return tuple(Case(name, name, work) for name in names)


def one_and_two_threads(work: Work, *, beside_floor: bool = False) -> tuple[Case, ...]:
    counts = {"1 thread": 1, "2 threads": 2}
    cases = [Case(name, "gen", replace(work, threads=count)) for name, count in counts.items()]
    if beside_floor:
        cases += [
            Case(f"the floor, {name}", "floor", replace(work, threads=count))
            for name, count in counts.items()
        ]
    return tuple(cases)


def equal_bytes(total_bytes: int, classes: tuple[int, ...], cores: int) -> tuple[Case, ...]:
    """One case for each number of classes, with the rows that make the bytes equal."""
    works = (Work(rows=1, classes=count, threads=cores) for count in classes)
    return tuple(
        Case(
            classes_case(work.classes),
            "gen",
            replace(work, rows=max(1, total_bytes // work.row_bytes)),
        )
        for work in works
    )


def load_copy_cases(one: TableWork) -> tuple[Case, ...]:
    two = replace(one, connections=2)
    return (
        table_case("psql_load", one),
        table_case("gen_load", one),
        table_case("gen_load", two),
        table_case("gen_direct", one),
        table_case("gen_direct", two),
        table_case("psycopg_copy", one),
    )


def load_rows_cases(alone_rows: int, together_rows: int, cores: int) -> tuple[Case, ...]:
    """The article's programs, and `gen` with their connections, their rows and their ids of text."""
    processes = ARTICLE_WORKERS * max(1, cores // 2)
    alone = TableWork(alone_rows, CLASSES, "insert", connections=1, id_type="text")
    threads = replace(alone, rows=together_rows, connections=ARTICLE_WORKERS)
    works = {
        "article_load": alone,
        "article_load_asyncio": replace(alone, method="pipeline"),
        "article_load_threads": threads,
        "article_load_processes": replace(threads, connections=processes),
    }
    gen_works = dict.fromkeys([*works.values(), replace(threads, method="pipeline")])
    return (
        *(table_case(peer, work) for peer, work in works.items()),
        *(table_case("gen_load", work) for work in gen_works),
    )


def table_check_cases(one: TableWork, cores: int) -> tuple[Case, ...]:
    return (
        table_case("psql_unload", one),
        *(
            table_case("gen_check", replace(one, connections=connections))
            for connections in dict.fromkeys((1, cores))
        ),
    )


def table_case(peer: str, work: TableWork) -> Case:
    return Case(table_case_name(peer, work.method, work.connections), peer, work)


def table_case_name(peer: str, method: str, connections: int) -> str:
    return f"{peer} {method} {connections}"


def classes_case(classes: int) -> str:
    return f"classes {classes}"


def codec_case(peer: str, codec: str) -> str:
    return f"{peer} {codec}"


def thread_counts(cores: int) -> list[int]:
    """1, 2, 4 … and all."""
    powers = takewhile(lambda threads: threads < cores, (1 << power for power in range(32)))
    return [*powers, cores]


def shape(work: Work | TableWork) -> str:
    if isinstance(work, Work) and work.schema:
        return f"{short_count(work.rows)} rows of {work.schema}.yaml"
    return f"{short_count(work.rows)} × {work.classes:,}"


def short_count(count: int) -> str:
    """50,000,000 as 50M, 12,345 as 12,345."""
    for unit, name in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if count >= unit and count % unit == 0:
            return f"{count // unit:,}{name}"
    return f"{count:,}"
