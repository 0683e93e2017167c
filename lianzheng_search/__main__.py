"""The command, started: ``lianzheng`` or ``python -m lianzheng_search``."""

import gc
import os
import sys
from pathlib import Path

from .language import speak_everywhere, user_language

HELP_PAGE = Path(__file__).parent / "data"
HELP_WIDTH = 80
GARBAGE = 200_000
"""So many new objects make Python look for garbage: what is imported is none, nor are hits."""


def main() -> None:
    """Choose the language, before click makes its own words, and run the command."""
    gc.set_threshold(GARBAGE, 20, 20)
    try:
        if sys.argv[1:] in ([], ["-h"], ["--help"]) and _print_help_page():
            return
        speak_everywhere()
        from .cli import main as run

        run()
    except KeyboardInterrupt:  # before the command has begun
        sys.exit(130)


def _print_help_page() -> bool:
    """
    Print the help as click would, from a file: who asks for help should not wait for imports.

    A test holds that the file is what click prints. False where it cannot be printed so: no
    such width, or nowhere to print to.
    """
    try:
        if "COLUMNS" in os.environ or os.get_terminal_size(1).columns < HELP_WIDTH:
            return False
    except (OSError, ValueError):
        pass  # not a terminal
    try:
        page = (HELP_PAGE / f"help.{user_language()}.txt").read_text("utf-8")
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
        sys.stdout.write(page)
        sys.stdout.flush()
    except (OSError, AttributeError, ValueError):
        return False
    return True


if __name__ == "__main__":
    main()
