r"""A rich text file (rtf) -> its lines: paragraphs, cells, text boxes, with the list numbers."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field, replace

from ..model import RawFile, Removal

TOKEN = re.compile(
    rb"(?P<open>\{)|(?P<close>\})|\\(?P<word>[A-Za-z]{1,32})(?P<number>-?[0-9]{1,10})? ?"
    rb"|\\'(?P<hex>[0-9A-Fa-f]{2})|\\(?P<sign>[^A-Za-z'])|(?P<end>[\r\n\0]+)"
    rb"|(?P<text>[^\\{}\r\n\0]+)|.",
    re.DOTALL,
)
# \fcharsetN, as Windows numbers sets of characters: 134 GB2312, 136 Big5, 128 Shift-JIS,
# 129 Hangul. Bytes of such a font are of this encoding, whatever \ansicpgN says.
CHARSETS = {134: "gb18030", 136: "big5hkscs", 128: "cp932", 129: "cp949"}
# \ansicpgN; 936 is GBK, of which gb18030 is an extension
CODE_PAGES = {936: "gb18030", 950: "big5hkscs", 65001: "utf-8", 10008: "gb18030"}
# the special characters of the specification, and the breaks that end a line of text
SPECIAL = {
    "line": "\n", "lbr": "\n", "softline": "\n", "page": "\n", "column": "\n", "tab": "\t",
    "emdash": "—", "endash": "–", "emspace": "\u2003", "enspace": "\u2002", "qmspace": "\u2005",
    "bullet": "•", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”",
}  # fmt: skip
SIGNS = {b"~": "\xa0", b"_": "-", b"{": "{", b"}": "}", b"\\": "\\"}
# \par and \sect end paragraphs; \cell, \nestcell are ends of table cells, \row of their rows
ENDS = frozenset(("par", "sect", "cell", "nestcell", "row", "nestrow"))
# destinations of the specification; \*\fldinst is a field's code, whose \fldrslt is kept
SKIPPED_WORDS = """
    fonttbl colortbl stylesheet info listtable listoverridetable revtbl rsidtbl generator pict
    object objdata themedata colorschememapping datastore latentstyles fldinst datafield
    xmlnstbl bkmkstart bkmkend filetbl fontemb ftnsep ftnsepc ftncn aftnsep aftnsepc aftncn xe
    tc mmathPr nonshppict pgptbl userprops wgrffmtfilter blipuid picprop sn sv shpinst_
    background atnid atnauthor atnref atndate atntime atrfstart atrfend
