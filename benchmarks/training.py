#!/usr/bin/env python3
"""How long `classic` takes to train, against the original way and against bare matrix products; and how it grows.

    .venv/bin/python benchmarks/training.py --data mnist.npz
    .venv/bin/python benchmarks/training.py --data mnist.npz --growth

original  the recipe as the scikit-learn tutorials write it, given MNIST: a pipeline of StandardScaler and MLPClassifier
          in float64, `cross_val_score` with 5 folds one after another, then a fit on all rows
ours      the same network, folds and epochs through `mnistcore.train`, with classic's own batch size and learning rate
floor     nothing but the products of matrices that ours cannot do without: forward and backward, of every batch of
          every epoch of every network, in float32, on all cores

Each runs in a process of its own, so that the peak of its memory is its own. The figures of one run are to be compared
with each other and with nothing else; `cpu` counts the time of all cores, and is the one to look at on a busy machine,
where the clock on the wall measures the others too. `--growth` trains 2 folds and a network for five epochs on 1,000 to
1,000,000 images, MNIST's and distorted copies of them, on one core and on two.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from machine import load_printed

sys.path.insert(0, str(Path(__file__).parent.parent))

SIZES = (1_000, 10_000, 60_000, 1_000_000)
FOLDS, EPOCHS = 2, 5  # of each training in --growth
SHORT = 5.0  # seconds: what takes less is repeated, and its shortest time counts


def original(dataset, epochs):
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.model_selection import cross_val_score
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs are set, not waited for
    network = MLPClassifier(
        (128,),
        max_iter=epochs,
        batch_size=200,
        learning_rate_init=0.0005,
        n_iter_no_change=epochs,
        random_state=0,
    )
    pipeline = make_pipeline(StandardScaler(), network)
    pixels = dataset.images.reshape(-1, 784) / 255.0
    scores = cross_val_score(pipeline, pixels, dataset.labels, cv=5)
    pipeline.fit(pixels, dataset.labels)
    test = pipeline.score(dataset.test_images.reshape(-1, 784) / 255.0, dataset.test_labels)
    return {"cv": float(np.mean(scores)), "test": float(test)}


def ours(dataset, epochs):
    from mnistcore import train
    from mnistcore.training.recipes import CLASSIC

    _, report = train(replace(CLASSIC, epochs=epochs), dataset)
    return {"cv": report.cv_mean, "test": report.evaluation.accuracy}


def floor(dataset, epochs):
    import joblib
    from threadpoolctl import threadpool_limits

    from mnistcore.training.folds import rows_of
    from mnistcore.training.recipes import CLASSIC

    def products(rows):
        rng = np.random.default_rng(0)
        n, inputs, units, outputs = CLASSIC.batch_size, 784, 128, 10
        x, w1, w2, hidden, scores = (
            rng.random(shape, np.float32)
            for shape in ((n, inputs), (inputs, units), (units, outputs), (n, units), (n, outputs))
        )
        w1_gradient, w2_gradient = np.empty_like(w1), np.empty_like(w2)
        for _ in range(epochs * -(-rows // n)):
            np.matmul(x, w1, out=hidden)
            np.matmul(hidden, w2, out=scores)
            np.matmul(hidden.T, scores, out=w2_gradient)
            np.matmul(scores, w2.T, out=hidden)
            np.matmul(x.T, hidden, out=w1_gradient)
            hidden *= 0  # or it would grow without end

    rows = [len(rows_of(CLASSIC, dataset, 0, fold)[0]) for fold in (1, 2, 3, 4, 5, None)]
    with threadpool_limits(1):
        started = time.perf_counter()
        joblib.Parallel(joblib.cpu_count(), prefer="threads")(joblib.delayed(products)(count) for count in rows)
        return {"seconds": time.perf_counter() - started}


def growth(images, labels, cores):
    """Seconds of a training of this size, and for each image and epoch, on the wall and of all cores."""
    from mnistcore.data.datasets import Dataset
    from mnistcore.training.epoch_data import epoch_data
    from mnistcore.training.folds import rows_of, train_networks
    from mnistcore.training.recipes import CLASSIC

    recipe = replace(CLASSIC, folds=FOLDS, epochs=EPOCHS)
    dataset = Dataset(images, labels, images[:0], labels[:0], "distorted copies of MNIST", "")
    shown = EPOCHS * sum(len(rows_of(recipe, dataset, 0, fold)[0]) for fold in (*range(1, FOLDS + 1), None))
    turns, begun = [], time.perf_counter()
    while not turns or time.perf_counter() - begun < SHORT:
        started = time.perf_counter(), time.process_time()
        train_networks(recipe, dataset, epoch_data, 0, lambda *_: None, n_jobs=cores)
        turns.append((time.perf_counter() - started[0], time.process_time() - started[1]))
    wall, cpu = np.min(turns, axis=0)
    return {"seconds": wall, "each": wall / shown, "each_cpu": cpu / shown}


def measure_here(options):
    """One measurement, in this process, printed as JSON."""
    if options.way == "growth":
        paths = (options.data / f"{name}.npy" for name in ("images", "labels"))
        images, labels = (np.array(np.load(path, mmap_mode="r")[: options.size]) for path in paths)
        cpu = time.process_time()
        figures = growth(images, labels, options.cores)
    else:
        from mnistcore.data import datasets

        dataset = datasets.load(file=options.data, log=lambda _: None)
        started, cpu = time.perf_counter(), time.process_time()
        figures = {"original": original, "ours": ours, "floor": floor}[options.way](dataset, options.epochs)
        figures = {"seconds": time.perf_counter() - started} | figures
    figures["cpu"] = time.process_time() - cpu
    figures["peak"] = peak()
    print(json.dumps(figures))


def peak():
    """The most memory that this process has held, in GB. `ru_maxrss` would count the process that started it, too."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1e6


