"""Groups of entries -> text to paste: Markdown with everything told, or bare paragraphs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO

from ..messages import _, ngettext
from ..model import Span, SpeechInfo
from ..text.characters import one_line, printable
from . import documents
from .citations import bibliography, cite, key_of
from .entries import Entry, Group, entries_of
from .excerpts import ELLIPSIS
from .manifests import Manifest
from .markdown import escape_markdown, markdown_lines

TOP = 2
"""The level of a group's heading in Markdown; that of the whole is 1."""


def write_md(out: IO[str], groups: Sequence[Group], manifest: Manifest) -> None:
    """
    Write a Markdown document: headings, quotations with the hits bold and their sources, counts.

    What would be markup is escaped, so that every CommonMark reader shows the text as it stands
    in the speech, but for blanks around a line and for what is not `printable`. At the end stand
    the BibTeX entries, if those were asked for, and how the export was made.
    """
    out.write(f"# {_('Excerpts from speeches')}\n\n{_counted(list(entries_of(*groups)))}\n\n")
    for group in groups:
        _md_group(out, group, TOP, manifest)
    entries = list(entries_of(*groups))
    if manifest.settings.cite == "bibtex" and entries:
        works = "\n\n".join(_works(entries))
        out.write(f"{'#' * TOP} BibTeX\n\n```bibtex\n{works}\n```\n\n")
    _md_manifest(out, manifest)


def write_txt(out: IO[str], groups: Sequence[Group], manifest: Manifest) -> None:
    """
    Write plain paragraphs for pasting: a passage, its source in brackets, a blank line.

    There is a heading for each group, but not for a speech that the sources name anyway, nor for
    the only group or one in which there is nothing.
    """
    alone = len(groups) == 1
    for group in groups:
        _txt_group(out, group, manifest, told=not alone)
    entries = list(entries_of(*groups))
    if manifest.settings.cite == "bibtex" and entries:
        out.write("\n\n".join(_works(entries)) + "\n")


def _counted(entries: Sequence[Entry]) -> str:
    """Return in words the numbers of passages and of speeches."""
    if not entries:
        return _("Nothing found.")
    passages, speeches = len(entries), len({entry.hit.info.id for entry in entries})
    return _("{passages} in {speeches}").format(
        passages=ngettext("{n} passage", "{n} passages", passages).format(n=passages),
        speeches=ngettext("{n} speech", "{n} speeches", speeches).format(n=speeches),
    )


def _heading(group: Group) -> str:
    """Return a group's heading on one line; the title of a speech with its date."""
    heading = one_line(group.heading) or _("(before the first heading)")
    first = next(entries_of(group), None)
    if group.speech and first is not None and first.hit.info.date:
        heading += f"（{first.hit.info.date}）"
    return heading


def _source(entry: Entry, style: str | None) -> str:
    """Return an entry's citation; for BibTeX, or if none was asked for, that in running Chinese."""
    if entry.citation is None or style == "bibtex":
        # an @misc entry cannot be read in running text: there its key stands, and the entry below
        return cite(entry.hit.info, entry.hit.passage, "plain")
    return entry.citation


def _works(entries: Sequence[Entry]) -> list[str]:
    infos: list[SpeechInfo] = [entry.hit.info for entry in entries]
    return bibliography(infos, "bibtex")


def _shown(entry: Entry, manifest: Manifest) -> tuple[str, list[Span]]:
    """Return the text to print, and its hits; dots where it is cut by a number of characters."""
    taken = entry.excerpt
    before = ELLIPSIS * (taken.cut[0] and isinstance(manifest.settings.context, int))
    after = ELLIPSIS * (taken.cut[1] and isinstance(manifest.settings.context, int))
    shift = len(before)
    spans = [Span(span.start + shift, span.end + shift) for span in taken.spans]
    return before + printable(taken.text) + after, spans


def _md_group(out: IO[str], group: Group, level: int, manifest: Manifest) -> None:
    out.write(f"{'#' * level} {escape_markdown(_heading(group))}\n\n")
    if level == TOP:
        out.write(f"{_counted(list(entries_of(group)))}\n\n")
    for inner in group.groups:
        _md_group(out, inner, level + 1, manifest)
    for entry in group.entries:
        lines = [*markdown_lines(*_shown(entry, manifest)), _md_source(entry, manifest)]
        out.write("\n>\n".join(f"> {line}" for line in lines) + "\n\n")


def _md_source(entry: Entry, manifest: Manifest) -> str:
    """Return the source of a quotation, and what it does not tell: file, key, query."""
    style, info = manifest.settings.cite, entry.hit.info
    told = [f"——{_md_cell(_source(entry, style))}"]
    if style == "bibtex":
        told.append(f"[@{key_of(info.id)}]")
    elif style not in (None, "plain"):
        told.append(f"（{_md_cell(f'{info.id}:{entry.hit.passage.place[0]}')}）")
    if len(manifest.queries) > 1 and manifest.settings.group_by in ("theme", "section"):
        told.append(f"〔{_md_cell(entry.query)}〕")
    return " ".join(told)


def _md_manifest(out: IO[str], manifest: Manifest) -> None:
    out.write(f"{'#' * TOP} {_('How this was made')}\n\n")
    for name, value in documents.facts(manifest):
        told = _("{name}: {value}").format(name=name, value=_md_cell(value))
        out.write(f"- {told}\n")
    head, *rows = documents.query_table(manifest)
    left = len(head) - documents.FIGURES
    out.write(f"\n| {' | '.join(head)} |\n|{' --- |' * left}{' ---: |' * documents.FIGURES}\n")
    for row in rows:
        out.write(f"| {' | '.join(map(_md_cell, row))} |\n")


def _md_cell(text: str) -> str:
    # a line end or a | in a text would end the cell
    return escape_markdown(one_line(text))


def _txt_group(out: IO[str], group: Group, manifest: Manifest, *, told: bool) -> None:
    if told and len(group) and not (group.speech and group.entries):
        out.write(f"{_heading(group)}\n\n")
    for inner in group.groups:
        _txt_group(out, inner, manifest, told=True)
    for entry in group.entries:
        text, _spans = _shown(entry, manifest)
        out.write(f"{text}\n（{_source(entry, manifest.settings.cite)}）\n\n")
