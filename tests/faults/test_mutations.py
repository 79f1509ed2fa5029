"""Damage by chance to descriptions and footers, the same in every run: no panic, no abort, no hang, no greed."""

import os
import random
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import binary, contents, finish

FLAGS = "--rows 60 --batch-size 20 --row-group-rows 10 --classes 2"
DESCRIPTION, PART = "_dataset.json", "part-00001-of-00003.parquet"
CASES = 120
SECONDS = 20
TOKENS = [b"-", b"0", b"1e9", b"18446744073709551615", b'"', b"\\", b"{", b"}", b"[", b"]", b"null", b"\xff", b"\0"]
NUMBERS = [b"\xff\xff\xff\xff\x0f", b"\xfe\xff\xff\xff\x0f", b"\xff" * 9 + b"\x01", b"\x80\x80\x80\x80\x08", b"\xfc"]


def footer_offset(part: bytes) -> int:
    return len(part) - 8 - int.from_bytes(part[-8:-4], "little")


def mutate(content: bytes, start: int, tokens: list[bytes], chance: random.Random) -> bytes:
    """Keeps what is before `start`."""
    for _ in range(chance.choice([1, 1, 1, 2, 5])):
        place = chance.randrange(start, len(content))
        length = chance.randrange(1, 2 ** chance.randrange(1, 8))
        match chance.choice(["bit", "bit", "byte", "token", "token", "insert", "cut", "double", "noise"]):
            case "bit":
                new, length = bytes([content[place] ^ 1 << chance.randrange(8)]), 1
            case "byte":
                new, length = chance.choice([b"\0", b"\x7f", b"\x80", b"\xff", b"\xf9", b"\xfc"]), 1
            case "token":
                new = chance.choice(tokens)
                length = len(new)
            case "insert":
                new, length = chance.choice(tokens), 0
            case "cut":
                new = b""
            case "double":
                new, length = content[place : place + length], 0
            case "noise":
                new = chance.randbytes(length)
        content = content[:place] + new + content[place + length :]
        if len(content) <= start:
            break
    return content


def bounded(*arguments):
    """With 1 GiB of memory, and no new thread's worth of Python between fork and exec."""
    line = ["sh", "-c", 'ulimit -v 1048576; exec "$0" "$@"', binary(), *arguments]
    process = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return finish(process, SECONDS)


def assert_stands(folder, expected, target, mutated, case, seen):
    here = folder / str(case)
    here.mkdir()
    for name, content in (expected | {target: mutated, "theirs.txt": b"theirs", ".theirs.tmp": b"theirs"}).items():
        (here / name).write_bytes(content)
    checked = bounded("check", here, "--threads=2")
    seen.add(("check", checked.code))
    assert checked.code in (0, 1, 2, 3), checked
    rerun = bounded(*FLAGS.split(), "--threads=2", f"--out={here}")
    seen.add(("gen", rerun.code))
    assert rerun.code in (0, 2), rerun
    found = contents(here)
    assert (found.pop("theirs.txt"), found.pop(".theirs.tmp")) == (b"theirs", b"theirs")
    if rerun.code == 2:
        assert len(rerun.err.splitlines()) == 1
        assert found == expected | {target: mutated}, "a run that was refused changed something"
    elif target == DESCRIPTION or found[PART] != mutated:
        # What was rewritten is right; what was kept is a part with the right footer as far as that goes.
        assert {name: content for name, content in found.items() if name != DESCRIPTION} == {
            name: content for name, content in expected.items() if name != DESCRIPTION
        }
    shutil.rmtree(here)


def try_all(tmp_path, expected, target, mutations, outcomes=frozenset({("check", 0), ("gen", 2)})):
    """What comes of them must include `outcomes`: else the damage would make no difference."""
    seen = set()

    def failure(case):
        number, mutated = case
        try:
            assert_stands(tmp_path, expected, target, mutated, number, seen)
        except AssertionError as error:
            return f"case {number}: {str(error)[:600]}"

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        failures = [found for found in pool.map(failure, enumerate(mutations)) if found]
    assert not failures, f"{len(failures)} failures:\n" + "\n".join(failures)
    assert outcomes <= seen, seen


def test_descriptions(whole, tmp_path):
    expected = whole(FLAGS)
    chances = [random.Random(seed) for seed in range(CASES)]
    try_all(
        tmp_path, expected, DESCRIPTION, [mutate(expected[DESCRIPTION], 0, TOKENS, chance) for chance in chances]
    )


@pytest.mark.parametrize("fitting", [True, False], ids=["length fits", "length as it comes"])
def test_footers(whole, tmp_path, fitting):
    """With the footer's length set right again, its damage is parsed; else mostly the length is what is wrong."""
    expected = whole(FLAGS)
    part = expected[PART]
    start = footer_offset(part)

    def footer(seed):
        chance = random.Random(1000 + seed)
        if not fitting:
            return mutate(part, start, NUMBERS, chance)
        damaged = mutate(part[:-8], start, NUMBERS, chance)
        return damaged + (len(damaged) - start).to_bytes(4, "little") + b"PAR1"

    try_all(tmp_path, expected, PART, [footer(seed) for seed in range(CASES)])


def test_every_length_of_a_footer_that_a_part_can_say(whole, tmp_path):
    part = whole(FLAGS)[PART]
    lengths = [0, 1, 7, 8, len(part) - 13, len(part) - 12, len(part) - 8, len(part), 2**31 - 1, 2**31, 2**32 - 1]
    lengths = [part[:-8] + length.to_bytes(4, "little") + b"PAR1" for length in lengths]
    try_all(tmp_path, whole(FLAGS), PART, [*lengths, b"broken", part[:-4] + b"PARE"], {("check", 1), ("gen", 0)})


CHANGES = {
    "a bit": lambda byte: bytes([byte ^ 0x01]),
    "the highest bit": lambda byte: bytes([byte ^ 0x80]),
    "nothing": lambda byte: b"\0",
    "a long list": lambda byte: b"\xfc",
    "a large number": lambda byte: b"\xff\xff\xff\xff\x07",
    "a list of 2^31 structs": lambda byte: b"\xfc\xff\xff\xff\xff\x07",
}
@pytest.mark.parametrize("command", ["gen", "check"])
@pytest.mark.parametrize("what", CHANGES)
def test_every_byte_of_a_footer(whole, tmp_path, what, command):
    """A folder full of damaged parts under names of their own, which one run looks at, or one check reads."""
    part = whole(FLAGS)[PART]
    places = range(footer_offset(part), len(part) - 8)
    for place in places:
        new = CHANGES[what](part[place])
        (tmp_path / f"{place}.parquet").write_bytes(part[:place] + new + part[place + len(new) :])
    assert len(os.listdir(tmp_path)) == len(places) > 1000
    if command == "gen":
        surveyed = bounded(*FLAGS.split(), f"--out={tmp_path}")
        assert surveyed.code == 2 and len(surveyed.err.splitlines()) == 1, surveyed
        assert len(os.listdir(tmp_path)) == len(places)
    else:
        described = tmp_path / DESCRIPTION
        described.write_bytes(whole(FLAGS)[DESCRIPTION])
        checked = bounded("check", tmp_path, f"--dataset={described}")
        assert checked.code in (1, 2, 3), checked
