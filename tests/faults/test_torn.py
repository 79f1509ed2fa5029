"""Parts that are torn under their final names: recognised by length and footer, said by name, written anew."""

import pytest

from harness import check, contents, parts, run, run_well

FLAGS = "--rows 900 --batch-size 300 --row-group-rows 100 --classes 2"
CODECS = pytest.mark.parametrize("compression", ["none", "snappy"])


def footer_offset(part: bytes) -> int:
    return len(part) - 8 - int.from_bytes(part[-8:-4], "little")


def damages(part: bytes) -> dict[str, bytes]:
    footer = footer_offset(part)
    cut_short = {f"cut to {length}": part[:length] for length in range(len(part) - 100, len(part))}
    cut_short |= {f"cut to {length}": part[:length] for length in (0, 1, 4, 8, 12, footer, footer // 2, len(part) // 2)}
    cut_out = {
        f"{count} bytes cut out at {place}": part[:place] + part[place + count :]
        for place in (0, 4, 100, footer // 2, footer - 1)
        for count in (1, 8, 4096)
        if place + count <= footer
    }
    put_in = {f"{count} bytes put in": part[:4] + bytes(count) + part[4:] for count in (1, 8, 4096)}
    appended = {f"{len(more)} bytes appended": part + more for more in (b"\0", b"PAR1", bytes(4096), part)}
    zeros = {"zeros": bytes(len(part)), "its end is zeros": part[:-4096] + bytes(4096)}
    return cut_short | cut_out | put_in | appended | zeros


@CODECS
def test_a_torn_part_is_said_and_rewritten(whole, tmp_path, compression):
    flags = f"{FLAGS} --compression {compression}"
    expected = whole(flags)
    run_well(flags, tmp_path)
    cases = list(damages(expected[parts(tmp_path)[1]]).items())
    # Two parts at a time.
    for (what, one), (other_what, other) in zip(cases[::2], cases[1::2] + cases[:1]):
        (tmp_path / parts(tmp_path)[1]).write_bytes(one)
        (tmp_path / parts(tmp_path)[2]).write_bytes(other)
        done = run_well(f"{flags} --threads 1", tmp_path)
        said = done.err.splitlines()
        assert len(said) == 2, f"{what}, {other_what}: {said}"
        for name, line in zip(parts(tmp_path)[1:], said):
            assert name in line and "was torn, and is written anew" in line
        assert contents(tmp_path) == expected, f"{what}, {other_what}"


@CODECS
def test_parts_in_each_others_place(whole, tmp_path, compression):
    """Whole, but not that part: refused, as whoever renamed it may want it."""
    flags = f"{FLAGS} --compression {compression}"
    run_well(flags, tmp_path)
    first, second, _ = (tmp_path / name for name in parts(tmp_path))
    second.write_bytes(first.read_bytes())
    done = run(flags, tmp_path)
    assert done.code == 2 and "under another name" in done.line()
    run_well(f"{flags} --overwrite", tmp_path)
    assert contents(tmp_path) == whole(flags)


@CODECS
def test_altered_data_is_for_the_check(whole, tmp_path, compression):
    flags = f"{FLAGS} --compression {compression}"
    run_well(flags, tmp_path)
    name = parts(tmp_path)[1]
    altered = bytearray(whole(flags)[name])
    altered[footer_offset(altered) // 3] ^= 1
    (tmp_path / name).write_bytes(altered)
    done = run_well(flags, tmp_path)
    assert "nothing to do" in done.out and done.err == ""
    assert (tmp_path / name).read_bytes() == altered
    found = check(tmp_path)
    assert found.code == 1 and "FAILED" in found.out
    (tmp_path / name).unlink()
    run_well(flags, tmp_path)
    assert contents(tmp_path) == whole(flags) and check(tmp_path).code == 0


@pytest.mark.parametrize("length", [0, 5000])
def test_what_a_power_loss_leaves_of_a_young_run(whole, tmp_path, length):
    """The description empty as well as a part: both were renamed just before."""
    run_well(FLAGS, tmp_path)
    (tmp_path / "_dataset.json").write_bytes(b"")
    torn = tmp_path / parts(tmp_path)[1]
    torn.write_bytes(torn.read_bytes()[:length])
    run_well(FLAGS, tmp_path)
    assert contents(tmp_path) == whole(FLAGS)
