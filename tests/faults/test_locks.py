"""Two runs on one folder, and shards side by side."""

import signal

from harness import assert_nothing_torn, contents, finish, parts, run, run_well, start, wait_until

FLAGS = "--rows 200k --batch-size 5k --classes 3"
ENDLESS = "--force --rows 10B --batch-size 100k --classes 3 --quiet"


def test_a_second_run_is_refused_until_the_first_is_gone(tmp_path):
    first = start(ENDLESS, tmp_path)
    wait_until(lambda: parts(tmp_path), first)
    for flags in (ENDLESS, f"{ENDLESS} --overwrite", f"{ENDLESS} --shard 1/2", FLAGS):
        second = run(flags, tmp_path)
        assert second.code == 2 and "another gen is writing to this folder" in second.line()
    assert first.poll() is None, "the first goes on"
    first.kill()
    first.communicate()
    run_well(f"{FLAGS} --overwrite --quiet", tmp_path)


def test_a_stopped_run_keeps_its_lock(tmp_path):
    first = start(ENDLESS, tmp_path)
    wait_until(lambda: parts(tmp_path), first)
    first.send_signal(signal.SIGSTOP)
    assert "another gen" in run(FLAGS, tmp_path).line()
    first.kill()
    first.communicate()


def test_shards_at_once_end_in_the_bytes_of_one_run(whole, tmp_path):
    for attempt in range(4):
        folder = tmp_path / str(attempt)
        shards = [start(f"{FLAGS} --quiet --threads 1 --shard {number}/4", folder) for number in (3, 1, 4, 2)]
        assert [finish(shard).code for shard in shards] == [0] * 4
        assert contents(folder) == whole(FLAGS)


def test_a_whole_run_beside_a_shard_is_refused(tmp_path):
    shard = start(f"{ENDLESS} --shard 2/3", tmp_path)
    wait_until(lambda: parts(tmp_path), shard)
    assert run(ENDLESS, tmp_path).code == 2
    assert shard.poll() is None
    shard.kill()
    shard.communicate()


def test_the_same_shard_twice_at_once(whole, tmp_path):
    """Either may be told that the other is at work; together with a rerun they end in the right bytes."""
    flags = f"{FLAGS} --compression zstd"
    for attempt in range(4):
        folder = tmp_path / str(attempt)
        both = [finish(run) for run in [start(f"{flags} --quiet --shard 1/2", folder) for _ in range(2)]]
        assert {done.code for done in both} <= {0, 2}, both
        assert all("another gen" in done.line() for done in both if done.code == 2)
        assert_nothing_torn(folder, whole(flags))
        for number in (1, 2):
            run_well(f"{flags} --quiet --shard {number}/2", folder)
        assert contents(folder) == whole(flags)
