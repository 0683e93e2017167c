"""Counts -> the quiet sentences under a list: how much there is, and what was left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..messages import _, ngettext
from ..text.width import cells
from .printing.layout import break_lines
from .printing.output import echo, secho, terminal_width

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..corpus import Corpus
    from ..index.changes import Changes

CLAUSE = re.compile("(?<=；)|(?<=; )")
"""Where a sentence about a list may be broken before all."""


def print_remark(text: str) -> None:
    """Print a sentence about a list, dim; one that is too wide is broken between its clauses."""
    # wrapped here: a terminal would break a number or a word in two
    width = terminal_width()
    lines = [""]
    for clause in CLAUSE.split(text):
        if lines[-1] and width and cells(lines[-1] + clause.rstrip()) > width:
            lines.append("")
        lines[-1] += clause
    if width and max(cells(line.rstrip()) for line in lines) > width:  # a clause is too wide
        lines = break_lines(text, width)
    secho("\n".join(line.rstrip() for line in lines), dim=True)


def print_total(text: str) -> None:
    """Print, under a list and apart from it, how much there is."""
    echo()
    print_remark(text)


def passages(number: int) -> str:
    """Return a number of passages in the user's language."""
    return ngettext("{n} passage", "{n} passages", number).format(n=number)


def speeches(number: int) -> str:
    """Return a number of speeches in the user's language."""
    return ngettext("{n} speech", "{n} speeches", number).format(n=number)


def matches(number: int) -> str:
    """Return a number of matches in the user's language."""
    return ngettext("{n} match", "{n} matches", number).format(n=number)


def hits(number: int) -> str:
    """Return a number of hits in the user's language."""
    return ngettext("{n} hit", "{n} hits", number).format(n=number)


def words(number: int) -> str:
    """Return a number of words in the user's language."""
    return ngettext("{n} word", "{n} words", number).format(n=f"{number:,}")


def in_speeches(amount: str, number: int) -> str:
    """Return an amount, such as `passages` gives, and the number of speeches that it is in."""
    return _("{passages} in {speeches}").format(passages=amount, speeches=speeches(number))


def copies_left_out(number: int) -> str:
    """Return how many passages were not looked at because copies of them were."""
    return ngettext(
        "{n} passage of copies left out (--with-variants)",
        "{n} passages of copies left out (--with-variants)",
        number,
    ).format(n=number)


def and_copies(number: int) -> str:
    """Return the same as a clause that ends a sentence; nothing where there are no copies."""
    return _("; {passages}").format(passages=copies_left_out(number)) if number else ""


def warn(text: str) -> None:
    """Print a sentence of the program's, on standard error."""
    # on standard error, so that rows in a pipe stay rows
    echo(f"lianzheng: {text}", err=True)


def nothing_found() -> int:
    """Print, on standard error, that nothing was found; return the exit code that says so."""
    warn(_("nothing found"))
    # as grep has it: 1 is "nothing found", 2 is an error
    return 1


def warn_of_copies(number: int) -> None:
    """Print, on standard error, how many passages are left out because others say the same."""
    if number:
        more = ngettext(
            "{n} more passage in copies of speeches, --with-variants shows it",
            "{n} more passages in copies of speeches, --with-variants shows them",
            number,
        )
        warn(more.format(n=number))


def warn_of_changes(corpus: Corpus) -> None:
    """Print, on standard error, which files the index does not have as they are now, if any."""
    # inside: most runs have nothing to say about the index
    from ..index.generations.faults import index_command

    if changes := corpus.changes():
        behind = _("since the index was made: {changes}. Take them in: {command}")
        command = index_command(corpus.directory, corpus.index_directory)
        warn(behind.format(changes=changes_in_words(changes), command=command))


def changes_in_words(changes: Changes) -> str:
    """
    Return how many files are new, changed and gone, without those that are none.

    >>> from lianzheng_search.index.changes import Changes
    >>> changes_in_words(Changes(added=("a", "b"), deleted=("c",)))
    '2 new files, 1 gone'
    """
    added, updated, deleted = map(len, (changes.added, changes.updated, changes.deleted))
    parts = [
        (added, ngettext("{n} new file", "{n} new files", added)),
        (updated, ngettext("{n} changed file", "{n} changed files", updated)),
        (deleted, _("{n} gone")),
    ]
    return _(", ").join(text.format(n=number) for number, text in parts if number)


def warn_of_undated(corpus: Corpus, queries: Sequence[str], filters: Mapping[str, Any]) -> None:
    """Print, on standard error, what a period leaves out because speeches have no date."""
    if queries:
        left_out = sum(corpus.undated(query, **filters) for query in queries)
        text = ngettext(
            "{n} passage in speeches without a date is left out, --undated takes it in",
            "{n} passages in speeches without a date are left out, --undated takes them in",
            left_out,
        )
    else:
        left_out = corpus.undated(**filters)
        text = ngettext(
            "{n} speech without a date is left out, --undated takes it in",
            "{n} speeches without a date are left out, --undated takes them in",
            left_out,
        )
    if left_out:
        warn(text.format(n=left_out))
