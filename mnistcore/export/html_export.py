"""A model -> one HTML file with a sheet to draw on, which needs no server and no network.

The files in `engine/` and `offline_page/` are put one after another into `page.html`, and the model's weights behind
them.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template

from mnistcore.digit.model import Model
from mnistcore.export import engine

PAGE = Path(__file__).with_name("offline_page")


def to_html(model: Model) -> str:
    """The page with this model: its weights, 16 bits each, in base64, 1.6 MB for `robust`."""
    pages = [f"// ---- {name} ----\n{_read(name)}" for name in ("pad.js", "page.js")]
    return Template(_read("page.html")).substitute(
        name=escape(model.name),
        style=engine.source("stage.css") + _read("style.css"),
        scripts="\n\n".join(f"<script>\n{text}</script>" for text in (engine.scripts(), *pages)),
        model=engine.weights_as_json(model),
    )


def _read(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")
