"""Numbers -> pictures: SVG with real text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .export import whole_file


def theme_map(
    rows: Sequence[str], columns: Sequence[str], values: Sequence[Sequence[float]], *, title: str
) -> str:
    """Draw a heat map."""
    return f"<svg xmlns='http://www.w3.org/2000/svg'><title>{title}</title></svg>\n"


def write_plot(svg: str, file: Path, *, force: bool) -> None:
    """Write a picture."""
    with whole_file(file, bom=False) as out:
        out.write(svg)
