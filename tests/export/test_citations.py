"""Citations, in each of their styles."""

from __future__ import annotations

import re
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianzheng_search.errors import RequestError
from lianzheng_search.export.citations import (
    CITATION_STYLES,
    TEX,
    bibliography,
    cite,
    key_of,
    printable,
)
from lianzheng_search.model import Passage, Section, SpeechInfo
from lianzheng_search.text.characters import BLANK

TITLE = "在青澜市警示教育大会上的讲话"
NASTY = st.text(
    st.one_of(
        st.sampled_from("{}\\%$#&_~^\"'@=, \n\t《》〈〉“”\x00\x1b\u202e\u2028\ud800清风正气XY0"),
        st.characters(),
    ),
    max_size=12,
)


def info(**told):
    return SpeechInfo(**{"id": "讲话/a.txt", "title": TITLE} | told)


def section(marker, number, heading="", level=1):
    heading = heading or f"{marker}把担子挑稳"
    return Section(line=3, column=0, level=level, number=number, marker=marker, heading=heading)


def passage(*sections, line=12, **told):
    return Passage(line=line, column=0, kind="body", text="清风正气。", sections=sections, **told)


PART = passage(section("三、", 3), section("（一）", 1, level=2))
BARE = passage()
FULL = info(date="2016-01-12", speaker="张某")


@pytest.mark.parametrize(
    ("told", "of", "style", "citation"),
    [
        (
            FULL,
            PART,
            "plain",
            f"张某：《{TITLE}》（2016年1月12日），第三部分（一），讲话/a.txt第12行",
        ),
        (info(), BARE, "plain", f"《{TITLE}》，讲话/a.txt第12行"),
        (info(date="2016"), BARE, "plain", f"《{TITLE}》（2016年），讲话/a.txt第12行"),
        (info(date="2016-01"), BARE, "plain", f"《{TITLE}》（2016年1月），讲话/a.txt第12行"),
        (info(id="a.docx"), BARE, "plain", f"《{TITLE}》，a.docx第12段"),
        (info(title="读《论语》"), BARE, "plain", "《读〈论语〉》，讲话/a.txt第12行"),
        (info(title="读《论〈诗〉》"), BARE, "plain", "《读〈论《诗》〉》，讲话/a.txt第12行"),
        (info(title="“照镜子”谈话"), BARE, "plain", "《“照镜子”谈话》，讲话/a.txt第12行"),
        (info(venue="青澜市警示教育大会"), BARE, "plain", f"《{TITLE}》，讲话/a.txt第12行"),
        (
            info(title="清风正气", venue="青澜市委党校", date="2016-01", source="青澜日报"),
            BARE,
            "plain",
            "《清风正气》（2016年1月，青澜市委党校），青澜日报，讲话/a.txt第12行",
        ),
        (
            info(title=f"张某: {TITLE}", speaker="张某"),
            BARE,
            "plain",
            f"张某：《{TITLE}》，讲话/a.txt第12行",
        ),
        (
            info(title=f"张某：{TITLE}", speaker="张某"),
            BARE,
            "gbt7714-2025",
            f"张某. {TITLE}[Z]：第12行.",
        ),
        (FULL, PART, "gbt7714-2025", f"张某. {TITLE}[Z]. 2016-01-12：第三部分（一），第12行."),
        (FULL, PART, "gbt7714-2015", f"张某. {TITLE}[Z]. 2016-01-12: 第三部分（一），第12行."),
        (info(), BARE, "gbt7714-2025", f"{TITLE}[Z]：第12行."),
        (info(), BARE, "gbt7714-2015", f"{TITLE}[Z]: 第12行."),
        (info(title="读《论语》"), BARE, "gbt7714-2025", "读《论语》[Z]：第12行."),
        (
            info(title="清风正气", venue="青澜市委党校", date="2016", source="青澜日报"),
            BARE,
            "gbt7714-2025",
            "清风正气：青澜市委党校，2016[Z]. 青澜日报：第12行.",
        ),
        (
            info(title="清风正气", venue="青澜市委党校", date="2016", source="青澜日报"),
            BARE,
            "gbt7714-2015",
            "清风正气: 青澜市委党校, 2016[Z]. 青澜日报: 第12行.",
        ),
    ],
)
def test_citations(told, of, style, citation):
    """What is known is told in its place, and what is not leaves no trace."""
    assert cite(told, of, style) == citation


