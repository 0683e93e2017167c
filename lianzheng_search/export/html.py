"""Groups of entries -> a web page of one file that can be searched: contents, entries, sources."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from .. import data
from ..messages import _, user_language
from ..model import Value
from . import documents
from .documents import Outline, Piece

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from .entries import Group
    from .manifests import Manifest

IN_TEMPLATES = (
    documents.facts,
    documents.found_nothing,
    documents.made_on,
    documents.query_table,
    documents.summary,
    documents.title,
)
"""Functions that a template calls by their names."""


TAGS = {"\1": "<mark>", "\2": "</mark>", "\3": '<span class="cut">', "\4": "</span>"}
TAGGED = {"hit": "\1{}\2", "cut": "\3{}\4"}


class EntryText(Value, frozen=True, kw_only=True):
    """What a page says of an entry; `cited` tells whether a citation was asked for."""

    number: int
    paragraphs: list[list[Piece]]
    source: str
    cited: bool
    place: str
    remarks: list[str]


def write(path: Path, groups: Sequence[Group], manifest: Manifest) -> None:
    """
    Write a web page that needs no other file and no network, and runs nothing but its own script.

    An entry is an ``<article>``: its text, a ``<p class="text">`` for each paragraph with the
    hits in ``<mark>``, its source and its place. The script hides what does not hold the words
    typed; without it everything is there. The manifest is in it as JSON, under the id
    ``manifest``.
    """
    from markupsafe import Markup

    headings = documents.outline(groups)
    page = (
        templates()
        .get_template("export.html")
        .generate(
            # Our own style and script are markup; every other text is escaped.
            style=Markup((data.FOLDER / "export.css").read_text("utf-8")),
            script=Markup((data.FOLDER / "export.js").read_text("utf-8")),
            english=user_language() == "en",
            groups=groups,
            manifest=manifest,
            headings=headings,
            contents=_contents(headings),
            entries=partial(_entries, manifest=manifest),
        )
    )
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(page)


@cache
def templates() -> Environment:
    """Return the templates of pages: text is escaped, and messages are in the user's language."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(data.FOLDER / "templates"),
        autoescape=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    # as JSON, but with < > & ' escaped: </script> in a query would end the element
    environment.policies["json.dumps_function"] = _json
    environment.filters |= {
        "beside_heading": documents.beside_heading,
        "marked": marked,
        "sha256": _sha256,
    }
    environment.globals |= {function.__name__: function for function in IN_TEMPLATES}
    environment.globals |= {"_": _, "figures": documents.FIGURES}
    return environment


def marked(pieces: Sequence[Piece]) -> Markup:
    """
    Return the pieces of a paragraph as markup, the hits in ``<mark>``.

    >>> print(marked([("<责任>", "hit"), ("担当", "")]))
    <mark>&lt;责任&gt;</mark>担当
    """
    from markupsafe import Markup, escape

    # Escaping a paragraph costs what escaping a piece does, and it has a dozen. Control
    # characters, which no visible text has, stand for the tags until that is done.
    joined = "".join([text if not kind else TAGGED[kind].format(text) for text, kind in pieces])
    markup = str(escape(joined))
    for character, tag in TAGS.items():
        markup = markup.replace(character, tag)
    return Markup(markup)


def _contents(headings: Sequence[Outline]) -> list[tuple[Outline, list[Outline]]]:
    """Return the outermost headings, each with those right under it."""
    blocks: list[tuple[Outline, list[Outline]]] = []
    for heading in headings:
        if heading.level == 1:
            blocks.append((heading, []))
        elif heading.level == 2:
            blocks[-1][1].append(heading)
    return blocks


def _entries(heading: Outline, manifest: Manifest) -> Iterator[EntryText]:
    for number, entry in heading.entries:
        yield EntryText(
            number=number,
            paragraphs=documents.paragraphs(entry, manifest.settings.context),
            source="\n".join(documents.source(entry)),
            cited=entry.citation is not None,
            place=documents.place(entry),
            remarks=documents.remarks(entry, manifest),
        )


def _sha256(content: str) -> str:
    """Return the hash by which a content security policy admits our style or our script alone."""
    return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _json(value: Any, **_options: Any) -> str:
    return json.dumps(msgspec.to_builtins(value))
