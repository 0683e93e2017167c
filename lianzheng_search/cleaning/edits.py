"""The lines of a file while they are cleaned: each edit is recorded, so that all can be undone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from msgspec.structs import replace

from ..model import CleanText, Line, RawFile, Removal, Shift, place_in_source
from ..reading import ENCODED_TWICE
from ..text.characters import BLANK

# Each deletion moves all lines behind it: few are cheap, thousands would take quadratic time.
FEW = 16
"""Maximum number of lines that are deleted from the list one by one."""


class Edits:
    """
    The lines that are left of a file, and what was taken out of it.

    `lines` may be read; they change only through the methods, which take indices into them.
    """

    def __init__(self, raw: RawFile) -> None:
        self.lines = [Line(number, text) for number, text in enumerate(raw.lines, start=1)]
        self.headings = raw.headings
        self.whole: dict[int, Removal] = {}
        self._source = raw.lines
        self._inside: defaultdict[int, dict[int, Removal]] = defaultdict(dict)
        self._joined: dict[int, list[int]] = {}
        self.changes = 0
        self.fed = False

    def removals(self) -> list[Removal]:
        """List all that was taken out, in the order of the file."""
        edits = (edit for edits in self._inside.values() for edit in edits.values())
        return sorted(
            [*self.whole.values(), *edits], key=lambda gone: (gone.line or 0, gone.column or 0)
        )

    def last_source(self, at: int) -> int:
        """Return the number of the last source line that belongs to a line."""
        number = self.lines[at].number
        return self._joined.get(number, [number])[-1]

    def drop(self, rules: Mapping[int, str]) -> None:
        """Take whole lines out, each for the rule that is given with it."""
        if not rules:
            return
        self.changes += 1
        for at, rule in rules.items():
            # What was cut out of a line before goes with it: the removal of the whole holds the
            # source as it was, and two records of one character could not be put back.
            number = self.lines[at].number
            for source in (number, *self._joined.pop(number, ())):
                self._inside.pop(source, None)
                self.whole[source] = Removal(line=source, rule=rule, text=self._source[source - 1])
        if len(rules) > FEW:
            self.lines = [line for at, line in enumerate(self.lines) if at not in rules]
        else:
            for at in sorted(rules, reverse=True):
                del self.lines[at]

    def cut(self, at: int, start: int, end: int, rule: str) -> None:
        """Take a part of a line out; a line that is blank without it goes as a whole."""
        line = self.lines[at]
        text = line.text[:start] + line.text[end:]
        if not text.strip(BLANK):
            self.drop({at: rule})
            return
        self.changes += 1
        # A part of a joined line may come from several source lines; each gets a record of its own.
        for source, first, last in _pieces(line, start, end):
            self._record(source, first, last, rule)
        shifts = [shift for shift in line.shifts if shift.column < start]
        if end < len(line.text):
            shifts.append(Shift(start, *place_in_source(line, end)))
        shifts += _moved(line, end, start - end)
        self.lines[at] = Line(line.number, text, tuple(shifts))
        if line.number in self._joined:
            self._settle(at, rule)

    def cut_all(self, at: int, spans: Sequence[tuple[int, int]], rule: str) -> None:
        """Take parts of a line out, ascending and apart; quick where the line is as it came."""
        line = self.lines[at]
        # Columns of the line are those of the source only as long as nothing was done to it.
        if line.shifts or line.number in self._joined or self._inside.get(line.number):
            for start, end in reversed(spans):
                self.cut(at, start, end, rule)
            return
        parts: list[str] = []
        shifts: list[Shift] = []
        kept = last = 0
        for start, end in spans:
            parts.append(line.text[last:start])
            kept += start - last
            last = end
            if end < len(line.text):
                shifts.append(Shift(kept, line.number, end))
        text = "".join([*parts, line.text[last:]])
        if not text.strip(BLANK):
            self.drop({at: rule})
            return
        self.changes += 1
        self._inside[line.number] = {
            start: Removal(line=line.number, rule=rule, text=line.text[start:end], column=start)
            for start, end in spans
        }
        self.lines[at] = Line(line.number, text, tuple(shifts))

    def put_all(self, at: int, found: Sequence[tuple[int, str]], rule: str) -> None:
        """Replace parts of a line that stand as in the file by (start, text of that length)."""
        line = self.lines[at]
        self.changes += 1
        parts: list[str] = []
        last = 0
        for start, text in found:
            parts += (line.text[last:start], text)
            last = start + len(text)
            for n, character in enumerate(text):
                source, column = place_in_source(line, start + n)
                edits = self._inside[source]
                was = self._source[source - 1][column]
                edits[column] = Removal(
                    line=source, rule=rule, text=was, column=column, put=character
                )
        self.lines[at] = Line(line.number, "".join([*parts, line.text[last:]]), line.shifts)

    def put(self, at: int, start: int, text: str, rule: str) -> None:
        """Replace a part of a line by a text of the same length."""
        self.changes += 1
        line = self.lines[at]
        end = start + len(text)
        cuts = [start, *(s.column for s in line.shifts if start < s.column < end), end]
        for first, last in pairwise(cuts):
            source, column = place_in_source(line, first)
            put = text[first - start : last - start]
            self._record(source, column, column + last - first, rule, put=put)
        self.lines[at] = Line(line.number, line.text[:start] + text + line.text[end:], line.shifts)

    def join(self, ats: Sequence[int], rule: str) -> None:
        """Join lines, none blank, to the first of them; what is between them, all blank, goes."""
        first, *others = (self.lines[at] for at in ats)
        self.drop(dict.fromkeys(set(range(ats[0], ats[-1])).difference(ats), rule))
        self.changes += 1
        texts, length, shifts = [first.text], len(first.text), list(first.shifts)
        sources = [*self._joined.pop(first.number, ())]
        for line in others:
            # Blanks at the joint go, as they were the end of a printed line or the indent of the
            # next.
            length -= len(texts[-1])
            texts[-1] = texts[-1].rstrip(BLANK)
            length += len(texts[-1])
            while shifts and shifts[-1].column >= length:
                shifts.pop()
            added = line.text.lstrip(BLANK)
            indent = len(line.text) - len(added)
            shifts.append(Shift(length, *place_in_source(line, indent)))
            shifts += _moved(line, indent, length - indent)
            texts.append(added)
            length += len(added)
            sources += (line.number, *self._joined.pop(line.number, ()))
        at = ats[0]
        self.lines[at : at + len(ats)] = [Line(first.number, "".join(texts), tuple(shifts))]
        self._joined[first.number] = sources
        self._settle(at, rule)

    def _settle(self, at: int, rule: str) -> None:
        """Record anew how the source lines of a joined line hang together."""
        line = self.lines[at]
        sources = [line.number, *self._joined.pop(line.number)]
        # All records at the joints are made anew from what is left, since edits may have taken away
        # whole source lines, the first one included.
        kept = {source: (start, end) for source, start, end in _pieces(line, 0, len(line.text))}
        for source in sources:
            if source not in kept:
                self._inside.pop(source, None)
                text = self._source[source - 1]
                self.whole[source] = Removal(line=source, rule=rule, text=text)
        sources = [source for source in sources if source in kept]
        for before, after in pairwise([None, *sources, None]):
            tail = head = ""
            name = rule
            if after and (before or after != line.number):
                head = self._source[after - 1][: kept[after][0]]
                for column in [c for c in self._inside[after] if c < len(head)]:
                    del self._inside[after][column]
                if not before and head:
                    self._inside[after][0] = Removal(line=after, rule=rule, text=head, column=0)
            if before:
                end = kept[before][1]
                if not after and not any("\n" in e.text for e in self._inside[before].values()):
                    continue
                tail = self._source[before - 1][end:] + ("\n" + head if after else "")
                for column in [c for c in self._inside[before] if c >= end]:
                    gone = self._inside[before].pop(column)
                    name = gone.rule if "\n" in gone.text else name
                if tail:
                    self._inside[before][end] = Removal(
                        line=before, rule=name, text=tail, column=end
                    )
        if sources[1:]:
            self._joined[sources[0]] = sources[1:]
        shifts = line.shifts
        if sources[0] != line.number and not (shifts and shifts[0].column == 0):
            shifts = (Shift(0, *place_in_source(line, 0)), *shifts)
        self.lines[at] = Line(sources[0], line.text, shifts)

    def _record(self, source: int, first: int, last: int, rule: str, put: str = "") -> None:
        edits = self._inside[source]
        for gone in list(edits.values()):
            column = gone.column or 0
            end = column + len(gone.text)
            if column >= last or end <= first:
                continue
            del edits[column]
            for a, b in ((column, first), (last, end)):  # of what was put, some may stay
                if a < b and gone.put:
                    text, stays = gone.text[a - column : b - column], gone.put[a - column :]
                    edits[a] = replace(gone, text=text, column=a, put=stays[: b - a])
        text = self._source[source - 1][first:last]
        edits[first] = Removal(line=source, rule=rule, text=text, column=first, put=put)


def source_text(clean: CleanText) -> tuple[str, ...]:
    """
    Rebuild the lines of the source file from what is left of them and what was taken out.

    >>> source_text(CleanText(path="a.txt", encoding="utf-8", lines=(Line(2, "清风"),), removals=(
    ...     Removal(line=1, rule="a", text="QQ"), Removal(line=2, rule="b", text="*", column=1))))
    ('QQ', '清*风')
    """
    return tuple(rebuild([(line.number, line.text) for line in clean.lines], clean.removals))


def rebuild(lines: Sequence[tuple[int, str]], removals: Sequence[Removal]) -> list[str]:
    """
    Put what was taken out back into numbered lines; last, lines as they were before a repair.

    The reader's repairs of text that was encoded twice lie below all else: what cleaning took out
    stood in the repaired line.
    """
    repairs = {
        gone.line: gone.text for gone in removals if gone.line and gone.rule == ENCODED_TWICE
    }
    removals = [gone for gone in removals if gone.rule != ENCODED_TWICE]
    whole = {gone.line: gone.text for gone in removals if gone.line and gone.column is None}
    inside: defaultdict[int, list[Removal]] = defaultdict(list)
    for gone in removals:
        if gone.line and gone.column is not None:
            inside[gone.line].append(gone)
    built = dict(whole)
    for number, text in lines:
        parts: list[str] = []
        at = column = 0
        edits = sorted(inside.get(number, ()), key=lambda gone: gone.column or 0)
        # A removal that holds a line end was a joint: behind it the next source line
        # begins, with edits of its own.
        while edits:
            gone = edits.pop(0)
            step = (gone.column or 0) - column
            parts += text[at : at + step]
            at += step + len(gone.put)
            before, joined, after = gone.text.partition("\n")
            parts.append(before)
            column += step + len(gone.text)
            if joined:
                built[number] = "".join(parts)
                number += 1
                while number in whole:
                    number += 1
                parts, column = [after], len(after)
                edits = sorted(inside.get(number, ()), key=lambda gone: gone.column or 0)
        built[number] = "".join([*parts, text[at:]])
    built |= repairs
    return [built[number] for number in sorted(n for n in built if n)]


def _pieces(line: Line, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield (source line, first column, column after the last) of a part of a cleaned line."""
    # Between two shifts, and only there, columns of the line and of its source run in step.
    cuts = [start, *(s.column for s in line.shifts if start < s.column < end), end]
    found: dict[int, tuple[int, int]] = {}
    for first, last in pairwise(cuts):
        source, column = place_in_source(line, first)
        begin = min(column, found.get(source, (column, 0))[0])
        found[source] = begin, column + last - first
    for source, (begin, stop) in found.items():
        yield source, begin, stop


def _moved(line: Line, after: int, by: int) -> Iterator[Shift]:
    for shift in line.shifts:
        if shift.column > after:
            yield Shift(shift.column + by, shift.source_line, shift.source_column)
