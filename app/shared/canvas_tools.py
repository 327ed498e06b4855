"""Undo and Clear. The sheet does both by itself in the browser, at once and as often as they are pressed."""

from collections.abc import Callable

from app.shared.component import component

_buttons = component(
    __file__,
    '<div class="sheet-tools"><button type="button" class="undo" title="Ctrl+Z">Undo</button>'
    '<button type="button" class="clear" title="Delete">Clear</button></div>',
)


def offer(on_back: Callable[[], None] | None = None) -> None:
    """Show both.

    Args:
        on_back: what Undo does on an empty sheet; then there is no Clear.
    """
    _buttons(key="canvas-tools-buttons", data={"back": on_back is not None}, on_back_change=on_back or (lambda: None))
