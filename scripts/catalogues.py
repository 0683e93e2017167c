"""
Message catalogues: extract, update and compile them.

``python scripts/catalogues.py`` brings ``zh_CN`` up to date with the source, our own and click's,
and compiles it; ``--compile`` only compiles, as the build does by the hook below.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).parent.parent / "lianzheng_search"
LOCALE = PACKAGE / "locale"
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}


def extract() -> Catalog:
    """Collect every message of this package, and of the installed click, whose words we speak too."""
    import click

    catalog = Catalog(project="lianzheng-search", charset="utf-8")
    for directory in (PACKAGE, Path(click.__file__).parent):
        found = extract_from_dir(directory, method_map=[("**.py", "python")], keywords=KEYWORDS)
        for name, _line, message, comments, context in sorted(found, key=lambda one: one[:2]):
            catalog.add(message, None, [(f"{directory.name}/{name}", 0)], context=context)
    return catalog


def update(language: str) -> None:
    """Bring a language's catalogue up to date; messages that are gone are dropped."""
    file = LOCALE / language / "LC_MESSAGES" / "lianzheng.po"
    template = extract()
    with file.open("rb") as opened:
        catalog = read_po(opened, locale=language)
    catalog.update(template, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    with file.open("wb") as opened:
        write_po(
            opened, catalog, width=100, include_lineno=False, sort_output=True, omit_header=False
        )


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
