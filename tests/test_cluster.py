"""A real Dask cluster of four processes gives what this process gives, even if one of them is killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pytest
from conftest import TINY, await_that
from distributed import LocalCluster
from PIL import Image

from mnistcore import __version__, load_model
from mnistcore.__main__ import main
from mnistcore.bulk import cluster
from mnistcore.bulk import label as bulk
from mnistcore.data import datasets
from mnistcore.errors import ClusterError
from mnistcore.training import checkpoints
from mnistcore.training import search as search_module
from mnistcore.training.checkpoints import Checkpoints
from mnistcore.training.order import Order
from mnistcore.training.parallel import results_of
from mnistcore.training.search import search
from mnistcore.training.searches import path_of
from mnistcore.training.train import train
from mnistcore.training.unfinished import unfinished_directory

pytestmark = pytest.mark.slow

IMAGES = datasets.shipped_test_digits()[0]
RECIPE = replace(TINY, epochs=6, folds=5, validation_fraction=0.1)


class Interruption(Exception):
    """Stands for whatever ends a training in its middle."""


class Cluster:
    """A scheduler in this process, and workers in others.

    Attributes:
        address: of the scheduler.
    """

    def __init__(self, **environment: str) -> None:
        self._local = LocalCluster(n_workers=0, dashboard_address=":0")
        self.address = self._local.scheduler_address
        program = Path(__file__).with_name("dask_workers.py")
        command, environment = [sys.executable, program, self.address], os.environ | environment
        self._starter = subprocess.Popen(
            command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
        )

    def start(self, workers: int) -> None:
        """Start workers until there are that many."""
        self._starter.stdin.write("another\n" * (workers - len(self.pids())))
        self._starter.stdin.flush()
        self._local.wait_for_workers(workers, timeout=60)

    def pids(self, busy: bool = False) -> list[int]:
        """The workers' processes: all, or those that have a task."""
        workers = list(self._local.scheduler.workers.values())
        return [worker.pid for worker in workers if worker.processing or not busy]

    def stop(self) -> None:
        """End all of it."""
        for pid in self.pids():
            os.kill(pid, signal.SIGKILL)
        self._starter.kill()
        self._starter.communicate()
        self._local.close()


@pytest.fixture(scope="module")
def running() -> Iterator[Cluster]:
    """A cluster."""
    # by default a worker that was killed is called for 30 s
    started = Cluster(DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT="10s")
    yield started
    started.stop()


@pytest.fixture
def four(running: Cluster) -> Cluster:
    """It has four workers when the test begins."""
    running.start(4)
    return running


@pytest.fixture(scope="module")
def dataset(data_file):
    whole = datasets.load(file=data_file, log=lambda _: None)
    return replace(whole, images=whole.images[:1500], labels=whole.labels[:1500])


@pytest.fixture(scope="module")
def local(dataset):
    """The model and the report of a training in this process."""
    return train(RECIPE, dataset, 1, "a")


def facts(trained) -> tuple:
    """Of a model and its report, what a seed decides."""
    model, report = trained
    return model.version, model.card, {k: v for k, v in vars(report).items() if k not in ("seconds", "finished")}


def test_a_worker_is_killed_and_the_training_is_that_of_this_process(four, dataset, local):
    events = []

    def kill_one(event) -> None:
        if not events:
            os.kill([*four.pids(busy=True), *four.pids()][0], signal.SIGKILL)
        events.append(event)

    with cluster.cluster(four.address, [dataset]):
        trained = train(RECIPE, dataset, 1, "a", kill_one)
    assert len(four.pids()) == 3
    assert facts(trained) == facts(local)
    assert [event.loss for event in events if not event.fold] == local[1].loss_curve
    assert len(events) == 6 * RECIPE.epochs


def test_a_training_goes_on_at_another_place(four, dataset, local, monkeypatch):
    monkeypatch.setattr(checkpoints, "SHARE_OF_TIME", 1e9)  # every epoch is kept
    events = []

    def interrupt_after(count: int) -> None:
        def count_down(event) -> None:
            nonlocal count
            events.append(event)
            count -= not event.resumed
            if not count:
                raise Interruption

        with pytest.raises(Interruption):
            train(RECIPE, dataset, 1, "a", count_down, Checkpoints(Order(RECIPE, 1), dataset))

    interrupt_after(3)
    with cluster.cluster(four.address, [dataset]):
        interrupt_after(RECIPE.epochs + 1)
    kept = Checkpoints(Order(RECIPE, 1), dataset)
    assert sum(kept.load(fold) is not None for fold in (1, 2, 3, 4, 5, None)) >= 2
    events.clear()
    with cluster.cluster(four.address, [dataset]):
        trained = train(RECIPE, dataset, 1, "a", events.append, kept)
    assert facts(trained) == facts(local)
    assert sum(event.resumed for event in events) >= RECIPE.epochs
    assert [event.share for event in events][-1] == 1


def test_a_worker_is_killed_and_the_search_is_that_of_this_process(four, dataset, monkeypatch):
    monkeypatch.setitem(search_module.SPACE, "distortion", [0.0])  # others would take the most time
    small = replace(dataset, images=dataset.images[:300], labels=dataset.labels[:300])
    search(RECIPE, small, 4, "mine")
    expected = path_of("mine").read_bytes()
    path_of("mine").unlink()

    def kill_one(progress) -> None:
        if progress.accuracy and len(four.pids()) == 4:
            os.kill([*four.pids(busy=True), *four.pids()][0], signal.SIGKILL)

    with cluster.cluster(four.address, [small]):
        search(RECIPE, small, 4, "mine", on_progress=kill_one)
    assert path_of("mine").read_bytes() == expected


