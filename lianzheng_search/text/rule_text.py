"""A user's file of rules -> its text, or its TOML with the line of a fault; bounded in size."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from ..errors import RequestError
from ..messages import _

MOST_BYTES = 2_000_000
"""
Maximum size of a file of rules, in bytes.

Rules that lie in a folder are taken unasked, whoever put them there.
"""
PLACE = re.compile(r"\((?:at line (\d+), column \d+|at end of document)\)$")


class TomlFaultError(Exception):
    """What is wrong with a text that should be TOML: the reason, and the line, counted from 1."""

    def __init__(self, error: Exception, text: str) -> None:
        super().__init__(str(error))
        place = PLACE.search(str(error))
        self.line = int(place[1]) if place and place[1] else text.count("\n") + 1
        self.reason = PLACE.sub("", str(error)).rstrip()


def rule_bytes(file: Path) -> bytes:
    """Return what a file of rules holds; raise OSError, or RequestError where it is too large."""
    with file.open("rb") as opened:
        content = opened.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        message = _("{file}: more than {most} bytes, too large for a file of rules. Shorten it")
        raise RequestError(message.format(file=file, most=MOST_BYTES))
    return content


def rule_text(file: Path) -> str:
    """Return the text of a file of rules; raise UnicodeDecodeError too where it is not UTF-8."""
    return rule_bytes(file).decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def rule_lines(file: Path) -> list[str]:
    """Return the lines of a file of words or names; raise RequestError where it is not UTF-8."""
    try:
        return rule_text(file).splitlines()
    except UnicodeDecodeError:
        message = _("{file}: this is not UTF-8. Save it as UTF-8").format(file=file)
        raise RequestError(message) from None


def parse_toml(text: str) -> dict[str, Any]:
    r"""
    Read TOML; raise TomlFaultError where it is wrong.

    >>> try:
    ...     parse_toml("a = 1\nb")
    ... except TomlFaultError as fault:
    ...     print(fault.line, fault.reason)
    2 Expected '=' after a key in a key/value pair
    """
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also of a number of thousands of digits
        raise TomlFaultError(error, text) from None
