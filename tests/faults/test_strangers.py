"""A folder that a stranger has prepared: nothing outside it is written, deleted or read, and nothing hangs."""

import json
import os
import shutil
import socket
import stat

import pytest

from harness import check, contents, limited, names, parts, run, run_well

FLAGS = "--rows 1000 --batch-size 300 --classes 1 --threads 1"
PART, DESCRIPTION = "part-00001-of-00004.parquet", "_dataset.json"
TEMPORARY = f".{PART}.tmp"
DESCRIPTION_TEMPORARY = f".{DESCRIPTION}.0123456789abcdef.tmp"


@pytest.fixture
def place(tmp_path):
    """A finished data set whose part 1 is missing, beside known things of others."""
    folder = tmp_path / "data"
    run_well(FLAGS, folder)
    (folder / PART).unlink()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("known content")
    (outside / "folder").mkdir()
    (outside / "folder" / "file").write_text("known content")
    os.mkfifo(outside / "fifo")
    return folder


def make(kind: str, path):
    path.unlink(missing_ok=True)
    outside = path.parent.parent / "outside"
    match kind:
        case "link to a file":
            path.symlink_to(outside / "file")
        case "link to a folder":
            path.symlink_to(outside / "folder")
        case "link to a device":
            path.symlink_to("/dev/zero")
        case "link to a fifo":
            path.symlink_to(outside / "fifo")
        case "dangling link":
            path.symlink_to(outside / "nothing")
        case "link to itself":
            path.symlink_to(path.name)
        case "folder":
            path.mkdir()
            (path / "file").write_text("theirs")
        case "fifo":
            os.mkfifo(path)
        case "socket":
            here = os.getcwd()
            os.chdir(path.parent)  # names of sockets are short
            with socket.socket(socket.AF_UNIX) as bound:
                bound.bind(path.name)
            os.chdir(here)
        case "device":
            try:
                os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5))
            except PermissionError as error:
                pytest.skip(f"only root can make a device: {error}")


LINKS = ["link to a file", "link to a folder", "link to a device", "link to a fifo", "dangling link", "link to itself"]
KINDS = [*LINKS, "folder", "fifo", "socket", "device"]


def seen(folder) -> dict:
    """What stands there, without opening anything."""
    found = {}
    for path in sorted(folder.rglob("*")):
        told = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(told.st_mode) else path.is_symlink() and os.readlink(path)
        found[str(path)] = told.st_ino, stat.S_IFMT(told.st_mode), content
    return found


def assert_untouched(folder, before, *others):
    """What is outside, and what stands under these names."""
    after = seen(folder.parent)
    for path, what in before.items():
        if "/outside" in path or any(path.startswith(f"{folder}/{name}") for name in others):
            assert after.get(path) == what, f"{path} is not what it was"
    assert [path for path in after if "/outside" in path] == [path for path in before if "/outside" in path]


@pytest.mark.parametrize("overwrite", ["", " --overwrite"])
@pytest.mark.parametrize("name", [PART, TEMPORARY, DESCRIPTION, DESCRIPTION_TEMPORARY])
@pytest.mark.parametrize("kind", KINDS)
def test_gen_neither_follows_nor_opens(place, kind, name, overwrite):
    make(kind, place / name)
    before = seen(place.parent)
    done = run(f"{FLAGS}{overwrite}", place, preexec_fn=limited(AS=2**30))
    assert_untouched(place, before, name)
    if name == DESCRIPTION_TEMPORARY:
        assert done.code == 0  # a name that no run comes upon
    else:
        assert done.code in (2, 3) and name in done.line(), done


def test_a_link_is_not_another_run(place):
    make("link to a file", place / TEMPORARY)
    assert TEMPORARY in run(FLAGS, place).line()


@pytest.mark.parametrize("name", [PART, DESCRIPTION])
@pytest.mark.parametrize("kind", KINDS)
def test_check_does_not_hang(place, kind, name):
    make(kind, place / name)
    before = seen(place.parent)
    done = check(place, preexec_fn=limited(AS=2**30))
    assert_untouched(place, before, name)
    assert done.code in (1, 2, 3), done