def test_a_folder_is_labelled_as_by_this_process(four, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(40):
        Image.fromarray(IMAGES[index]).save(folder / f"{index}.png")
    (folder / "broken.png").write_bytes(b"nothing")
    command = ["predict", "--bulk", str(folder), "--model", "classic", "--out"]
    assert main([*command, str(tmp_path / "local.csv")]) == 0
    assert main([*command, str(tmp_path / "dask.csv"), "--backend", "dask", "--scheduler", four.address]) == 0
    assert (tmp_path / "dask.csv").read_bytes() == (tmp_path / "local.csv").read_bytes()


def test_workers_are_killed_and_the_labels_are_those_of_this_process(four, tmp_path, monkeypatch):
    monkeypatch.setattr(bulk.ArrayFile, "chunk", 50)
    monkeypatch.setattr(bulk, "ROUND", 2)
    monkeypatch.setattr(cluster, "TIMEOUT", 5)
    np.save(tmp_path / "images.npy", IMAGES[:2020])
    source, model, target = bulk.open_source(tmp_path / "images.npy"), load_model("classic"), tmp_path / "dask.csv"
    bulk.label(source, tmp_path / "local.csv", model)

    def label(kill_at: int, count: int | None) -> None:
        def kill(done: int) -> None:
            if done == kill_at:
                for pid in four.pids()[:count]:
                    os.kill(pid, signal.SIGKILL)

        with cluster.cluster(four.address, [model]):
            bulk.label(source, target, model, kill)

    label(500, 1)
    assert target.read_bytes() == (tmp_path / "local.csv").read_bytes()

    target.unlink()
    with pytest.raises(ClusterError, match="is lost: its scheduler, or all of its workers"):
        label(500, None)
    said = []
    bulk.label(source, target, model, log=said.append)
    assert said[0].startswith("Resuming")
    assert target.read_bytes() == (tmp_path / "local.csv").read_bytes()


def test_what_tasks_share_outlives_the_worker_that_has_it(four):
    shared = np.arange(100_000)

    def total(numbers: np.ndarray, own: np.ndarray, seconds: float) -> int:
        time.sleep(seconds)
        return int(numbers.sum() + own.sum())

    # the scheduler lets go of copies that no task waits for: in the end one worker has it
    tasks = (joblib.delayed(total)(shared, np.full(1000, number), 0.3) for number in range(12))
    with cluster.cluster(four.address, [shared]), results_of(tasks, in_order=True) as results:
        totals = [next(results)]
        for pid in four.pids()[:3]:
            os.kill(pid, signal.SIGKILL)
        totals += results
    assert totals == [shared.sum() + 1000 * number for number in range(12)]
    await_that(lambda: len(four.pids()) == 1)  # the next test starts as many as are missing


def test_a_task_that_ends_every_worker_is_given_up(four):
    with (
        pytest.raises(ClusterError, match=r"4 workers of .* died at the same task"),
        cluster.cluster(four.address),
        results_of([joblib.delayed(os._exit)(1)], in_order=True) as results,
    ):
        list(results)


def test_one_worker_is_used_too(running):
    running.start(1)
    for pid in running.pids()[1:]:
        os.kill(pid, signal.SIGKILL)
    with cluster.cluster(running.address), results_of([joblib.delayed(os.getpid)()] * 3, in_order=True) as results:
        assert os.getpid() not in results


@pytest.fixture
def said(data_file, monkeypatch, capsys):
    """What a command with these options says on stderr."""
    monkeypatch.setattr(cluster, "TIMEOUT", 1)

    def run(*options: str, command: str = "train") -> str:
        words = {"train": ["--data", str(data_file)], "predict": ["docs/examples/seven.jpg"]}
        assert main([command, *words[command], *options]) == 1
        return capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--backend", "dask"], "--backend dask and --scheduler tcp://HOST:PORT go together."),
        (["--scheduler", "tcp://127.0.0.1:1"], "--backend dask and --scheduler tcp://HOST:PORT go together."),
        (["--backend", "dask", "--scheduler", "nowhere"], "'nowhere' is no address of a Dask scheduler"),
        (["--backend", "dask", "--scheduler", "http://127.0.0.1:1"], "is no address of a Dask scheduler"),
        (["--backend", "dask", "--scheduler", "tcp://127.0.0.1:1"], "No Dask scheduler answers at tcp://127.0.0.1:1."),
    ],
)
def test_a_cluster_that_cannot_be_used_is_one_sentence(said, options, sentence):
    line = said(*options).splitlines()[-1]
    assert sentence in line
    assert list(unfinished_directory().glob("*")) == []


def test_a_cluster_is_not_for_single_pictures(said):
    assert (
        said("--backend", "dask", "--scheduler", "tcp://127.0.0.1:1", command="predict")
        == "--scheduler is for --bulk.\n"
    )


def test_a_server_that_is_no_scheduler_is_told_from_one(said):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        assert said("--backend", "dask", "--scheduler", address).endswith(f"No Dask scheduler answers at {address}.\n")


def test_a_cluster_without_workers_or_with_other_versions_is_refused(said, tmp_path):
    other = tmp_path / "mnistcore-0.1.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: mnistcore\nVersion: 0.1\n")
    old = Cluster(PYTHONPATH=f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    try:
        options = "--backend", "dask", "--scheduler", old.address
        assert said(*options).endswith(f"has no workers; to start some: dask worker {old.address}\n")
        old.start(1)
        sentence = f"mnistcore must be of the same version everywhere: it is {__version__} here, 0.1 at the worker"
        assert sentence in said(*options)
    finally:
        old.stop()


def test_without_dask_the_extra_is_named(said, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "mnistcore.bulk.cluster")
    assert "This needs distributed, which is not installed: pip install '" in said(
        "--backend", "dask", "--scheduler", "tcp://127.0.0.1:1"
    )
