"""Charts tell what a point is when it is pointed at; a finger cannot point, so a tap does the same here."""

from __future__ import annotations

import streamlit as st

# Vega shows a tooltip at "pointermove" and hides it at "mouseout". A tap moves nothing, and browsers send a "mouseout"
# of their own after it. So the click is passed on as a movement, and the tooltip stays until the next tap.
JAVASCRIPT = """
let tapped = null;

function onClick(event) {
  if (event.pointerType !== "touch") return;
  if (tapped) tapped.dispatchEvent(new MouseEvent("mouseout", { bubbles: true }));
  tapped = event.target.closest?.(".vega-embed") ? event.target : null;
  const { clientX, clientY } = event;
  tapped?.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, clientX, clientY }));
}

function onMouseOut(event) {
  if (tapped && event.isTrusted) event.stopPropagation();
}

function onMove(event) {
  if (event.isTrusted && event.pointerType === "mouse") tapped = null; // a mouse points by itself
}

export default function () {
  if (document.documentElement.dataset.tapsPoint) return; // this runs on every page, the listeners stay
  document.documentElement.dataset.tapsPoint = "yes";
  document.addEventListener("click", onClick);
  document.addEventListener("mouseout", onMouseOut, true);
  document.addEventListener("pointermove", onMove);
}
"""

_listener = st.components.v2.component("mnistcore.touch", js=JAVASCRIPT)


def let_taps_point() -> None:
    """Have a tap on a chart show what pointing would. Nothing is shown by itself."""
    with st.container(key="touch-component"):
        _listener(key="touch")
