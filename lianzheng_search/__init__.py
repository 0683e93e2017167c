"""
A search engine for Chinese official speeches on clean government (廉政讲话).

>>> import lianzheng_search
>>> with lianzheng_search.open("speeches") as corpus:  # doctest: +SKIP
...     corpus.index()
...     for hit in corpus.search("家风 OR 家教", since="2020").hits:
...         print(hit.info.title, hit.passage.place, hit.passage.text)

Values flow in one direction, through rooms; a room is a folder, or a module, and imports only
from those above it in this list, which `tests/test_house.py` holds::

    bytes --reading--> RawFile --cleaning--> CleanText --structure--> Speech > Section > Passage
          --themes--> labelled passages --index--> Backend
    what is typed --query--> Query --search--> Hit --> wording, study --> export, terminal

    data        tables of words, rules and themes, as files
    model       every noun, a frozen value
    errors      what a request can end in; signals: Ctrl-C; messages: our words in Chinese
    text        what a character, a numeral, a date, a word, a sentence, a width is
    files       what is written to the disk: whole, or not at all
    reading     bytes -> decoded lines: a module a format, encodings, limits
    cleaning    lines -> lines without watermarks; lines and removals together are the file
    structure   lines -> a speech: title, date, speaker, headings, points, passages
    themes      a passage -> what it is about, with the evidence
    query       what is typed -> a tree of phrases and operators, and a scope: filters, copies
    index       a folder of speeches -> an index on disk -> passages that hold a phrase
    search      a query and an index -> passages evaluated, ranked, and hits located in the text
    proof       an index's answer beside that of a plain reading of every file
    wording     passages -> what recurs: set phrases, quotations, cited documents, headings
    study       passages -> figures: frequencies, words, measures, coverage of themes
    export      hits and rows -> files, and the manifest from which they are made again
    corpus      the face: one class, `Corpus`, with a method for each command
    terminal    values -> what a terminal shows
    cli         the command: parse, call `Corpus`, print; __main__ starts it

The unit is the passage: a heading, a paragraph, or one point of a run-in list (一是…二是…). The
index proposes passages; where a hit is, the text itself decides, character by character. So a
phrase is found as often as a scan of the files finds it, however words are cut. Files that are
bad make a `Problem` each, a value; requests that cannot be met raise `RequestError`.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing's own would cost the 5 ms in which Ctrl-C is not listened for
if TYPE_CHECKING:
    import os
    from typing import Any

    from .corpus import Corpus
    from .errors import RequestError
    from .model import (
        CleanText,
        Hit,
        Passage,
        Problem,
        Removal,
        Section,
        Settings,
        Span,
        Speech,
        SpeechInfo,
    )
    from .query.lists import NamedQuery
    from .search.results import Results

__all__ = [
    "CleanText",
    "Corpus",
    "Hit",
    "NamedQuery",
    "Passage",
    "Problem",
    "Removal",
    "RequestError",
    "Results",
    "Section",
    "Settings",
    "Span",
    "Speech",
    "SpeechInfo",
    "open",
]
__version__ = "0.1.0"

MODULES = {
    "Corpus": "corpus",
    "RequestError": "errors",
    "NamedQuery": "query.lists",
    "Results": "search.results",
}
"""Where the names of the package are defined; the others are nouns of `model`."""


def open(directory: str | os.PathLike[str], **settings: Any) -> Corpus:  # noqa: A001
    """
    Open a directory of speeches: a `Corpus`, with everything that the command can do.

    `settings` are those of `lianzheng_search.corpus.Corpus`.
    """
    from .corpus import Corpus

    return Corpus(directory, **settings)


def __getattr__(name: str) -> Any:
    """Import what the package offers when it is asked for: `--help` needs none of it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{MODULES.get(name, 'model')}", __name__), name)
