"""The user's rules, loaded -> the tools that turn a file into a labelled speech."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec.structs import replace

from ..cleaning.clean import clean
from ..cleaning.rule_files import load_rules
from ..cleaning.rules import Rules
from ..errors import RequestError
from ..messages import _
from ..model import UNLABELLED, Passage, Settings, Speech, Value
from ..reading.budget import confine
from ..reading.decoding.decode import check_encoding
from ..reading.limits import Limits, load_limits
from ..reading.read import read_file
from ..structure.parse import parse
from ..text.words import WORDS_FILE
from ..themes.label import Themes, label
from ..themes.theme_files import load_themes
from .walk import SETTINGS_FILES


class Tools(Value, frozen=True, kw_only=True):
    """What turns a file into a labelled speech; it can be sent to another process."""

    rules: Rules
    themes: Themes
    words_file: Path
    encoding: str | None = None
    limits: Limits = msgspec.field(default_factory=Limits)


def find_settings(directory: Path, given: Settings) -> Settings:
    """Complete the settings a user gave with the files that lie at the top of the corpus."""
    settings = {}
    for name, file_name in SETTINGS_FILES.items():
        file = getattr(given, name)
        if file is None and (directory / file_name).is_file():
            file = directory / file_name
        settings[name] = file
    return Settings(**settings, limits_given=given.limits is not None)


def load_tools(settings: Settings, *, encoding: str | None = None) -> Tools:
    """Load the rules; raise RequestError, naming file and line, where one of them is wrong."""
    # here, not at the first file: a wrong name would be a problem of every file
    check_encoding(encoding)
    words_file = settings.words or WORDS_FILE
    if not words_file.is_file():
        raise RequestError(
            _("{file}: there is no such file. Check the path").format(file=words_file)
        )
    return Tools(
        rules=load_rules(settings.watermarks),
        themes=load_themes(settings.themes),
        words_file=words_file,
        encoding=encoding,
        limits=load_limits(settings.limits, only_lower=not settings.limits_given),
    )


def load_speech(file: Path, tools: Tools, *, path: str, data: bytes | None = None) -> Speech:
    """
    Read, clean, structure and label one file; raise Unreadable where it is no text.

    `data` are the bytes that `file_bytes` returned for it, if it was asked already.
    """
    raw = read_file(file, path=path, encoding=tools.encoding, limits=tools.limits, data=data)
    with confine(raw.path, sum(map(len, raw.lines)), tools.limits):
        # cleaned first: a watermark between two headings would hide the structure
        speech = parse(clean(raw, tools.rules))
        return replace(speech, passages=tuple(label_passages(speech.passages, tools.themes)))


def label_passages(passages: Iterable[Passage], themes: Themes) -> Iterator[Passage]:
    """Yield each passage with its themes; titles and salutations are about none."""
    for passage in passages:
        if passage.kind in UNLABELLED:
            yield passage
            continue
        verdicts = label(themes, passage.text, passage.headings_above)
        yield replace(passage, themes=tuple(verdict.theme for verdict in verdicts))
