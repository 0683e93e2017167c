"""Rules that lie in a corpus are taken unasked, so they are bounded in size and in time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from conftest import SPEECH
from hypothesis import given
from hypothesis import strategies as st

import lianzheng_search
from lianzheng_search.cleaning.rule_files import LONGEST_PATTERN, MOST_RULES, load_rules
from lianzheng_search.errors import RequestError
from lianzheng_search.messages import problem_text
from lianzheng_search.model import Settings
from lianzheng_search.reading.limits import Limits
from lianzheng_search.text.patterns import ENDLESS, MOST_WAYS, MOST_WAYS_TOGETHER, PURSE, ways
from lianzheng_search.text.rule_text import MOST_BYTES
from lianzheng_search.themes.theme_files import load_themes

RULE = """
[[rule]]
name = "{name}"
reason = "测试"
where = ["anywhere"]
words = ["{word}"]
pattern = '{pattern}'
takes = ["{takes}"]
"""
SLOW = [
    ("甲(?:a|a)+b", "甲ab"),
    ("甲(?:a{0,30}a{0,30}){0,30}b", "甲b"),
    ("甲(?:(?:a|aa)+)+b", "甲ab"),
    ("甲(?=(?:a|a)+b).*|甲b", "甲b"),
]
"""Patterns that take years for a line of sixty letters, and a line that each takes."""


def rule(name: str, word: str, pattern: str, takes: str) -> str:
    return RULE.format(name=name, word=word, pattern=pattern, takes=takes)


GOOD = rule("good", "晨钟范文", ".{0,6}晨钟范文.{0,9}", "晨钟范文整理")


@pytest.fixture
def folder(tmp_path) -> Path:
    """Three speeches, two of which hold what slow rules cannot get through."""
    for name, line in (("a", "甲" + "a" * 60), ("b", "乙"), ("c", "甲" + "a" * 80)):
        text = f"在会上的讲话\n晨钟范文整理\n{SPEECH}\n{line}\n家风要正。\n"
        (tmp_path / f"{name}.txt").write_text(text, "utf-8")
    return tmp_path


@pytest.mark.promise("strangers rules")
@pytest.mark.parametrize(("pattern", "takes"), SLOW)
def test_a_slow_rule_is_named_and_left_out(folder, pattern, takes):
    """The run goes on, and the other rules do what they did."""
    slow = rule("slow", "甲", pattern, takes)
    (folder / "watermarks.toml").write_text(slow + GOOD, "utf-8")
    with lianzheng_search.open(folder) as corpus:
        summary = corpus.index(jobs=1)
        told = [problem_text(p) for p in summary.problems if "rule" in p.values]
        assert any("slow" in text for text in told)
        assert len(told) <= 2
        for name in ("a", "b", "c"):
            removals = corpus.clean(folder / f"{name}.txt").removals
            assert "good" in {gone.rule for gone in removals}
        assert corpus.search("家风要正", with_variants=True).total == 3


def test_a_rule_that_is_slow_for_its_own_example_is_refused(tmp_path):
    """The line of its pattern is named."""
    file = tmp_path / "watermarks.toml"
    file.write_text(rule("slow", "甲", "甲(?:a|a)+b", "甲" + "a" * 60), "utf-8")
    with pytest.raises(RequestError, match=r"watermarks\.toml:7: .*takes too long"):
        load_rules(file)


@pytest.mark.promise("strangers rules")
@pytest.mark.parametrize("factor", [2, 10, 100])
def test_fragments_do_not_grow_without_bounds(tmp_path, factor):
    """Each is the one before it several times over: a bomb is refused by its length."""
    fragments = ["[fragments]", "a = 'xx'"]
    for before, name in zip("abcdefghijklmnopqrst", "bcdefghijklmnopqrstu", strict=True):
        fragments.append(f"{name} = '{('{' + before + '}') * factor}'")
    file = tmp_path / "watermarks.toml"
    file.write_text("\n".join(fragments) + rule("bomb", "甲", "甲{u}?", "甲"), "utf-8")
    with pytest.raises(RequestError, match=rf"watermarks\.toml:\d+: .*{LONGEST_PATTERN}|1000000"):
        load_rules(file)


@pytest.mark.promise("strangers rules")
def test_repeats_do_not_grow_without_bounds(tmp_path):
    """The engine would write them out: ten thousand million characters from forty."""
    file = tmp_path / "watermarks.toml"
    pattern = "甲(?:(?:(?:乙{1000}){1000}){1000})?"
    file.write_text(rule("bomb", "甲", pattern, "甲"), "utf-8")
    with pytest.raises(RequestError, match=rf"watermarks\.toml:7: .*{LONGEST_PATTERN}"):
        load_rules(file)


@pytest.mark.promise("strangers rules")
def test_bounded_terms_are_bounded_together(tmp_path):
    """One may match in 900 ways; three hundred of them would take hours for a long speech."""
    file = tmp_path / "themes.toml"
    terms = ",".join(f'"/家.{{0,900}}词{n}/"' for n in range(300))
    file.write_text(f'["甲"]\ndefinition = "d"\nterms.5 = [{terms}]\n', "utf-8")
    with pytest.raises(RequestError, match=rf"themes\.toml:1: .*{MOST_WAYS_TOGETHER}"):
        load_themes(file)


@pytest.mark.promise("strangers rules")
@pytest.mark.parametrize(
    "name", ["watermarks.toml", "themes.toml", "words.txt", "speakers.txt", "limits.toml"]
)
def test_a_file_of_rules_has_a_size(folder, name):
    """One line says which file is too large."""
    with lianzheng_search.open(folder) as corpus:
        corpus.index()
    (folder / name).write_text("# 甲\n" * (MOST_BYTES // 5), "utf-8")
    with lianzheng_search.open(folder) as corpus, pytest.raises(RequestError, match=name) as told:
        corpus.quotes() if name == "speakers.txt" else corpus.index()
    assert "\n" not in str(told.value)


@pytest.mark.promise("strangers rules")
def test_there_are_not_too_many_rules_or_terms(tmp_path):
    """A hundred thousand of either would make every file slow."""
    file = tmp_path / "watermarks.toml"
    many = "".join(rule(f"r{n}", "甲", "甲", "甲") for n in range(MOST_RULES + 1))
    file.write_text(many, "utf-8")
    with pytest.raises(RequestError, match=f"more than {MOST_RULES} rules"):
        load_rules(file)
    themes = tmp_path / "themes.toml"
    terms = ",".join(f'"/词{n}.{{0,6}}语/"' for n in range(1_001))
    themes.write_text(f'["甲"]\ndefinition = "d"\nterms.5 = [{terms}]\n', "utf-8")
    with pytest.raises(RequestError, match=r"themes\.toml:1: more than"):
        load_themes(themes)


@pytest.mark.promise("strangers rules")
@pytest.mark.parametrize(
    "term",
    [
        "(?:[a-z]{0,30}[a-z]{0,30}){0,30}!",
        "(?:甲|甲){1,60}乙",
        "(?:.{0,9}){0,9}甲",
        ".{0,60}甲.{0,60}乙.{0,60}丙",
        "(?=(?:a|a){0,40}b)甲乙",
    ],
)
def test_a_term_that_may_match_in_endless_ways_is_refused(tmp_path, term):
    """With its line, before it is asked of any passage."""
    file = tmp_path / "themes.toml"
    file.write_text(f'["甲"]\ndefinition = "d"\nterms.5 = ["家风", "/{term}/"]\n', "utf-8")
    with pytest.raises(RequestError, match=r"themes\.toml:3: .*too many ways"):
        load_themes(file)


def repeated(one: tuple[tuple[str, int], int, int]) -> tuple[str, int]:
    (source, number), least, more = one
    times = range(least, least + more + 1)
    return f"(?:{source}){{{least},{least + more}}}", sum(number**n for n in times)


COUNTED = st.recursive(
    st.sampled_from([("a", 1), ("[ab]", 1), (".", 1), ("(?:a|bc)", 2), ("b?", 2), ("(?>a|bc)", 2)]),
    lambda inner: st.one_of(
        st.tuples(inner, st.integers(0, 2), st.integers(0, 2)).map(repeated),
        st.tuples(inner, inner).map(lambda two: (two[0][0] + two[1][0], two[0][1] * two[1][1])),
        st.tuples(inner, inner).map(
            lambda two: (f"(?:xx{two[0][0]}|y{two[1][0]})", two[0][1] + two[1][1])
        ),
    ),
    max_leaves=5,
)
"""Patterns, each with the number of ways in which it may be tried."""


@given(COUNTED)
def test_ways_are_all_that_a_pattern_tries(counted):
    """A sequence multiplies them, a choice adds them up, a repeat does both."""
    source, number = counted
    assert ways(source) == min(number, ENDLESS)


@pytest.mark.parametrize("least", [0, 4_000_000_000])
def test_ways_are_counted_without_going_through_them(least):
    """Broken once: a repeat of so many times was counted one by one, at loading."""
    assert ways(f"a{{{least},4100000000}}") == min(4_100_000_000 - least + 1, ENDLESS)
    assert ways(f"(?:a|bc){{{least},4100000000}}") == ENDLESS


def test_the_themes_of_the_package_are_within_the_bounds():
    """Else they could not be taken into a file of the user's own."""
    terms = [term.text for theme in load_themes().themes for term in theme.terms]
    patterns = [text[1:-1] for text in terms if text.startswith("/")]
    assert patterns
    assert max(map(ways, patterns)) <= MOST_WAYS


