"""The package as it is imported: its public names, and how light it is."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

import mnistcore

READ = """\
import sys, mnistcore, numpy as np
image = np.zeros((60, 60), np.uint8)
image[10:50, 30:34] = 255
mnistcore.load_model("classic").predict(mnistcore.prepare(image)[np.newaxis])
mnistcore.read(image)
"""
ROOMS = {f"mnistcore.{room}" for room in ("training", "evaluation", "confirmed", "data", "bulk", "export", "cli")}
ABOUT_MODELS = {"mnistcore.models.card", "mnistcore.models.report"}
TRAINING = {"sklearn", "pandas", "matplotlib", "pooch", "mlxtend", "tqdm"}
SCREENS = {"streamlit", "altair", "flask", "msgspec"}


@pytest.mark.parametrize(
    ("program", "heavy"),
    [
        pytest.param(READ, TRAINING | SCREENS | ROOMS | ABOUT_MODELS | {"scipy"}, id="reading"),
        pytest.param(READ + "mnistcore.read_page(image)", TRAINING | SCREENS | ROOMS, id="reading a page"),
        pytest.param("import sys, mnistcore.data.datasets", TRAINING | SCREENS, id="datasets"),
        pytest.param("import sys, mnistcore.training.train", SCREENS, id="training"),
    ],
)
def test_no_more_is_imported_than_is_needed(program, heavy):
    assert all(map(find_spec, heavy)), "a name of what is not to be imported is out of date"
    program += f"\nprint(sorted({heavy} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (out.stdout, out.stderr) == ("[]\n", "")


def test_every_public_name_is_there():
    for name in mnistcore.__all__:
        assert getattr(mnistcore, name), name
    with pytest.raises(AttributeError, match="no attribute 'tran'"):
        _ = mnistcore.tran
