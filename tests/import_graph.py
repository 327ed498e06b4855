"""Which module of the product imports which, those that are imported only when called included.

`python tests/import_graph.py` prints the longest chain; what is imported for type checkers alone is left out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parent.parent


@cache
def modules() -> dict[str, Path]:
    """The product's modules by name, and the two programs."""
    packages = [path for package in ("mnistcore", "app", "serving") for path in (ROOT / package).rglob("*.py")]
    return {_name(path): path for path in (*packages, ROOT / "api.py", ROOT / "streamlit_app.py")}


def graph() -> dict[str, set[str]]:
    """Module -> the product's modules that it imports."""
    return {name: imported(path) & modules().keys() - {name} for name, path in modules().items()}


def longest_chain(imports: dict[str, set[str]]) -> list[str]:
    """One of the longest rows of modules of which each imports the next.

    Raises:
        graphlib.CycleError: modules import one another in a circle.
    """
    chains: dict[str, list[str]] = {}
    for name in TopologicalSorter(imports).static_order():  # what is imported comes before those that import it
        chains[name] = [name, *max((chains[each] for each in imports[name]), key=len, default=[])]
    return max(chains.values(), key=len)


@cache
def imported(path: Path) -> set[str]:
    """Every module that a file imports, wherever; of what it takes from a package, the modules there."""
    names = set()
    for node in _nodes(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module, f"{path} imports relatively"
            taken = {f"{node.module}.{alias.name}" for alias in node.names}
            inside = taken & modules().keys()
            names |= inside | ({node.module} if len(inside) < len(taken) else set())
    return names


def _nodes(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes, without what stands under `if TYPE_CHECKING:`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            for alternative in child.orelse:
                yield from _nodes(alternative)
        else:
            yield child
            yield from _nodes(child)


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


if __name__ == "__main__":
    chain = longest_chain(graph())
    print(len(chain), "modules:", " -> ".join(chain))
