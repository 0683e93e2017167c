"""The rooms of the package, in the order of the flow, and what each may import."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import lianzheng_search

ROOMS = (
    "data",
    "model",
    "errors",
    "signals",
    "messages",
    "text",
    "files",
    "reading",
    "cleaning",
    "structure",
    "themes",
    "query",
    "index",
    "search",
    "proof",
    "wording",
    "study",
    "export",
    "corpus",
    "terminal",
    "cli",
    "__main__",
)
"""A room imports only from rooms that stand before it."""
ONLY_IMPORTERS = {"jieba": "text", "rjieba": "text", "whoosh": "index", "rich": "terminal"}
MOST_MODULES = 12
MOST_LINES = 400
LONGEST_FUNCTION = 50
"""Lines of a function, its signature and docstring left out: an example may be long."""
PACKAGE = Path(lianzheng_search.__file__).parent
MODULES = sorted(file for file in PACKAGE.rglob("*.py") if file.parent != PACKAGE / "data")


def name_of(file: Path) -> tuple[str, ...]:
    """Return the dotted name of a module below the package, in parts."""
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


@cache
def tree_of(file: Path) -> ast.Module:
    """Parse a module, once."""
    return ast.parse(file.read_text("utf-8"))


@cache
def imports(file: Path) -> tuple[tuple[tuple[str, ...], str], ...]:
    """List (module, name) of each import; a module of ours begins with the package's name."""
    return tuple(_imports(file))


def _imports(file: Path) -> Iterator[tuple[tuple[str, ...], str]]:
    own = ("lianzheng_search", *file.relative_to(PACKAGE).parts[:-1])
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            yield from ((tuple(alias.name.split(".")), "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = own[: len(own) - node.level + 1] if node.level else ()
            module = (*base, *(node.module or "").split(".")) if node.module else base
            yield from ((module, alias.name) for alias in node.names)


def rooms_of(file: Path) -> Iterator[tuple[str, str]]:
    """Yield (room, name) of each import from another room of ours."""
    room = (*name_of(file), "__init__")[0]
    for module, name in imports(file):
        if module[0] == "lianzheng_search":
            target = module[1] if len(module) > 1 else name
            if target in ROOMS and target != room:
                yield target, name


@pytest.mark.parametrize("file", MODULES, ids=lambda file: ".".join(name_of(file)))
def test_a_room_imports_only_from_rooms_before_it(file):
    """The flow has one direction: TYPE_CHECKING is no way around it, nor is an underscore."""
    room = (*name_of(file), "__init__")[0]
    if room == "__init__":
        return  # the face, which names what the rooms give
    assert room in ROOMS
    for target, name in rooms_of(file):
        assert ROOMS.index(target) < ROOMS.index(room), f"{room} imports {target}"
        assert not name.startswith("_") or name.startswith("__") or name == "_", name


def test_each_engine_is_imported_in_one_room():
    """What stands behind a room's door stays there."""
    for package, only in ONLY_IMPORTERS.items():
        importers = {
            name_of(file)[0]
            for file in MODULES
            if any(module[0] == package for module, _ in imports(file))
        }
        assert importers == {only}, package


def test_no_circle_between_modules():
    """Modules of one room stand in an order, too."""
    names = {name_of(file): file for file in MODULES}
    graph = {
        own: {
            target
            for module, name in imports(file)
            if module[0] == "lianzheng_search"
            for target in ((*module[1:], name), module[1:])
            if target in names and target != own and names[target].name != "__init__.py"
        }
        for own, file in names.items()
    }
    done: set[tuple[str, ...]] = set()
    while ready := {own for own, targets in graph.items() if own not in done and targets <= done}:
        done |= ready
    assert done == set(graph), sorted(set(graph) - done)


def test_no_room_is_crowded():
    """A folder can be surveyed."""
    folders = {file.parent for file in MODULES}
    counts = {folder: len(list(folder.glob("[!_]*.py"))) for folder in folders}
    assert {f.name: n for f, n in counts.items() if n > MOST_MODULES} == {}


def test_no_module_and_no_function_is_long():
    """A module can be read at a sitting, a function at a glance."""
    for file in MODULES:
        text = file.read_text("utf-8")
        assert len(text.splitlines()) <= MOST_LINES, file.name
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.FunctionDef):
                first = node.body[1 if ast.get_docstring(node) and node.body[1:] else 0]
                lines = (node.end_lineno or 0) - first.lineno + 1
                assert lines <= LONGEST_FUNCTION, f"{file.name}: {node.name}"
