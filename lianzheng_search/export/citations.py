"""A passage of a speech -> its citation, as GB/T 7714, BibTeX or running Chinese have it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import PurePosixPath

from ..messages import _, no_such
from ..model import Passage, SpeechInfo
from ..text.characters import BLANK, printable
from ..text.numerals import marker_rank

CITATION_STYLES = ("gbt7714-2025", "gbt7714-2015", "bibtex", "plain")
"""What `cite` takes; every one of them is in Chinese, for so is what is cited."""
MARKS = {"gbt7714-2025": ("：", "，"), "gbt7714-2015": (": ", ", ")}
"""Marks of the two editions before a publisher or a place in a text, and between parts."""
KIND = "[Z]"
"""Code in both editions of a text that is none of their kinds: 其他."""
PARAGRAPH_FILES = frozenset((".docx", ".docm", ".doc", ".wps", ".rtf"))
"""Files that have no lines of their own: their lines are paragraphs."""
INNER_TITLES = str.maketrans("《》〈〉", "〈〉《》")
INNER_QUOTES = str.maketrans("“”‘’", "‘’“”")
TEX = str.maketrans(
    {
        "\\": r"{\textbackslash}",
        "{": r"{\textbraceleft}",
        "}": r"{\textbraceright}",
        "~": r"{\textasciitilde}",
        "^": r"{\textasciicircum}",
        **{character: f"\\{character}" for character in "&%$#_"},
    }
)
KEY_DIGITS = 10
DATE_UNITS = "年月日"


def cite(info: SpeechInfo, passage: Passage, style: str) -> str:
    """
    Cite a passage on one line in a style: who spoke, the title, when, where; the place.

    `style` is one of CITATION_STYLES.

    What is not known is left out, and nothing is put in its stead. The place is the section by
    its numbers, from the outermost in, and the line of the file, or its paragraph where it is a
    Word file.

    `plain` is how Chinese writers cite, the file with it; quotation marks inside a title change
    from 《》 to 〈〉 (GB/T 15834).

    `gbt7714-2015` and `gbt7714-2025` are entries of a list by numbers (顺序编码制), as for a text
    that is 其他, [Z]: neither edition knows of speeches, and nothing tells us that a file came
    from a newspaper [N], a web page [EB/OL] or an archive [A]. For the same reason there is no
    carrier, address or date of access. Both editions let the name go where it is not known
    (佚名 is for lists by author and year) and place and publisher go for electronic texts. Who
    published the speech stands where a publisher does; when that was is not known, so the date
    of the speech then stands with its title, with the occasion; else in the publication's place,
    as the date of origin of a document. The place in the text stands where pages do. A newspaper
    or a book wants its pages, which are yours to add.

    The editions differ here in their marks alone: 2025 prints full-width ones except for . and
    [ ]. In print 2015 seems to have them too; its bibliography styles, and so most users, write
    half-width ones, and that is followed. (2025 further drops capitals in Western names, the
    date of access outside of web pages, data sets and preprints, and adds kinds and carriers,
    none of which a speech has.) Followed are the text of 2025 as it is reproduced by authors of
    bibliography styles, and the styles themselves, not the printed standards.

    `bibtex` is one ``@misc`` entry, escaped for TeX, whose key is made of the speech's id and
    the line, so that it stays; `bibliography` gives one entry a speech.

    >>> from lianzheng_search.model import Section
    >>> info = SpeechInfo(id="a.txt", title="学习《准则》的体会", date="2024-03-08", speaker="张某")
    >>> section = Section(line=5, column=0, level=1, number=2, marker="二、", heading="二、担当")
    >>> passage = Passage(line=12, column=0, kind="body", text="……", sections=(section,))
    >>> cite(info, passage, "plain")
    '张某：《学习〈准则〉的体会》（2024年3月8日），第二部分，a.txt第12行'
    >>> cite(info, passage, "gbt7714-2025")
    '张某. 学习《准则》的体会[Z]. 2024-03-08：第二部分，第12行.'
    >>> cite(info, passage, "gbt7714-2015")
    '张某. 学习《准则》的体会[Z]. 2024-03-08: 第二部分，第12行.'
    """
    _check(style)
    line, column = passage.place
    sections = _steps(passage)
    at = f"第{line}{_unit(info.id)}"
    if style == "bibtex":
        key = f"{key_of(info.id)}-{line}" + (f"-{column}" if column else "")
        return _bibtex(info, key, "，".join(filter(None, (sections, at))))
    if style == "plain":
        return "，".join(filter(None, (_plain(info), sections, _line(info.id) + at)))
    colon = MARKS[style][0]
    return f"{_gbt(info, style)}{colon}{'，'.join(filter(None, (sections, at)))}."


def bibliography(infos: Iterable[SpeechInfo], style: str) -> list[str]:
    """
    Cite speeches as wholes, each once, in the order in which they come first.

    >>> info = SpeechInfo(id="a.txt", title="讲话", date="2024-03")
    >>> bibliography([info, info], "gbt7714-2025")
    ['讲话[Z]. 2024-03.']
    >>> print(*bibliography([info], "bibtex"))
    @misc{speech18b7cb099a,
      title = {{讲话}},
      year = {2024},
      date = {2024-03},
      annote = {a.txt},
      langid = {chinese}
    }
    """
    _check(style)
    speeches = {info.id: info for info in infos}.values()
    if style == "bibtex":
        return [_bibtex(info, key_of(info.id), None, lines=True) for info in speeches]
    if style == "plain":
        return [f"{_plain(info)}，{_line(info.id)}" for info in speeches]
    return [f"{_gbt(info, style)}." for info in speeches]


def key_of(speech: str) -> str:
    """
    Make the BibTeX key of a speech from its id alone, so that it stays.

    >>> key_of("a.txt")
    'speech18b7cb099a'
    """
    # not its number in the list: that would change with every other entry
    digest = hashlib.sha256(speech.encode("utf-8", "surrogatepass")).hexdigest()
    return f"speech{digest[:KEY_DIGITS]}"


def _check(style: str) -> None:
    if style not in CITATION_STYLES:
        raise no_such(_("citation style"), style, CITATION_STYLES)


def _line(text: str) -> str:
    """Return a text on one line; the blanks inside it stay, for a title is cited as printed."""
    return printable(text).replace("\n", " ").replace("\t", " ").strip(BLANK)


@lru_cache(maxsize=4096)
def _plain(info: SpeechInfo) -> str:
    title = _title(info)
    if "《" in title:
        # GB/T 15834: 《》 inside of 《》 become 〈〉
        title = title.translate(INNER_TITLES)
    told = "，".join(filter(None, (chinese_date(info.date), _venue(info))))
    speaker, source = _line(info.speaker or ""), _line(info.source or "")
    who, by = f"{speaker}：" if speaker else "", f"，{source}" if source else ""
    return f"{who}《{title}》{f'（{told}）' if told else ''}{by}"


@lru_cache(maxsize=4096)
def _gbt(info: SpeechInfo, style: str) -> str:
    colon, comma = MARKS[style]
    speaker, source = _line(info.speaker or ""), _line(info.source or "")
    with_title = filter(None, (_venue(info), info.date if source else None))
    title = colon.join(filter(None, (_title(info), comma.join(with_title))))
    issued = source or info.date
    return f"{f'{speaker}. ' if speaker else ''}{title}{KIND}{f'. {issued}' if issued else ''}"


def _bibtex(info: SpeechInfo, key: str, pages: str | None, *, lines: bool = False) -> str:
    date = info.date or ""
    told = {
        # in braces, a name is one word: BibTeX would take a blank in it for first and last name
        "author": f"{{{speaker}}}" if (speaker := _tex(info.speaker)) else "",
        # a second pair of braces: BibTeX styles would put Latin letters of a title in lower case
        "title": f"{{{_tex(_title(info))}}}",
        "howpublished": _tex(info.source),
        "note": _tex(_venue(info)),
        "year": date[:4],
        "date": date if len(date) > len("2024") else "",
        "pages": _tex(pages),
        "annote": _tex(info.id),
        "langid": "chinese",
    }
    fields = [f"{name} = {{{value}}}" for name, value in told.items() if value]
    joint, end = (",\n  ", "\n}") if lines else (", ", "}")
    return joint.join([f"@misc{{{key}", *fields]) + end


def _tex(text: str | None) -> str:
    return _line(text or "").translate(TEX)


def _title(info: SpeechInfo) -> str:
    """Return the title without the speaker's name and a colon, with which a headline begins."""
    title, speaker = _line(info.title), _line(info.speaker or "")
    name, _colon, rest = title.replace("：", ":", 1).partition(":")
    rest = rest.strip(BLANK)
    return rest if speaker and rest and name.strip(BLANK) == speaker else title


