"""A search engine for Chinese official speeches on clean government (廉政讲话)."""

from __future__ import annotations

TYPE_CHECKING = False  # typing's own would cost the 5 ms in which Ctrl-C is not listened for
if TYPE_CHECKING:
    import os
    from typing import Any

    from .corpus import Corpus
    from .errors import RequestError

__all__ = ["Corpus", "RequestError", "open"]
__version__ = "0.1.0"


def open(directory: str | os.PathLike[str], **settings: Any) -> Corpus:  # noqa: A001
    """
    Open a directory of speeches: a `Corpus`, with everything that the command can do.

    `settings` are those of `lianzheng_search.corpus.Corpus`.
    """
    from .corpus import Corpus

    return Corpus(directory, **settings)


def __getattr__(name: str) -> Any:
    """Import what the package offers when it is asked for: `--help` needs none of it."""
    if name == "Corpus":
        from .corpus import Corpus

        return Corpus
    if name == "RequestError":
        from .errors import RequestError

        return RequestError
    raise AttributeError(name)
