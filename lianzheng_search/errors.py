"""The errors that a request can end in."""

from __future__ import annotations


class RequestError(Exception):
    """
    A request that cannot be met, in the user's language: ``WHAT: WHY. WHAT TO DO``.

    The command prints it on one line and ends with exit code 2.
    """