"""
SKIPPED = frozenset(SKIPPED_WORDS.split())
"""Groups that hold no text."""
ASIDE = {
    "header": "page-header", "headerl": "page-header", "headerr": "page-header",
    "headerf": "page-header", "footer": "page-footer", "footerl": "page-footer",
    "footerr": "page-footer", "footerf": "page-footer", "annotation": "comment",
}  # fmt: skip
LATER = frozenset(("footnote", "shptxt", "shpinst", "shprslt", "dptxbxtext"))
"""Groups whose text stands after the text of the file."""
# \* says "skip this destination if you do not know it": these are known all the same
KNOWN_STARRED = frozenset(("shpinst", "annotation", "footnote", "shppict"))
# \listtext and \pntext hold the number of a paragraph as text, for readers without lists
LISTED = frozenset(("listtext", "pntext"))
DEEPEST = 1_000
"""Maximum depth of groups whose state is kept: a forged file could nest without end."""
LEVELS = 9
"""Number of outline levels that are headings: \\outlinelevel9 is body text."""
STYLE = re.compile(rb"\\s([0-9]{1,4})(?![0-9])")
OUTLINE_LEVEL = re.compile(rb"\\outlinelevel([0-9])")
HEADING = re.compile(rb"[Hh]eading ([1-9]);")
"""In an entry of the table of styles: its number, its level from 0, the level of its name."""
FONT = re.compile(rb"\\f([0-9]{1,5})(?![0-9])")
CHARSET = re.compile(rb"\\fcharset([0-9]{1,3})")
"""In an entry of the table of fonts: its number, and the number of its set of characters."""
SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """What a group hands on to the groups in it."""

    codec: str
    to: str = ""
    skipped: bool = False
    hidden: bool = False
    deleted: bool = False
    listed: bool = False
    after_unicode: int = 1


@dataclass(slots=True)
class _Story:
    """Text that belongs together: its finished lines, and the one that is being written."""

    lines: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    headings: dict[int, int] = field(default_factory=dict)

    def end(self, level: int | None = None) -> None:
        """End a paragraph."""
        if not self.text:
            self.lines.append("")
            return
        text = "".join(self.text)
        if SURROGATE.search(text):
            # \uN is of 16 bits: a character beyond U+FFFF comes as two of them
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if level is not None and level < LEVELS and text.strip():
            self.headings[len(self.lines) + 1] = level + 1
        self.lines += re.split(r"\r\n|\n|\r", text)
        self.text.clear()


def read_rtf(data: bytes, *, path: str) -> RawFile:
    r"""
    Read rtf; text boxes and notes stand after the text, outline levels are headings.

    Page headers and footers, deleted and hidden text and comments are removals.

    >>> raw = read_rtf(rb"{\rtf1\ansi\ansicpg936{\header \'d2\'b3}\'c1\'ae\par\u27905?}", path="a")
    >>> raw.lines, raw.removals[0].text
    (('廉', '洁'), '页')
    """
    return _Reader(data, path).read()


class _Reader:
    def __init__(self, data: bytes, path: str) -> None:
        self.data = data
        self.path = path
        self.page = "cp1252"
        self.default_font = 0
        self.fonts = _fonts(data)
        self.stories: dict[str, _Story] = {"": _Story(), "later": _Story()}
        self.pending: list[tuple[_State, bytes]] = []
        self.state = _State(codec="")
        self.outline: int | None = None
        self.styles: dict[int, int] = _outline_styles(data)
        self.skip = 0
        self.starred = self.opened = False

    def read(self) -> RawFile:
        """Go through the tokens."""
        stack: list[_State] = []
        too_deep = 0
        at = 0
        while match := TOKEN.match(self.data, at):
            at = match.end()
            kind = match.lastgroup
            if kind == "number":
                kind = "word"
            if kind == "open":
                self._flush()
                if len(stack) < DEEPEST:
                    stack.append(self.state)
                else:
                    too_deep += 1
                self.skip, self.opened, self.starred = 0, True, False
                continue
            if kind == "close":
                self._flush()
                self.skip = 0
                if too_deep:
                    too_deep -= 1
                    continue
                if not stack:
                    break
                self._leave(stack.pop())
                if not stack:
                    break
            elif kind == "word":
                word = match["word"].decode()
                number = int(match["number"]) if match["number"] else None
                # \binN: N raw bytes follow, in which braces and backslashes mean nothing
                if word == "bin" and number and number > 0:
                    at += number
                else:
                    self._word(word, number)
            elif kind == "hex":
                self._byte(bytes.fromhex(match["hex"].decode()))
            elif kind == "sign":
                self._sign(match["sign"])
            elif kind == "text":
                self._byte(match["text"])
            if kind != "end" and match["sign"] != b"*":
                self.opened = self.starred = False
        self._flush()
        return self._raw_file()

    def _raw_file(self) -> RawFile:
        """End the stories that were read, and tell the text from what is none."""
        for name, story in self.stories.items():
            if story.text or name == "":
                story.end()
        text, later = self.stories.pop(""), self.stories.pop("later")
        lines = text.lines
        while lines and not lines[-1]:
            lines.pop()
        return RawFile(
            path=self.path,
            encoding="rtf",
            lines=(*lines, *later.lines),
            headings=text.headings,
            removals=tuple(
                Removal(line=None, rule=rule, text=line)
                for rule, story in self.stories.items()
                for line in story.lines
                if line.strip()
            ),
        )

    def _leave(self, outer: _State) -> None:
        if outer.to != self.state.to and self.state.to in self.stories:
            story = self.stories[self.state.to]
            if story.text and self.state.to:
                story.end()
        self.state = outer

    def _word(self, word: str, number: int | None) -> None:
        if word == "u":
            self._flush()
            # \uN is signed: what is above 32767 is written as a negative number
            if number is not None:
                self._put(chr(number & 0xFFFF))
            self.skip = self.state.after_unicode
            return
        self.skip = 0
        if word in SPECIAL:
            self._put(SPECIAL[word])
        elif word in ENDS:
            self._flush()
            if word not in ("row", "nestrow") and not self.state.skipped:
                self._story().end(self.outline if not self.state.to else None)
        elif word in SKIPPED or (self.starred and word not in KNOWN_STARRED):
            self._change(skipped=True)
        elif word in ASIDE:
            self._change(to=ASIDE[word])
        elif word in LATER:
            # \shpinst holds the properties of a shape; only its \shptxt is text, see below
            self._change(to=self.state.to or "later", skipped=word == "shpinst")
        # \shprslt repeats the shape for readers that know none: its text would stand twice
        elif word in ("sp", "shprslt"):
            self._change(skipped=True)
        elif word == "f" or word == "deff":
            if word == "deff":
                self.default_font = number or 0
            self._change(codec=self.fonts.get(number or 0, ""))
        elif word == "ansicpg":
            self.page = _codec(number or 1252)
        # \ucN: after each \uN so many bytes follow for readers without Unicode, one by default
        elif word == "uc":
            self._change(after_unicode=min(max(number or 0, 0), 8) if number is not None else 1)
        # \v is hidden text, \deleted struck out by a revision; \v0 and \deleted0 end them
        elif word in ("v", "deleted"):
            on = number != 0
            self._change(**{"hidden" if word == "v" else word: on})
        # \plain resets the properties of characters, \v and \deleted among them
        elif word == "plain":
            self._change(hidden=False, deleted=False)
        elif word in LISTED:
            self._change(listed=True)
        # inside a \listtext, properties of the paragraph are the list's, not the paragraph's own
        elif self.state.listed:
            return
        else:
            self._paragraph_word(word, number)
        # inside of \shpinst, which is skipped
        if word == "shptxt":
            self._change(skipped=False)

    def _paragraph_word(self, word: str, number: int | None) -> None:
        """Take a property of the paragraph."""
        # \pard resets the properties of paragraphs; without it, the next \par has them still
        if word == "pard":
            self.outline = None
        elif word == "s" and self.outline is None:
            self.outline = self.styles.get(number or 0)
        elif word == "outlinelevel":
            self.outline = number

    def _change(self, **values: object) -> None:
        self._flush()
        self.state = replace(self.state, **values)  # type: ignore[arg-type]

    def _sign(self, sign: bytes) -> None:
        # \* counts only as the first thing in a group
        if sign == b"*":
            self.starred = self.opened
            return
        self.skip = 0
        # a backslash before a line end is a \par, by the specification
        if sign in (b"\r", b"\n"):
            self._word("par", None)
        elif sign in SIGNS:
            self._put(SIGNS[sign])

    def _byte(self, data: bytes) -> None:
        if self.state.skipped:
            return
        # the bytes that stand for a \uN to readers without Unicode: they would double it
        if self.skip:
            dropped = min(self.skip, len(data))
            self.skip -= dropped
            data = data[dropped:]
        if data:
            self.pending.append((self.state, data))

    def _flush(self) -> None:
        """Decode the bytes that have come together: a character may be written in two."""
        if not self.pending:
            return
        data = b"".join(part for _state, part in self.pending)
        state = self.pending[0][0]
        self.pending.clear()
        try:
            text = data.decode(state.codec or self.page, "replace")
        except (LookupError, UnicodeError):
            text = data.decode("gb18030", "replace")
        self._put(text)

    def _put(self, text: str) -> None:
        self._flush()
        state = self.state
        if state.skipped:
            return
        if state.deleted or state.hidden:
            rule = "deleted-text" if state.deleted else "hidden-text"
            story = self.stories.setdefault(rule, _Story())
        else:
            story = self._story()
        story.text.append(text)

    def _story(self) -> _Story:
        return self.stories.setdefault(self.state.to, _Story())


def _codec(page: int) -> str:
    # Python knows most code pages of Windows under this name
    name = CODE_PAGES.get(page, f"cp{page}")
    try:
        codecs.lookup(name)
    except LookupError:
        return "gb18030"
    return name


def _group(data: bytes, start: bytes) -> bytes:
    """Return the group that begins with `start`, up to its closing brace."""
    at = data.find(start)
    if at < 0:
        return b""
    depth = 0
    # \{, \} and \\ are characters, and no braces of groups
    for brace in re.compile(rb"\\[{}\\]|[{}]").finditer(data, at):
        depth += {b"{": 1, b"}": -1}.get(brace[0], 0)
        if depth == 0:
            return data[at : brace.end()]
    return data[at:]


def _fonts(data: bytes) -> dict[int, str]:
    """Return the codecs of the fonts of Chinese, Japanese and Korean."""
    codecs_by_font: dict[int, str] = {}
    for entry in re.split(rb"[{};]", _group(data, rb"{\fonttbl")):
        font, charset = FONT.search(entry), CHARSET.search(entry)
        if font and charset and int(charset[1]) in CHARSETS:
            codecs_by_font[int(font[1])] = CHARSETS[int(charset[1])]
    return codecs_by_font


def _outline_styles(data: bytes) -> dict[int, int]:
    """Return the outline level, from 0, of the styles that have one."""
    levels: dict[int, int] = {}
    for entry in re.split(rb"[{}]", _group(data, rb"{\stylesheet")):
        style = STYLE.search(entry)
        level = OUTLINE_LEVEL.search(entry)
        heading = HEADING.search(entry)
        if style and level:
            levels[int(style[1])] = int(level[1])
        elif style and heading:
            levels[int(style[1])] = int(heading[1]) - 1
    return levels
