"""What several test modules share: a browser, the really running app, and a home directory of the test's own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError

import pytest

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
def app_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The running app's MNISTCORE_HOME."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def app_url(app_home: Path) -> Iterator[str]:
    """The address of the app, running as `make app` runs it."""
    port = free_port()
    server = start_app(app_home, port)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)


@pytest.fixture
def api_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The API serves the shipped classic, and all of its other settings are off."""
    for name in ("MNISTCORE_API_KEY", "MNISTCORE_CORS_ORIGINS", "MNISTCORE_LOG_REQUESTS", "PROMETHEUS_MULTIPROC_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MNISTCORE_MODEL", "classic")


def await_that(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Return once it holds; fail if it takes longer."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"it took more than {seconds} seconds"
        time.sleep(0.02)


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_app(home: Path, port: int) -> subprocess.Popen:
    """The app as `make app` runs it, once it answers."""
    environment = {**os.environ, "MNISTCORE_HOME": str(home)}
    environment.pop("MNISTCORE_MODEL", None)
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    server = subprocess.Popen([*command, f"--server.port={port}", "--server.headless=true"], cwd=ROOT, env=environment)
    _await(f"http://127.0.0.1:{port}/_stcore/health", server)
    return server


def _await(url: str, server: subprocess.Popen) -> None:
    """Return once the server answers."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        if server.poll() is not None:
            pytest.fail(f"The app ended at its start with status {server.returncode}.")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    pytest.fail("The app did not start within three minutes.")
