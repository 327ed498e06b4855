"""The rules of the house: which room may import which, and which of them alone touches files, models, the database."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

from import_graph import ROOT, graph, imported, longest_chain, modules

IMPORTS = graph()
ROOMS = (  # each imports those before it, and no neighbour
    *(
        {"errors"},
        {"arrays", "home", "json_types", "words"},
        {"digit"},
        {"page"},
        {"data"},
        {"models"},
        {"confirmed"},
        {"evaluation"},
        {"training"},
    ),
    *({"bulk", "export"}, {"cli"}, {"mnistcore", "__main__"}, {"app", "serving"}, {"api", "streamlit_app"}),
)
LEVELS = {room: level for level, rooms in enumerate(ROOMS) for room in rooms}
DATABASE = {"alembic", "psycopg", "sqlalchemy", "sqlite3"}
DISK = {"glob", "importlib", "io", "os", "pathlib", "shutil", "tempfile", "zipfile"}
OPENING = {
    "fromfile",
    "load",
    "memmap",
    "open",
    "read_bytes",
    "read_text",
    "save",
    "savez",
    "savez_compressed",
    "tofile",
}
ARRAYS = {  # who opens .npy and .npz files: each its own kind
    "mnistcore.arrays": "models and unfinished trainings, with a checksum",
    "mnistcore.bulk.label": "images to be labelled",
    "mnistcore.confirmed.exchange": "confirmed digits, exported and imported",
    "mnistcore.data.datasets": "data sets",
    "mnistcore.training.rehearsal": "digits that are rehearsed",
}


def room(module: str) -> str:
    """mnistcore.page.cuts -> page; app.draw.page -> app; mnistcore -> mnistcore."""
    first, *rest = module.split(".")
    return rest[0] if first == "mnistcore" and rest else first


@cache
def nodes(path: Path) -> list[ast.AST]:
    """All that a file consists of."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def calls(path: Path) -> set[str]:
    """What a file calls, as it is written: open, Image.open, np.load."""
    return {ast.unparse(node.func) for node in nodes(path) if isinstance(node, ast.Call)}


def test_modules_import_one_another_in_no_circle():
    assert list(TopologicalSorter(IMPORTS).static_order())


def test_no_chain_of_imports_is_longer_than_ten():
    chain = longest_chain(IMPORTS)
    assert len(chain) <= 10, " -> ".join(chain)


def test_rooms_import_downwards_only():
    upwards = {
        f"{module} -> {used}"
        for module, uses in IMPORTS.items()
        for used in uses
        if room(module) != room(used) and LEVELS[room(module)] <= LEVELS[room(used)]
    }
    assert upwards == set()


def test_only_the_room_of_confirmed_digits_knows_the_database():
    knowing = {
        room(module) for module, path in modules().items() if {name.split(".")[0] for name in imported(path)} & DATABASE
    }
    assert knowing == {"confirmed"}


def test_a_digit_and_a_page_are_read_without_the_disk():
    touching = {
        module
        for module, path in modules().items()
        if room(module) in ("digit", "page")
        and (imported(path) & {*DISK, "mnistcore.home"} or {name.split(".")[-1] for name in calls(path)} & OPENING)
    }
    assert touching == {"mnistcore.digit.files"}


def test_each_kind_of_array_file_is_opened_by_one_module():
    opening = {module for module, path in modules().items() if calls(path) & {f"np.{name}" for name in OPENING}}
    assert opening == ARRAYS.keys()


def test_only_the_room_of_models_knows_what_their_files_are_called():
    assert {room(module) for module, path in modules().items() if "model.npz" in path.read_text("utf-8")} == {"models"}


def is_private(name: str) -> bool:
    """Of the kind of _x, but not of __x__, of a namedtuple's _asdict and _replace, or of os._exit."""
    return name[0] == "_" != name and name[:2] != "__" and name not in ("_asdict", "_replace", "_exit")


def private_imports(path: Path) -> Iterator[str]:
    """The names of others that a file imports although they begin with an underscore."""
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom | ast.Import):
            yield from (alias.name for alias in node.names if any(map(is_private, alias.name.split("."))))


def test_no_module_imports_a_private_name():
    assert {name: names for name, path in modules().items() if (names := list(private_imports(path)))} == {}


def test_tests_use_neither_each_other_nor_private_names():
    used = set()
    for path in (ROOT / "tests").glob("*.py"):
        names = {name for name in imported(path) if name.startswith("test_")} | {*private_imports(path)}
        attributes = (node for node in nodes(path) if isinstance(node, ast.Attribute) and is_private(node.attr))
        names |= {each for each in map(ast.unparse, attributes) if not each.startswith("self._")}
        used |= {f"{path.stem}: {name}" for name in names}
    assert used == set()