def measure(way, *words):
    """One measurement in a process of its own."""
    command = [sys.executable, __file__, "--way", way, *map(str, words)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def compare(options):
    figures = {}
    for way in ("original", "ours", "floor"):
        figures[way] = measure(way, "--data", options.data, "--epochs", options.epochs)
        line = "{0:9s} {seconds:6.1f} s   cpu {cpu:6.1f} s   peak {peak:.2f} GB".format(way, **figures[way])
        print(line + ("   CV {cv:.2%}   test {test:.2%}".format(**figures[way]) if way != "floor" else ""), flush=True)
    first, second, third = figures.values()
    for clock in ("seconds", "cpu"):
        faster, slower = first[clock] / second[clock], second[clock] / third[clock]
        print(f"{clock:9s} ours {faster:.1f} times as fast as the original; {slower:.1f} times the floor")
    print(f"memory    ours {second['peak'] / first['peak']:.2f} of the original's")


def grow(options):
    from mnistcore.data import augmentation, datasets

    mnist = datasets.load(file=options.data, log=lambda _: None)
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory)
        images = np.lib.format.open_memmap(path / "images.npy", "w+", np.uint8, (max(SIZES), 28, 28))
        for start in range(0, len(images), len(mnist.images)):
            few = mnist.images[: len(images) - start]
            images[start : start + len(few)] = augmentation.distort(few, rng) if start else few
        np.save(path / "labels.npy", np.resize(mnist.labels, len(images)))
        del images
        for cores in (1, 2):
            for size in SIZES:
                figures = measure("growth", "--data", path, "--size", size, "--cores", cores)
                print(
                    f"{cores} {'core ' if cores == 1 else 'cores'} {size:9,} images   {figures['seconds']:6.1f} s   "
                    f"{1e6 * figures['each']:5.2f} us an image and epoch   cpu {1e6 * figures['each_cpu']:5.2f} us   "
                    f"peak {figures['peak']:.2f} GB",
                    flush=True,
                )


def main():
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--data", type=Path, required=True, help="MNIST on this disk")
    cli.add_argument("--epochs", type=int, default=20, help="fewer for a quick look (default: 20)")
    cli.add_argument("--growth", action="store_true", help="1,000 to 1,000,000 images, instead of the comparison")
    cli.add_argument("--way", choices=["original", "ours", "floor", "growth"], help=argparse.SUPPRESS)
    cli.add_argument("--size", type=int, help=argparse.SUPPRESS)
    cli.add_argument("--cores", type=int, help=argparse.SUPPRESS)
    options = cli.parse_args()
    if options.way:
        return measure_here(options)
    with load_printed():
        return grow(options) if options.growth else compare(options)


if __name__ == "__main__":
    main()
