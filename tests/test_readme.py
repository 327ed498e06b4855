"""What the README says is so: its sessions are run, and nothing that exists is missing from it."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from api import create_app
from mnistcore.cli import _parser

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SESSIONS = re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
PORT_IN_README = "127.0.0.1:8000"


def steps(session):
    """A session as pairs of a command and what it should print."""
    for step in session.split("$ ")[1:]:
        command, _, output = step.partition("\n")
        while command.endswith("\\"):
            line, _, output = output.partition("\n")
            command = command[:-1] + line
        yield command, output


def pattern(output):
    """The output as a regular expression, in which ... stands for anything."""
    return re.compile(".*".join(map(re.escape, output.split("..."))), re.DOTALL)


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "MNISTCORE_HOME": str(tmp_path_factory.mktemp("home")), "PATH": path, "COLUMNS": "100"}
    environment.pop("MNISTCORE_MODEL", None)
    return environment


@pytest.fixture(scope="module")
def server(environment):
    """The API as `make api` starts it; where it listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "api.py", "--port", str(port)], cwd=ROOT, env=environment)
    try:
        for _ in range(100):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def test_there_are_sessions():
    assert len(SESSIONS) >= 2


@pytest.mark.parametrize("session", SESSIONS, ids=[s.split("\n")[0][:60] for s in SESSIONS])
def test_the_sessions_print_what_they_show(session, environment, server):
    for command, expected in steps(session):
        command = command.replace(PORT_IN_README, server)
        printed = subprocess.run(
            ["bash", "-c", command],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,  # as a terminal shows it
            text=True,
            check=False,
        ).stdout
        assert pattern(expected.strip()).fullmatch(printed.strip()), f"{command}\n{printed}"


def test_every_command_is_there():
    (commands,) = (action.choices for action in _parser()._actions if action.choices)
    for command in commands:
        assert f"python -m mnistcore {command}" in README


def test_every_route_is_there():
    for rule in create_app().url_map.iter_rules():
        assert re.search(rf"`?(GET|POST) {re.escape(rule.rule)}[`\s]", README), rule.rule


def test_every_make_target_of_the_readme_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"\bmake ([a-z]+)\b", README)) - {"it"}:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_file_that_the_readme_shows_exists():
    for path in re.findall(r"\]\(((?!http)[^)#]+)\)", README):
        assert (ROOT / path).exists(), path
