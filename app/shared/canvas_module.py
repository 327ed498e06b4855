"""Where Streamlit serves the JavaScript of streamlit-drawable-canvas; the file's name changes with its version."""

from importlib.util import find_spec
from pathlib import Path

# not imported: that declares its component, for which it is too early when the server starts
_package = find_spec("streamlit_drawable_canvas")
assert _package
[_script] = Path(str(_package.origin)).parent.glob("frontend/build/index-*.js")
ADDRESS = f"_stcore/bidi-components/streamlit-drawable-canvas.streamlit_drawable_canvas/{_script.name}"
