"""Sizes beyond sense: planned at once, and begun in bounded memory."""

import pytest

from harness import limited, names, parts, run, run_well, start, wait_until

GIBIBYTE = limited(AS=2**30)


@pytest.mark.parametrize(
    "flags",
    [
        "--rows 18446744073709551615",
        "--rows 1e15",
        "--rows 1e15 --json",
        "--rows 1B --batch-size 1",
        "--rows 18446744073709551615 --batch-size 1 --row-group-rows 1",
        "--rows 1B --batch-size 32000 --row-group-rows 1",
        "--rows 18446744073709551615 --shard 18446744073709551615/18446744073709551615 --batch-size 1",
    ],
)
def test_a_plan_is_immediate(tmp_path, flags):
    """And refused where the run would be."""
    done = run(f"{flags} --dry-run", tmp_path / "data", patience=20, preexec_fn=GIBIBYTE)
    assert (done.code, "no room" in done.err) in [(0, False), (2, True)], done
    assert done.out and names(tmp_path) == []


@pytest.mark.parametrize(
    "flags",
    [
        "--rows 18446744073709551615",
        "--rows 9223372036854775808 --batch-size 1000",
        "--rows 1e15 --classes 19999",
        "--rows 1B --batch-size 1",
        "--rows 18446744073709551615 --batch-size 1 --row-group-rows 1",
        "--rows 1B --batch-size 300 --row-group-rows 1 --classes 100",
        "--rows 18446744073709551615 --batch-size 10 --shard 7/18446744073709551",
        "--rows 1T --batch-size 1 --from-row 18446742073709551615",
    ],
)
def test_begun_in_bounded_memory(tmp_path, flags):
    process = start(f"--force {flags} --threads 2 --quiet", tmp_path, preexec_fn=GIBIBYTE)
    begun = lambda: len(parts(tmp_path)) > 20 or any(name.startswith(".part") for name in names(tmp_path))
    wait_until(begun, process)
    process.kill()
    process.communicate()


def test_a_shard_of_a_billion_files_starts_at_once(tmp_path):
    """The last one, of 10 files: nothing is done for the others."""
    run_well("--rows 1B --batch-size 1 --shard 100000000/100000000 --quiet", tmp_path, preexec_fn=GIBIBYTE)
    assert parts(tmp_path) == [f"part-{number:010}-of-1000000000.parquet" for number in range(10**9 - 10, 10**9)]
