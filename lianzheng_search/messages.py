"""Messages in English -> messages in the user's language, by gettext."""

from __future__ import annotations

import gettext
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from . import data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .errors import RequestError
    from .model import Problem

DOMAIN = "lianzheng"
LONGEST_SHOWN = 60
"""Maximum length of a user's text inside a message, in characters."""
LISTED = 5
"""Maximum number of names that a message lists."""
LOCALE_DIR = Path(__file__).parent / "locale"
WINDOWS_PRIMARY_CHINESE = 0x04
"""The primary language of a Windows LANGID, its lowest ten bits, that means Chinese."""


def user_language() -> str:
    """
    Return the language of messages, ``zh`` or ``en``: LIANZHENG_LANG, else the locale's.

    The locale is read from the variables that gettext reads, and on Windows, where they are
    seldom set, from the display language.
    """
    # after our own, the variables in the order in which gettext itself reads them
    for name in ("LIANZHENG_LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    if sys.platform == "win32":
        # inside: to import it takes time, and only Windows needs it
        import ctypes

        display = ctypes.windll.kernel32.GetUserDefaultUILanguage()
        return "zh" if display & 0x3FF == WINDOWS_PRIMARY_CHINESE else "en"
    return "en"


def help_page(language: str | None = None) -> Path:
    """Return the file that holds what ``lianzheng --help`` prints."""
    return data.FOLDER / f"help.{language or user_language()}.txt"


def _translation() -> gettext.NullTranslations:
    if user_language() == "en":
        # the message ids are the English texts: there is no catalogue to look for
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, LOCALE_DIR, languages=["zh_CN"], fallback=True)


# chosen once, at import: a message that is a default of an option is read then
_current = _translation()
_ = _current.gettext
ngettext = _current.ngettext


def N_(message: str) -> str:  # noqa: N802 - the name that message extractors know
    """
    Return a message unchanged: mark it for translation where it is shown.

    >>> N_("empty file")
    'empty file'
    """
    return message


SYSTEM_SAYS = (
    N_("No such file or directory"),
    N_("Permission denied"),
    N_("Operation not permitted"),
    N_("Read-only file system"),
    N_("No space left on device"),
    N_("Disk quota exceeded"),
    N_("File too large"),
    N_("File name too long"),
    N_("File exists"),
    N_("Is a directory"),
    N_("Not a directory"),
    N_("Input/output error"),
    N_("Device or resource busy"),
    N_("Too many open files"),
    N_("Too many levels of symbolic links"),
    N_("Stale file handle"),
    N_("Bad file descriptor"),
    N_("Invalid argument"),
)
"""Common faults, as Python words them in every locale; the catalogue translates them."""


def system_reason(error: OSError) -> str:
    """
    Return why the system refused, in the user's language where it is one of the common faults.

    >>> system_reason(OSError(28, "No space left on device"))
    'No space left on device'
    """
    return _(error.strerror) if error.strerror else str(error)


def speak_everywhere() -> None:
    """Set the process's gettext domain to our catalogue, which translates click's words too."""
    # click asks gettext, which asks the environment: it would not know of LIANZHENG_LANG
    os.environ["LANGUAGE"] = "zh_CN" if user_language() == "zh" else "en"
    gettext.bindtextdomain(DOMAIN, str(LOCALE_DIR))
    gettext.textdomain(DOMAIN)


def problem_text(problem: Problem) -> str:
    """
    Return a problem as one line, ``path:line: message``, in the user's language.

    >>> from lianzheng_search.model import Problem
    >>> problem_text(Problem(path="a.txt", line=3, message="no number {n}", values={"n": 2}))
    'a.txt:3: no number 2'
    """
    place = problem.path if problem.line is None else f"{problem.path}:{problem.line}"
    return f"{place}: {problem_message(problem)}".replace("\r", "\\r").replace("\n", "\\n")


def problem_message(problem: Problem) -> str:
    """Return the message of a problem, in the user's language, without its place."""
    values = problem.values
    if isinstance(reason := values.get("reason"), str) and reason:
        # a problem is stored in English, and translated for whoever reads it later
        values = {**values, "reason": _(reason)}
    return _(problem.message).format(**values)


def no_such(what: str, name: str, names: Sequence[str]) -> RequestError:
    """Return the error for an unknown name, which lists the known names nearest to it."""
    # inside: only the error about an unknown name needs it
    import difflib

    from .errors import RequestError

    # difflib compares runs of letters: of Chinese names of two to four it finds too few
    shared = [known for known in names if set(known) & set(name)]
    near = difflib.get_close_matches(name, names, n=LISTED, cutoff=0.5)
    near += sorted(set(shared) - set(near), key=lambda known: -len(set(known) & set(name)))
    shown = listed(near if near and len(names) > LISTED else list(names))
    return RequestError(
        _("{what}: there is no {name}. Try: {names}").format(
            what=what, name=short(name), names=shown
        )
    )


def short(text: str) -> str:
    """
    Return the start of a user's text, on one line; what cannot be encoded becomes �.

    >>> short("责" * 99) == "责" * 60 + "…"
    True
    """
    # a query pasted by mistake may be a whole speech: an error stays one line
    shown = text[:LONGEST_SHOWN] + "…" * (len(text) > LONGEST_SHOWN)
    return shown.encode("utf-8", "replace").decode().replace("\n", " ")


def listed(names: Sequence[str]) -> str:
    """Return the first `LISTED` names, joined, and how many more there are."""
    more = len(names) - LISTED
    first = "、".join(names[:LISTED])
    return first + (_(" and {count} more").format(count=more) if more > 0 else "")
