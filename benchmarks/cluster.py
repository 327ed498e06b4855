#!/usr/bin/env python3
"""What a Dask cluster costs and brings, on a cluster of processes of this machine.

    .venv/bin/python benchmarks/cluster.py --data mnist.npz

tasks     how many tasks that do nothing pass through joblib, the client and the scheduler
bulk      labels for copies of MNIST's test digits, by this process's threads and by two and four workers
training  `classic` with its folds, likewise; the models must be the same

`cpu` counts the time of all cores that the client, the scheduler and the workers took each, and is the figure to look
at on a busy machine, where the clock on the wall measures the others too. On one machine workers share its cores: the
cluster can only be slower here. What it costs here is what it costs anywhere, but for the network.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import joblib
import numpy as np
import psutil
from machine import load_printed

sys.path.insert(0, str(Path(__file__).parent.parent))

from mnistcore import load_model, train
from mnistcore.bulk import label as bulk
from mnistcore.bulk.cluster import cluster
from mnistcore.data import datasets
from mnistcore.training.recipes import CLASSIC

PORT = 18786
WORKERS = (2, 4)
# Dask has its workers give memory back after every task, which takes a third of their time here (docs/scale.md)
KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": "134217728", "MALLOC_MMAP_THRESHOLD_": "33554432"}


@contextlib.contextmanager
def processes(workers):
    """A scheduler and workers with one thread each: what of them to pass to `measured`."""
    dask = str(Path(sys.executable).with_name("dask"))
    address = f"tcp://127.0.0.1:{PORT}"
    commands = (
        ["scheduler", "--host", "127.0.0.1", "--port", str(PORT), "--no-dashboard"],
        ["worker", address, "--nworkers", str(workers), "--nthreads", "1", "--no-dashboard"],
    )
    with contextlib.ExitStack() as stack:
        started = []
        for command in commands:
            started.append(subprocess.Popen([dask, *command], stderr=subprocess.DEVNULL, env=os.environ | KEEP_MEMORY))
            stack.callback(started[-1].wait)
            stack.callback(started[-1].terminate)
        from distributed import Client

        with Client(address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)
            pids = list(client.run(os.getpid).values())
        yield address, {"client": [os.getpid()], "scheduler": [started[0].pid], "workers": pids}


def measured(name, pids, function, *arguments):
    """Call it, print its times, and return what it returns."""
    groups = {group: [psutil.Process(pid) for pid in members] for group, members in pids.items()}

    def cpu():
        return {group: sum(sum(one.cpu_times()[:2]) for one in members) for group, members in groups.items()}

    before, started = cpu(), time.perf_counter()
    returned = function(*arguments)
    seconds, after = time.perf_counter() - started, cpu()
    used = "   ".join(f"{group} {after[group] - before[group]:6.2f} s" for group in groups)
    print(f"{name:28s} {seconds:6.2f} s   cpu {used}   load {os.getloadavg()[0]:.1f}", flush=True)
    return returned


def here():
    return {"client": [os.getpid()]}


def tasks(options):
    def nothing():
        done = joblib.Parallel(-1, batch_size=1)(joblib.delayed(int)(i) for i in range(options.tasks))
        assert done == list(range(options.tasks))

    with processes(2) as (address, pids), cluster(address):
        nothing()
        measured(f"{options.tasks:,} tasks", pids, nothing)


def label(options):
    digits = datasets.shipped_test_digits()[0]
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory)
        for name, count in (("classic", options.images), ("robust", options.images // 10)):
            model = load_model(name)
            np.save(path / "images.npy", np.resize(digits, (count, 28, 28)))
            source = bulk.open_source(path / "images.npy")
            title = f"{name}, {count:,} images"
            measured(f"{title}, here", here(), bulk.label, source, path / "here.csv", model)
            for workers in WORKERS:
                with processes(workers) as (address, pids), cluster(address, [model]):
                    target = path / f"{workers}.csv"
                    measured(f"  {workers} workers, first time", pids, bulk.label, source, target, model)
                    measured(f"  {workers} workers, again", pids, bulk.label, source, target, model)
                assert target.read_bytes() == (path / "here.csv").read_bytes()


def train_(options):
    dataset = datasets.load(file=options.data, log=lambda _: None)

    def there(address):
        with cluster(address, [dataset]):
            return train(CLASSIC, dataset, 0, "a")

    ours = measured("classic's training, here", here(), train, CLASSIC, dataset, 0, "a")
    for workers in WORKERS:
        with processes(workers) as (address, pids):
            theirs = measured(f"  {workers} workers", pids, there, address)
        assert (theirs[0].version, theirs[1].cv_scores) == (ours[0].version, ours[1].cv_scores)


def main():
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--data", type=Path, required=True, help="MNIST on this disk")
    cli.add_argument("--images", type=int, default=2_000_000, help="to label by classic (default: 2,000,000)")
    cli.add_argument("--tasks", type=int, default=5_000, help="that do nothing (default: 5,000)")
    options = cli.parse_args()
    tasks(options)
    label(options)
    train_(options)


if __name__ == "__main__":
    with load_printed():
        main()
