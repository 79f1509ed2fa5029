"""Standard output and error that are closed, full or not read: no crash, and the exit code is right."""

import os
import subprocess

import pytest

from harness import check, command, contents, finish, parts, run_well, start

FLAGS = "--rows 1000 --batch-size 300 --classes 1"
HOSTILE = "--rows 1000 --batch-size 300 --classes 1 --seed 1"


def shell(line: str, *arguments) -> subprocess.CompletedProcess:
    """What bash makes of a line in which `$gen` is the command."""
    script = f'gen=$0; {line}; echo "codes ${{PIPESTATUS[*]}}" >&2'
    return subprocess.run(
        ["bash", "-c", script, str(command("")[0]), *arguments], capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize(
    "flags", [FLAGS, f"{FLAGS} --json", f"{FLAGS} --dry-run", "--help", "--version", "check --help"]
)
@pytest.mark.parametrize(
    ("redirection", "code"),
    [("| head -c0", 0), (">&-", 0), ("2>&-", 0), (">&- 2>&-", 0), ("2>/dev/full", 0), ("< /dev/null <&-", 0)],
)
def test_closed(tmp_path, flags, redirection, code):
    out = f"--out {tmp_path}/data" if "--rows" in flags else ""
    done = shell(f'"$gen" {flags} {out} {redirection}')
    assert f"codes {code}" in done.stderr and "panicked" not in done.stderr, done
    if "--rows" in flags and "dry" not in flags:
        assert len(parts(tmp_path / "data")) == 4


@pytest.mark.parametrize("flags", [FLAGS, f"{FLAGS} --json", f"{FLAGS} --dry-run", "--help", "--version"])
def test_a_full_device(tmp_path, flags):
    with open("/dev/full", "w") as full:
        done = finish(start(flags, tmp_path / "data" if "--rows" in flags else None, stdout=full))
    assert done.code == 3 and "standard output: No space left on device" in done.line()


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full", "2>&1 | head -c0", ">&- 2>&-"])
def test_nobody_hears_an_error(tmp_path, redirection):
    run_well(FLAGS, tmp_path / "data")
    for flags, code in ((HOSTILE, 2), ("--rows x", 2), ("check nothing", 2), (f"{FLAGS} --threads 0", 2)):
        out = f"--out {tmp_path}/data" if "--rows 1000" in flags else ""
        done = shell(f'"$gen" {flags} {out} {redirection}')
        assert f"codes {code}" in done.stderr and "panicked" not in done.stderr, done


def test_a_reader_that_leaves_while_the_run_goes_on(tmp_path, whole):
    flags = "--rows 100k --batch-size 5k --classes 3"
    read, write = os.pipe()
    process = start(flags, tmp_path, stdout=write, stderr=write)
    os.close(write)
    os.close(read)
    assert finish(process).code == 0
    assert contents(tmp_path) == whole(flags)


def test_a_check_that_nobody_hears(tmp_path):
    run_well(FLAGS, tmp_path / "data")
    for redirection in ("| head -c0", ">&-", "2>&-", ">&- 2>&-"):
        assert "codes 0" in shell(f'"$gen" check "$1" {redirection}', str(tmp_path / "data")).stderr
    (tmp_path / "data" / parts(tmp_path / "data")[0]).unlink()
    for redirection in ("| head -c0", ">&-"):
        assert "codes 1" in shell(f'"$gen" check "$1" {redirection}', str(tmp_path / "data")).stderr
    with open("/dev/full", "w") as full:
        assert check(tmp_path / "data", stdout=full).code == 1
