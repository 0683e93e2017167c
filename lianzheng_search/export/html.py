"""Groups of entries -> a web page of one file that can be searched: contents, entries, sources."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from .. import data
from ..messages import _, user_language
from . import documents

if TYPE_CHECKING:
    from .entries import Entry, Group
    from .manifests import Manifest

DEEPEST = 6
ELLIPSIS = '<span class="cut">……</span>'
IN_SCRIPT = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
"""What could end a script element, or begin something in one, as JSON escapes it."""


def write(path: Path, groups: Sequence[Group], manifest: Manifest) -> None:
    """
    Write a web page that needs no other file and no network, and runs nothing but its own script.

    An entry is an ``<article>``: its text, a ``<p class="text">`` for each paragraph with the
    hits in ``<mark>``, its source and its place. The script hides what does not hold the words
    typed; without it everything is there. The manifest is in it as JSON, under the id
    ``manifest``.
    """
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(_page(groups, manifest))


def _page(groups: Sequence[Group], manifest: Manifest) -> Iterator[str]:
    style = (data.FOLDER / "export.css").read_text("utf-8")
    script = (data.FOLDER / "export.js").read_text("utf-8")
    headings = documents.outline(groups)
    yield from _head(documents.title(groups), style, script)
    yield from _cover(groups, manifest)
    yield '<div class="page">\n'
    yield from _contents(headings)
    copy, copied = _text(_("Copy")), _text(_("Copied"))
    yield f'<main data-copy="{copy}" data-copied="{copied}">\n'
    yield from _sections(headings, manifest)
    yield "</main>\n</div>\n"
    yield from _how_made(manifest)
    # </script> in a query would end the element: HTML does not know of JSON's quotes
    as_json = json.dumps(msgspec.to_builtins(manifest)).translate(IN_SCRIPT)
    yield f'<script type="application/json" id="manifest">{as_json}</script>\n'
    yield f"<script>{script}</script>\n</body>\n</html>\n"


def _head(title: str, style: str, script: str) -> Iterator[str]:
    # the page is sent around: nothing in it may load from, or be sent to, anywhere else
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    yield '<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield '<meta name="referrer" content="no-referrer">\n'
    yield f"<title>{_text(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    # by their hashes: a script that came in with a text is not run, even if unescaped
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _cover(groups: Sequence[Group], manifest: Manifest) -> Iterator[str]:
    said = [*documents.summary(groups, manifest), documents.made_on(manifest)]
    yield f'<div class="cover"{_speech()}>\n<h1>{_text(documents.title(groups))}</h1>\n'
    yield f'<p class="made">{_text(" · ".join(said))}</p>\n'
    if told := documents.found_nothing(manifest):
        yield f'<p class="missing">{_text(told)}</p>\n'
    yield "</div>\n"
    hint, shown = _text(_("Filter as you type")), _text(_("{shown} of {all}"))
    yield f'<div class="find" role="search"{_speech()} hidden>'
    yield f'<input type="search" id="find" placeholder="{hint}" aria-label="{hint}"'
    yield f' autocomplete="off"><output for="find" data-told="{shown}"></output></div>\n'


def _speech() -> str:
    """Return the language of what the tool itself says, where it is not that of the page."""
    return "" if user_language() == "zh" else ' lang="en"'


def _contents(headings: Sequence[documents.Outline]) -> Iterator[str]:
    """List the outermost headings, each with those right under it folded away."""
    name = _text(_("Contents"))
    yield f'<nav class="contents" aria-label="{name}">\n<h2>{name}</h2>\n<ul>\n'
    blocks: list[tuple[documents.Outline, list[str]]] = []
    for heading in headings:
        if heading.level == 1:
            blocks.append((heading, []))
        elif heading.level == 2:
            blocks[-1][1].append(f"<li>{_link(heading)}</li>\n")
    for heading, inner in blocks:
        link = _link(heading)
        if inner:
            link = f"<details><summary>{link}</summary>\n<ul>\n{''.join(inner)}</ul></details>"
        yield f"<li>{link}</li>\n"
    yield "</ul>\n</nav>\n"


def _link(heading: documents.Outline) -> str:
    return f'<a href="#g{heading.number}">{_text(heading.heading)}</a>{_count(heading)}'


def _count(heading: documents.Outline) -> str:
    return f'<span class="count">{_text(documents.beside_heading(heading))}</span>'


def _sections(headings: Sequence[documents.Outline], manifest: Manifest) -> Iterator[str]:
    open_levels = 0
    for heading in headings:
        yield "</section>\n" * (open_levels - heading.level + 1)
        open_levels = heading.level
        tag = f"h{min(heading.level + 1, DEEPEST)}"
        yield f'<section id="g{heading.number}">\n'
        count = _count(heading) if heading.total else ""
        yield f"<{tag}>{_text(heading.heading)}{count}</{tag}>\n"
        if not heading.total:
            yield f'<p class="none">{_text(_("Nothing found."))}</p>\n'
        for number, entry in heading.entries:
            yield from _entry(number, entry, manifest)
    yield "</section>\n" * open_levels


def _entry(number: int, entry: Entry, manifest: Manifest) -> Iterator[str]:
    yield f'<article class="entry" id="e{number}">\n'
    lines = documents.paragraphs(entry)
    before, after = documents.broken_off(entry, manifest.settings.context)
    for n, line in enumerate(lines):
        text = "".join(f"<mark>{_text(s)}</mark>" if hit else _text(s) for s, hit in line)
        start = ELLIPSIS if before and not n else ""
        end = ELLIPSIS if after and n == len(lines) - 1 else ""
        yield f'<p class="text">{start}{text}{end}</p>\n'
    told = "\n".join(map(_text, documents.source(entry)))
    yield f'<p class="cited"><a href="#e{number}">[{number}]</a> {told}</p>\n'
    whole = " whole" if entry.citation is None else ""
    also = "".join(
        f"<span>{documents.SEPARATOR}{_text(told)}</span>"
        for told in documents.remarks(entry, manifest)
    )
    yield f'<p class="at{whole}">{_text(documents.place(entry))}{also}</p>\n</article>\n'


def _how_made(manifest: Manifest) -> Iterator[str]:
    yield f'<footer class="how"{_speech()}>\n<h2>{_text(_("How this was made"))}</h2>\n'
    yield '<table class="facts">\n'
    for label, value in documents.facts(manifest):
        yield f'<tr><th scope="row">{_text(label)}</th><td>{_text(value)}</td></tr>\n'
    yield '</table>\n<table class="queries">\n'
    for n, row in enumerate(documents.query_table(manifest)):
        yield f"<tr>{''.join(_cells(row, 'td' if n else 'th'))}</tr>\n"
    yield "</table>\n</footer>\n"


def _cells(row: Sequence[str], tag: str) -> Iterable[str]:
    for n, cell in enumerate(row):
        figure = ' class="figure"' if n >= len(row) - documents.FIGURES else ""
        yield f"<{tag}{figure}>{_text(cell)}</{tag}>"


def _text(text: str) -> str:
    # every text comes from a file or a user: it could be markup
    return html.escape(text)