@pytest.mark.parametrize("to", ["part", "folder", "description"])
def test_check_reads_nothing_outside(place, tmp_path, to):
    elsewhere = tmp_path / "outside" / "data"
    run_well(FLAGS, elsewhere)
    match to:
        case "part":
            (place / PART).symlink_to(elsewhere / PART)
        case "folder":
            shutil.rmtree(place)
            place.mkdir()
            shutil.copy(elsewhere / DESCRIPTION, place)
            (place / "folder").symlink_to(elsewhere)
        case "description":
            shutil.copy(elsewhere / PART, place)
            (place / DESCRIPTION).unlink()
            (place / DESCRIPTION).symlink_to(elsewhere / DESCRIPTION)
            # Only what is outside knows of two more rows.
            text = (elsewhere / DESCRIPTION).read_text()
            (elsewhere / DESCRIPTION).write_text(text.replace('"rows": 1000', '"rows": 1002'))
    done = check(place)
    if to == "description":
        assert done.code == 2 and DESCRIPTION in done.line() and "no plain file" in done.line()
    else:
        assert done.code != 0, "what is outside was taken for what is in the folder"


def test_check_comes_to_an_end(place):
    run_well(FLAGS, place)
    (place / "one").symlink_to(".")
    (place / "other").symlink_to(".")
    assert check(place).code in (0, 2)


@pytest.mark.parametrize("flags", [FLAGS, f"{FLAGS} --seed 1"])
def test_a_hard_link_outside_keeps_its_content(whole, place, flags):
    run_well(FLAGS, place)
    outside = place.parent / "outside"
    for name in (PART, DESCRIPTION):
        os.link(place / name, outside / name)
    os.link(outside / "file", place / f".{parts(place)[2]}.tmp")
    run_well(f"{flags} --overwrite", place)
    assert contents(place) == whole(flags)
    for name in (PART, DESCRIPTION):
        assert (outside / name).read_bytes() == whole(FLAGS)[name]
        assert (outside / name).stat().st_nlink == 1 or name == DESCRIPTION
    assert (outside / "file").read_text() == "known content"


def test_a_link_beside_the_parts_is_left_alone(whole, place):
    for name in ("theirs.parquet", "notes", "part-00009-of-00009.parquet", ".hidden.tmp"):
        (place / name).symlink_to(place.parent / "outside" / "file")
    before = seen(place.parent)
    assert run(FLAGS, place).code == 2
    done = run_well(f"{FLAGS} --overwrite", place)
    assert "left alone" in done.err
    assert_untouched(place, before, "theirs", "notes", "part-00009", ".hidden")


# Descriptions


def description(**changes) -> bytes:
    columns = [
        {"name": "id_client", "generator": "uuid", "type": "text"},
        {"name": "class_0", "generator": "uniform", "type": "float64"},
    ]
    data_set = {"contract": 1, "seed": 0, "first_row": 0, "rows": 1000, "columns": columns} | changes
    layout = {"batch_rows": 300, "row_group_rows": 1048576, "compression": "none"}
    return json.dumps({"dataset": data_set, "layout": layout}).encode()


def many_columns(count: int, name="c{}") -> list:
    return [{"name": name.format(n), "generator": "uniform", "type": "float64"} for n in range(count)]


def million_columns() -> bytes:
    return b",".join(b'{"name":"%d","generator":"uniform","type":"float64"}' % n for n in range(1_000_000))


