"""What the tests of the app without a browser share: a page opened, a drawing on its canvas, its buttons, its words."""

from __future__ import annotations

import secrets

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button
from strokes import Strokes, picture

from app.shared.drawing import DRAWING
from app.shared.visitors import VISITOR
from mnistcore.digit.files import as_png, data_url

SOMEBODY = "5" * 64


def open_app(page: str | None = None, visitor: str | None = SOMEBODY) -> AppTest:
    """The app in a session of its own.

    Args:
        page: the folder of one of its pages; None is Draw, where it begins.
        visitor: whom the browser has named; None if it has not yet.
    """
    app = AppTest.from_file("../streamlit_app.py", default_timeout=30)
    if visitor:
        app.session_state[VISITOR] = visitor
    app.run()
    if page:
        go_to(app, page)
    assert not app.exception
    return app


def go_to(app: AppTest, page: str) -> None:
    """Another page, by the name of its folder."""
    app.switch_page(f"app/{page}/page.py").run()
    assert not app.exception


def put_on_canvas(app: AppTest, strokes: Strokes, sheet: str = DRAWING) -> AppTest:
    """Have the sheet of that session key send what it would send for these strokes."""
    png = data_url(as_png(picture(strokes, 420).convert("RGB")))
    lines = [{"type": "Path", "path": [list(point) for point in stroke]} for stroke in strokes]
    app.session_state[f"{sheet}-canvas"] = {"drawing": {"id": secrets.token_hex(8), "strokes": lines, "png": png}}
    app.run()
    assert not app.exception
    return app


def button(app: AppTest, label: str) -> Button:
    """The first one with these words."""
    return next(button for button in app.button if button.label == label)


def press(app: AppTest, label: str) -> None:
    """That button."""
    button(app, label).click().run()
    assert not app.exception


def answer_of(app: AppTest) -> str:
    """What is read in the drawing, as HTML."""
    return next(html.proto.body for html in app.get("html") if 'class="answer ' in html.proto.body)


def words_of(app: AppTest) -> str:
    """All text of the page, but for captions and what components show."""
    return " ".join(words.value for words in (*app.markdown, *app.info, *app.warning, *app.error, *app.success))
