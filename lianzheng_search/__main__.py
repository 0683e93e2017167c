"""The command, started: ``lianzheng`` or ``python -m lianzheng_search``."""

import gc
import os
import sys

try:
    from . import signals as stopping
except KeyboardInterrupt:  # Ctrl-C, before there is anything that could listen
    os._exit(130)

HELP_WIDTH = 80
GARBAGE = 200_000
"""Number of new objects after which Python looks for garbage; imports and hits are none."""


def main() -> None:
    """Choose the language, before click makes its own words, and run the command."""
    gc.set_threshold(GARBAGE, 20, 20)
    try:
        stopping.listen()
        if sys.argv[1:] in ([], ["-h"], ["--help"]) and _print_help_page():
            return
        from .messages import speak_everywhere

        speak_everywhere()
        from .cli.main import main as run

        run()
    except stopping.Stopped as stopped:
        stopping.leave(stopped.number)
    except KeyboardInterrupt:  # before it was listened for
        os._exit(130)
    finally:
        stopping.rest()


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
    from .messages import help_page

    try:
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
        sys.stdout.write(help_page().read_text("utf-8"))
        sys.stdout.flush()
    except (OSError, AttributeError, ValueError):
        return False
    return True


if __name__ == "__main__":
    main()