HOSTILE = {
    "brackets": lambda: b"[" * 100_000_000,
    "closing brackets": lambda: b"]" * 100_000_000,
    "objects": lambda: b'{"dataset":' * 1_000_000,
    "deep in a column": lambda: description(columns=[]).replace(b"[]", b"[" * 5000 + b"]" * 5000),
    "spaces": lambda: b" " * 100_000_000,
    "one string": lambda: b'"' + b"x" * 100_000_000,
    "digits": lambda: description().replace(b"1000,", b"1" * 1_000_000 + b","),
    "a large exponent": lambda: description().replace(b"1000,", b"1e999999999,"),
    "a fraction": lambda: description(rows=1000.5),
    "a negative number": lambda: description(rows=-1000),
    "a number of 65 bits": lambda: description(rows=2**64),
    "NaN": lambda: description(rows=float("nan")),
    "duplicate keys": lambda: description().replace(b'"seed": 0', b'"seed": 0, "seed": 0'),
    "an unknown key": lambda: description(more=1),
    "invalid UTF-8": lambda: description().replace(b"class_0", b"class_\xff\xfe"),
    "a lone surrogate": lambda: description().replace(b"class_0", rb"\ud800"),
    "a byte order mark": lambda: b"\xef\xbb\xbf" + description(),
    "UTF-16": lambda: description().decode().encode("utf-16"),
    "a million columns": lambda: description(columns=["here"]).replace(b'"here"', million_columns()),
    "20,001 columns": lambda: description(columns=many_columns(20_001)),
    "no columns": lambda: description(columns=[]),
    "an empty name": lambda: description(columns=many_columns(1, "")),
    "two columns of one name": lambda: description(columns=many_columns(2, "same\n\x1b[31m")),
    "contract 2": lambda: description(contract=2),
    "rows beyond the last": lambda: description(first_row=2**64 - 1, rows=2),
    "no rows a part": lambda: description().replace(b'"batch_rows": 300', b'"batch_rows": 0'),
    "an unknown codec": lambda: description().replace(b'"none"', b'"x\\n\\u001b[31m"'),
    "another type": lambda: b"[1]",
    "more behind it": lambda: description() + b"x",
}
DIFFERENT = {
    "names with escapes": lambda: description(columns=many_columns(3, "a\n\x1b[31m{}\u202e")),
    "a long name": lambda: description(columns=many_columns(1, "x" * 1_000_000)),
    "all rows": lambda: description(rows=2**64 - 1),
    "20,000 columns": lambda: description(columns=many_columns(20_000)),
}


def assert_one_short_line(done):
    line = done.line()
    assert done.code == 2 and line.isprintable() and len(line) < 2000, line[:2000]


@pytest.mark.parametrize("what", [*HOSTILE, *DIFFERENT])
def test_a_hostile_description(place, what):
    hostile = (HOSTILE | DIFFERENT)[what]()
    (place / DESCRIPTION).write_bytes(hostile)
    for name in parts(place):
        (place / name).unlink()
    done = run(FLAGS, place, patience=20, preexec_fn=limited(AS=2**30))
    assert_one_short_line(done)
    assert ("_dataset.json" in done.err) == (what in HOSTILE)
    if what in HOSTILE:
        assert_one_short_line(run(f"{FLAGS} --overwrite", place, patience=20, preexec_fn=limited(AS=2**30)))
    assert (place / DESCRIPTION).read_bytes() == hostile and names(place) == [DESCRIPTION]


@pytest.mark.parametrize("what", [*HOSTILE, *DIFFERENT])
def test_a_check_by_a_hostile_description(place, what):
    (place / DESCRIPTION).write_bytes((HOSTILE | DIFFERENT)[what]())
    done = check(place, patience=20, preexec_fn=limited(AS=2**30))
    assert_one_short_line(done)


@pytest.mark.parametrize("described", [True, False], ids=["described", "an empty description"])
def test_a_text_under_the_name_of_a_part_is_not_torn(place, described):
    """A part that was torn begins as a part does, or with nothing at all."""
    (place / PART).write_text("theirs, and not a part of anything")
    if not described:
        (place / DESCRIPTION).write_bytes(b"")
    done = run(FLAGS, place)
    assert done.code == 2 and PART in done.line()
    assert (place / PART).read_text() == "theirs, and not a part of anything"
