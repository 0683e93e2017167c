"""Values and rows -> JSON lines, CSV or Markdown on standard output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...model import Value
from .output import standard_output

if TYPE_CHECKING:
    from ...export.tables.rows import Row

DECIMALS = 4
"""Number of decimals of a fraction in a row."""


def print_rows(rows: Iterable[Row], keys: Sequence[str], file_format: str) -> None:
    """Print rows with these keys as ``jsonl``, ``csv`` or ``md``."""
    from ...export.tables.rows import write_rows

    write_rows(rows, keys, standard_output(), file_format=file_format)


def print_values(
    values: Iterable[Value], kind: type[Value], file_format: str, *, without: Sequence[str] = ()
) -> None:
    """
    Print values of a kind as rows, whose keys are the fields, but those named in `without`.

    Fractions are rounded.
    """
    from ...export.tables.rows import keys_of, plain_row

    keys = keys_of(kind, without=without)
    rows = (
        {key: _cell(value, file_format) for key, value in plain_row(value).items() if key in keys}
        for value in values
    )
    print_rows(rows, keys, file_format)


def _cell(value: Any, file_format: str) -> Any:
    """
    Return what a row has for a field's value: a counted wording is text in a table.

    >>> _cell([{"name": "条例", "count": 3}], "csv"), _cell(2 / 3, "jsonl")
    (['条例 ×3'], 0.6667)
    """
    if isinstance(value, float):
        return round(value, DECIMALS)
    if file_format == "jsonl" or not isinstance(value, list | tuple):
        return value
    return [
        " ×".join(str(part) for part in list(one.values())[:2]) if isinstance(one, Mapping) else one
        for one in value
    ]
