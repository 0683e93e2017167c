"""Values -> what a terminal shows; rich is imported by what needs it."""

from __future__ import annotations

import re
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import click

from ..messages import N_, _, ngettext, problem_text
from ..model import Passage, Problem, Span, SpeechInfo
from ..text.characters import BLANK, escaped, one_line, printable
from ..text.sentences import rewrite_spans, snippet
from ..text.width import cells, character_cells, shorten, wrap
from .printing.output import echo, secho, style, terminal_width

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console, ConsoleOptions
    from rich.segment import Segment

    from ..cleaning.learning import Recurring
    from ..export.manifests import Exported, Replayed
    from ..index.status import IndexSummary, Status
    from ..model import CleanText, Hit, Removal, Speech
    from ..search.concordance import Concordance
    from ..search.fillings import Fillings
    from ..search.matching import Results
    from ..structure.parse import Node

INDENT = "    "
FAULTS = {
    "late": N_("the first number is not 1"),
    "skipped": N_("a number is missing before this"),
    "doubled": N_("this number stands twice"),
    "disordered": N_("this number is out of order"),
    "lost": N_("this has lost its number"),
}
"""How an outline marks what is wrong with a number."""
KWIC_WIDEST, KWIC_PIPED = 240, 120
"""A concordance uses all of a wide terminal; in a pipe it is this wide."""
PROBLEMS_SHOWN = 20
BAR = 24
VERSION_NAMES = {
    "words": N_("words"),
    "watermarks": N_("watermarks"),
    "themes": N_("themes"),
    "encoding": N_("encoding"),
    "readers": N_("readers"),
    "limits": N_("limits"),
    "format": N_("index format"),
}
"""What a version is called that decides what is in an index; the others are packages."""


def results(found: Results) -> None:
    """Print hits like citations, and how many there are."""
    width = terminal_width()
    shown, title = 0, None
    for shown, hit in enumerate(found.hits, start=1):  # noqa: B007 - counted while read
        if hit.info.id != title:
            lines = broken(hit.info.title, width)
            styled = "\n".join(style(line, bold=True) for line in lines)
            echo(("\n" if title else "") + styled)
            title = hit.info.id
        echo(_citation(hit, width))
    if shown:
        passages = ngettext("{n} passage", "{n} passages", found.total).format(n=found.total)
        speeches = ngettext("{n} speech", "{n} speeches", found.speeches).format(n=found.speeches)
        count = _("{passages} in {speeches}").format(passages=passages, speeches=speeches)
        if shown < found.total:
            count += _("; the first {shown} shown, --limit 0 shows all").format(shown=shown)
        if found.copies:
            count += _("; {n} more in copies, --with-variants shows them").format(n=found.copies)
        tell(count)


