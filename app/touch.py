"""Charts tell what a point is when it is pointed at; a finger cannot point, so a tap does the same here."""

from __future__ import annotations

import streamlit as st

# Vega shows a tooltip at "pointermove" and hides it at "pointerout". A tap ends with the latter and moves nothing; the
# click that follows it is passed on as a movement, so the tooltip stays until the next tap.
JAVASCRIPT = """
let last = null;

function passOn(type, target, { clientX, clientY }) {
  target.dispatchEvent(new PointerEvent(type, { bubbles: true, clientX, clientY }));
}

function onClick(event) {
  if (event.pointerType !== "touch") return;
  if (last) passOn("pointerout", last, event);
  last = event.target.closest?.(".vega-embed") ? event.target : null;
  if (last) passOn("pointermove", last, event);
}

export default function () {
  if (document.documentElement.dataset.tapsPoint) return; // this runs on every page, the listener stays
  document.documentElement.dataset.tapsPoint = "yes";
  document.addEventListener("click", onClick);
}
"""

_listener = st.components.v2.component("mnistcore.touch", js=JAVASCRIPT)


def let_taps_point() -> None:
    """Have a tap on a chart show what pointing would. Nothing is shown by itself."""
    with st.container(key="touch-component"):
        _listener(key="touch")
