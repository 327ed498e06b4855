"""The package as it is imported: its public names, and how light it is."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

import mnistcore

ROOMS = {f"mnistcore.{room}" for room in ("training", "evaluation", "confirmed", "data", "bulk", "export", "cli")}
ABOUT_MODELS = {"mnistcore.models.card", "mnistcore.models.report"}
TRAINING = {"sklearn", "pandas", "matplotlib", "pooch", "mlxtend", "tqdm"}
SCREENS = {"streamlit", "altair", "flask", "msgspec"}
READ = """\
import sys, mnistcore, numpy as np
image = np.zeros((60, 60), np.uint8)
image[10:50, 30:34] = 255
mnistcore.load_model("classic").predict(mnistcore.prepare(image)[np.newaxis])
mnistcore.read(image)
"""
STEPS = (  # one after the other: what is done, and what is not imported until then
    (READ, TRAINING | SCREENS | ROOMS | ABOUT_MODELS | {"scipy"}),
    ("mnistcore.read_page(image)", TRAINING | SCREENS | ROOMS | ABOUT_MODELS),
    ("import mnistcore.data.datasets", TRAINING | SCREENS),
    ("import mnistcore.training.train", SCREENS),
)


def test_no_more_is_imported_than_is_needed():
    assert all(map(find_spec, set().union(*(heavy for _, heavy in STEPS)))), "a name here is out of date"
    program = "\n".join(f"{code}\nprint(sorted({heavy} & set(sys.modules)))" for code, heavy in STEPS)
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (out.stdout.splitlines(), out.stderr) == (["[]"] * len(STEPS), "")


def test_every_public_name_is_there():
    for name in mnistcore.__all__:
        assert getattr(mnistcore, name), name
    with pytest.raises(AttributeError, match="no attribute 'tran'"):
        _ = mnistcore.tran
