"""What can be done with a model, and whom it affects: a visitor's own models are theirs, all else is the operator's."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from app.shared import operator, outcome
from app.shared.visitors import CHOSEN_MODEL, current_visitor
from app.shared.words import spoken
from app.train.queue import trainer
from mnistcore.errors import BadModelFile
from mnistcore.export.html_export import to_html
from mnistcore.export.onnx_export import to_onnx
from mnistcore.models import catalogue
from mnistcore.models.files import read_model


def offer(name: str) -> None:
    """The actions for one model, in a row."""
    visitor = current_visitor()
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Use it for my drawings", icon=":material/draw:"):
            st.session_state[CHOSEN_MODEL] = name
            st.switch_page("app/draw/page.py")
        with st.popover("Download", icon=":material/download:", key=f"download-{name}"):
            _offer_files(name, catalogue.model_path(name, visitor))
        if visitor and name in catalogue.own_names(visitor):
            _offer_for_own(visitor, name)
        else:
            _offer_for_everybodys(name)


def _offer_files(name: str, path: Path) -> None:
    """The model in three forms, each made when it is asked for. By then, the visitor is not known any more."""
    page = "A page to draw on, with this network inside: it needs no server and no internet."
    onnx = "For programs in other languages, which run it with an ONNX runtime."
    file = "For this project: its command line, its API and Python."
    forms: list[tuple[str, str, Callable[[], bytes], str]] = [
        ("One HTML file", "html", lambda: to_html(read_model(path)).encode(), page),
        ("ONNX", "onnx", lambda: to_onnx(read_model(path)), onnx),
        ("Model file", "npz", path.read_bytes, file),
    ]
    for label, ending, make, purpose in forms:
        with st.container(gap="xxsmall"):
            st.download_button(label, make, f"{name}.{ending}", on_click="ignore", icon=":material/download:")
            st.markdown(f":small[{purpose}]")


def _offer_for_own(visitor: str, name: str) -> None:
    runs, taken = catalogue.visitor_runs(visitor), [*catalogue.model_names(), *trainer().names]
    _offer_to_rename(name, "This affects only you.", lambda new: runs.rename(name, new, taken))
    _offer_to_delete(name, f"{name} will be deleted. This affects only you, and cannot be undone.", runs.delete)
    with st.popover("Publish", key=f"publish-{name}"):
        st.write("**This affects everybody**: all visitors can choose this network then, and it is yours no more.")
        if not operator.is_operator():
            operator.ask_for_password()
        elif st.button("Publish it"):
            _do(lambda: catalogue.publish(visitor, name), f"{name} is everybody's now.")


def _offer_for_everybodys(name: str) -> None:
    if not operator.is_operator():
        with st.popover("Change for everybody", key=f"operator-{name}"):
            st.write("**This affects everybody**: to make it the current network, to rename or to delete it.")
            operator.ask_for_password()
        return
    current = name == catalogue.current_name()
    with st.popover("Make current", disabled=current, key=f"current-{name}"):
        st.write(f"**This affects everybody**: {spoken(name)} will answer all who have chosen no other, and the API.")
        if st.button("Make it the current one"):
            _do(lambda: catalogue.make_current(name), f"{spoken(name, begins=True)} is the current one now.")
    if name in catalogue.SHIPPED:
        st.markdown(":small[It ships with the package: it cannot be renamed or deleted.]")
        return
    words = "**This affects everybody**: all visitors will see the new name."
    _offer_to_rename(name, words, lambda new: catalogue.rename_run(name, new))
    words = f"**This affects everybody**: {name} will be deleted for all visitors. This cannot be undone."
    after = f" The current one is {spoken(catalogue.SHIPPED[0])} now." if current else ""
    _offer_to_delete(name, words, catalogue.delete_run, after)


def _offer_to_rename(name: str, words: str, rename: Callable[[str], None]) -> None:
    with st.popover("Rename", key=f"rename-{name}"):
        st.write(words)
        new = st.text_input("New name", value=name, key=f"new-name-{name}")
        if st.button("Save name"):
            _do(lambda: rename(new), f"{name} is now called {new}.", then=new)


def _offer_to_delete(name: str, words: str, delete: Callable[[str], None], after: str = "") -> None:
    with st.popover("Delete", key=f"delete-{name}"):
        st.write(words)
        if st.button("Yes, delete"):
            _do(lambda: delete(name), f"{name} is deleted.{after}")


def _do(action: Callable[[], None], done: str, then: str | None = None) -> None:
    """Carry out an action, and show the page anew, for the model `then`, with a sentence that says how it ended."""
    try:
        action()
        outcome.flash(done)
        if then:
            st.session_state["renamed"] = then
    except BadModelFile as error:
        outcome.flash(str(error), False)
    except OSError as error:
        outcome.flash(f"This failed: {error.strerror or error}.", False)
    st.rerun()
