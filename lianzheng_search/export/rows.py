"""Hits -> rows -> files: JSON lines, CSV, Markdown; a file is written whole or not at all."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

import msgspec

from ..messages import _, no_such, problem_message
from ..model import Hit, Passage, Span, SpeechInfo
from ..text.characters import printable, safe_json
from .citations import cite
from .entries import Batch, Entry
from .manifests import BatchSettings
from .text import escape_markdown, markdown_lines

if TYPE_CHECKING:
    from ..index.status import IndexSummary, Status
    from ..search.concordance import KwicLine
    from ..search.fillings import Filling

PASSAGE_KEYS = (
    "speech",
    "title",
    "date",
    "line",
    "column",
    "kind",
    "section",
    "section_number",
    "point",
    "text",
    "spans",
    "themes",
    "score",
)
SLOT_KEYS = ("fills", "count", "speeches", "places")
KWIC_KEYS = (
    "speech",
    "title",
    "line",
    "section",
    "point",
    "left",
    "keyword",
    "right",
    "date",
)
SPEECH_KEYS = ("speaker", "venue", "source")
"""What a passage's row tells of its speech, after everything else."""
FORMULA = re.compile("[\\s\xad\u200b-\u200d\u2060\ufeff]*[=+\\-@＝＋－＠]|[\t\r\n]")
"""What a spreadsheet takes for the start of a formula, in full width, or behind blanks, too."""
BATCH = 256
"""So many rows are written at a time."""
TO_JSON = msgspec.json.Encoder()
Row = dict[str, Any]


def passage_row(hit: Hit) -> dict[str, Any]:
    """
    Make the row of a hit: the keys of INTERFACE.md, in their order, and what else is known.

    `line` and `column` are the place of the first character of `text` in the decoded source
    file, whatever cleaning has cut out or joined before it. `text` is the cleaned text: where
    an advert stood inside the passage, or a line was broken, it goes on without. `spans` are
    offsets into `text`. Where copies of the passage were left out, `copies` are the ids of their
    speeches.
    """
    passage = hit.passage
    line, column = passage.place
    row = {
        "speech": hit.info.id,
        "title": hit.info.title,
        "date": hit.info.date,
        "line": line,
        "column": column,
        "kind": passage.kind,
        "section": passage.section,
        "section_number": passage.section_number,
        "point": passage.point,
        "text": passage.text,
        "spans": hit.spans,
        "themes": passage.themes,
        "score": None if hit.score is None else round(hit.score, 4),
        "match": "exact" if hit.exact else "words",
        "speaker": hit.info.speaker,
        "venue": hit.info.venue,
        "source": hit.info.source,
    }
    return row | {"copies": list(hit.copies)} if hit.copies else row


def kwic_row(line: KwicLine, width: int | None) -> Row:
    """Make the row of a concordance line; `width` cuts the context to so many cells a side."""
    from ..search.concordance import fit_left, fit_right

    left, right = line.left, line.right
    if width is not None:
        left, right = fit_left(left, width), fit_right(right, width)
    return {
        "speech": line.info.id,
        "title": line.info.title,
        "line": line.line,
        "section": list(line.section),
        "point": line.point,
        "left": left,
        "keyword": line.keyword,
        "right": right,
        "date": line.info.date,
    }


def filling_row(filling: Filling) -> Row:
    """Make the row of a filling; a place is ``speech:line``."""
    return {
        "fills": list(filling.fills),
        "count": filling.count,
        "speeches": filling.speeches,
        "places": [f"{speech}:{line}" for speech, line in filling.places],
    }


def plain_row(value: Any) -> Row:
    """Make the row of a value whose fields are the keys."""
    row: Row = msgspec.to_builtins(value)
    return row


def summary_row(summary: IndexSummary) -> Row:
    """Make the JSON of an index run: every key of INTERFACE.md is a count; details follow."""
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
            {"path": one.path, "line": one.line, "message": problem_message(one)}
            for one in summary.problems
        ],
    }


def status_row(status: Status) -> Row:
    """Make the JSON of a status: that of the index run, the versions, what changed since."""
    return summary_row(status.summary) | {
        "built": status.built,
        "size": status.size,
        "versions": dict(status.versions),
        "outdated": list(status.outdated),
        "changes": plain_row(status.changes),
    }


def to_json(value: Any) -> str:
    r"""
    Write a value as JSON on one line, Chinese as it is.

    What would steer a terminal is escaped, as JSON may have it.

    >>> to_json({"title": "在会上的讲话", "spans": [[0, 2]]})
    '{"title":"在会上的讲话","spans":[[0,2]]}'
    >>> print(to_json("清风\x1b[31m\u202e正气"))
    "清风\u001b[31m\u202e正气"
    """
    return safe_json(TO_JSON.encode(value).decode())


