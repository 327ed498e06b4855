#!/usr/bin/env python3
"""How long `classic` takes to train, against the plain way of the scikit-learn tutorials.

    .venv/bin/python benchmarks/training.py --data mnist.npz

The plain way: a pipeline of StandardScaler and MLPClassifier in float64, `cross_val_score` with 5 folds one after
another, then a fit on all rows. Ours: the same folds, network, epochs and batch size through `mnistcore.train`. Each
runs in a process of its own, so that the peak of its memory is its own; the figures of one run are to be compared with
each other and with nothing else.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))


def plain(dataset):
    import warnings

    import numpy as np
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.model_selection import cross_val_score
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from mnistcore.training.recipes import CLASSIC

    warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs are set, not waited for
    pipeline = make_pipeline(
        StandardScaler(),
        MLPClassifier(
            CLASSIC.hidden_layers,
            max_iter=CLASSIC.epochs,
            batch_size=CLASSIC.batch_size,
            learning_rate_init=CLASSIC.learning_rate,
            n_iter_no_change=CLASSIC.epochs,
            random_state=0,
        ),
    )
    pixels = dataset.images.reshape(-1, 784) / 255.0
    scores = cross_val_score(pipeline, pixels, dataset.labels, cv=CLASSIC.folds)
    pipeline.fit(pixels, dataset.labels)
    test = pipeline.score(dataset.test_images.reshape(-1, 784) / 255.0, dataset.test_labels)
    return float(np.mean(scores)), float(test)


def ours(dataset):
    from mnistcore import train
    from mnistcore.training.recipes import CLASSIC

    _, report = train(CLASSIC, dataset)
    return report.cv_mean, report.test_accuracy


def measure_here(way, data):
    import resource
    import time

    from mnistcore.data import datasets

    dataset = datasets.load(file=data, log=lambda _: None)
    started = time.perf_counter()
    cv, test = {"plain": plain, "ours": ours}[way](dataset)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # Linux counts in kilobytes
    print(json.dumps({"seconds": seconds, "peak": peak, "cv": cv, "test": test}))


def main():
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--data", type=Path, required=True, help="MNIST on this disk")
    cli.add_argument("--way", choices=["plain", "ours"], help="measure this one alone, and print JSON")
    options = cli.parse_args()
    if options.way:
        return measure_here(options.way, options.data)
    figures = {}
    for way in ("plain", "ours"):
        command = [sys.executable, __file__, "--data", options.data, "--way", way]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        figures[way] = json.loads(out)
        print(
            "{0:6s} {seconds:6.1f} s   peak {peak:.2f} GB   CV {cv:.2%}   test {test:.2%}".format(way, **figures[way])
        )
    print(f"ours takes {figures['ours']['seconds'] / figures['plain']['seconds']:.2f} times the plain way")
    return None


if __name__ == "__main__":
    main()
