#!/usr/bin/env python3
"""How fast `mnistcore predict --bulk` labels prepared images, against bare matrix products; and in how much memory.

    .venv/bin/python benchmarks/bulk.py              # speed
    .venv/bin/python benchmarks/bulk.py --memory     # peak memory of the command at 100,000 to 2,000,000 images

labels    from a .npy file of MNIST's test digits, prepared, to the finished CSV file, on all cores
floor     nothing but the products of matrices of the network, in float32, on batches as large and as many cores, one
          thread each, on arrays that stay in the processor's cache

Both take turns, over and over. By the clock on the wall the fastest turn of each counts; `cpu` is the ratio by the time
of all cores, the median of the turns, and the one to look at on a busy machine. The share of the features is that of
computing stroke directions in the processor time of the labels.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import joblib
import numpy as np
from machine import load_printed
from threadpoolctl import threadpool_limits

from mnistcore import load_model
from mnistcore.bulk import label as bulk
from mnistcore.data.datasets import shipped_test_digits
from mnistcore.digit.features import INPUTS, network_input
from mnistcore.digit.images import is_prepared
from mnistcore.digit.reading import CHUNK

SIZES = (100_000, 300_000, 1_000_000, 2_000_000)
IMAGES = {"classic": 400_000, "robust": 40_000}  # a turn: half a second to two
ROUNDS = 15

# The command, and what Linux says of the peak of its memory, in kilobytes; `ru_maxrss` would count this process too.
COMMAND = """
import re, sys
from mnistcore.__main__ import main
failed = main(sys.argv[1:])
print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
sys.exit(failed)
"""


def write_images(path, count):
    """A .npy file of so many prepared digits."""
    digits = shipped_test_digits()[0]
    digits = digits[is_prepared(digits)]
    images = np.lib.format.open_memmap(path, "w+", np.uint8, (count, 28, 28))
    for start in range(0, count, len(digits)):
        images[start : start + len(digits)] = digits[: count - start]


def labels(path, model):
    """Label the file, all of it."""
    bulk.label(bulk.open_source(path), path.with_suffix(".csv"), model)


def floor(model, count):
    """The products alone, for so many images."""
    sizes = [INPUTS[model.input], *(len(bias) for bias in model.biases)]
    cores = joblib.cpu_count()

    def products():
        layers = [np.ones((CHUNK, size), np.float32) for size in sizes]
        for _ in range(count // CHUNK // cores):
            for x, weight, out in zip(layers, model.weights, layers[1:], strict=False):
                np.matmul(x, weight, out=out)

    with threadpool_limits(1, "blas"):
        joblib.Parallel(cores, prefer="threads")(joblib.delayed(products)() for _ in range(cores))


def features(model, images):
    """What the network is given, computed for every image."""
    for start in range(0, len(images), CHUNK):
        network_input(images[start : start + CHUNK], model.input)


def seconds(way, *given):
    """On the wall, and of all cores."""
    wall, cpu = time.perf_counter(), time.process_time()
    way(*given)
    return time.perf_counter() - wall, time.process_time() - cpu


def compare(directory):
    for name, count in IMAGES.items():
        model, path = load_model(name), directory / f"{name}.npy"
        write_images(path, count)
        images = np.load(path)
        seconds(labels, path, model), seconds(floor, model, count)  # once, to warm up
        turns = np.array([(seconds(labels, path, model), seconds(floor, model, count)) for _ in range(ROUNDS)])
        ours, least = turns[:, :, 0].min(axis=0)  # on the wall
        cpu = turns[:, :, 1]
        ratios = np.sort(cpu[:, 1] / cpu[:, 0])
        print(
            f"{name:8s} {count / ours:9,.0f} images a second   floor {count / least:9,.0f}   "
            f"of the floor's rate {least / ours:.2f}   "
            f"cpu {np.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f} in {ROUNDS} rounds)",
            flush=True,
        )
        if model.input != "pixels":
            share = np.median([seconds(features, model, images)[1] for _ in range(3)]) / np.median(cpu[:, 0])
            print(f"{'':8s} share of the features {share:.0%}", flush=True)


def memory(directory):
    for size in SIZES:
        path = directory / "images.npy"
        write_images(path, size)
        words = ["predict", "--bulk", path, "--out", directory / "labels.csv", "--model", "classic"]
        done = subprocess.run([sys.executable, "-c", COMMAND, *words], capture_output=True, text=True, check=True)
        print(f"{size:9,} images   peak {int(done.stdout.split()[-1]) / 1000:.0f} MB", flush=True)


def main():
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--memory", action="store_true", help="peak memory at several sizes, instead of the speed")
    options = cli.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        (memory if options.memory else compare)(Path(directory))


if __name__ == "__main__":
    with load_printed():
        main()
