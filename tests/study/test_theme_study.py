"""What is counted of themes: against plain counts over every passage."""

from __future__ import annotations

from collections import Counter

import pytest
from conftest import SPEECH, shared, speech
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from scan import ScanBackend

from lianzheng_search.cleaning.clean import clean
from lianzheng_search.cleaning.rule_files import load_rules
from lianzheng_search.errors import RequestError
from lianzheng_search.index.tools import label_passages
from lianzheng_search.model import UNLABELLED, RawFile, place_in_source
from lianzheng_search.query.filters import Scope
from lianzheng_search.structure.parse import parse
from lianzheng_search.study.theme_coverage import (
    coverage,
    passages_on_line,
    speech_profile,
    theme_grid,
    unlabelled,
)
from lianzheng_search.themes.theme_files import load_themes

DEFAULT = load_themes()
LINES = st.lists(
    st.sampled_from(
        [
            "一、强化家风意识，把家门看牢",
            "二、强化责任意识",
            "（一）严明纪律",
            "家风连着作风，一是管好配偶子女。二是远离酒肉朋友。",
            "主体责任不是一句口号。",
            "天气渐渐凉了，大家注意身体。",
            "同志们：",
            "",
        ]
    ),
    max_size=12,
)


def labelled(text: str, path: str = "a.txt"):
    parsed = speech(text, path)
    return replace(parsed, passages=tuple(label_passages(parsed.passages, DEFAULT)))


def backend(*texts: str) -> ScanBackend:
    return ScanBackend([labelled(text, f"{n}.txt") for n, text in enumerate(texts)])


@given(st.lists(LINES.map("\n".join), max_size=3))
def test_counts_are_those_of_a_plain_count(texts):
    """Passages, speeches, characters, and what has none; titles and salutations are not there."""
    speeches = [labelled(text, f"{n}.txt") for n, text in enumerate(texts)]
    every = [(s.info.id, p) for s in speeches for p in s.passages if p.kind not in UNLABELLED]
    told = coverage(ScanBackend(speeches), DEFAULT.names)
    assert (told.passages, told.labelled) == (len(every), sum(bool(p.themes) for _s, p in every))
    assert told.characters == sum(len(p.text) for _s, p in every)
    for count in told.counts:
        about = [(s, p) for s, p in every if count.theme in p.themes]
        assert (count.passages, count.speeches, count.characters) == (
            len(about),
            len({s for s, _p in about}),
            sum(len(p.text) for _s, p in about),
        )
    rest = unlabelled(ScanBackend(speeches), limit=0)
    assert rest.total == told.passages - told.labelled
    assert [hit.passage for hit in rest.hits] == [p for _s, p in every if not p.themes]


def test_the_index_counts_what_a_scan_counts(corpus):
    """What a passage is without its text, too."""
    speeches = [corpus.speech(info.id) for info in corpus.speeches()]
    scan = ScanBackend([replace(speech(""), info=i, passages=tuple(own)) for i, own in speeches])
    told = coverage(corpus.backend, DEFAULT.names, Scope(with_copies=True))
    assert told == coverage(scan, DEFAULT.names)
    for (_info, indexed), (_same, scanned) in zip(
        corpus.backend.ranges(), scan.ranges(), strict=True
    ):
        both = [
            [
                (f.kind, f.themes, None if f.section is None else f.section - refs.start)
                for f in one.frames(refs)
            ]
            for one, refs in ((corpus.backend, indexed), (scan, scanned))
        ]
        assert both[0] == both[1]


def test_copies_are_counted_once(corpus):
    """b.txt is a.txt with another place and date."""
    once, every = corpus.coverage(), corpus.coverage(with_variants=True)
    assert once.passages + once.copies >= every.passages > once.passages
    assert all(a.passages <= b.passages for a, b in zip(once.counts, every.counts, strict=True))
    rest, all_rest = corpus.unlabelled(), corpus.unlabelled(with_variants=True)
    assert rest.total == once.passages - once.labelled
    assert rest.total + rest.copies == all_rest.total == every.passages - every.labelled


def test_the_longest_unlabelled_come_first():
    """As many as asked for; ties in the order of the corpus."""
    scan = backend("天气渐渐凉了。\n大家注意身体，早晚添衣。\n天气渐渐暖了。")
    found = unlabelled(scan, sort="length", limit=2)
    assert found.total == 3
    assert [len(hit.passage.text) for hit in found.hits] == [12, 7]


@given(LINES.map("\n".join))
def test_a_profile_adds_up(text):
    """The sections are parts of the whole; every theme's share is that of its passages."""
    own = labelled(text)
    told = speech_profile(own.info, own.passages)
    counted = [p for p in own.passages if p.kind not in UNLABELLED]
    assert told.whole.passages == len(counted)
    inside = [p for p in counted if p.sections]
    assert sum(one.passages for one in told.sections) == len(inside)
    assert len(told.sections) == len({p.sections[0] for p in inside})
    shares = Counter({share.theme: share.characters for share in told.whole.themes})
    assert shares == Counter(
        {
            theme: sum(len(p.text) for p in counted if theme in p.themes)
            for p in counted
            for theme in p.themes
        }
    )
    sizes = [share.characters for share in told.whole.themes]
    assert sizes == sorted(sizes, reverse=True)


def test_a_grid_goes_by_speech_section_or_year():
    """One speech by its sections; several by themselves."""
    text = "一、树立良好家风\n家风连着作风。\n二、扛起主体责任\n主体责任不是口号。"
    one = theme_grid(backend(text), DEFAULT.names)
    assert one.columns == ("一、树立良好家风", "二、扛起主体责任")
    family = one.values[one.themes.index("家风家教")]
    assert family == (1.0, 0.0)
    two = theme_grid(backend(text, text), DEFAULT.names)
    assert len(two.columns) == 2
    by_year = theme_grid(backend(text, text), DEFAULT.names, by="year")
    assert len(by_year.columns) == 1
    with pytest.raises(RequestError):
        theme_grid(backend(*[text] * 61), DEFAULT.names, by="section")


def test_every_line_of_the_file_leads_to_its_passages():
    """Also a line that cleaning has joined to the one before it; by where each character stood."""
    rules, joined = load_rules(), 0
    for file in sorted(shared("messy").glob("**/*wrap*")):
        raw = RawFile(path="a", encoding="utf-8", lines=tuple(file.read_text("utf-8").split("\n")))
        cleaned = clean(raw, rules)
        parsed = parse(cleaned)
        lines = {line.number: line for line in cleaned.lines}
        expected: dict[int, list] = {}
        for passage in parsed.passages:
            numbers = {
                place_in_source(lines[passage.line], passage.column + at)[0]
                for at in range(len(passage.text))
            }
            for number in numbers:
                expected.setdefault(number, []).append(passage)
        joined += sum(len({s.source_line for s in line.shifts}) > 1 for line in cleaned.lines)
        for number, passages in expected.items():
            if any(passage.kind not in UNLABELLED for passage in passages):
                assert passages_on_line(cleaned, parsed, number) == passages
    assert joined > 100


@pytest.mark.parametrize(
    ("number", "word"), [(1, "watermark"), (5, "title"), (4, "blank"), (99, "has 19")]
)
def test_a_line_without_a_passage_says_what_it_is(number, word):
    """A watermark, the title, a blank line, a line beyond the end."""
    raw = RawFile(path="a.txt", encoding="utf-8", lines=tuple(SPEECH.rstrip("\n").split("\n")))
    cleaned = clean(raw, load_rules())
    with pytest.raises(RequestError, match=rf"a.txt:{number}: .*{word}"):
        passages_on_line(cleaned, parse(cleaned), number)
