"""The app without a browser: its pages opened, drawn on and pressed as Streamlit's AppTest does."""

from __future__ import annotations

import base64

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button
from strokes import Strokes, picture

from mnistcore.digit.files import as_png


def open_app(page: str | None = None) -> AppTest:
    app = AppTest.from_file("../streamlit_app.py", default_timeout=30).run()
    if page:
        app.switch_page(page).run()
    assert not app.exception
    return app


def put_on_canvas(app: AppTest, strokes: Strokes) -> AppTest:
    """Have the canvas component send what it would send for these strokes."""
    data = "data:image/png;base64," + base64.b64encode(as_png(picture(strokes, 420).convert("RGB"))).decode()
    raw = {"objects": [{"type": "Path", "stroke": str(stroke)} for stroke in strokes]}
    app.session_state["canvas"] = {"drawing": {"raw": raw, "data": data}, "backgroundFit": None}
    app.run()
    assert not app.exception
    return app


def button(app: AppTest, label: str) -> Button:
    return next(button for button in app.button if button.label == label)


def press(app: AppTest, label: str) -> None:
    button(app, label).click().run()
    assert not app.exception


def answer_of(app: AppTest) -> str:
    return next(html.proto.body for html in app.get("html") if 'class="answer ' in html.proto.body)
