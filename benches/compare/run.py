"""gen beside its peers: measures, then writes results.json, results.md and SVG plots.

    python benches/compare/run.py --gen PATH --floor PATH [--arrow-writer PATH]

The peers' libraries are in requirements.txt; a peer that is missing is named in the report.
The exit code is 1 if a run failed or wrote something else than it was asked for.
"""

import argparse
import json
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import machine
import measure
import peers
import server
import workloads
from render import RESULTS_FILE, render
from results import Results
from runner import Runner, say
from workloads import FULL, QUICK

HERE = Path(__file__).resolve().parent
TARGET = HERE.parents[1] / "target"
ROUNDS, QUICK_ROUNDS, QUICK_SLOW_ROUNDS = 7, 3, 1
INTERRUPTED = 130


def main() -> int:
    arguments = parse_arguments()
    # Whatever asks for an end gets the report of what there is, and the server is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    arguments.work.mkdir(parents=True, exist_ok=True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="compare-", dir=arguments.work)).resolve()
    try:
        results = prepare(arguments, folder)
        finished = measure_all(arguments, folder, results)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    (arguments.out / RESULTS_FILE).write_text(json.dumps(results.to_dict(), indent=1) + "\n")
    render(arguments.out)
    say(f"{len(results.runs)} runs, {len(results.failures)} failures: see {arguments.out}")
    if not finished:
        return INTERRUPTED
    return 1 if results.failures else 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    option = parser.add_argument
    option("--gen", type=program, required=True, help="the program gen")
    option("--floor", type=program, required=True, help="the program floor")
    option("--arrow-writer", type=program, help="the program arrow_writer")
    option("--quick", action="store_true", help="a look in minutes: small data, nothing large")
    option("--rounds", type=count, help="runs of each case (7, or 3 if --quick)")
    option("--slow-rounds", type=count, help="of slow peers (as --rounds, or 1 if --quick)")
    option("--threads", type=count, default=machine.usable_cores(), help="of each peer (all)")
    option("--shrink", type=count, default=1, help="divide every row count, to try the harness")
    names = ", ".join(workloads.NAMES)
    option("--only", nargs="+", choices=workloads.NAMES, metavar="NAME", help=f"of {names}")
    option("--work", type=Path, default=TARGET, help="where outputs are written (target/)")
    option("--out", type=Path, default=HERE / "results", help="where results go (results/)")
    return parser.parse_args()


def program(path: str) -> str:
    found = shutil.which(path)
    if found is None:
        raise argparse.ArgumentTypeError(f"{path} is not a program")
    return str(Path(found).resolve())


def count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is below 1")
    return number


def prepare(arguments: argparse.Namespace, folder: Path) -> Results:
    """What will be measured, and with what; no run yet."""
    programs = find_programs(arguments)
    rounds = arguments.rounds or (QUICK_ROUNDS if arguments.quick else ROUNDS)
    slow_rounds = arguments.slow_rounds or (QUICK_SLOW_ROUNDS if arguments.quick else rounds)
    sizes = (QUICK if arguments.quick else FULL).divided(arguments.shrink)
    free_bytes = shutil.disk_usage(folder).free
    planned = workloads.plan(sizes.fitting(free_bytes), arguments.threads, rounds, arguments.quick)
    chosen = [workload for workload in planned if is_chosen(workload.name, arguments)]
    return Results(
        machine=machine.describe(folder, programs),
        settings={
            "rounds": rounds,
            "slow_rounds": slow_rounds,
            "threads": arguments.threads,
            "quick": arguments.quick,
            "shrink": arguments.shrink,
        },
        workloads=planned,
        chosen=[workload.name for workload in chosen],
        least_visible_peak_bytes=measure.least_visible_peak_bytes(folder),
        missing=missing_peers(chosen, programs, arguments.quick),
    )


def is_chosen(workload_name: str, arguments: argparse.Namespace) -> bool:
    """What is asked for by name is measured; otherwise all, or what a quick look has time for."""
    if arguments.only:
        return workload_name in arguments.only
    return not (arguments.quick and workload_name in workloads.NOT_QUICK)


def find_programs(arguments: argparse.Namespace) -> dict[str, str]:
    given = {"gen": arguments.gen, "floor": arguments.floor, "arrow_writer": arguments.arrow_writer}
    programs = {name: path for name, path in given.items() if path}
    return peers.find_programs(programs | server.find_programs())


def missing_peers(
    chosen: list[workloads.Workload], programs: dict[str, str], quick: bool
) -> dict[str, str]:
    """The peers that the workloads want and that will not be measured, each with the reason."""
    wanted = dict.fromkeys(case.peer for workload in chosen for case in workload.cases)
    reasons = {name: why_missing(name, programs) for name in wanted}
    if quick:
        left_out = dict.fromkeys(workloads.NOT_QUICK_PEERS, "left out of a quick look")
        reasons |= {name: left_out[name] for name in wanted if name in left_out}
    return {name: reason for name, reason in reasons.items() if reason}


def why_missing(peer: str, programs: dict[str, str]) -> str | None:
    without_server = server.why_missing(programs) if peer in peers.TABLE_NAMES else None
    return without_server or peers.why_missing(peers.load(peer), programs)


def measure_all(arguments: argparse.Namespace, folder: Path, results: Results) -> bool:
    """Runs everything; False if it was interrupted, and then the results are those so far."""
    for name, reason in results.missing.items():
        say(f"{name} will not be measured: {reason}")
    try:
        Runner(folder, find_programs(arguments), results).run_all()
    except KeyboardInterrupt:
        say("interrupted: the report has what was measured so far")
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
