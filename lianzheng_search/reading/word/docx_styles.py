"""styles.xml and numbering.xml -> which paragraph is a heading, and the number that it prints."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree

from .numbering import LEVELS, Counters, Level
from .package import Package, child_of, local, value_of, whole_number

TITLE_STYLES = ("title", "标题")
HEADING_STYLE = re.compile(r"(?:heading|标题)\s*([1-9])")
OFF = ("0", "false", "off", "none")


@dataclass(slots=True)
class Paragraph:
    """What has been read of a paragraph."""

    text: list[str] = field(default_factory=list)
    style: str = ""
    outline: int | None = None
    list_id: str | None = None
    list_level: int | None = None
    mark_deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Style:
    name: str
    base: str
    outline: int | None
    list_id: str | None
    list_level: int | None


class Numbers:
    """The styles and lists of a docx, and what their numbers have come to."""

    def __init__(self, archive: Package, parts: Mapping[str, Sequence[str]]) -> None:
        self.counters = Counters()
        self.used: set[str] = set()
        self.styles: dict[str, _Style] = {}
        self.default = ""
        self.levels: dict[str, dict[int, Level]] = {}
        self.of_style: dict[str, tuple[str, int]] = {}
        self.abstract: dict[str, str] = {}
        self.linked: dict[str, str] = {}
        self.overridden: dict[str, dict[int, Level]] = {}
        self.restarts: dict[str, dict[int, int]] = {}
        for name in parts.get("styles", ()):
            self._read_styles(archive.tree(name))
        for name in parts.get("numbering", ()):
            self._read_lists(archive.tree(name))

    def _read_styles(self, root: ElementTree.Element | None) -> None:
        for style in root if root is not None else ():
            if local(style.tag) != "style" or value_of(style, "type") not in ("paragraph", None):
                continue
            properties = child_of(style, "pPr")
            name = value_of(style, "styleId") or ""
            self.styles[name] = _Style(
                name=(value_of(child_of(style, "name")) or "").strip().lower(),
                base=value_of(child_of(style, "basedOn")) or "",
                outline=whole_number(value_of(child_of(properties, "outlineLvl"))),
                list_id=value_of(child_of(properties, "numPr", "numId")),
                list_level=whole_number(value_of(child_of(properties, "numPr", "ilvl"))),
            )
            if value_of(style, "default") in ("1", "true"):
                self.default = name

    def _read_lists(self, root: ElementTree.Element | None) -> None:
        for entry in root if root is not None else ():
            kind = local(entry.tag)
            if kind == "abstractNum":
                name = value_of(entry, "abstractNumId") or ""
                self.levels[name] = {}
                if link := value_of(child_of(entry, "numStyleLink")):
                    self.linked[name] = link
                for child in entry:
                    if local(child.tag) == "lvl":
                        at = whole_number(value_of(child, "ilvl")) or 0
                        self.levels[name][at] = _level(child)
                        if style := value_of(child_of(child, "pStyle")):
                            self.of_style.setdefault(style, (name, at))
            elif kind == "num":
                name = value_of(entry, "numId") or ""
                self.abstract[name] = value_of(child_of(entry, "abstractNumId")) or ""
                for child in entry:
                    if local(child.tag) != "lvlOverride":
                        continue
                    at = whole_number(value_of(child, "ilvl")) or 0
                    if (level := child_of(child, "lvl")) is not None:
                        self.overridden.setdefault(name, {})[at] = _level(level)
                    start = whole_number(value_of(child_of(child, "startOverride")))
                    if start is not None:
                        self.restarts.setdefault(name, {})[at] = start

    def chain(self, style: str) -> Iterator[tuple[str, _Style]]:
        """Return a style and those that it is based on."""
        seen: set[str] = set()
        name = style or self.default
        while name in self.styles and name not in seen:
            seen.add(name)
            yield name, self.styles[name]
            name = self.styles[name].base

    def heading(self, paragraph: Paragraph) -> int | None:
        """Return the level of a heading; 0 is the title of the whole."""
        if paragraph.outline is not None:
            return paragraph.outline + 1 if paragraph.outline < LEVELS else None
        for _id, style in self.chain(paragraph.style):
            if style.name in TITLE_STYLES:
                return 0
            if named := HEADING_STYLE.fullmatch(style.name):
                return int(named[1])
            if style.outline is not None:
                return style.outline + 1 if style.outline < LEVELS else None
        return None

    def label(self, paragraph: Paragraph) -> str:
        """Count a paragraph of a list, and give its number as printed."""
        list_id, at = paragraph.list_id, paragraph.list_level
        if list_id is None or at is None:
            for name, style in self.chain(paragraph.style):
                if style.list_id is None and style.list_level is None:
                    continue
                if list_id is None:
                    list_id = style.list_id
                    if list_id is not None and name in self.of_style:
                        at = self.of_style[name][1] if at is None else at
                at = style.list_level if at is None else at
                if list_id is not None and at is not None:
                    break
        if list_id is None or list_id not in self.abstract:
            return ""
        at = at or 0
        name = self.abstract[list_id]
        link = self.linked.get(name)
        if link and not self.levels.get(name) and link in self.styles:
            other = self.styles[link].list_id or ""
            name = self.abstract.get(other, name)
        levels = self.levels.get(name, {}) | self.overridden.get(list_id, {})
        if list_id not in self.used:
            self.used.add(list_id)
            for level, start in self.restarts.get(list_id, {}).items():
                self.counters.restart(name, level, start)
        return self.counters.label(name, at, levels)


def _level(element: ElementTree.Element) -> Level:
    start = whole_number(value_of(child_of(element, "start")))
    text = value_of(child_of(element, "lvlText"))
    legal = child_of(element, "isLgl")
    return Level(
        start=1 if start is None else start,
        format=value_of(child_of(element, "numFmt")) or "decimal",
        text=text or "",
        restart=whole_number(value_of(child_of(element, "lvlRestart"))),
        legal=legal is not None and value_of(legal) not in OFF,
        blank=value_of(child_of(element, "suff")) != "nothing",
    )