def kwic(
    found: Concordance, *, width: int | None, clause: bool = False, wide: bool = False
) -> None:
    """
    Print concordance lines, the keywords under one another, each with its place.

    `width` is of the context on each side, in cells; None is what the terminal has room for.
    """
    from ..search.concordance import fit_left, fit_right, padding

    lines = found.lines
    across = terminal_width(most=KWIC_WIDEST) or KWIC_PIPED
    places = [f"{line.info.id}:{line.line}" for line in lines]
    keyword_width = max(cells(line.keyword, wide=wide) for line in lines)
    place_width = min(max(map(cells, places)), across // 4)
    if width is None:
        width = max(8, (across - place_width - min(keyword_width, across // 4) - 4) // 2)
    for line, place in zip(lines, places, strict=True):
        left = fit_left(line.left, width, clause=clause, wide=wide)
        room = width + max(0, keyword_width - cells(line.keyword, wide=wide))
        right = fit_right(line.right, width, clause=clause, wide=wide)
        echo(
            padding(left, width, wide=wide)
            + left
            + " "
            + _red(line.keyword)
            + " "
            + right
            + padding(right, room, wide=wide)
            + "  "
            + style(end_of(place, place_width), fg="cyan")
        )
    matches = ngettext("{n} match", "{n} matches", found.total).format(n=found.total)
    speeches = ngettext("{n} speech", "{n} speeches", found.speeches).format(n=found.speeches)
    told = _("{passages} in {speeches}").format(passages=matches, speeches=speeches)
    if len(lines) < found.total:
        told += _("; {shown} shown, --limit 0 shows all").format(shown=len(lines))
    if found.copies:
        told += _("; {passages}").format(passages=left_out(found.copies))
    told += _("; lianzheng show SPEECH:LINE reads on")
    tell(told)


def slots(found: Fillings) -> None:
    """Print what fills the gaps of a pattern, a column a gap, with counts and the first place."""
    gaps = len(found.shown[0].fills)
    heads = [_("gap {n}").format(n=n) for n in range(1, gaps + 1)] if gaps > 1 else [_("gap")]
    table(
        [*heads, _("matches"), _("speeches"), _("first place")],
        [
            (
                *(fill or _("(nothing)") for fill in one.fills),
                one.count,
                one.speeches,
                "{}:{}".format(*one.places[0]),
            )
            for one in found.shown
        ],
        bars=[one.count for one in found.shown],
    )
    told = _("{passages} in {speeches}").format(
        passages=ngettext("{n} match", "{n} matches", found.matches).format(n=found.matches),
        speeches=ngettext("{n} speech", "{n} speeches", found.speeches).format(n=found.speeches),
    )
    fillings = ngettext("{n} filling", "{n} fillings", found.fillings).format(n=found.fillings)
    told = f"{found.pattern}  " + _("{fillings}, {matches}").format(fillings=fillings, matches=told)
    if len(found.shown) < found.fillings:
        told += _("; {shown} shown, --limit 0 shows all").format(shown=len(found.shown))
    if found.copies:
        told += _("; {passages}").format(passages=left_out(found.copies))
    tell(told)


def tell(told: str) -> None:
    """Print what is told under a list, broken between clauses where it is wider than the screen."""
    width = terminal_width()
    lines = [""]
    for clause in re.split("(?<=；)|(?<=; )", told):
        if lines[-1] and width and cells(lines[-1] + clause.rstrip()) > width:
            lines.append("")
        lines[-1] += clause
    secho("\n" + "\n".join(line.rstrip() for line in lines), dim=True)


def left_out(copies: int) -> str:
    """Tell how many passages were not looked at because copies of them were."""
    return ngettext(
        "{n} passage of copies left out (--with-variants)",
        "{n} passages of copies left out (--with-variants)",
        copies,
    ).format(n=copies)


def end_of(place: str, width: int) -> str:
    """Shorten a place from its left: the line's number is what it is for."""
    if 2 * len(place) <= width or cells(place) <= width:
        return place
    used, at = 1, len(place)
    while at and (used := used + character_cells(place[at - 1])) <= width:
        at -= 1
    return "…" + place[at:]


def _citation(hit: Hit, width: int | None) -> str:
    part = snippet(hit.passage.text, hit.spans or hit.words)
    more = ngettext("+{n} more here", "+{n} more here", part.more).format(n=part.more)
    held = len(hit.copies)
    copies = ngettext("also in {n} copy", "also in {n} copies", held).format(n=held)
    head = _side_by_side(
        [
            *((line, {}) for line in broken(_breadcrumb(hit.passage), width and width - 2)),
            (f"{hit.info.id}:{hit.passage.place[0]}", {"fg": "cyan"}),
            (" · ".join(hit.passage.themes), {"dim": True}),
            (f"({more})" if part.more else "", {"dim": True}),
            (f"({copies})" if hit.copies else "", {"dim": True}),
        ],
        width,
    )
    return f"{head}\n{_body(part.text, part.spans, width)}"


def _side_by_side(pieces: Sequence[tuple[str, dict[str, Any]]], width: int | None) -> str:
    """Set styled pieces on one line, or on as many as they need to stay within the width."""
    lines: list[list[tuple[str, dict[str, Any]]]] = [[]]
    for text, colours in pieces:
        used = sum(cells(other) + 2 for other, _colours in lines[-1])
        if text and lines[-1] and width and 2 + used + cells(text) > width:
            lines.append([])
        if text:
            lines[-1].append((text, colours))
    return "\n".join(
        INDENT[:2] + "  ".join(style(text, **colours) for text, colours in line) for line in lines
    )


def broken(text: str, width: int | None) -> list[str]:
    """
    Break a text into lines of so many cells; None is one line.

    >>> broken("敢于担当，善于作为", 10), broken("敢于担当，善于作为", None)
    (['敢于担当，', '善于作为'], ['敢于担当，善于作为'])
    """
    if width is None:
        return [text]
    return [text[line.start : line.end] for line in wrap(text, width=width)]


def _breadcrumb(passage: Passage) -> str:
    kinds = {"title": _("title"), "salutation": _("salutation"), "closing": _("closing")}
    path = [*passage.headings_above, *([passage.point] if passage.point else [])]
    if not path and passage.kind in kinds:
        path = [kinds[passage.kind]]
    return f"〈{' › '.join(path)}〉" if path else ""


def _body(text: str, spans: Sequence[Span], width: int | None, indent: str = INDENT) -> str:
    """Set a text with its spans highlighted, wrapped where there is a width."""
    lines = [Span(0, len(text))] if width is None else wrap(text, width=width - len(indent))
    return "\n".join(indent + _highlighted(text, spans, line) for line in lines)


def _highlighted(text: str, spans: Sequence[Span], line: Span) -> str:
    inside = [
        Span(max(span.start, line.start) - line.start, min(span.end, line.end) - line.start)
        for span in spans
        if span.start < line.end and span.end > line.start
    ]
    return rewrite_spans(text[line.start : line.end], inside, _red, str)


def _red(text: str) -> str:
    return style(text, fg="red", bold=True)


def speech(info: SpeechInfo, passages: Iterable[Passage]) -> Iterator[str]:
    """Yield a cleaned speech line by line, its title and headings set off."""
    width = terminal_width()
    for line in _printed_lines(tuple(passages)):
        text = "".join(passage.text for passage in line)
        bold = len(line[0].text) if line[0].kind in ("title", "heading") else 0
        if line[0].kind == "heading":
            yield ""
        for piece in [Span(0, len(text))] if width is None else wrap(text, width=width):
            cut = max(piece.start, min(bold, piece.end))
            start = text[piece.start : cut]
            yield (style(start, bold=True) if start else "") + text[cut : piece.end]
    facts = [info.id, info.date, info.speaker, info.venue, info.source]
    yield style("\n" + " · ".join(fact for fact in facts if fact), dim=True)


def around(info: SpeechInfo, passages: Sequence[Passage], there: range, *, context: int) -> None:
    """
    Print passages of a speech with so many source lines around them, each with its number.

    Those that are `there` are marked, under the headings over them.
    """
    from ..model import source_lines

    lines = list(source_lines(tuple(passages)))
    starts = list(accumulate(map(len, lines), initial=0))
    first = bisect_right(starts, there.start) - 1
    last = bisect_left(starts, there.stop)
    shown = range(max(0, first - context), min(len(lines), last + context))
    secho(info.title, bold=True)
    above = " › ".join(passages[there.start].headings_above)
    facts = [f"〈{above}〉" if above else "", info.id, info.date, info.speaker]
    secho("  ".join(fact for fact in facts if fact), dim=True)
    gutter = max(len(str(lines[n][0].place[0])) for n in shown) + 4
    width = terminal_width()
    for n in shown:
        marked = first <= n < last
        text = "".join(passage.text for passage in lines[n])
        bold = len(lines[n][0].text) if lines[n][0].kind in ("title", "heading") else 0
        number = f"{'▸ ' if marked else '  '}{lines[n][0].place[0]}".ljust(gutter)
        for piece in [Span(0, len(text))] if width is None else wrap(text, width=width - gutter):
            cut = max(piece.start, min(bold, piece.end))
            start = text[piece.start : cut]
            body = (style(start, bold=True) if start else "") + text[cut : piece.end]
            echo(style(number, fg="cyan", bold=marked) + body)
            number = " " * gutter


def _printed_lines(passages: Sequence[Passage]) -> Iterator[Sequence[Passage]]:
    """Group passages by line, also where the file keeps several lines on one."""
    from ..model import source_lines
    from ..text.characters import BLANK

    for line in source_lines(passages):
        start = 0
        for n, (before, passage) in enumerate(pairwise(line), start=1):
            joint = before.text[-1] in BLANK and passage.point is None
            if joint or passage.kind == "heading":
                yield line[start:n]
                start = n
        yield line[start:]


def outline(told: Speech, nodes: Sequence[Node]) -> None:
    """Draw a speech's structure as a tree: sections, and in them points with their first words."""
    from rich.text import Text
    from rich.tree import Tree

    head = Text.assemble((told.info.title, "bold"), ("  " + told.info.id, "dim"))
    facts = [told.info.date, told.info.speaker, told.info.venue, told.info.source]
    if any(facts):
        head.append("\n" + " · ".join(fact for fact in facts if fact), "dim")
    tree = Tree(head, guide_style="dim")
    above: list[tuple[int, Tree]] = [(0, tree)]
    for node in nodes:
        text, look = node.text, "italic"
        if node.kind == "section":
            while above[-1][0] >= (node.level or 1):
                above.pop()
            text, look = node.heading or "", "bold"
        elif node.kind == "point":
            text, look = f"{node.marker} {node.heading}", ""
        elif node.kind == "closing":
            del above[1:]
        elif node.kind != "salutation":
            continue
        room = (terminal_width() or 100) - 4 * len(above) - 8
        fault = f"  ! {_(FAULTS[node.fault])}" if node.fault else ""
        label = Text.assemble(
            (shorten(text, width=room - cells(fault)), look),
            (f"  {node.line}", "dim"),
            (fault, "yellow"),
        )
        branch = above[-1][1].add(label)
        if node.kind == "section":
            above.append((node.level or 1, branch))
    _print_rich(tree)
    for problem in told.problems:
        echo(style("! ", fg="yellow") + problem_text(problem))


NARROW = 8
"""A text in a table is not cut to fewer cells."""


def table(
    heads: Sequence[str], rows: Sequence[Sequence[object]], *, bars: Sequence[float] = ()
) -> None:
    """
    Print rows under their heads: text to the left, numbers to the right, a small bar at the end.

    Fractions are given two decimals, None nothing; `bars` are a number a row, the longest bar is
    of the largest. On a terminal the bars are shortened, then the widest texts are cut, to
    what there is room for, a place (``speech:line``) from its left.
    """
    shown = [[_cell(value) for value in row] for row in rows]
    numbers = [any(isinstance(row[k], int | float) for row in rows) for k in range(len(heads))]
    widths = [max([cells(head), *(cells(row[k]) for row in shown)]) for k, head in enumerate(heads)]
    most = max(bars, default=0) or 1
    across = terminal_width()
    longest = BAR if across is None or across >= BAR * 4 else BAR // 2
    if across is not None:
        over = sum(widths) + 2 * len(heads) + (longest if bars else 0) - across
        narrowed = min(max(0, over), longest // 2 if bars else 0)
        longest, over = longest - narrowed, over - narrowed
        texts = [k for k in range(len(heads)) if not numbers[k]]
        while over > 0 and (long := [k for k in texts if widths[k] > NARROW]):
            widths[max(long, key=lambda k: widths[k])] -= 1
            over -= 1
        longest = max(0, longest - max(0, over))
    aligned = list(zip(widths, numbers, strict=True))

    def line(row: Sequence[str]) -> str:
        return "  ".join(
            _padded(_fitted(text, width), width, right=right)
            for text, (width, right) in zip(row, aligned, strict=True)
        )

    secho(line(heads).rstrip(), dim=True)
    for n, row in enumerate(shown):
        bar = "▇" * round(longest * bars[n] / most) if bars else ""
        echo((line(row) + "  " + style(bar, fg="cyan")) if bar else line(row).rstrip())


def _fitted(text: str, width: int) -> str:
    if text.rpartition(":")[2].isdecimal():
        return end_of(text, width)
    return shorten(text, width=width)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    return "" if value is None else str(value).replace("\n", " ")


def _padded(text: str, width: int, *, right: bool = False) -> str:
    space = " " * max(0, width - cells(text))
    return space + text if right else text + space


def removals(path: str, removed: Sequence[Removal]) -> None:
    """Print the lines that cleaning cuts from a file, each with the rule that took it."""
    secho(path, bold=True)
    for removal in removed:
        rule = style(removal.rule, fg="yellow")
        place = removal.line or ""
        if removal.column is not None:
            place = f"{place}:{removal.column + 1}"
        shown = escaped(removal.text.strip(BLANK)) or ascii(removal.text)[1:-1]
        put = f" → {escaped(removal.put)}" if removal.put else ""
        echo(f"{place:>5}  {rule}  {shown}{put}")
    if not removed:
        secho(f"{INDENT}{_('nothing to remove')}", dim=True)


def difference(clean: CleanText) -> None:
    """Print what cleaning changes in a file: lines before (-) and after (+), and one around."""
    from ..cleaning.edits import source_text

    source = source_text(clean)
    kept = {line.number: line for line in clean.lines}
    rows: list[tuple[str, int, str]] = []
    put: list[tuple[str, int, str]] = []  # below all the lines that it was made of
    for number, text in enumerate([*source, None], start=1):
        line = kept.get(number)
        if line or text is None:
            rows += put
            put = [("+", number, line.text)] if line and line.text != text else []
        if text is not None:
            rows.append((" " if line and line.text == text else "-", number, text))
    secho(f"--- {clean.path}\n+++ {clean.path} ({_('cleaned')})", bold=True)
    changed = {n for n, row in enumerate(rows) if row[0] != " "}
    last = None
    for n, (sign, number, text) in enumerate(rows):
        if not changed.intersection((n - 1, n, n + 1)):
            continue
        if last is None or n > last + 1:
            secho(f"@@ {number} @@", fg="cyan")
        last = n
        secho(sign + escaped(text), fg={"-": "red", "+": "green"}.get(sign))
    if not changed:
        secho(f"{INDENT}{_('nothing to remove')}", dim=True)


def recurring(lines: Sequence[Recurring]) -> None:
    """Print the lines that may be watermarks, numbered, with what speaks for it."""
    where = {"head": _("at the head"), "tail": _("at the tail"), "page": _("a page apart")}
    for number, line in enumerate(lines, start=1):
        secho(f"{number:>4}  {line.examples[0][2]}", bold=True)
        told = _("{files} files, {count} times, {where}").format(
            files=line.files,
            count=line.count,
            where=", ".join(where[region] for region in line.regions),
        )
        echo(f"{INDENT * 3}{told}")
        for path, at, text in line.examples:
            secho(f"{INDENT * 3}{path}:{at}  {text}", dim=True)


def index_summary(summary: IndexSummary, seconds: float) -> None:
    """Print what an update did, then the problems."""
    from ..index.status import DAMAGE

    echo(
        _("{speeches} speeches, {passages} passages, {removed} watermark lines removed").format(
            speeches=summary.speeches, passages=summary.passages, removed=summary.removed_lines
        )
    )
    secho(
        _(
            "{added} files added, {updated} updated, {deleted} deleted, {unchanged} unchanged;"
            " {seconds:.1f} s"
        ).format(
            added=summary.added,
            updated=summary.updated,
            deleted=summary.deleted,
            unchanged=summary.unchanged,
            seconds=seconds,
        ),
        dim=True,
    )
    if summary.removed_by_rule and (summary.added or summary.updated):
        rules = _("removed, by rule: {rules}").format(rules=_by_rule(summary))
        secho("\n".join(_filled(rules, terminal_width())), dim=True)
    if summary.copies:
        echo(_copies(summary))
    if DAMAGE in summary.outdated:
        secho(_("the index was damaged; what was damaged is made anew"), fg="yellow")
    if changed := [name for name in summary.outdated if name != DAMAGE]:
        told = _("all files read anew, for this has changed: {names}")
        names = ", ".join(_(VERSION_NAMES.get(name, name)) for name in changed)
        secho(told.format(names=names), dim=True)
    problems(summary.problems, limit=PROBLEMS_SHOWN if sys.stderr.isatty() else None)


def waiting(writer: str) -> None:
    """Print, on standard error, for which process an index run waits."""
    echo(_("another run is writing this index ({writer}): waiting").format(writer=writer), err=True)


def exported(done: Exported, output: Path) -> None:
    """Print, on standard error, how many rows of each query went into which files."""
    for name, rows in done.counts.items():
        if name:
            echo(f"{rows:>7}  {one_line(name)}", err=True)
    if len(done.files) == 1 and done.files[0] == output:
        told = ngettext(
            "{n} passage written to {file}", "{n} passages written to {file}", done.rows
        )
        echo(told.format(n=done.rows, file=output), err=True)
        return
    files = ngettext("{n} file", "{n} files", len(done.files)).format(n=len(done.files))
    told = ngettext(
        "{n} passage written to {files} in {folder}",
        "{n} passages written to {files} in {folder}",
        done.rows,
    )
    echo(told.format(n=done.rows, files=files, folder=output), err=True)


def replayed(told: Replayed) -> None:
    """Print what differs between an export and the same made again."""
    for one in told.queries:
        if one.same:
            row = f"  {one.now:>7}  {one_line(one.name)}"
        else:
            counts = f"{one.then} → {one.now}" if one.then != one.now else str(one.now)
            row = style(f"~ {counts:>7}  {one_line(one.name)}", fg="yellow")
        echo(row)
    for sign, speeches in (("~", told.changed), ("-", told.gone)):
        for speech in speeches:
            secho(f"{sign} {speech}", fg="yellow")
    for name, (then, now) in told.versions.items():
        secho(f"~ {_(VERSION_NAMES.get(name, name))}: {then} → {now}", fg="yellow")
    if told.same:
        echo(_("Every row is as it was."))
    elif told.same_corpus:
        echo(_("The files are the same; the rules or the program differ."))
    else:
        echo(_("The corpus has changed since."))


def problems(found: Sequence[Problem], *, limit: int | None = None, err: bool = True) -> None:
    """Print problems, one a line."""
    for problem in found[:limit]:
        echo(problem_text(problem), err=err)
    if limit is not None and len(found) > limit:
        more = _("… and {n} more; lianzheng status --problems lists them all")
        echo(more.format(n=len(found) - limit), err=True)


def status(told: Status) -> None:
    """Print what is indexed, from what, and what has changed since."""
    summary, changes = told.summary, told.changes
    facts = [
        (_("files"), str(summary.files)),
        (_("speeches"), str(summary.speeches)),
        (_("passages"), str(summary.passages)),
        *(
            (name, str(summary.known.get(key, 0)))
            for name, key in (
                (_("with a date"), "date"),
                (_("with a speaker"), "speaker"),
                (_("with a source"), "source"),
            )
        ),
        (_("removed lines"), str(summary.removed_lines)),
        *(((_("removed, by rule"), _by_rule(summary)),) if summary.removed_by_rule else ()),
        (_("problems"), str(len(summary.problems))),
        (_("built"), told.built),
        (_("size"), f"{told.size / 1e6:.1f} MB"),
        *((_(VERSION_NAMES.get(name, name)), one) for name, one in told.versions.items()),
    ]
    width = max(cells(name) for name, _value in facts)
    room = max(20, (terminal_width() or 10**6) - width - 2)
    for name, value in facts:
        indented = ("\n" + " " * (width + 2)).join(_filled(value, room))
        echo(style(_padded(name, width), dim=True) + "  " + indented)
    if summary.copies:
        echo(_copies(summary))
    for path, copy in summary.copies.items():
        share = _("{percent} % of it in {speech}").format(
            percent=int(100 * copy.share), speech=copy.of
        )
        echo(f"{INDENT}{path}  " + style(share, dim=True))
    for name in told.outdated:
        told_name = _(VERSION_NAMES.get(name, name))
        secho(_("changed since: {name}").format(name=told_name), fg="yellow")
    for sign, paths in (("+", changes.added), ("~", changes.updated), ("-", changes.deleted)):
        for path in paths:
            secho(f"{sign} {path}", fg="yellow")
    if told.outdated or changes:
        behind = _("The index is behind. Bring it up to date: {command}")
        echo(behind.format(command=told.update_command))
    else:
        echo(_("The index is up to date."))


def _copies(summary: IndexSummary) -> str:
    families = len({copy.of for copy in summary.copies.values()})
    copies = len(summary.copies)
    told = ngettext(
        "{n} speech is a copy or an excerpt of another",
        "{n} speeches are copies or excerpts of others",
        copies,
    ).format(n=copies)
    grouped = ngettext("{n} family", "{n} families", families).format(n=families)
    return _("{copies}: {families}").format(copies=told, families=grouped)


def _filled(text: str, width: int | None) -> list[str]:
    """Break a text at its spaces into lines of at most `width` cells."""
    lines = [""]
    for word in text.split(" "):
        if not lines[-1]:
            lines[-1] = word
        elif width is None or cells(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _by_rule(summary: IndexSummary) -> str:
    return ", ".join(f"{rule} {count}" for rule, count in summary.removed_by_rule.items())


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """
    Show a progress bar on a terminal; nothing elsewhere.

    What it gives is called with (so much done, so much in all), from time to time.
    """
    if not sys.stderr.isatty():
        yield lambda done, whole: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(printable(label), markup=False), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, whole: bar.update(task, completed=done, total=whole)


@contextmanager
def query_progress() -> Iterator[Callable[[int, int, str], None]]:
    """Show on a terminal how many queries are done, and the one at hand."""
    if not sys.stderr.isatty():
        yield lambda done, whole, name: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, whole, name: bar.update(
            task, completed=done, total=whole, description=shorten(one_line(name), width=40)
        )


@contextmanager
def indexing_progress() -> Iterator[Callable[[int, int, int], None]]:
    """Show a progress bar with files, MB and time left, on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda done, files, size: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn(_("indexing")),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[megabytes]:.1f} MB"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, megabytes=0.0)
        read = 0

        def advance(done: int, files: int, size: int) -> None:
            nonlocal read
            read += size
            bar.update(task, completed=done, total=files, megabytes=read / 1e6)

        yield advance


def _print_rich(value: Any) -> None:
    from rich.console import Console

    width = terminal_width()
    plain = click.get_current_context().color is False
    console = Console(
        width=width or 10_000,
        highlight=False,
        soft_wrap=width is None,
        color_system=None if plain else "auto",
    )
    console.print(_Printable(value))


class _Printable:
    """What rich draws, with every text `printable`: of controls, rich leaves some as they are."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for segment in console.render(self.value, options):
            yield segment._replace(text=printable(segment.text))
