"""
Message catalogues: extract, update and compile them.

``python scripts/catalogues.py`` brings ``zh_CN`` up to date with the source, our own and click's,
and compiles it; ``--compile`` only compiles, as the build does by the hook below.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).parent.parent / "lianzheng_search"
LOCALE = PACKAGE / "locale"
KEYWORDS = {"_": 1, "N_": 1, "ngettext": 2}
"""The functions that take messages, and how many each takes: the message, its plural."""


def messages(source: str) -> Iterator[str | tuple[str, str]]:
    """
    Yield the messages of a module's source, with the plural where there is one.

    Babel's own extractor does not look inside f-strings before Python 3.12.
    """
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            continue
        arguments = call.args[: KEYWORDS.get(call.func.id, 0)]
        strings = [
            node.value
            for argument in arguments
            for node in ast.walk(argument)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        if len(arguments) == 2:
            yield strings[0], strings[1]
        else:
            yield from strings


def extract() -> Catalog:
    """Collect the messages of this package, and of the installed click, whose words we speak."""
    import click
    from jinja2 import Environment
    from jinja2.ext import extract_from_ast

    catalog = Catalog(project="lianzheng-search", charset="utf-8")
    for directory in (PACKAGE, Path(click.__file__).parent):
        for file in sorted(directory.rglob("*.py")):
            name = f"{directory.name}/{file.relative_to(directory).as_posix()}"
            for message in messages(file.read_text("utf-8")):
                catalog.add(message, locations=[(name, 0)])
    for file in sorted((PACKAGE / "data" / "templates").glob("*.html")):
        tree = Environment().parse(file.read_text("utf-8"))
        for _line, _name, message in extract_from_ast(tree):
            forms = message if isinstance(message, str) else message[:2]
            catalog.add(forms, locations=[(f"{PACKAGE.name}/{file.name}", 0)])
    return catalog


def update(language: str) -> None:
    """
    Bring a language's catalogue up to date.

    Messages of ours that are gone are dropped; those of click stay, for its other versions.
    """
    file = LOCALE / language / "LC_MESSAGES" / "lianzheng.po"
    with file.open("rb") as opened:
        catalog = read_po(opened, locale=language)
    catalog.update(extract(), no_fuzzy_matching=True, update_creation_date=False)
    for message in list(catalog.obsolete.values()):
        if all(name.startswith("click/") for name, _line in message.locations):
            catalog[message.id] = message
    catalog.obsolete.clear()
    for message in catalog:  # where ours stand is left out: modules move, and merges would clash
        message.locations = [place for place in message.locations if place[0].startswith("click/")]
    with file.open("wb") as opened:
        write_po(opened, catalog, width=100, include_lineno=False, sort_output=True)


def compile_all() -> None:
    """Compile every catalogue beside its source, where it is newer."""
    for source in LOCALE.glob("*/LC_MESSAGES/*.po"):
        compiled = source.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as opened:
            catalog = read_po(opened)
        with compiled.open("wb") as opened:
            write_mo(opened, catalog)


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand, where the build's backend is not installed
    pass
else:

    class CatalogueHook(BuildHookInterface):  # type: ignore[type-arg]
        """Compile the catalogues before the package is put together."""

        PLUGIN_NAME = "custom"

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            """Compile; the version and the data of the build are left as they are."""
            compile_all()


if __name__ == "__main__":
    if "--compile" not in sys.argv:
        for folder in sorted(LOCALE.iterdir()):
            update(folder.name)
    compile_all()