def _venue(info: SpeechInfo) -> str:
    """Return the occasion, where the title does not name it."""
    venue, title = _line(info.venue or ""), _line(info.title)
    return "" if venue in title else venue


def chinese_date(date: str | None) -> str:
    """
    Return a date as it is written in Chinese, as precise as it is; what is no date, as it is.

    >>> chinese_date("2024-03-08"), chinese_date("2022-05"), chinese_date("2021")
    ('2024年3月8日', '2022年5月', '2021年')
    """
    parts = (date or "").split("-")
    if len(parts) > len(DATE_UNITS) or not all(part.isdecimal() for part in parts):
        return _line(date or "")
    return "".join(f"{int(part)}{unit}" for part, unit in zip(parts, DATE_UNITS, strict=False))


def _unit(speech: str) -> str:
    return "段" if PurePosixPath(speech).suffix.lower() in PARAGRAPH_FILES else "行"


def _steps(passage: Passage) -> str:
    """Return a section by its numbers, 第三部分（一）; a heading is not called by itself."""
    path = passage.sections
    if passage.kind == "heading" and path and path[-1].number is None:
        path = path[:-1]
    return "".join(
        [_step(one.marker, one.number, one.heading, not n) for n, one in enumerate(path)]
    )


@lru_cache(maxsize=4096)
def _step(marker: str, number: int | None, heading: str, outermost: bool) -> str:
    marker = _line(marker)
    rank = marker_rank(marker)
    if not marker or number is None:
        return f"“{_line(heading).translate(INNER_QUOTES)}”"
    if rank == 1:
        bare = marker.rstrip("、.． ")
        return f"第{bare}部分" if outermost else bare
    return f"第{number}点" if rank == 3 else marker.rstrip("：:、.． ")
