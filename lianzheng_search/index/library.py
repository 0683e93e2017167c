"""A directory of speeches -> its rules and its index, each loaded when it is first needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..model import INDEX_FOLDER, Settings

if TYPE_CHECKING:
    from .changes import Record
    from .generations.snapshot import Snapshot
    from .tools import Tools
    from .whoosh.backend import WhooshBackend


class Library:
    """
    A directory of speeches with its index and its rules, as long as it is open.

    `index_directory` defaults to ``DIRECTORY/.lianzheng``; `own_settings` name the user's own
    rule files and `encoding` that of all files, if the user gave any.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        index_directory: str | os.PathLike[str] | None = None,
        own_settings: Settings | None = None,
        encoding: str | None = None,
    ) -> None:
        self.directory = Path(directory)
        self.index_directory = Path(index_directory or self.directory / INDEX_FOLDER)
        self.own_settings = own_settings or Settings()
        self.encoding = encoding
        self._tools: Tools | None = None
        self._snapshot: Snapshot | None = None

    def close(self) -> None:
        """Close the index, if it is open."""
        if self._snapshot is not None:
            self._snapshot.close()
            self._snapshot = None

    @property
    def settings(self) -> Settings:
        """The rule files in force: the user's own, else those at the top of the corpus."""
        from .tools import find_settings

        return find_settings(self.directory, self.own_settings)

    @property
    def tools(self) -> Tools:
        """The rules in force, loaded once."""
        if self._tools is None:
            from .tools import load_tools

            self._tools = load_tools(self.settings, encoding=self.encoding)
        return self._tools

    @property
    def snapshot(self) -> Snapshot:
        """The index, opened once, as it was then; RequestError where there is none that fits."""
        if self._snapshot is None:
            # inside: commands on single files need no index, and whoosh takes time to import
            from .generations.snapshot import open_current

            self._snapshot = open_current(self.directory, self.index_directory)
        return self._snapshot

    @property
    def backend(self) -> WhooshBackend:
        """What finds passages in the index."""
        return self.snapshot.backend

    @property
    def records(self) -> Mapping[str, Record]:
        """What the index knows of each file, by its path."""
        return self.snapshot.records

    @property
    def is_open(self) -> bool:
        """Whether the index has been opened, and so may have answered something."""
        return self._snapshot is not None

    @property
    def has_index(self) -> bool:
        """Whether there is an index, be it fit to be read or not."""
        from .generations.folder import has_index

        return self._snapshot is not None or has_index(self.index_directory)

    def change_rules(
        self, kind: str, change: Callable[..., None], *values: Any, learned_from: Path | None = None
    ) -> Path:
        """
        Change the user's own file of a kind of rules, and return that file.

        That is the one in force, else one at the top of the corpus or, where this is no corpus
        with an index, of the folder that the rules are learned from: there it will be found.
        `change` is called with the file, which need not be there, and the values.
        """
        from .walk import SETTINGS_FILES

        file: Path | None = getattr(self.own_settings, kind)
        if file is None:
            # rules beside the index are found by the next run; in any other folder they would be
            # lost
            elsewhere = None if self.index_directory.is_dir() else learned_from
            file = (elsewhere or self.directory) / SETTINGS_FILES[kind]
        change(file, *values)
        self._tools = None
        return file
