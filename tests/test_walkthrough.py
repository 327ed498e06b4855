"""The notebook docs/walkthrough.ipynb runs from top to bottom, and is committed with its pictures.

Run as a script, this file executes the notebook and writes its outputs into it.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from unittest.mock import patch

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
NOTEBOOK = ROOT / "docs" / "walkthrough.ipynb"
LARGEST = 500_000  # bytes, so that the repository stays small
DIRECTORIES = ("MNISTCORE_HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")


def execute(directory: Path) -> nbformat.NotebookNode:
    """Execute the notebook in a kernel of this interpreter, which keeps all of its files in `directory`.

    Raises:
        CellExecutionError: a cell fails.
    """
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    metadata = notebook.metadata.copy()
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        startup_timeout=300,
        timeout=300,
        record_timing=False,
        coalesce_streams=True,  # else what is printed may be cut anywhere
        resources={"metadata": {"path": NOTEBOOK.parent}},
        extra_arguments=["--IPKernelApp.log_level=ERROR"],  # it warns that its local connection is not encrypted
    )
    settings = {
        **dict.fromkeys(DIRECTORIES, str(directory)),
        "PYTHONPATH": str(ROOT),
        "OPENBLAS_NUM_THREADS": "1",  # it adds up in the same order on any number of cores
    }
    with patch.dict(os.environ, settings):
        for name in ("MNISTCORE_DATA", "MNISTCORE_MODEL", "MPLBACKEND"):
            os.environ.pop(name, None)
        client.execute()
    notebook.metadata = metadata  # without the interpreter's version
    return notebook


def outputs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def pictures(notebook: nbformat.NotebookNode) -> int:
    return sum("image/png" in output.get("data", {}) for output in outputs(notebook))


@pytest.mark.slow
def test_the_notebook_runs(tmp_path):
    executed = execute(tmp_path)
    assert pictures(executed) == pictures(nbformat.read(NOTEBOOK, as_version=4))
    assert not [output for output in outputs(executed) if output.get("name") == "stderr"]


def test_the_notebook_is_committed_with_its_outputs():
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert len(text) < LARGEST
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert all(cell.metadata == {} for cell in notebook.cells)  # no time, and nothing else of the machine
    assert pictures(notebook) >= len(code) - 2
    for output in outputs(notebook):
        assert not re.search(r"(?<!\w)(/|[A-Z]:\\)\w", output.get("text", "")), "a path of the machine"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        executed = execute(Path(directory))
    nbformat.write(executed, NOTEBOOK)
    print(f"{NOTEBOOK.relative_to(ROOT)}: {pictures(executed)} pictures, {NOTEBOOK.stat().st_size // 1000} kB")
