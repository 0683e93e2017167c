"""A speech, by its name -> what it is about: the evidence, its profile, and what is close to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import RequestError
from ..index.library import Library
from ..messages import problem_text
from ..model import UNLABELLED, Hit, Passage, Problem, Progress, Speech
from ..query.filters import EVERYTHING, Scope
from ..search.speeches import PLACE, clean_file, file_of, is_file, read_speeches
from ..themes.label import Verdict, explain
from .theme_coverage import SpeechProfile, passages_on_line, speech_profile
from .theme_neighbours import Closest, closest, own_sections
from .theme_terms import would_label


def explained(library: Library, name: str) -> list[tuple[Passage, tuple[Verdict, ...]]]:
    """
    Return the passages of a speech that may have a theme, or those on ``NAME:LINE``, explained.

    The line is any line of the file on which a part of a passage stands. The verdicts are all
    that any term spoke for or against, best first; those of a passage's `themes` were given. A
    line without a passage that may have a theme raises RequestError.
    """
    speech, on_line = _read_place(library, name)
    return [
        (passage, explain(library.tools.themes, passage.text, passage.headings_above))
        for passage in (speech.passages if on_line is None else on_line)
        if passage.kind not in UNLABELLED
    ]


def profiles(library: Library, *names: str) -> Iterator[SpeechProfile | Problem]:
    """
    Yield what speeches are about, section by section; all of the corpus where none is named.

    A speech of the index is read from there, another from its file; a file that cannot be read
    yields its problem.
    """
    indexed = library.has_index
    if indexed and not names:
        names = tuple(info.id for info in library.backend.speeches())
    for name in names or [None]:
        known = library.backend.speech(name) if indexed and name is not None else None
        if known is not None:
            yield speech_profile(*known)
            continue
        for speech in read_speeches(library, *([name] if name is not None else [])):
            if isinstance(speech, Problem):
                yield speech
            else:
                yield speech_profile(speech.info, speech.passages)


def closest_to(
    library: Library,
    name: str,
    scope: Scope = EVERYTHING,
    *,
    limit: int = 5,
    progress: Progress = lambda done, whole: None,
) -> list[Closest]:
    """
    Find the sections of other speeches that are closest in theme to those of a speech.

    ``NAME:LINE`` takes the innermost section that holds the line, else every outermost one is
    compared. The filters of the scope are of the sections that they are compared with.
    """
    speech, on_line = _read_place(library, name)
    return closest(
        library.backend,
        speech.info.id,
        own_sections(speech.passages, on_line or ()),
        scope.filters,
        limit=limit,
        words_file=library.tools.words_file,
        progress=progress,
    )


def labelled_now(
    library: Library, theme: str, *, progress: Progress = lambda done, whole: None
) -> list[Hit] | None:
    """
    Return the indexed passages that the themes now in force give a theme to; None without index.

    `progress` is called with passages done, and passages in all.
    """
    if not library.has_index:
        return None
    return list(would_label(library.backend, library.tools.themes, theme, progress=progress))


def _read_place(library: Library, name: str) -> tuple[Speech, Sequence[Passage] | None]:
    """Read a speech from its file and, if ``NAME:LINE`` names one, the passages on a line."""
    match = PLACE.fullmatch(name)
    file_name = match[1] if match and not is_file(Path(name)) else name
    speech = next(read_speeches(library, file_name))
    if isinstance(speech, Problem):
        raise RequestError(problem_text(speech))
    if match is None or file_name is name:
        return speech, None
    clean = clean_file(library, file_of(library, file_name))
    return speech, passages_on_line(clean, speech, int(match[2]))
