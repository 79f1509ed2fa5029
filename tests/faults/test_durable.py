"""--durable: the disk has each file before its name, and the names before the run ends."""

import re
import subprocess

from harness import command, contents, run_well

FLAGS = "--rows 4000 --batch-size 1000 --classes 2"


def traced(strace, flags, folder, cwd) -> list[str]:
    """The calls that rename, link and wait for the disk, with the paths of what they are about."""
    calls = "trace=rename,renameat,renameat2,link,linkat,fsync,fdatasync"
    log = cwd / "calls"
    command_line = [strace, "-qq", "-f", "-y", "-s500", f"-o{log}", "-e", calls, *command(flags, folder)]
    subprocess.run(command_line, cwd=cwd, check=True, stdout=subprocess.DEVNULL)
    return log.read_text().splitlines()


def place(lines, *texts) -> int:
    """Of the one call that has all these in it."""
    (found,) = [index for index, line in enumerate(lines) if all(text in line for text in texts)]
    return found


def test_the_bytes_are_the_same(whole, tmp_path):
    run_well(f"{FLAGS} --durable --quiet", tmp_path / "data")
    assert contents(tmp_path / "data") == whole(FLAGS)


def test_each_file_is_on_the_disk_before_its_name(strace, tmp_path):
    lines = traced(strace, f"{FLAGS} --durable --quiet --threads 2", "data", tmp_path)
    renames = [index for index, line in enumerate(lines) if re.search(r"\brename", line)]
    for number in range(4):
        name = f"part-0000{number}-of-00004.parquet"
        synced, renamed = place(lines, "sync(", f".{name}.tmp"), place(lines, "rename", f'{name}"')
        assert synced < renamed
    assert place(lines, "sync(", "._dataset.json.") < place(lines, "link", '/_dataset.json"')
    assert place(lines, "sync(", f"<{tmp_path}/data>") > max(renames)
    assert place(lines, "sync(", f"<{tmp_path}>") > max(renames)
    assert all(line.rstrip().endswith("= 0") or "unfinished" in line or "resumed" in line for line in lines)


def test_without_it_nothing_is_waited_for(strace, tmp_path):
    lines = traced(strace, f"{FLAGS} --quiet", "data", tmp_path)
    assert any("rename" in line for line in lines) and not any("sync(" in line for line in lines)


def test_all_folders_that_were_made_are_on_the_disk(strace, tmp_path):
    lines = traced(strace, f"{FLAGS} --durable --quiet", "a/b/data", tmp_path)
    for folder in ("/a/b/data", "/a/b", "/a", ""):
        place(lines, "sync(", f"<{tmp_path}{folder}>")


def test_kept_parts_are_on_the_disk_too(strace, tmp_path):
    run_well(f"{FLAGS} --quiet", tmp_path / "data")
    lines = traced(strace, f"{FLAGS} --durable --quiet", "data", tmp_path)
    for number in range(4):
        place(lines, "sync(", f"part-0000{number}-of-00004.parquet")


def test_help_says_what_it_costs():
    said = " ".join(run_well("--help").out.split())
    assert "--durable" in said and "power loss" in said and "It costs the time" in said
