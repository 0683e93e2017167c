"""What a search, a concordance, an export and an index run give -> rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from ...messages import _, no_such, problem_message
from ...model import Hit, Span, Value
from .rows import Row, keys_of, plain_row, write_rows

if TYPE_CHECKING:
    from ...index.status import IndexSummary, Status
    from ...search.concordance import KwicLine
    from ...search.fillings import Filling
    from ..entries import Batch, Entry
    from ..manifests import BatchSettings


class PassageRow(Value, frozen=True, kw_only=True):
    """
    The row of a passage: the keys of INTERFACE.md, in their order, and what else is known.

    `line` and `column` are the place of the first character of `text` in the decoded source
    file, whatever cleaning has cut out or joined before it. `text` is the cleaned text: where
    an advert stood inside the passage, or a line was broken, it goes on without. `spans` are
    offsets into `text`. Where copies of the passage were left out, `copies` are the ids of their
    speeches.

    `match`, ``exact`` or ``words``, is told by a search. `query`, `offset` and `citation` are
    those of an `Entry` of an export, whose `text`, `spans`, `line` and `column` are those of its
    excerpt: `offset` is where that begins, counted from its line and column.
    """

    query: str | UnsetType = UNSET
    speech: str
    title: str
    date: str | None
    line: int
    column: int
    kind: str
    section: tuple[str, ...]
    section_number: int | None
    point: str | None
    text: str
    spans: tuple[Span, ...]
    themes: tuple[str, ...]
    score: float | None
    match: str | UnsetType = UNSET
    speaker: str | None
    venue: str | None
    source: str | None
    copies: tuple[str, ...] | UnsetType = UNSET
    offset: int | UnsetType = UNSET
    citation: str | UnsetType = UNSET


class KwicRow(Value, frozen=True, kw_only=True):
    """The row of a concordance line."""

    speech: str
    title: str
    line: int
    section: tuple[str, ...]
    point: str | None
    left: str
    keyword: str
    right: str
    date: str | None


class FillingRow(Value, frozen=True, kw_only=True):
    """The row of what fills the gaps of a pattern; a place is ``speech:line``."""

    fills: tuple[str, ...]
    count: int
    speeches: int
    places: tuple[str, ...]


SEARCH_KEYS = keys_of(PassageRow, without=("query", "copies", "offset", "citation"))
"""The columns of what a search finds; `copies` stand in JSON lines alone, where there are any."""
PASSAGE_KEYS = tuple(key for key in SEARCH_KEYS if key != "match")
"""The columns of passages that were not searched for."""
KWIC_KEYS = keys_of(KwicRow)
FILLING_KEYS = keys_of(FillingRow)


def passage_row(hit: Hit) -> PassageRow:
    """Return the row of a hit."""
    info, passage = hit.info, hit.passage
    line, column = passage.place
    return PassageRow(
        speech=info.id,
        title=info.title,
        date=info.date,
        line=line,
        column=column,
        kind=passage.kind,
        section=passage.section,
        section_number=passage.section_number,
        point=passage.point,
        text=passage.text,
        spans=hit.spans,
        themes=passage.themes,
        score=None if hit.score is None else round(hit.score, 4),
        match="exact" if hit.exact else "words",
        speaker=info.speaker,
        venue=info.venue,
        source=info.source,
        copies=hit.copies or UNSET,
    )


def kwic_row(line: KwicLine, width: int | None) -> KwicRow:
    """Return the row of a concordance line, its context cut to `width` cells a side if given."""
    # inside: only kwic needs it
    from ...search.concordance import fit_left, fit_right

    left, right = line.left, line.right
    if width is not None:
        left, right = fit_left(left, width), fit_right(right, width)
    return KwicRow(
        speech=line.info.id,
        title=line.info.title,
        line=line.line,
        section=line.section,
        point=line.point,
        left=left,
        keyword=line.keyword,
        right=right,
        date=line.info.date,
    )


def filling_row(filling: Filling) -> FillingRow:
    """Return the row of a filling."""
    places = tuple(f"{speech}:{line}" for speech, line in filling.places)
    return FillingRow(
        fills=filling.fills, count=filling.count, speeches=filling.speeches, places=places
    )


def entry_row(entry: Entry) -> PassageRow:
    """Return the row of an entry."""
    excerpt = entry.excerpt
    return replace(
        passage_row(entry.hit),
        query=entry.query,
        text=excerpt.text,
        spans=excerpt.spans,
        line=excerpt.line,
        column=excerpt.column,
        match=UNSET,
        offset=excerpt.offset,
        citation=UNSET if entry.citation is None else entry.citation,
    )


def entry_keys(settings: BatchSettings, columns: Sequence[str] | None) -> tuple[str, ...]:
    """Return the columns of a table of entries; RequestError for a name that is none of them."""
    without = ["match", "copies"]
    without += ["offset"] * (settings.context == "passage") + ["citation"] * (not settings.cite)
    keys = keys_of(PassageRow, without=without)
    for name in columns or ():
        if name not in keys:
            raise no_such(_("column"), name, keys)
    return tuple(columns or keys)


def write_entries(batch: Batch, out: IO[str], keys: Sequence[str], *, file_format: str) -> None:
    """Write the entries of a batch to an open file, as csv or jsonl, with these keys."""
    write_rows(_entry_rows(batch, keys), keys, out, file_format=file_format)


def _entry_rows(batch: Batch, keys: Sequence[str]) -> Iterator[Row]:
    all_keys = tuple(keys) == entry_keys(batch.settings, None)
    for entry in batch.entries():
        row = entry_row(entry)
        if not all_keys:
            yield {key: getattr(row, key) for key in keys}
        elif "offset" in keys:
            yield row
        else:
            yield replace(row, offset=UNSET)


def summary_row(summary: IndexSummary) -> dict[str, Any]:
    """Return the JSON of an index run: every key of INTERFACE.md is a count; details follow."""
    row = plain_row(summary)
    return row | {
        "problems": len(summary.problems),
        "copies": len(summary.copies),
        "families": len({copy.of for copy in summary.copies.values()}),
        "copy_list": [
            {"speech": path, "of": copy.of, "share": round(copy.share, 4)}
            for path, copy in summary.copies.items()
        ],
        "problem_list": [
            {"path": problem.path, "line": problem.line, "message": problem_message(problem)}
            for problem in summary.problems
        ],
    }


def status_row(status: Status) -> dict[str, Any]:
    """Return the JSON of a status: that of the index run, the versions, what changed since."""
    return summary_row(status.summary) | {
        "built": status.built,
        "size": status.size,
        "versions": dict(status.versions),
        "outdated": list(status.outdated),
        "changes": plain_row(status.changes),
    }
