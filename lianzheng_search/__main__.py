"""The command, started: ``lianzheng`` or ``python -m lianzheng_search``."""

import sys

from .language import speak_everywhere


def main() -> None:
    """Choose the language, before click makes its own words, and run the command."""
    try:
        speak_everywhere()
        from .cli import main as run

        run()
    except KeyboardInterrupt:  # before the command has begun
        sys.exit(130)


if __name__ == "__main__":
    main()
