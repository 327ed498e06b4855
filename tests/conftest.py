"""What the test modules share: a home of the test's own, a small data set and recipe, running servers, a browser."""

from __future__ import annotations

import http.client
import math
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when NumPy is imported: networks as small as the tests' gain by it

import numpy as np
import postgresql
import pytest
from strokes import DIGITS, NO_DIGITS

from mnistcore.confirmed import Feedback
from mnistcore.data import datasets, hands
from mnistcore.data.hands import Character, Hands
from mnistcore.evaluation.figures import training_charts
from mnistcore.models import catalogue
from mnistcore.models.answering import load_model
from mnistcore.training.recipes import CLASSIC
from serving import contract

ROOT = Path(__file__).parent.parent
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

TINY = replace(CLASSIC, hidden_layers=(8,), epochs=2, folds=2, batch_size=200)  # several batches of few digits
ENDLESS = replace(TINY, epochs=1000, folds=0)  # to be stopped


def pytest_configure() -> None:
    """Keep the settings of the person who runs the tests away from them."""
    for name in [name for name in os.environ if name.startswith(("MNISTCORE_", "PROMETHEUS_"))]:
        del os.environ[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that several processes end at the same time."""
    kinds = ("browser", "server", "slow")
    items.sort(key=lambda item: [item.get_closest_marker(kind) is None for kind in kinds])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in the last lines what was left out."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        reasons = sorted({report.longrepr[2].removeprefix("Skipped: ") for report in skipped})
        terminalreporter.write_line(f"Left out: {len(skipped)} tests. {' '.join(reasons)}", yellow=True)


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """Chromium; without one the test is left out, but for CI, where it fails."""
    if CHROMIUM is None:
        absent = "There is no Chromium on this machine, so the tests that drive the app in a browser cannot run."
        if os.environ.get("CI"):
            pytest.fail(absent)
        pytest.skip(absent)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[postgresql.PostgreSQL]:
    """A running PostgreSQL; without one installed the test is left out, but for CI, where it fails."""
    programs = postgresql.programs()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail(postgresql.ABSENT)
        pytest.skip(postgresql.ABSENT)
    with postgresql.running(programs) as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty database: of either kind, one after the other."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/feedback.db"
    return request.getfixturevalue("postgresql_server").empty_database()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """MNISTCORE_HOME of the one test; there is nothing in it yet."""
    monkeypatch.setenv("MNISTCORE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="session")
def data_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """4,000 real digits to train on and 1,000 to test on, in Keras' format, which load faster than any other source."""
    images, labels = datasets.shipped_test_digits()
    path = tmp_path_factory.mktemp("data") / "digits.npz"
    np.savez(path, x_train=images[:4000], y_train=labels[:4000], x_test=images[4000:5000], y_test=labels[4000:5000])
    return path


@pytest.fixture(scope="session")
def hands_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The digits and some letters of `strokes.py`, as if forty people had written them, each in an own way."""
    rng = np.random.default_rng(0)
    letters = {label: strokes for label, strokes in NO_DIGITS.items() if len(label) == 1}
    characters = []
    for writer in range(40):
        way = np.eye(2) + rng.normal(0, 0.1, (2, 2))
        for label, strokes in {**DIGITS, **letters}.items():
            written = [(np.array(s) - 160) @ way + 250 + rng.normal(0, 3, (len(s), 2)) for s in strokes]
            characters.append(Character(str(label), str(writer), tuple(s.astype(np.float32) for s in written)))
    path = tmp_path_factory.mktemp("hands") / "hands.jsonl.gz"
    hands.save(path, characters)
    return path


@pytest.fixture(scope="session")
def some_hands(hands_file: Path) -> Hands:
    """Those of `hands_file`, ready to be trained on."""
    return hands.gather([hands_file], lambda _: None)


@pytest.fixture(scope="session")
def _kept_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model, report = load_model("classic"), catalogue.load_report("classic")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNISTCORE_HOME", str(tmp_path_factory.mktemp("home")))
        return catalogue.runs().keep(
            replace(model, card=model.card | {"name": "mine"}), replace(report, name="mine"), training_charts(report)
        )


@pytest.fixture
def mine(_kept_run: Path, home: Path) -> Path:
    """The model file of a training run called "mine" in the home, with classic's weights and report."""
    return shutil.copytree(_kept_run, home / "models" / "mine") / "model.npz"


@pytest.fixture
def api_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The API serves the shipped classic, however long it takes on a busy machine."""
    monkeypatch.setenv("MNISTCORE_MODEL", "classic")
    monkeypatch.setattr(contract, "DEADLINE", math.inf)


@pytest.fixture(scope="session")
def _installed_components() -> Iterator[None]:
    """What Streamlit finds among all installed packages at the first run of every AppTest is looked for once."""
    from streamlit.components.v2 import manifest_scanner

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture
def own_server(_installed_components: None) -> Iterator[None]:
    """All AppTests of a process are one server to Streamlit: end what it keeps from one test to the next."""
    import streamlit as st

    from app.train.queue import trainer

    yield
    for job in trainer().jobs:
        trainer().stop(job)
    st.cache_resource.clear()


@pytest.fixture(scope="session")
def app_server(tmp_path_factory: pytest.TempPathFactory, data_file: Path) -> Iterator[Server]:
    """The running app, in which few digits are trained on."""
    server = start_app(tmp_path_factory.mktemp("app"), MNISTCORE_DATA=str(data_file))
    yield server
    server.stop()


class Server:
    """A server as a process of its own, started from another directory. It answers by the time this is made.

    Attributes:
        process: the server itself.
        port: on 127.0.0.1.
        log: the file with its output.
        home: its MNISTCORE_HOME.
    """

    def __init__(self, directory: Path, command: list[str], health: str, port: int | None, **environment: str) -> None:
        """Args:
        directory: to start it from.
        command: of Python, without the port, which comes last.
        health: the path that answers with 200 once it is up.
        port: None takes a free one.
        environment: further settings.
        """
        self.port, self.log, self.home = port or free_port(), directory / "log", directory / "home"
        with self.log.open("a") as output:
            self.process = subprocess.Popen(
                [sys.executable, *command, str(self.port)],
                cwd=directory,
                stdout=output,
                stderr=output,
                env=os.environ | {"MNISTCORE_HOME": str(self.home)} | environment,
            )
        try:
            await_that(lambda: self.answers("GET", health))
        except BaseException:
            self.process.kill()
            raise

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, *rest: object) -> tuple[int, str, http.client.HTTPMessage]:
        """Status, body and headers of the answer, over a connection of its own."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request(method, path, *rest)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer.headers

    def answers(self, method: str, path: str, *rest: object) -> bool:
        """Whether there is an answer and it is a success; False also while it is starting."""
        try:
            return self.ask(method, path, *rest)[0] == 200
        except (OSError, http.client.HTTPException):
            assert self.process.poll() is None, self.log.read_text()
            return False

    def stop(self) -> int:
        """End it as `kill` does, and return its exit status."""
        self.process.terminate()
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()


def start_api(directory: Path, **environment: str) -> Server:
    """The API as `make api` runs it."""
    return Server(directory, [str(ROOT / "api.py"), "--port"], "/health", None, **environment)


def start_app(directory: Path, port: int | None = None, **environment: str) -> Server:
    """The app as `make app` runs it."""
    command = ["-m", "streamlit", "run", str(ROOT / "streamlit_app.py"), "--server.headless=true", "--server.port"]
    return Server(directory, command, "/_stcore/health", port, **environment)


def await_that(holds: Callable[[], bool], seconds: float = 180) -> None:
    """Return once it holds; fail if it takes longer."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"it took more than {seconds} seconds"
        time.sleep(0.02)


def picture_of(feedback: Feedback, profile_id: str, digit_id: str) -> bytes:
    """The picture of a kept digit, as it was given."""
    return next(picture for digit, picture in feedback.pictures(profile_id) if digit.id == digit_id)


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