@pytest.mark.parametrize(
    ("sections", "place"),
    [
        ([section("第二章", 2), section("三、", 3), section("（四）", 4)], "第二章三（四），"),
        ([section("第二部分：", 2)], "第二部分，"),
        ([section("十二．", 12), section("2.", 2), section("（1）", 1)], "第十二部分第2点（1），"),
        ([section("", None, "把“镜子”擦亮"), section("㈡", 2)], "“把‘镜子’擦亮”㈡，"),
        ([section("", None, "一线的灯"), section("①", 1)], "“一线的灯”①，"),
        ([section("附件1", 1, "附件1")], "附件1，"),
    ],
)
def test_sections_are_named_by_their_numbers(sections, place):
    """And by their words where they have none."""
    assert cite(info(), passage(*sections), "plain").removeprefix(f"《{TITLE}》，") == (
        place + "讲话/a.txt第12行"
    )


def test_the_place_is_that_of_the_file():
    """Not that of the cleaned text."""
    assert "第40行" in cite(info(), passage(source=(40, 3)), "gbt7714-2025")


def test_a_style_that_is_not_there_is_named():
    """With those that are."""
    with pytest.raises(RequestError, match="gbt7714-2025"):
        cite(info(), BARE, "gbt7714")
    with pytest.raises(RequestError, match="gbt7714-2025"):
        bibliography([], "gbt7714")


@given(NASTY, NASTY, NASTY, NASTY, NASTY, st.sampled_from(CITATION_STYLES))
def test_a_citation_is_one_line_that_can_be_written(title, speaker, venue, source, heading, style):
    """Whatever a file calls itself."""
    told = info(id=source + ".txt", title=title, speaker=speaker, venue=venue, source=source)
    line = cite(told, passage(section("", None, heading)), style)
    assert len(line.splitlines()) == 1
    assert line.encode().decode() == line
    assert not re.search("[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", line)


ENTRY = re.compile(r"@misc\{(?P<key>[a-z0-9-]+),(?P<fields>.*)\}", re.DOTALL)
UNTEX = {replacement: chr(code) for code, replacement in TEX.items()}


def read_bibtex(text):
    """Read one entry as BibTeX does, by counting braces; take TeX's escapes back."""
    entry = ENTRY.fullmatch(text)
    fields, rest = {}, entry["fields"].strip()
    while rest:
        name, rest = re.match(r"([a-z]+) = (\{.*)", rest, re.DOTALL).groups()
        depths = accumulate((c == "{") - (c == "}") for c in rest)
        end = next(n for n, depth in enumerate(depths) if not depth)
        fields[name], rest = rest[1:end], rest[end + 1 :].removeprefix(",").strip()
    return entry["key"], {
        name: untex(value[1:-1] if name in ("author", "title") else value)
        for name, value in fields.items()
    }


def untex(value):
    escapes = "|".join(map(re.escape, sorted(UNTEX, key=len, reverse=True)))
    whole = re.sub(rf"({escapes})|([{{}}])", lambda m: UNTEX.get(m[1], "\0"), value)
    assert "\0" not in whole, "a brace that was not escaped"
    return whole


@given(NASTY.filter(lambda title: printable(title).strip()), NASTY, NASTY, st.booleans())
def test_bibtex_is_one_entry_that_reads_back(title, speaker, source, alone):
    """Braces balance, and every field is what the speech says of itself."""
    told = info(title=title, speaker=speaker or None, source=source or None, date="2016-01")
    text = bibliography([told], "bibtex")[0] if alone else cite(told, PART, "bibtex")
    key, fields = read_bibtex(text)
    assert key == key_of(told.id) + ("" if alone else "-12")
    assert fields.get("pages") == (None if alone else "第三部分（一），第12行")
    assert flat(title).endswith(fields["title"])
    assert fields["title"] == flat(title) or flat(title).startswith(flat(speaker))
    assert fields.get("author", "") == flat(speaker)
    assert fields.get("howpublished", "") == flat(source)
    assert (fields["year"], fields["date"]) == ("2016", "2016-01")
    assert fields["annote"] == told.id


def flat(text):
    return re.sub("[\n\t]", " ", printable(text)).strip(BLANK)


def test_bibtex_keys_tell_passages_apart():
    """The key of a speech stays, and two passages never share one."""
    keys = [
        read_bibtex(cite(info(id=name), one, "bibtex"))[0]
        for name in ("a.txt", "b.txt")
        for one in (BARE, passage(line=13), passage(source=(12, 8)))
    ]
    assert len(set(keys)) == len(keys)
    assert all(key.startswith((key_of("a.txt"), key_of("b.txt"))) for key in keys)


def test_a_bibliography_has_each_speech_once():
    """In the order in which they come first."""
    told = [info(id="b.txt"), info(id="a.txt"), info(id="b.txt")]
    assert bibliography(told, "plain") == [f"《{TITLE}》，b.txt", f"《{TITLE}》，a.txt"]
    assert len(bibliography(told, "bibtex")) == 2
