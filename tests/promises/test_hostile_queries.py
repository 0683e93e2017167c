"""Queries that nobody in earnest asks: answered in time, or refused in a line."""

from __future__ import annotations

import subprocess
import sys
import time
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location

import pytest
from commands import run
from conftest import ROOT, often
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import matches
from strategies import APART

import lianzheng_search
from lianzheng_search.errors import RequestError
from lianzheng_search.query import language as query
from lianzheng_search.query.filters import FILTERS, LONGEST_TEXT
from lianzheng_search.query.language import parse_query
from lianzheng_search.query.lists import read_queries
from lianzheng_search.query.tree import Gap
from lianzheng_search.search import gaps
from lianzheng_search.search.gaps import gap_matches
from lianzheng_search.search.speeches import find_speech
from lianzheng_search.search.suggestions import Hints
from lianzheng_search.wording.heading_bank import spans_of

FUZZ = ROOT / "scripts" / "fuzz.py"
HANGS = 300
"""Seconds after which a command is taken to hang, however busy the machine."""
MANY_GAPS = "的*" * query.MOST_GAPS + "末"
REFUSED = {
    "的" * (query.LONGEST_QUERY + 1): "more than 100000 characters",
    "责任 " * (query.MOST_TERMS + 1): "more than 1000 words",
    "-责任 " * (query.MOST_TERMS + 1): "more than 1000 words",
    "责任 OR " * query.MOST_TERMS + "担当": "more than 1000 words",
    "in:body " * (query.MOST_TERMS + 1): "more than 1000 words",
    "责*任 " * (query.MOST_PATTERNS + 1): "more than 100 phrases",
    "责 NEAR 任 " * (query.MOST_PATTERNS + 1): "more than 100 phrases",
    "*".join("责" * (query.MOST_GAPS + 2)): "50 gaps at most",
    "责" + "?" * (query.MOST_GAPS + 1) + "任": "50 gaps at most",
    "责任 NEAR/1000 担当": "NEAR/n goes up to 999",
    "责任 NEAR/" + "9" * 50_000 + " 担当": "NEAR/n goes up to 999",
    "(" * 51 + "责任" + ")" * 51: "too many parentheses",
    "(" * 10_000: "too many parentheses",
    ")" * 10_000: "a word or a phrase is missing",
    "责任 " + ")" * 10_000: "nothing to close",
    "-(" * 10_000: "too many parentheses",
    "NOT " * 10_000 + "责任": "a word or a phrase is missing",
    '"' * 10_000: "nothing stands between",
    '"' * 10_001: "not closed",
    "“" * 10_000: "not closed",
    "“ " * 10_000: "not closed",
    "OR " * 10_000: "a word or a phrase is missing",
    "*" * 10_000: "only punctuation",
    "?" * 10_000: "50 gaps at most",
    "，" * 10_000: "only punctuation",
    "责任\ud800": "bytes that are no text",
    "": "empty",
    "title:" + "讲" * (LONGEST_TEXT + 1): "more than 1000 characters",
    "theme:" + "家" * 50_000: "more than 1000 characters",
    "speech:" + "9" * 50_000: "more than 1000 characters",
    "since:" + "9" * 50_000: "more than 1000 characters",
    "in:" + "b" * 50_000: "more than 1000 characters",
    "section:" + "九" * 50_000: "more than 1000 characters",
    "theme:\0\x1b[31m": "there is no",
}
ANSWERED = [
    " ".join(["责任", "担当", "学习", "作风", "意识"] * 200),
    " OR ".join(chr(0x4E00 + n) for n in range(query.MOST_TERMS)),
    " ".join(f"-{chr(0x4E00 + n)}" for n in range(query.MOST_TERMS)),
    " ".join(f"责 NEAR/{n} 任" for n in range(query.MOST_PATTERNS)),
    " OR ".join(f"的*{chr(0x4E00 + n)}" for n in range(query.MOST_PATTERNS)),
    "section:责任 " * query.MOST_TERMS,
    "(" * 50 + "责任" + ")" * 50,
    "NOT (" * 50 + "责任" + ")" * 50,
    "主体责任" * 25_000,
    '"' + "主体责任" * 24_000 + '"',
    "".join(map(chr, range(0x4E00, 0x4E00 + 5_000))),
    "「责」任 " * query.MOST_TERMS,
    "“责”任 " * (query.MOST_TERMS - 1) + "末”",
    "「责 " * (query.MOST_TERMS - 1) + "」任",
    "责" + "(" * 50_000,
    "\u202e责任\u2066",
    "责\0任",
    "e" + "\u0301" * 50_000,
    "?*" * (query.MOST_GAPS // 2) + "任",
    MANY_GAPS,
]


@pytest.mark.matrix
@pytest.mark.promise("bounded")
@pytest.mark.parametrize("asked", REFUSED, ids=lambda text: f"{text[:12]!a}…{len(text)}")
def test_what_is_beyond_a_limit_is_refused_in_short(corpus, asked):
    """Whatever asks: what is wrong is said, in less than a screen, and the limit with it."""
    for ask in (corpus.search, corpus.kwic, corpus.slots, corpus.hints, as_list(corpus.freq)):
        with pytest.raises(RequestError, match=REFUSED[asked]) as refused:
            ask(asked)
        assert len(str(refused.value)) < 1000


def as_list(ask):
    return lambda text: ask([text])


@pytest.mark.matrix
@pytest.mark.parametrize("asked", ANSWERED, ids=lambda text: f"{text[:12]!a}…{len(text)}")
def test_what_is_within_the_limits_is_answered(corpus, asked):
    """Exactly at a limit, and in many words: the same answer, however it is asked for."""
    first = corpus.search(asked, limit=3)
    whole = corpus.search(asked, limit=0, sort="date")
    places = [(hit.info.id, *hit.passage.place) for hit in whole.hits]
    assert len(set(places)) == len(places) == whole.total == first.total
    assert {(hit.info.id, *hit.passage.place) for hit in first.hits} <= set(places)
    assert first.exact == whole.exact
    lines = corpus.kwic(asked).lines
    assert len(lines) == sum(len(hit.spans) for hit in corpus.search(asked, limit=0).hits)
    assert isinstance(corpus.hints(asked), Hints)


@pytest.mark.parametrize("text", ["责" * 1001, "…" * 50_000, "\ud800", "*，…" * 10_000])
def test_a_text_that_lists_are_asked_for_has_a_limit(corpus, text):
    """Headings, set phrases, n-grams, quotations, documents, and every filter."""
    asks = [corpus.headings, corpus.phrases, corpus.ngrams, corpus.quotes, corpus.cites]
    asks += [lambda text: corpus.quotes(source=text), lambda text: corpus.speeches(title=text)]
    asks += [partial(with_filter, corpus, name) for name in FILTERS]
    asks += [corpus.suggest]
    for ask in asks:
        with pytest.raises(RequestError) as refused:
            ask(text)
        assert len(str(refused.value)) < 1000


def with_filter(corpus, name, text):
    return corpus.search("责任", **{name: text})


@pytest.mark.parametrize("name", ["责" * 1000, "9" * 5000, "a.txt:" + "9" * 5000, "\ud800", "a\0b"])
def test_a_name_of_a_speech_that_none_can_have(corpus, name):
    """No file has a name so long, no speech a line so far down."""
    asks = [corpus.speech, corpus.place, corpus.why, corpus.closest]
    asks.append(partial(find_speech, corpus.backend))
    asks += [lambda name: list(corpus.read(name)), lambda name: list(corpus.profiles(name))]
    for ask in asks:
        with pytest.raises(RequestError) as refused:
            ask(name)
        assert len(str(refused.value)) < 1000


def test_hostile_lists_of_queries():
    """A number of thousands of digits, tables without end: the line is named."""
    digits = "9" * 5000
    for source, text in {
        "a.toml": f"[[query]]\nquery = '责任'\nlimit = {digits}",
        "b.toml": "[[query]]\nquery = " + "[" * 50_000 + "]" * 50_000,
        "c.toml": "[[query]]\nquery = " + "{a=" * 50_000,
        "d.csv": f"query,limit\n责任,{digits}",
        "e.csv": f"query,since\n责任,{digits}",
        "f.csv": f"query,in\n责任,{digits}",
        "g.csv": f"{digits}\n责任",
        "h.toml": f"[[query]]\n{digits} = '责任'",
        "i.txt": "责任 " * 2000,
    }.items():
        with pytest.raises(RequestError) as refused:
            read_queries(text.encode(), source=source)
        assert str(refused.value).startswith(source)
        assert len(str(refused.value)) < 1000
    many = "\n".join(f"责任{n}" for n in range(5000)).encode()
    assert len(read_queries(many, source="a.txt")) == 5000


@pytest.fixture(scope="module")
def endless(tmp_path_factory):
    """A corpus of long lines in which every gap can be filled in very many ways."""
    folder = tmp_path_factory.mktemp("endless")
    body = "\n".join(["末" + "的" * 5000, "的是" * 5000 + "。末", "一、" + "的" * 100 + "末"])
    (folder / "a.txt").write_text(f"在云岭县会上的讲话\n同志们：\n{body}\n", "utf-8")
    with lianzheng_search.open(folder) as corpus:
        corpus.index()
    return folder


@pytest.mark.matrix
@pytest.mark.promise("bounded")
@pytest.mark.parametrize(
    "command",
    [
        ["search", MANY_GAPS],
        ["search", "的*?*?*?*?*?*?*?*?*?*?*?*?*?*?末"],
        ["search", " OR ".join(["的*是*的*是*的*末"] * 100)],
        ["kwic", "的*是*的*是*的*是*的"],
        ["search", "--slots", "的*是*" * 10 + "末"],
        ["search", "的 NEAR/999 末"],
        ["headings", "的…" * 50 + "非"],
        ["headings", "的*" * 50 + "非"],
        ["headings", "…，*" * 50 + "非"],
    ],
    ids=lambda command: f"{command[0]}-{command[-1][:12]!a}",
)
def test_gaps_upon_gaps_take_no_longer_than_the_text(endless, command):
    """In another process, for a regular expression that does not end cannot be stopped."""
    run = [sys.executable, "-m", "lianzheng_search", "-C", str(endless), *command]
    done = subprocess.run(run, capture_output=True, timeout=HANGS, check=False, cwd=ROOT)
    assert done.returncode in (0, 1), done.stderr.decode()
    assert b"Traceback" not in done.stderr


LITERALS = st.sampled_from(["责", "任", "责任", "天", "一是"])
SIGNS = st.sampled_from(["*", "?", "??", "?*", "*?", "**", "*?*"])
FILLS = st.sampled_from(
    ["", "", "天", "责", "天天", "责天", "天。", "\n", "天" * 9, "天" * 11, "天" * 21]
)
APIECE = st.tuples(SIGNS, LITERALS, FILLS)


@st.composite
def gapped(draw):
    """A phrase with gaps and a text in which it is met, or all but met, more than once."""
    head, pieces = draw(LITERALS), draw(st.lists(APIECE, min_size=1, max_size=6))
    pattern = head + "".join(signs + literal for signs, literal, _fill in pieces)
    pattern = draw(st.sampled_from(["", "", "?", "?*"])) + pattern
    pattern += draw(st.sampled_from(["", "", "?", "*?"]))
    text = head + "".join(fill + literal for _signs, literal, fill in pieces)
    others = st.one_of(APART, st.just(text), st.just(text[1:]), FILLS)
    around = draw(st.lists(others, max_size=3))
    at = draw(st.integers(0, len(around)))
    return pattern, "".join([*around[:at], text, *around[at:]])


@settings(max_examples=often(200))
@given(gapped())
def test_gaps_filled_step_by_step_are_those_of_the_expression(both):
    """Both ways to match, and the plain evaluator, find the same matches and the same gaps."""
    pattern, text = both
    gap = Gap(pattern)
    stepped = list(gaps.step_matches(gaps.gap_steps(gap), text))
    assert stepped == [match.regs for match in gaps._expression(pattern).finditer(text)]
    if "**" not in pattern.replace("?", ""):
        at, found = 0, []
        for line in text.split("\n"):
            found += [(at + a, at + b) for a, b in matches(line, ("gap", pattern))]
            at += len(line) + 1
        assert [whole for whole, *_gaps in stepped] == found
    assert stepped == list(gap_matches(gap, text))


def test_a_heading_is_found_by_its_gaps():
    """As it stands comes first; a comma between is any mark; gaps stay inside their clause."""
    found = spans_of("强化…意识")("一、强化规矩意识，强化责任意识")
    assert [(span.start, span.end) for span in found] == [(2, 8), (9, 15)]
    assert spans_of("强化…，担当…")("一、强化规矩——担当作为")
    assert not spans_of("强化…意识")("一、强化规矩，讲意识")
    assert not spans_of("强化*意识")("一、强化了一二三四五六七八九十意识")
    assert [(s.start, s.end) for s in spans_of("强化*意识")("强化*意识")] == [(0, 5)]


@pytest.mark.parametrize("unit", ["「责」任 ", "“责 ", "title:“责 ", "「责 ", "“责”任 "])
def test_no_part_of_a_query_is_read_for_each_quotation_mark(unit):
    """Four times the text takes four times the time: read anew for each, it would take sixteen."""

    def seconds(length):
        began = time.process_time()
        with pytest.raises(RequestError):
            parse_query((unit * length)[: length - 2] + "」任")
        return time.process_time() - began

    whole, part = query.LONGEST_QUERY // 2, query.LONGEST_QUERY // 8
    assert min(seconds(whole) for _ in range(3)) < 9 * min(seconds(part) for _ in range(3)) + 0.05


def test_the_command_refuses_in_lines(corpus):
    """An error is a line on stderr, exit code 2."""
    done = run("-C", corpus.directory, "search", "责任 " * 1001)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("lianzheng: query: it has more than 1000 words")


def harness():
    spec = spec_from_file_location("fuzz", FUZZ)
    fuzz = module_from_spec(spec)
    spec.loader.exec_module(fuzz)
    return fuzz


@pytest.mark.promise("bounded")
def test_a_moment_of_fuzzing(corpus):
    """What `scripts/fuzz` does for ten minutes, for a moment, the same each time."""
    fuzz = harness()
    begin = list(fuzz.inputs())
    assert all(fuzz.decode(data[1:]) for data in begin)
    made = [*begin[::7], *fuzz.mutations(begin, number=200, seed=7)]
    found = [fuzz.failure(corpus, *fuzz.read(data), slow=60) for data in made]
    assert [one for one in found if one] == []


def test_without_its_library_the_fuzzer_says_what_to_install(tmp_path, monkeypatch, capsys):
    """It is no dependency of the package: one line."""
    monkeypatch.setitem(sys.modules, "atheris", None)
    assert harness().fuzz(ROOT / "corpus", tmp_path, 1, 5) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "pip install atheris" in told
    assert not list(tmp_path.iterdir())


def test_what_breaks_is_noticed_by_the_harness(corpus, monkeypatch, tmp_path):
    """An exception that is no RequestError, and what takes long: each is written once."""
    fuzz = harness()
    monkeypatch.setattr(query, "fold", lambda text: text[99])
    failed = fuzz.failure(corpus, "parse", "责任 担当")
    assert failed["what"].startswith("IndexError at test_hostile_queries.py")
    failures = fuzz.Failures(tmp_path / "failures")
    failures.add(failed)
    failures.add(failed)
    (file,) = failures.folder.iterdir()
    assert '"operation": "parse"' in file.read_text("ascii")
    monkeypatch.undo()
    assert fuzz.failure(corpus, "parse", "责任", slow=-1)["what"] == "parse takes more than -1 s"
    assert fuzz.encode("主体责任 OR ") == fuzz.encode("主体责任") + fuzz.encode(" OR ")
    assert fuzz.decode(fuzz.encode("繁\U0001f44d 責任")) == "繁\U0001f44d 責任"