def write_rows(rows: Iterable[Row], keys: Sequence[str], out: IO[str], *, file_format: str) -> int:
    """Write rows with these keys to a text file as ``jsonl``, ``csv`` or ``md``; count them."""
    rows = iter(rows)
    table = csv.writer(out, lineterminator="\r\n")
    if file_format == "csv":
        table.writerow(keys)
    elif file_format == "md":
        out.write(_markdown_line(keys) + _markdown_line(["---"] * len(keys)))
    raw = _bytes_of(out) if file_format == "jsonl" else None
    count = 0
    while batch := list(islice(rows, BATCH)):
        if file_format == "jsonl":
            lines = TO_JSON.encode_lines(batch)
            text = safe_json(lines.decode())
            out.write(text) if raw is None else raw.write(text.encode())
        elif file_format == "csv":
            table.writerows([_cell(row[key], key) for key in keys] for row in batch)
        else:
            for row in batch:
                cells = (escape_markdown(str(_cell(row[key], key))) for key in keys)
                out.write(_markdown_line(cells))
        count += len(batch)
    return count


def _bytes_of(out: IO[str]) -> IO[bytes] | None:
    """Give the bytes under a text file that is UTF-8; None where there are none."""
    if not isinstance(out, io.TextIOWrapper) or codecs.lookup(out.encoding).name != "utf-8":
        return None
    out.flush()
    buffer: IO[bytes] = out.buffer
    return buffer


def _markdown_line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |\n"


def _cell(value: Any, key: str) -> str | int | float:
    """
    Make the cell of a value: lists joined, no text that a spreadsheet would run as a formula.

    What is not `printable` is put �, one for one: JSON lines have it as it is.

    Spans have dots, for Excel makes the seventh of March of 3-7.

    >>> _cell("=1+1", "text"), _cell(["一、甲", "（一）乙"], "section"), _cell(None, "date")
    ("'=1+1", '一、甲 › （一）乙', '')
    >>> _cell([Span(3, 7), Span(12, 16)], "spans"), _cell(["家风家教", "廉洁自律"], "themes")
    ('3..7 12..16', '家风家教 · 廉洁自律')
    """
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        if value and isinstance(value[0], Span):
            return " ".join([f"{span.start}..{span.end}" for span in value])
        value = (" › " if key == "section" else " · ").join(map(str, value))
    if isinstance(value, str):
        text = printable(value)
        plain = text[:1].isalnum() or not FORMULA.match(text)
        return text if plain else "'" + text
    return value  # type: ignore[no-any-return]


def markdown(hit: Hit) -> str:
    """
    Set a hit as a Markdown quotation with its source, ready to be pasted.

    What Markdown would take for markup is escaped, the hit is bold.
    """
    passage = hit.passage
    text = "\n>\n> ".join(markdown_lines(passage.text, hit.spans or hit.words))
    source = escape_markdown(cite(hit.info, passage, "plain"))
    return f"> {text}\n>\n> ——{source}\n"


def speech_markdown(info: SpeechInfo, passages: Iterable[Passage]) -> str:
    """Set a whole speech as Markdown: a title, headings by their levels, paragraphs."""
    blocks = [f"# {escape_markdown(info.title)}"]
    for passage in passages:
        if passage.touches and passage.point:
            blocks[-1] += escape_markdown(passage.text)
        elif passage.kind == "heading":
            level = min(6, passage.sections[-1].level + 1)
            blocks.append(f"{'#' * level} {escape_markdown(passage.text)}")
        elif passage.kind != "title":
            blocks += markdown_lines(passage.text, [])
    return "\n\n".join(blocks) + "\n"


def entry_row(entry: Entry) -> Row:
    """
    Make the row of an entry: the query's name, then the keys of its passage.

    `text`, `spans`, `line` and `column` are those of the excerpt; `offset` is where its text
    begins, counted from there, and `citation` is there if one was asked for.
    """
    taken = entry.excerpt
    row = {"query": entry.query} | passage_row(entry.hit)
    row |= {"text": taken.text, "spans": taken.spans, "line": taken.line, "column": taken.column}
    del row["match"]
    row["offset"] = taken.offset
    if entry.citation is not None:
        row["citation"] = entry.citation
    return row


def entry_keys(settings: BatchSettings, columns: Sequence[str] | None) -> tuple[str, ...]:
    """Give the columns of a table of entries; RequestError for a name that is none of them."""
    keys = ["query", *PASSAGE_KEYS, *SPEECH_KEYS]
    keys += ["offset"] * (settings.context != "passage") + ["citation"] * bool(settings.cite)
    for name in columns or ():
        if name not in keys:
            raise no_such(_("column"), name, keys)
    return tuple(columns or keys)


def write_table(batch: Batch, out: IO[str], keys: Sequence[str], *, file_format: str) -> None:
    """Write the entries of a batch to an open file, as csv or jsonl, with these keys."""
    whole = tuple(keys) == entry_keys(batch.settings, None)

    def rows() -> Iterator[Row]:
        for row in map(entry_row, batch.entries()):
            if not whole:
                yield {key: row[key] for key in keys}
                continue
            if "offset" not in keys:
                del row["offset"]
            yield row

    write_rows(rows(), keys, out, file_format=file_format)
