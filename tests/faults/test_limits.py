"""Too few open files, too little memory, too few threads: said in a line, and nothing torn."""

import pytest

from harness import CRASHES, assert_nothing_temporary, assert_nothing_torn, contents, limited, run, run_well, start

FLAGS = "--rows 40k --classes 5 --batch-size 2k"


@pytest.mark.parametrize("files", [5, 8, 12])
@pytest.mark.parametrize("survey", [False, True])
def test_too_few_open_files(whole, tmp_path, files, survey):
    if survey:
        run_well(f"{FLAGS} --quiet --shard 1/2", tmp_path)
    done = run(f"{FLAGS} --threads 16", tmp_path, preexec_fn=limited(NOFILE=files))
    if done.code:
        assert done.code == 3 and "Too many open files" in done.line()
        assert str(tmp_path) in done.line() or "threads that wait for events" in done.line()
    assert done.code or files > 5
    assert_nothing_temporary(tmp_path)
    assert_nothing_torn(tmp_path, whole(FLAGS))
    run_well(FLAGS, tmp_path)
    assert contents(tmp_path) == whole(FLAGS)


def test_too_little_memory(whole, tmp_path):
    """A line or a plain abort, from the loader's first page on; never a file that is torn."""
    flags, codes = f"{FLAGS} --compression zstd:9 --threads 4 --quiet", set()
    expected = whole(f"{FLAGS} --compression zstd:9")
    for mebibytes in range(30, 330, 50):
        process = start(flags, tmp_path, preexec_fn=limited(AS=mebibytes << 20))
        out, err = process.communicate(timeout=60)
        codes.add(process.returncode)
        assert process.returncode in {0, 2, 3, 127} | {-signal for signal in CRASHES}, err
        assert process.returncode <= 0 or (out, len(err.splitlines())) == (b"", 1), err
        assert_nothing_torn(tmp_path, expected)
    assert len(codes) > 1, f"the limits made no difference: {codes}"
    run_well(flags, tmp_path)
    assert contents(tmp_path) == expected


def test_too_few_threads_for_a_user(public, ordinary):
    done = run(f"{FLAGS} --threads 1024", public / "data", preexec_fn=limited(NPROC=60), **ordinary)
    assert done.code == 3 and "1,024 threads cannot be started" in done.line() and "fewer --threads" in done.line()
    assert not (public / "data").exists()
