"""A link to another page, followed within the moment in which the canvas sends its last stroke, waits until it has.

What Streamlit receives of the page before, while it begins the next one, leaves that one empty.
"""

from __future__ import annotations

import streamlit as st

JAVASCRIPT = """
const SENT = 300; // ms after the end of a stroke: the canvas waits for 205 ms whether another one follows
let drawing = false, drawn = -SENT;

function onPointerDown(event) {
  drawing = event.target.matches?.("canvas.upper-canvas");
}

function onPointerUp() {
  if (drawing) drawn = performance.now();
  drawing = false;
}

function onClick(event) {
  const link = event.target.closest?.("[data-testid=stPageLink-NavLink]");
  const remaining = drawn + SENT - performance.now();
  if (!link || remaining <= 0) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  setTimeout(() => link.click(), remaining);
}

export default function () {
  if (document.documentElement.dataset.linksWait) return; // this runs on every page, the listeners stay
  document.documentElement.dataset.linksWait = "yes";
  document.addEventListener("pointerdown", onPointerDown, true);
  document.addEventListener("pointerup", onPointerUp, true);
  document.addEventListener("click", onClick, true);
}
"""

_listener = st.components.v2.component("mnistcore.links", js=JAVASCRIPT)


def let_strokes_arrive() -> None:
    """Have links wait for strokes. Nothing is shown by itself."""
    with st.container(key="links-component"):
        _listener(key="links")
