"""The command, started: ``lianzheng`` or ``python -m lianzheng_search``."""

from .language import speak_everywhere


def main() -> None:
    """Choose the language, before click makes its own words, and run the command."""
    speak_everywhere()
    from .cli import main as run

    run()


if __name__ == "__main__":
    main()
