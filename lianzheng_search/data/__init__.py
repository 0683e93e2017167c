"""The tables and rule files that come with the package: ``FOLDER / name``."""

from pathlib import Path

FOLDER = Path(__file__).parent
