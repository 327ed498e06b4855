"""What can be done with a model, and whom it affects: a visitor's own models are theirs, all else is the operator's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from app.shared import models, operator, outcome
from app.shared.visitors import CHOSEN_MODEL, current_visitor
from app.train.queue import trainer
from mnistcore.errors import BadModelFile
from mnistcore.export.html_export import to_html
from mnistcore.export.onnx_export import to_onnx
from mnistcore.models import catalogue
from mnistcore.models.files import read_model


def offer(name: str) -> None:
    """The actions for one model, in a row."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Use it for my drawings", icon=":material/draw:"):
            st.session_state[CHOSEN_MODEL] = name
            st.switch_page("app/draw/page.py")
        with st.popover("Download", icon=":material/download:", key=f"download-{name}"):
            _offer_files(name, models.path(name))
        if name in models.own_names():
            _offer_for_own(name)
        else:
            _offer_for_everybodys(name)


def _offer_files(name: str, path: Path) -> None:
    """The model in three forms, each made when it is asked for. By then, the visitor is not known any more."""

    def offer_file(label: str, ending: str, make: Callable[[], bytes], purpose: str) -> None:
        with st.container(gap="xxsmall"):
            st.download_button(label, make, f"{name}.{ending}", on_click="ignore", icon=":material/download:")
            st.markdown(f":small[{purpose}]")

    offer_file(
        "One HTML file",
        "html",
        lambda: to_html(read_model(path)).encode(),
        "A page to draw on, with this model inside: it needs no server and no network.",
    )
    offer_file(
        "ONNX",
        "onnx",
        lambda: to_onnx(read_model(path)),
        "For programs in other languages, which run it with an ONNX runtime.",
    )
    offer_file("Model file", "npz", path.read_bytes, "For this project: its command line, its API and Python.")


def _offer_for_own(name: str) -> None:
    visitor = current_visitor()
    assert visitor
    runs = catalogue.visitor_runs(visitor)
    with st.popover("Rename", key=f"rename-{name}"):
        st.write("This affects only you.")
        new = st.text_input("New name", value=name, key=f"new-name-{name}")
        if st.button("Save name"):
            _do(
                runs.rename,
                name,
                new,
                [*catalogue.model_names(), *trainer().names],
                done=f"{name} is now called {new}.",
                then=new,
            )
    with st.popover("Delete", key=f"delete-{name}"):
        st.write(f"{name} will be deleted. This affects only you, and cannot be undone.")
        if st.button("Delete model"):
            _do(runs.delete, name, done=f"{name} is deleted.")
    with st.popover("Publish", key=f"publish-{name}"):
        st.write("**This affects everybody**: all visitors will be able to choose this model, and it is yours no more.")
        if not operator.is_operator():
            operator.ask_for_password()
        elif st.button("Publish model"):
            _do(catalogue.publish, visitor, name, done=f"{name} is everybody's now.")


def _offer_for_everybodys(name: str) -> None:
    if not operator.is_operator():
        with st.popover("Change for everybody", key=f"operator-{name}"):
            st.write("**This affects everybody**: to make it the current model, to rename or to delete it.")
            operator.ask_for_password()
        return
    with st.popover("Make current", disabled=name == catalogue.current_name(), key=f"current-{name}"):
        st.write(f"**This affects everybody**: {name} will answer all who have chosen no other model, and the API.")
        if st.button("Make it the current model"):
            _do(catalogue.make_current, name, done=f"{name} is the current model now.")
    if name in catalogue.SHIPPED:
        st.markdown(":small[It ships with the package: it cannot be renamed or deleted.]")
        return
    with st.popover("Rename", key=f"rename-{name}"):
        st.write("**This affects everybody**: all visitors will see the new name.")
        new = st.text_input("New name", value=name, key=f"new-name-{name}")
        if st.button("Save name"):
            _do(catalogue.rename_run, name, new, done=f"{name} is now called {new}.", then=new)
    with st.popover("Delete", key=f"delete-{name}"):
        st.write(f"**This affects everybody**: {name} will be deleted for all visitors. This cannot be undone.")
        if st.button("Delete model"):
            after = f" The current model is {catalogue.SHIPPED[0]} now." if name == catalogue.current_name() else ""
            _do(catalogue.delete_run, name, done=f"{name} is deleted.{after}")


def _do(action: Callable[..., None], *arguments: object, done: str, then: str | None = None) -> None:
    """Carry out an action, and show the page anew, for the model `then`, with a sentence that says how it ended."""
    try:
        action(*arguments)
        outcome.flash(done)
        if then:
            st.session_state["renamed"] = then
    except BadModelFile as error:
        outcome.flash(str(error), False)
    except OSError as error:
        outcome.flash(f"This failed: {error.strerror or error}.", False)
    st.rerun()