@pytest.mark.promise("strangers rules")
def test_limits_of_a_folder_only_lower(folder):
    """Those that the user names may raise, too."""
    (folder / "limits.toml").write_text("zip_ratio = 1000000\npages = 3\n", "utf-8")
    with lianzheng_search.open(folder) as corpus:
        assert corpus.library.tools.limits.zip_ratio == Limits().zip_ratio
        assert corpus.library.tools.limits.pages == 3
    settings = Settings(limits=folder / "limits.toml")
    with lianzheng_search.open(folder, settings=settings) as corpus:
        assert corpus.library.tools.limits.zip_ratio == 1_000_000


@pytest.mark.promise("strangers rules")
def test_many_slow_rules_cost_little_more_than_one(tmp_path):
    """A hundred of them took a hundred seconds; the n-th that is given up has an n-th of one."""
    text = f"在会上的讲话\n{SPEECH}\n" + ("甲" + "a" * 60 + "\n家风要正。\n") * 20
    (tmp_path / "a.txt").write_text(text, "utf-8")
    rules = [rule(f"slow{n}", "甲", f"甲(?:a|aa)+b{n}", f"甲ab{n}") for n in range(100)]
    (tmp_path / "watermarks.toml").write_text("".join(rules), "utf-8")
    began = time.process_time()
    with lianzheng_search.open(tmp_path) as corpus:
        problems = corpus.index(jobs=1).problems
    used = time.process_time() - began
    assert sum("slow" in problem_text(problem) for problem in problems) > 0
    # 1 + 1/2 + ... + 1/100 is 5.2; CPU time of this process, not a clock
    assert used < 100 * PURSE / 2
