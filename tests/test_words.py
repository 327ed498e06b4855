"""The app's words: what nobody should read there, and one name for each page wherever it is named."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest
from conftest import ROOT
from in_app import open_app

from app.pages import FIRST, REST

pytestmark = pytest.mark.usefixtures("own_server")

UNCLEAR = (
    r"^over 99% sure",  # who is?
    r"is the label",
    r"misread digit",
    r"^and not$",
    r"speaks? for",
    r"fires with",
    r"fixed part",
    r"points, from the mean",
    r"2\.7 times",
    r"eleventh output",
    r"kept of you\b",
    r"everybody's \(",
    r"new handwriting",
    r"go on when i pause",
    r"recipe quick",
    r"mlxtend: using",
    r"endlessly many",
    r"risk and coverage",
    r"full ink",
    r"all of them are (found|read)",  # one may be missed
    r"delete (everything|this|these|the|all)\b",  # one word, "Delete", beside what is deleted
)


@cache
def said() -> list[str]:
    """The strings in the app's Python files, but for those that stand alone: docstrings."""
    files = (ROOT / "app").rglob("*.py")
    nodes = [node for path in files for node in ast.walk(ast.parse(path.read_text("utf-8")))]
    alone = {node.value for node in nodes if isinstance(node, ast.Expr)}
    return [
        one.value for one in nodes if isinstance(one, ast.Constant) and one not in alone and isinstance(one.value, str)
    ]


@pytest.mark.parametrize("phrase", UNCLEAR)
def test_phrases_that_raise_a_question_are_not_in_the_app(phrase):
    assert [words for words in said() if re.search(phrase, words, re.IGNORECASE)] == []


@pytest.mark.parametrize("page", [*FIRST, *REST], ids=lambda page: page.folder)
def test_a_page_has_one_title_and_no_name_of_a_file(page):
    app = open_app(page.folder)
    titles = [words.value for words in app.markdown if words.value.startswith("# ")]
    assert titles == [f"# {page.title}"]
    shown = [*(words.value for words in app.markdown), *(one.label for one in (*app.button, *app.metric))]
    shown += [words for choice in app.selectbox for words in choice.options]
    assert [words for words in shown if re.search(r"\b(classic|robust)\b", re.sub(r"recipe \*\w+\*", "", words))] == []
