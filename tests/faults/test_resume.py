"""Going on in a large data set reads what stands at the ends of files, not what is in them."""

import subprocess

from harness import command, parts, run_well

FLAGS = "--rows 1M --batch-size 200 --classes 1"  # 5,000 parts of 9.6 KB of values
PARTS = 5000


def bytes_read(arguments: list) -> int:
    """By a process, as the kernel counted it, out of the page cache or not."""
    script = '"$@" >/dev/null || exit; while read what count; do [ $what = rchar: ] && echo $count; done < /proc/$$/io'
    return int(subprocess.run(["sh", "-c", f"{script}; :", "sh", *arguments], capture_output=True, check=True).stdout)


def test_a_nearly_finished_data_set(tmp_path):
    run_well(f"{FLAGS} --quiet", tmp_path)
    assert len(parts(tmp_path)) == PARTS
    ends = 0
    for name in parts(tmp_path):
        with open(tmp_path / name, "rb") as part:
            part.seek(-8, 2)
            ends += 8 + int.from_bytes(part.read(4), "little")
    for name in parts(tmp_path)[::1000]:
        (tmp_path / name).unlink()
    read = bytes_read(command(FLAGS, tmp_path)) - bytes_read([*command(""), "--version"])
    size = sum((tmp_path / name).stat().st_size for name in parts(tmp_path))
    # Each end once, and the last eight bytes before that.
    assert ends * 0.99 <= read <= ends + PARTS * 16 + 100_000, f"{read} bytes read, {ends} in footers, {size} in files"
    assert read < size / 4
