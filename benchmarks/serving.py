"""How fast is the API, compared with a hello-world on the same server and with other servers of the same model?

    python benchmarks/serving.py                          # ours and the hello-world
    python benchmarks/serving.py --peers /tmp/peers       # and the others, each from a virtual environment of its own

Every server has two workers; wrk sends it requests over 8 kept-alive connections. The servers take turns, several
rounds, so that other load on the machine affects all of them alike: compare the ratios, not the rates. The others are
stopped meanwhile (SIGSTOP), since some are busy even without requests. The processor time a request depends least on
other load. The peers' environments are DIRECTORY/NAME, each with benchmarks/peers/requirements-NAME.txt installed;
those that are not there are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import numpy as np
from machine import load_printed
from PIL import Image

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
from mnistcore.data.datasets import shipped_test_digits  # noqa: E402

DIGITS = shipped_test_digits()[0][:1000]
JSON, RAW = "application/json", "application/octet-stream"
GRANIAN = "--interface wsgi --http 1 --workers 2 --blocking-threads 64 --host 127.0.0.1"

# name: port and command; {bin} is in the peer's own environment
SERVERS = {
    "ours": (8701, f"{sys.executable} api.py --port 8701"),
    "hello": (
        8702,
        f"{sys.executable} -m granian {GRANIAN} --port 8702 --factory benchmarks.peers.flask_hello:create_app",
    ),
    "sklearn": (8703, "{bin}/gunicorn -w 2 -b 127.0.0.1:8703 --keep-alive 60 benchmarks.peers.flask_sklearn:app"),
    "fastapi": (8704, "{bin}/uvicorn --workers 2 --port 8704 --log-level warning benchmarks.peers.fastapi_app:app"),
    "mlserver": (8705, "{bin}/mlserver start benchmarks/peers/mlserver"),
    "litserve": (8708, "{bin}/python benchmarks/peers/litserve_app.py 8708"),
    "bentoml": (8709, "{bin}/bentoml serve benchmarks.peers.bentoml_app:Digits --port 8709"),
}


@dataclass
class Load:
    """One kind of request to one server; `images` in each."""

    name: str
    server: str
    path: str = "/predict"
    body: bytes = b""
    media: str = JSON
    images: int = 1


def loads(peers: Path | None) -> list[Load]:
    """All that is measured, the hello-world first."""

    def as_json(count: int) -> bytes:
        rows = DIGITS[:count].reshape(count, 784).tolist()
        return json.dumps({"data": rows[0] if count == 1 else rows}).encode()

    file = BytesIO()
    Image.fromarray(np.kron(DIGITS[0], np.ones((10, 10), np.uint8))).save(file, "PNG")
    found = [
        Load("hello-world", "hello", "/hello"),
        Load("one image", "ours", body=as_json(1)),
        Load("PNG, 280x280", "ours", body=file.getvalue(), media="image/png"),
        Load("batch of 100", "ours", body=as_json(100), images=100),
        Load("batch of 1,000", "ours", body=as_json(1000), images=1000),
        Load("raw batch of 1,000", "ours", body=DIGITS.tobytes(), media=RAW, images=1000),
    ]
    if peers is not None:
        inference = {"name": "image", "shape": [1, 784], "datatype": "UINT8", "data": DIGITS[0].ravel().tolist()}
        others = [
            Load("scikit-learn in Flask, gunicorn", "sklearn", body=as_json(1)),
            Load("FastAPI, uvicorn", "fastapi", body=as_json(1)),
            Load("LitServe", "litserve", body=as_json(1)),
            Load("BentoML", "bentoml", body=as_json(1)),
            Load("MLServer", "mlserver", "/v2/models/digits/infer", json.dumps({"inputs": [inference]}).encode()),
        ]
        found += [load for load in others if (peers / load.server / "bin").is_dir()]
        if missing := [load.server for load in others if load not in found]:
            print(f"not installed in {peers}: {', '.join(missing)}")
    return found


def start(name: str, peers: Path | None, log: Path) -> subprocess.Popen:
    """Start one server in a process group of its own."""
    command = SERVERS[name][1].format(bin=peers / name / "bin" if peers else "")
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "MNISTCORE_MODEL": os.environ.get("MNISTCORE_MODEL", "classic"),
    }
    environment |= {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "MKL", "OMP")}
    if peers and (peers / name).exists():
        environment["PATH"] = f"{peers / name / 'bin'}:{environment['PATH']}"
    with (log / name).open("w") as output:
        return subprocess.Popen(
            command.split(), cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )


def processes(server: subprocess.Popen) -> dict[int, list[str]]:
    """A server's living processes, those of its session: id -> the fields of /proc/ID/stat from the state on."""
    found = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = file.read_text().rpartition(")")[2].split()
            if int(fields[3]) == server.pid:
                found[int(file.parent.name)] = fields
    return found


