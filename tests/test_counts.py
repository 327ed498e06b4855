"""What workers count, each by itself and all together."""

import subprocess
import sys
import threading
import time

import pytest
from conftest import await_that

from serving import counts
from serving.counts import BUCKETS, Counts, SharedCounts


def answer(shared: SharedCounts, times: int = 1, seconds: float = 0.002) -> None:
    for _ in range(times):
        shared.begin()
        shared.end("/predict", 200, seconds)


def test_threads_lose_no_count():
    shared = SharedCounts(None)
    threads = [threading.Thread(target=answer, args=(shared, 2_000)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    totals = shared.totals()
    assert (totals.requests, totals.in_progress) == ({("/predict", 200): 16_000}, 0)
    assert totals.seconds["/predict"] == pytest.approx(32)


@pytest.mark.parametrize(("seconds", "bucket"), [(0.0001, 0), (0.0005, 0), (0.0006, 1), (5, 10), (60, len(BUCKETS))])
def test_a_duration_is_counted_in_the_smallest_bucket_that_holds_it(seconds, bucket):
    shared = SharedCounts(None)
    answer(shared, seconds=seconds)
    assert shared.totals().durations == {("/predict", bucket): 1}


def test_what_others_wrote_is_added_and_one_that_ended_has_nothing_in_progress(tmp_path, monkeypatch):
    monkeypatch.setattr(counts, "PERIOD", 0.01)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    one, other, gone = (SharedCounts(tmp_path) for _ in range(3))
    gone.own.worker = ended.pid
    for shared in (one, other, gone):
        answer(shared, 5)
        shared.predicted("classic", "abc", {(7, 3): 2})
        shared.begin()
    await_that(lambda: one.totals().requests == {("/predict", 200): 15}, seconds=10)
    await_that(lambda: one.totals().in_progress == 2, seconds=10)
    assert one.totals().predictions == {("classic", "abc", 7, 3): 6}


def test_a_damaged_file_is_passed_over_and_a_missing_directory_harms_nobody(tmp_path, monkeypatch):
    monkeypatch.setattr(counts, "PERIOD", 0.01)
    (tmp_path / "a.counts").write_bytes(b"garbage")
    shared = SharedCounts(tmp_path)
    answer(shared)
    assert shared.totals().requests == {("/predict", 200): 1}
    gone = SharedCounts(tmp_path / "gone")
    answer(gone)
    time.sleep(0.1)  # in which it cannot write; an error there would fail this test
    assert gone.totals().requests == {("/predict", 200): 1}


def test_totals_are_empty_at_first():
    assert SharedCounts(None).totals() == Counts()
