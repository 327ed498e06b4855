"""The network at work beside a drawing: engine/stage.js draws it, live.js keeps it in step with the pen."""

import hashlib
from pathlib import Path

import numpy as np
import streamlit as st
from streamlit import runtime

from app.shared.charts.scene import scene
from app.shared.component import component
from mnistcore.digit.explain import explain
from mnistcore.digit.model import Model
from mnistcore.digit.reading import Reading, read
from mnistcore.export import engine

LARGEST = 2_500_000  # bytes of weights that a browser is sent: the stage of a larger network follows when the pen is up

_stage = component(__file__, '<div class="network-root"></div><div class="chosen-unit"></div>')


def show(key: str, shown: dict, **data: object) -> None:
    """Put a stage on the page.

    Args:
        key: of the component.
        shown: the scene, as `scene` gives it.
        data: what else network.js is told.
    """
    _stage(key=key, data={"code": _served(_code(), "text/javascript", "stage"), "scene": shown, **data})


def follow(model: Model, number: bool) -> dict:
    """What the browser needs to follow the pen with this model; `number`, if several digits are drawn."""
    version, weights = _weights(model)
    return {
        "version": version,
        "weights": weights and _served(weights, "application/json", "weights"),
        "number": number,
    }


def of_reading(model: Model, reading: Reading | None, label: int | None = None) -> dict:
    """The scene of what is drawn; if nothing is, the same without light."""
    reading = reading or read(np.zeros((28, 28), np.uint8), model)
    digit = reading.runner_up if reading.answer is None else reading.answer
    return scene(model, explain(model, reading.image, reading.layers), reading, digit, label=label)


@st.cache_resource(show_spinner=False)
def _code() -> bytes:
    return (engine.scripts() + Path(__file__).with_name("live.js").read_text(encoding="utf-8")).encode()


@st.cache_resource(
    show_spinner=False, max_entries=8, hash_funcs={Model: lambda model: f"{model.full_name} {model.card}"}
)
def _weights(model: Model) -> tuple[str, bytes]:
    """Under which version a browser keeps them, and the weights; empty if they are too large to be sent."""
    weights = engine.weights_as_json(model).encode()
    return hashlib.sha256(weights).hexdigest()[:12], weights if len(weights) <= LARGEST else b""


def _served(content: bytes, kind: str, name: str) -> str:
    """The address at which this visitor's browser finds it, as long as the page is shown."""
    path = runtime.get_instance().media_file_mgr.add(content, kind, coordinates=name)
    return f"/{st.get_option('server.baseUrlPath')}".rstrip("/") + path