def send(server: subprocess.Popen, request: signal.Signals) -> None:
    """Send a signal to all processes of a server; ours has a process group for each worker."""
    for process in processes(server):
        with suppress(ProcessLookupError):
            os.kill(process, request)


def stop(server: subprocess.Popen) -> None:
    """End a server and all that it started; some of them ignore SIGTERM."""
    for request in (signal.SIGTERM, signal.SIGKILL):
        send(server, signal.SIGCONT)
        send(server, request)
        with suppress(subprocess.TimeoutExpired):
            server.wait(10)


def processor_seconds(server: subprocess.Popen) -> float:
    """Processor time of a server's living processes so far."""
    ticks = sum(int(fields[11]) + int(fields[12]) for fields in processes(server).values())
    return ticks / os.sysconf("SC_CLK_TCK")


def ask(load: Load) -> str:
    """The answer to one request."""
    headers = {"Content-Type": load.media}
    with urlopen(Request(url(load), load.body or None, headers), timeout=10) as answer:
        return answer.read().decode()


def url(load: Load) -> str:
    return f"http://127.0.0.1:{SERVERS[load.server][0]}{load.path}"


def ready(load: Load, seconds: float = 60) -> bool:
    """Wait for a server, and check that it reads the seven."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            return not load.body or "7" in ask(load)
        except (URLError, OSError):
            time.sleep(0.2)
    return False


def rate(load: Load, seconds: int, scripts: Path) -> tuple[float, int]:
    """Requests a second and how many there were, by wrk."""
    command = ["wrk", "-t1", "-c8", f"-d{seconds}s", "--timeout", "10s"]
    if load.body:
        body, script = scripts / "body", scripts / "post.lua"
        body.write_bytes(load.body)
        script.write_text(
            f'local file = io.open("{body}", "rb")\nwrk.body = file:read("*a")\nfile:close()\n'
            f'wrk.method = "POST"\nwrk.headers["Content-Type"] = "{load.media}"\n'
        )
        command += ["-s", str(script)]
    printed = subprocess.run([*command, url(load)], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in printed:
        raise SystemExit(f"{load.name}: some answers were errors.\n{printed}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", printed)[1]), int(re.search(r"(\d+) requests in", printed)[1])


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, help="directory of the others' virtual environments")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement")
    options = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("This needs wrk: apt-get install wrk.")

    todo = loads(options.peers)
    print(f"{options.rounds} rounds")
    running: dict[str, subprocess.Popen] = {}
    rates: dict[str, list[float]] = {load.name: [] for load in todo}
    costs: dict[str, list[float]] = {load.name: [] for load in todo}
    with tempfile.TemporaryDirectory() as directory:
        scripts = Path(directory)
        try:
            for load in list(todo):
                if load.server not in running:
                    running[load.server] = start(load.server, options.peers, scripts)
                if not ready(load):
                    print(f"{load.name} does not answer correctly: {(scripts / load.server).read_text()[-500:]}")
                    todo.remove(load)
            for server in running.values():
                send(server, signal.SIGSTOP)
            for _ in range(options.rounds):
                for load in todo:
                    send(running[load.server], signal.SIGCONT)
                    time.sleep(0.5)  # it may still be answering what it was sent before it was stopped
                    before = processor_seconds(running[load.server])
                    per_second, count = rate(load, options.seconds, scripts)
                    rates[load.name].append(per_second)
                    costs[load.name].append((processor_seconds(running[load.server]) - before) / max(count, 1))
                    send(running[load.server], signal.SIGSTOP)
        finally:
            for server in running.values():
                stop(server)

    print()
    hello = rates["hello-world"]
    print("| | requests/s | images/s | to hello-world | in the rounds | processor, ms a request |")
    print("|---|---:|---:|---:|---:|---:|")
    for load in todo:
        measured = rates[load.name]
        ratios = sorted(a / b for a, b in zip(measured, hello, strict=True))
        middle = statistics.median(measured)
        images = f"{middle * load.images:,.0f}" if load.body else ""
        ratio, spread = f"{statistics.median(ratios):.3f}", f"{ratios[0]:.3f}-{ratios[-1]:.3f}"
        cost = f"{1000 * statistics.median(costs[load.name]):.3f}"
        print(f"| {load.name} | {middle:,.0f} | {images} | {ratio} | {spread} | {cost} |")


if __name__ == "__main__":
    with load_printed():
        main()
