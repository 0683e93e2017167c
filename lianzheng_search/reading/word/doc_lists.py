"""The list tables of an old Word file -> the number that a paragraph prints (PlfLst, PlfLfo)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from .numbering import FORMATS, LEVELS, Counters, Level
from .pieces import Streams

MOST_LISTS = 5_000
"""Maximum number of lists, and of overrides, that are read: more is damage."""
LSTF, LFO = 28, 16
"""Bytes of a list's head (LSTF) and of an override's (LFO)."""
SIMPLE_LIST = 1
"""The bit of LSTF that says that the list has one level, not nine."""
LEGAL, NO_RESTART = 0x04, 0x08
"""Bits of LVLF: numbers of the levels above in Arabic numerals; the restart limit holds."""
NO_SEPARATOR = 2
"""The ixchFollow for nothing after the number; 0 is a tab, 1 a blank."""
START_AT, FORMATTING = 0x10, 0x20
"""Bits of LFOLVL: it has a start of its own; a level of its own (LVL) follows."""


@dataclass(slots=True)
class Lists:
    """
    The lists by their ids (lsid), and the overrides by the numbers that paragraphs name (ilfo).

    Reading a damaged table costs the numbers, never the text.
    """

    levels: dict[int, dict[int, Level]] = field(default_factory=dict)
    list_of: dict[int, int] = field(default_factory=dict)
    starts: dict[int, dict[int, int]] = field(default_factory=dict)
    changed: dict[int, dict[int, Level]] = field(default_factory=dict)
    counters: Counters = field(default_factory=Counters)
    used: set[int] = field(default_factory=set)

    def label(self, list_id: int, level: int) -> str:
        """Return the number of the next paragraph of a list, as printed; "" where it has none."""
        name = self.list_of.get(list_id)
        if name is None:
            return ""
        if list_id not in self.used:
            # The start of an override counts from the first paragraph that names it, once.
            self.used.add(list_id)
            for at, start in self.starts.get(list_id, {}).items():
                self.counters.restart(name, at, start)
        levels = self.levels.get(name, {}) | self.changed.get(list_id, {})
        return self.counters.label(name, level, levels)


def read_lists(streams: Streams) -> Lists:
    """Read PlfLst and PlfLfo."""
    lists = Lists()
    try:
        _read_lists(streams, lists)
        _read_overrides(streams, lists)
    except (struct.error, IndexError, ValueError):
        pass
    return lists


def _read_lists(streams: Streams, lists: Lists) -> None:
    if not streams.part("lists"):
        return
    start = streams.begin("lists")
    count = struct.unpack_from("<H", streams.table, start)[0]
    at = start + 2 + LSTF * count  # the levels (LVL) stand behind what lcbPlfLst counts
    for n in range(min(count, MOST_LISTS)):
        entry = start + 2 + LSTF * n
        name = struct.unpack_from("<i", streams.table, entry)[0]
        simple = streams.table[entry + 26] & SIMPLE_LIST
        levels = {}
        for level in range(1 if simple else LEVELS):
            levels[level], at = _level(streams.table, at)
        lists.levels[name] = levels


def _level(table: bytes, at: int) -> tuple[Level, int]:
    """Read an LVL: LVLF of 28 bytes, grpprlPapx, grpprlChpx, xst; return it and its end."""
    start, number_format, flags = struct.unpack_from("<iBB", table, at)
    follow = table[at + 15]  # ixchFollow, behind the nine bytes of rgbxchNums
    runs, paragraph = table[at + 24], table[at + 25]  # cbGrpprlChpx, cbGrpprlPapx
    limit = table[at + 26]  # ilvlRestartLim
    at += 28 + runs + paragraph
    letters = struct.unpack_from("<H", table, at)[0]
    raw = table[at + 2 : at + 2 + 2 * letters].decode("utf-16-le", "replace")
    # In xst a character below 9 stands for the number of that level.
    text = "".join(f"%{ord(c) + 1}" if ord(c) < LEVELS else c for c in raw)
    name = "decimal"
    if number_format < len(FORMATS):
        name = FORMATS[number_format]
    elif number_format == 0xFF:
        name = "none"
    return Level(
        start=start,
        format=name,
        text=text,
        restart=limit if flags & NO_RESTART else None,
        legal=bool(flags & LEGAL),
        blank=follow != NO_SEPARATOR,
    ), at + 2 + 2 * letters


def _read_overrides(streams: Streams, lists: Lists) -> None:
    table = streams.part("overrides")
    if not table:
        return
    count = min(struct.unpack_from("<I", table)[0], MOST_LISTS)
    at = 4 + LFO * count  # an LFOData for each LFO follows them all
    for n in range(count):
        lists.list_of[n + 1] = struct.unpack_from("<i", table, 4 + LFO * n)[0]
    for n in range(count):
        changed = table[4 + LFO * n + 12]  # clfolvl
        at += 4  # the cp of LFOData, which nothing needs
        for _ in range(changed):
            start, flags = struct.unpack_from("<iI", table, at)
            at += 8
            if flags & START_AT:
                lists.starts.setdefault(n + 1, {})[flags & 0xF] = start
            if flags & FORMATTING:
                # The level is read from the whole stream, since it may pass the part's length.
                begin = streams.begin("overrides")
                level, after = _level(streams.table, begin + at)
                lists.changed.setdefault(n + 1, {})[flags & 0xF] = level
                at = after - begin
