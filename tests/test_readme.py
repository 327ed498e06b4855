"""What README and docs/ say is so: their code is run, and every command, route and setting is in them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, start_api

from api import create_app
from mnistcore.__main__ import main

PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in (*ROOT.glob("*.md"), *sorted((ROOT / "docs").glob("*.md")))
}
README = PAGES["README.md"]
DOCUMENTATION = "\n".join(PAGES.values())
PORT_IN_DOCS = "127.0.0.1:8000"


def blocks(language):
    """All code in that language, as parameters of a test with the marks of what it takes."""
    for page in PAGES.values():
        for code in re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
            marks = [pytest.mark.server] if PORT_IN_DOCS in code else []
            marks += [pytest.mark.slow] if "train" in code else []
            yield pytest.param(code, marks=marks, id=code.split("\n")[0][:50])


def steps(session):
    """A session as pairs of a command and what it should print."""
    for step in session.split("$ ")[1:]:
        command, _, output = step.partition("\n")
        yield command, output


def pattern(output):
    """The output as a regular expression, in which ... stands for anything."""
    return re.compile(".*".join(map(re.escape, output.split("..."))), re.DOTALL)


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"MNISTCORE_HOME": str(tmp_path_factory.mktemp("home")), "PATH": path, "COLUMNS": "100"}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Where the API listens."""
    server = start_api(tmp_path_factory.mktemp("api"))
    yield server.address
    server.stop()


def run(command, environment):
    """What a terminal shows: output and errors together."""
    return subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


@pytest.mark.parametrize("session", list(blocks("console")))
def test_the_sessions_print_what_they_show(session, environment, request):
    address = request.getfixturevalue("address") if PORT_IN_DOCS in session else ""
    for command, expected in steps(session):
        command = command.replace(PORT_IN_DOCS, address)
        printed = run(["bash", "-c", command], environment).stdout
        assert pattern(expected.strip()).fullmatch(printed.strip()), f"{command}\n{printed}"


@pytest.mark.parametrize("code", list(blocks("python")))
def test_the_python_code_runs(code, environment):
    done = run([sys.executable, "-W", "error", "-c", code], environment)
    assert done.returncode == 0, done.stdout
    assert done.stdout


@pytest.mark.server
def test_the_example_client_prints_the_digit(environment, address):
    client = (ROOT / "examples" / "client.py").read_text(encoding="utf-8").replace(PORT_IN_DOCS, address)
    assert run([sys.executable, "-c", client, "docs/examples/seven.jpg"], environment).stdout == "7\n"


@pytest.mark.parametrize("page", PAGES)
def test_the_language_of_all_code_says_whether_it_is_run(page):
    fences = re.findall(r"^ *```(.*)$", PAGES[page], re.MULTILINE)
    assert set(fences[::2]) <= {
        "console",
        "python",
        "bash",
        "json",
        "py",
        "text",
        "yaml",
    }  # the first two are run; py is a part
    assert set(fences[1::2]) <= {""}
    assert all(session.startswith("$ ") for session in re.findall(r"```console\n(.*)", PAGES[page]))
    if page == "README.md":
        assert {"console", "python"} <= set(fences)


def test_every_command_is_in_the_readme(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    commands = re.findall(r"^    ([a-z]+) ", capsys.readouterr().out, re.MULTILINE)
    assert {"train", "predict", "read"} <= set(commands)
    for command in commands:
        assert f"$ mnistcore {command} " in README.replace("\n", " "), command


def test_every_route_is_in_the_documentation():
    for rule in create_app().url_map.iter_rules():
        method = "POST" if "POST" in rule.methods else "GET"
        path = rule.rule.replace("<", "{").replace(">", "}")
        assert f"`{method} {path}`" in DOCUMENTATION, path


def test_every_setting_is_in_the_documentation():
    for part in ("mnistcore", "serving", "app"):
        for path in (ROOT / part).rglob("*.py"):
            for setting in re.findall(r"MNISTCORE_[A-Z_]+", path.read_text(encoding="utf-8")):
                assert f"`{setting}`" in DOCUMENTATION, setting


def test_every_make_target_of_the_documentation_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?:`|^)make ([a-z]+)", DOCUMENTATION, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_links_to_exists(page):
    for path in re.findall(r"\]\(((?!http)[^)#]+)", PAGES[page]):
        assert (ROOT / page).parent.joinpath(path).exists(), path
