"""Does the API stay correct while clients misbehave, workers are killed and the model file is replaced?

    python benchmarks/soak.py --minutes 10

64 connections send good, bad, huge and slow requests, others stop halfway; every 30 s a worker is killed; halfway the
model file is replaced. At the end every answer to a well-formed request should be the old or the new model's,
memory unchanged, and /metrics equal to what the clients counted, except for the requests in progress at the kills.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
from mnistcore import Model, load_model  # noqa: E402
from mnistcore.data.datasets import shipped_test_digits  # noqa: E402

PORT = 8801
CLIENTS = 56  # ask and wait for their answers
STALLERS = 8  # keep connections that stop halfway through a header or a body
JSON = {"Content-Type": "application/json"}
RAW = {"Content-Type": "application/octet-stream"}


def turned(model: Model) -> Model:
    """A model that answers the next digit instead: 1 for 0, 0 for 9."""
    weights, biases = [*model.weights], [*model.biases]
    weights[-1], biases[-1] = np.roll(weights[-1], 1, axis=1).copy(), np.roll(biases[-1], 1).copy()
    return Model(tuple(weights), tuple(biases), {"name": "turned"})


class Tally:
    """What all clients received."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.statuses: Counter = Counter()
        self.wrong: list[str] = []
        self.broken: Counter = Counter()  # connections that ended without an answer, by the status that was due
        self.names: Counter = Counter()


class Client(threading.Thread):
    """Sends one request after another, over a kept-alive connection, until it is told to stop."""

    def __init__(self, seed: int, tally: Tally, stop: threading.Event, old: list[int], digits: np.ndarray) -> None:
        super().__init__(daemon=True)
        self.random, self.tally, self.stopping, self.old, self.digits = random.Random(seed), tally, stop, old, digits
        self.connection = None

    def run(self) -> None:
        while not self.stopping.is_set():
            headers, body, expected, statuses = self.next_request()
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # a huge body is refused halfway
                    self.connection.request("POST", "/predict", body, headers)
                answer = self.connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException):
                with self.tally.lock:
                    self.tally.broken[statuses[0]] += 1
                self.connection.close()
                self.connection = None
                time.sleep(0.05)
                continue
            self.check(answer.status, content, expected, statuses)
            time.sleep(self.random.random() * 0.05)

    def next_request(self) -> tuple[dict, bytes, list[int] | None, tuple[int, ...]]:
        """Headers, body, the digits of the old model if it is well-formed, and the statuses allowed."""
        kind = self.random.random()
        first = self.random.randrange(len(self.digits) - 20)
        if kind < 0.7:
            body = json.dumps({"data": self.digits[first].ravel().tolist()}).encode()
            return JSON, body, self.old[first : first + 1], (200,)
        if kind < 0.85:
            return RAW, self.digits[first : first + 20].tobytes(), self.old[first : first + 20], (200,)
        if kind < 0.98:
            bad = self.random.choice([b"", b"{}", b'{"data": [NaN]}', b"\xff", b'{"data": ' + b"[" * 9999])
            return JSON, bad, None, (400,)
        return RAW, bytes(17 * 1024 * 1024), None, (413,)

    def check(self, status: int, content: bytes, expected: list[int] | None, statuses: tuple[int, ...]) -> None:
        with self.tally.lock:
            self.tally.statuses[status] += 1
            if status not in statuses:
                self.tally.wrong.append(f"{status} {content[:200]!r}")
            elif expected is not None:
                answer = json.loads(content)
                digits = answer.get("predictions") or [answer["prediction"]]
                new = [(digit + 1) % 10 for digit in expected]
                if digits not in (expected, new):
                    self.tally.wrong.append(f"read {digits}, not {expected} or {new}")
                self.tally.names["old" if digits == expected else "new"] += 1


def stall(stop: threading.Event, number: int) -> None:
    """Hold a connection that stops halfway; open another when it is closed."""
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    while not stop.is_set():
        try:
            with socket.create_connection(("127.0.0.1", PORT), timeout=5) as connection:
                connection.sendall(b"POST /predict HTTP/1.1\r\nHo" if number % 2 else head + b'{"data": [')
                for _ in range(100):  # one byte now and then
                    if stop.wait(0.2):
                        return
                    connection.sendall(b" ")
        except OSError:
            stop.wait(0.2)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def memory(pid: int) -> float:
    """Proportional set size of all workers, MB."""
    total = 0
    for child in children(pid):
        total += int(re.search(r"Pss:\s+(\d+)", Path(f"/proc/{child}/smaps_rollup").read_text())[1])
    return total / 1024


def counted() -> Counter:
    """Answers of /predict by status, as /metrics has them."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    rows = re.findall(r'^mnistcore_requests_total\{route="/predict",status="(\d+)"\} ([\d.]+)$', text, re.MULTILINE)
    return Counter({int(status): int(float(value)) for status, value in rows})


def main() -> int:
    """Run it, and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    minutes = parser.parse_args().minutes
    digits = shipped_test_digits()[0][:2000]
    model = load_model("classic")
    old = model.predict(digits).tolist()
    tally, stop = Tally(), threading.Event()
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "model.npz"
        model.save(file)
        log = (Path(directory) / "log").open("w")
        environment = {**os.environ, "MNISTCORE_MODEL": str(file)}
        command = [sys.executable, "api.py", "--port", str(PORT)]
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            time.sleep(3)
            threads = [Client(seed, tally, stop, old, digits) for seed in range(CLIENTS)]
            threads += [threading.Thread(target=stall, args=(stop, n), daemon=True) for n in range(STALLERS)]
            for thread in threads:
                thread.start()
            begin, kills, replaced, memories = time.monotonic(), 0, False, []
            while (elapsed := time.monotonic() - begin) < 60 * minutes:
                time.sleep(5)
                memories.append(memory(server.pid))
                print(
                    f"{elapsed:5.0f} s, {memories[-1]:4.0f} MB, {dict(tally.statuses)}, broken {dict(tally.broken)}",
                    flush=True,
                )
                if elapsed > 30 * (kills + 1):
                    os.kill(random.choice(children(server.pid)), signal.SIGKILL)
                    kills += 1
                if elapsed > 30 * minutes and not replaced:
                    turned(model).save(file)
                    replaced = True
            stop.set()
            for thread in threads:
                thread.join(40)
            time.sleep(1)
            metrics = counted()
        finally:
            server.terminate()
            ended = server.wait(40)
            log.close()
    difference = {status: metrics[status] - tally.statuses[status] for status in sorted(metrics | tally.statuses)}
    print(f"answers {dict(tally.statuses)}, by model {dict(tally.names)}, kills {kills}, ended with status {ended}")
    print(f"connections without an answer, by the status that was due: {dict(tally.broken)}")
    print(f"wrong answers: {len(tally.wrong)} {tally.wrong[:5]}")
    print(f"memory: first {memories[1]:.0f} MB, last {memories[-1]:.0f} MB, most {max(memories):.0f} MB")
    print(f"/metrics counted more than the clients saw: {difference}")
    return bool(tally.wrong)


if __name__ == "__main__":
    sys.exit(main())
