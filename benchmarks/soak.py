"""Does the API stay correct and quick for ordinary clients while others attack it and its workers are killed?

    python benchmarks/soak.py --minutes 10

Ordinary clients send 200 requests a second, hostile ones 20 (those of attacks.py), at set rates; 100 connections hold
bodies that never end, and now and then 300 more come at once. Every 30 s a worker is killed; halfway the model file is
replaced. Before all that the ordinary clients are alone for a minute. At the end every answer to an ordinary request
should be the old or the new model's, their median at most twice that of the first minute, and memory unchanged.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
from attacks import ATTACKS, RAW, Halfway, children
from machine import load_printed
from open_loop import Answer, request, send
from PIL import Image

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
from mnistcore import Model, load_model, prepare  # noqa: E402
from mnistcore.data.datasets import shipped_test_digits  # noqa: E402
from mnistcore.models.files import write_model  # noqa: E402

PORT = 8801
ADDRESS = ("127.0.0.1", PORT)
ORDINARY, HOSTILE = 200, 20  # requests a second
KILL_EVERY, FLOOD_EVERY = 30, 20  # seconds


def turned(model: Model) -> Model:
    """A model that answers the next digit instead: 1 for 0, 0 for 9."""
    weights, biases = [*model.weights], [*model.biases]
    weights[-1], biases[-1] = np.roll(weights[-1], 1, axis=1).copy(), np.roll(biases[-1], 1).copy()
    return Model(tuple(weights), tuple(biases), {"name": "turned"})


def ordinary_requests(model: Model) -> Iterator[tuple[bytes, list[int]]]:
    """Single digits as JSON, pictures, and small raw batches; each with the digits that the model reads."""
    digits, chance = shipped_test_digits()[0][:1000], random.Random(0)
    read = model.predict(digits).tolist()
    as_json = [request("/predict", json.dumps({"data": digit.ravel().tolist()}).encode()) for digit in digits]
    pictures = []
    for digit in digits[:100]:
        file, enlarged = BytesIO(), np.kron(digit, np.ones((10, 10), np.uint8))
        Image.fromarray(enlarged).save(file, "PNG")
        expected = int(model.predict(prepare(enlarged)[np.newaxis])[0])
        pictures.append((request("/predict", file.getvalue(), "image/png"), [expected]))
    while True:
        kind, first = chance.random(), chance.randrange(900)
        if kind < 0.8:
            yield as_json[first], read[first : first + 1]
        elif kind < 0.9:
            yield chance.choice(pictures)
        else:
            yield request("/predict", digits[first : first + 20].tobytes(), RAW), read[first : first + 20]


def hostile_requests() -> Iterator[tuple[bytes, str]]:
    """The attacks, in a random order."""
    chance, made = random.Random(0), {name: make() for name, make in ATTACKS.items()}
    while True:
        yield from ((content, name) for name, content in chance.sample([*made.items()], len(made)))


class Sender(threading.Thread):
    """Sends requests at a set rate, and keeps the answers."""

    def __init__(self, requests: Iterator, rate: float, seconds: float) -> None:
        super().__init__(daemon=True)
        self.arguments = (ADDRESS, requests, rate, seconds)
        self.answers: list[Answer] = []

    def run(self) -> None:
        self.answers = send(*self.arguments)


def judge(answers: list[Answer]) -> tuple[Counter, list[str]]:
    """How many answers are the old model's, the new one's, refusals and lost; and the wrong ones."""
    counts: Counter = Counter()
    wrong = []
    for answer in answers:
        if answer.status != 200:
            counts[{0: "lost", 503: "refused"}.get(answer.status, f"status {answer.status}")] += 1
            continue
        said = json.loads(answer.content)
        digits = said["predictions"] if "predictions" in said else [said["prediction"]]
        if digits == answer.kind:
            counts["old model"] += 1
        elif digits == [(digit + 1) % 10 for digit in answer.kind]:
            counts["new model"] += 1
        else:
            wrong.append(f"{digits}, not {answer.kind}")
    return counts, wrong


def latencies(answers: list[Answer]) -> tuple[float, float]:
    """Median and 99th percentile of the latencies of good answers, ms."""
    found = sorted(answer.latency for answer in answers if answer.status == 200)
    return 1000 * found[len(found) // 2], 1000 * found[len(found) * 99 // 100]


def memory(pid: int) -> float:
    """Proportional set size of all workers, MB."""
    total = 0
    for child in children(pid):
        rollup = Path(f"/proc/{child}/smaps_rollup").read_text()
        total += int(re.search(r"Pss:\s+(\d+)", rollup)[1])
    return total / 1024


def trouble(server: subprocess.Popen, seconds: float, replace_model: Callable) -> tuple[list[float], int]:
    """Kill workers, replace the model and flood the server; the memory in between, MB, and how many were killed."""
    start, memories, kills, floods, replaced = time.monotonic(), [], 0, 0, False
    while (elapsed := time.monotonic() - start) < seconds:
        time.sleep(1)
        try:
            memories.append(memory(server.pid))
        except OSError:  # a worker has just been killed
            continue
        if elapsed > FLOOD_EVERY * (floods + 1):
            Halfway(ADDRESS, 300).close()
            floods += 1
        if elapsed > KILL_EVERY * (kills + 1):
            os.kill(random.choice(children(server.pid)), signal.SIGKILL)
            kills += 1
        if elapsed > seconds / 2 and not replaced:
            replace_model()
            replaced = True
    return memories, kills


def main() -> int:
    """Run it, and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    seconds = 60 * parser.parse_args().minutes
    model = load_model("classic")
    hostile = hostile_requests()
    next(hostile)  # makes them all
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "model.npz"
        write_model(model, file)
        environment = {**os.environ, "MNISTCORE_MODEL": str(file)}
        command = [sys.executable, "api.py", "--port", str(PORT)]
        with (Path(directory) / "log").open("w") as log:
            server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            time.sleep(3)
            alone = Sender(ordinary_requests(model), ORDINARY, min(60, seconds))
            alone.start()
            alone.join()
            senders = [Sender(ordinary_requests(model), ORDINARY, seconds), Sender(hostile, HOSTILE, seconds)]
            halfway = Halfway(ADDRESS, 100)
            for sender in senders:
                sender.start()
            memories, kills = trouble(server, seconds, lambda: write_model(turned(model), file))
            for sender in senders:
                sender.join()
            halfway.close()
        finally:
            server.terminate()
            ended = server.wait(40)
    ordinary, attacks = (sender.answers for sender in senders)
    counts, wrong = judge(ordinary)
    before, during = latencies(alone.answers), latencies(ordinary)
    tenth = len(memories) // 10
    print(f"ordinary requests alone: median {before[0]:.1f} ms, 99th percentile {before[1]:.1f} ms")
    print(f"the same beside hostile ones: median {during[0]:.1f} ms, 99th percentile {during[1]:.1f} ms")
    print(f"median {during[0] / before[0]:.2f} times as long")
    print(f"their answers: {dict(counts)}; wrong: {len(wrong)} {wrong[:5]}")
    print(f"answers to hostile requests, by status: {dict(Counter(answer.status for answer in attacks))}")
    print(f"workers killed: {kills}; the server ended with status {ended}")
    print(
        f"memory of all workers, median: {np.median(memories[:tenth]):.0f} MB in the first tenth, "
        f"{np.median(memories[tenth : 2 * tenth]):.0f} in the second, "
        f"{np.median(memories[-tenth:]):.0f} in the last; most {max(memories):.0f} MB"
    )
    return bool(wrong)


if __name__ == "__main__":
    with load_printed():
        sys.exit(main())
