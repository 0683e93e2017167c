"""What the speeches of a selection name in 《》 -> documents, each with its names and places."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from ..index.backend import Backend
from ..model import SpeechInfo, Value
from ..search.selection import Selection
from ..search.speech_texts import Place, SpeechText, cited, speech_texts, verbatim
from ..text.folding import fold, letters
from ..text.numerals import chinese_number

SORTS = ("count", "date", "corpus", "name")
TITLE = re.compile(
    r"《(?P<name>(?:[^《》\n。]|《[^《》\n。]{1,80}》){1,160})》|<<(?P<plain>[^<>\n。]{2,80})>>"
)
"""A name; another may stand inside. One that is never closed takes in nothing."""
BRACKETS = str.maketrans("《》<>「」『』", "〈〉〈〉〈〉〈〉")
EDITION = re.compile(
    "（(?:试行|暂行|修订|修正|草案|审议稿|送审稿|修改稿|讨论稿|征求意见稿?|[0-9x〇一二三四五六七八九]{2,4}年?"
    "(?:修订|修正|修改|版|本)*)(?:草案|稿|版|本)?）$"
)
ISSUER = re.compile(
    "^(?:中国共产党中央委员会|中共中央办公厅|国务院办公厅|中共中央|国务院|中央|中办|国办|中国共产党|"
    "中华人民共和国|、|和)+"
)
LEAST_REST, LAW = 4, re.compile("法$|法典$")
"""So much must be left of a name without who issued it; of a law, less."""
ALWAYS = {
    "中国共产党章程": "中国共产党章程",
    "中国共产党党章": "中国共产党章程",
    "党章": "中国共产党章程",
    "中华人民共和国宪法": "中华人民共和国宪法",
    "我国宪法": "中华人民共和国宪法",
    "宪法": "中华人民共和国宪法",
}
"""The two that everybody calls by a short name."""
SHORT_NAME = re.compile(
    "[^》]{0,2}(?:条例|准则|规定|办法|意见|决定|规则|细则|纲要|规划|方案|通知|报告|决议|公报|章程|法)"
)
"""《条例》 is a longer name cut short; it means one that was named before in the speech."""
LONGEST_SHORT = 4
MEMORY = 2000
"""So many characters before it, at most, and only one such name: else it is left as it is."""
DEFINED = re.compile(
    "^[^。；\n（]{0,4}（(?![^（）]{0,8}分别)[^（）\n]{0,20}?(?:以下)?(?:统|均|通|合)?一?简?称(?:为|作)?[：，]?[“《]*"
    "(?P<short>[^“《》（）\n]{2,24}(?:（[^（）]{1,6}）)?)"
)
UNMARKED = re.compile("(?<!《)(?:中国共产党章程|中华人民共和国宪法|党章|宪法)(?!》)")
SPEAKS = re.compile(
    "(?:总纲|序言)?(?:第[〇零一二三四五六七八九十百千0-9]+[条章]|(?:明确|还|也|又|早就)?(?:规定|要求|指出|载明))"
)
"""What an unmarked 党章 or 宪法 is followed by where it is cited, not only spoken of."""
ARTICLES = re.compile(
    "^(?:（[^（）\n]{0,40}）){0,2}(?:总纲|序言)?的?(?P<first>第[〇零一二三四五六七八九十百千0-9]+条)"
)
ARTICLE = re.compile(
    "(?:第(?P<number>[〇零一二三四五六七八九十百千]+|[0-9]{1,4})条(?:之[一二三四五六七八九十]+)?)"
    "(?:第[一二三四五六七八九十0-9]+[款项]|（[一二三四五六七八九十]+）项?)*(?:[、，和与及至到—]|以及)*"
)


class Article(Value, frozen=True, kw_only=True):
    """An article of a document, and how often it is cited."""

    article: int
    count: int


class Name(Value, frozen=True, kw_only=True):
    """One of the ways in which a document is named, verbatim, without its marks."""

    name: str
    count: int


class Document(Value, frozen=True, kw_only=True):
    """
    A document that speeches name; the fields are the keys of its JSON line.

    `document` is its fullest name as it is written somewhere, of 党章 and 宪法 that in full;
    `variants` are all its names, the most frequent first. `articles` are those that are cited, by
    number. `first` and `last` are ISO dates, None where no speech has one. `places` are all of
    them, ``speech:line``.
    """

    document: str
    count: int
    speeches: int
    first: str | None
    last: str | None
    articles: tuple[Article, ...]
    places: tuple[str, ...]
    variants: tuple[Name, ...]


class Citations(Value, frozen=True, kw_only=True):
    """
    The documents asked for, out of `total`, which are named `count` times in so many `speeches`.

    So many passages more were left out, for they are `copies`.
    """

    rows: tuple[Document, ...]
    total: int
    count: int
    speeches: int
    copies: int = 0


class Named(NamedTuple):
    """A document named in a folded text: where its name stands, what it means, its articles."""

    start: int
    end: int
    key: str
    articles: tuple[int, ...]


class _Meaning(NamedTuple):
    """What short names are said to mean in a speech, and where each document was named last."""

    defined: dict[str, str]
    last: dict[str, int]


class _Cited(NamedTuple):
    place: Place
    info: SpeechInfo
    name: str
    articles: tuple[int, ...]


def citations(
    backend: Backend,
    selection: Selection,
    *,
    text: str = "",
    limit: int = 20,
    sort: str = "count",
    unmarked: bool = False,
) -> Citations:
    """List the documents one of whose names holds `text`, in the order of `sort`; 0 is all."""
    groups: dict[str, list[_Cited]] = defaultdict(list)
    for speech in speech_texts(backend, selection):
        for named in documents(speech, unmarked=unmarked):
            if place := speech.place(named.start, named.end):
                name = speech.text[named.start : named.end]
                groups[named.key].append(_Cited(place, speech.info, name, named.articles))
    wanted = letters(fold(text))
    kept = [found for found in groups.values() if any(wanted in letters(one.name) for one in found)]
    kept.sort(key=_orders()[sort])
    return Citations(
        rows=tuple(_document(backend, found) for found in (kept[:limit] if limit else kept)),
        total=len(kept),
        count=sum(map(len, kept)),
        speeches=len({one.info.id for found in kept for one in found}),
        copies=selection.copies,
    )


def documents(speech: SpeechText, *, unmarked: bool = False) -> Iterator[Named]:
    """
    Find what a speech names in 《》, and 党章 and 宪法 where they are cited without.

    These two count without marks where an article or 规定 follows; with `unmarked`, anywhere.
    """
    text = speech.text
    meaning = _Meaning({}, {})
    found = [*TITLE.finditer(text)]
    inside = {at for one in found for at in range(one.start(), one.end())}
    found += [
        one
        for one in UNMARKED.finditer(text)
        if one.start() not in inside and (unmarked or SPEAKS.match(text, one.end()))
    ]
    for one in sorted(found, key=lambda one: one.start()):
        group = one.lastgroup or 0
        start, end = one.span(group)
        start, end = _trimmed(text, start, end)
        after = text[one.end() : one.end() + 80].partition("\n")[0]
        key = _meant(text[start:end], start, meaning)
        if group and (defined := DEFINED.match(after)):
            short = defined["short"].rstrip("）")
            if short[-1] in (key[-1], text[start:end].rstrip("）")[-1]):
                meaning.defined[_bare(defined["short"])] = key
        yield Named(start, end, key, tuple(_articles(after)))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave out the blanks inside the marks."""
    name = text[start:end]
    return start + len(name) - len(name.lstrip()), end - len(name) + len(name.rstrip())


def key_of(name: str) -> str:
    """
    Bring the names of one document to one form: without issuer, edition, blanks, 关于 and 的.

    >>> key_of("中国共产党纪律处分条例（试行）"), key_of("关于新形势下党内政治生活的若干准则")
    ('纪律处分条例', '新形势下党内政治生活若干准则')
    >>> key_of("党章"), key_of("人民日报")
    ('中国共产党章程', '人民日报')
    """
    bare = _bare(name)
    if bare in ALWAYS:
        return ALWAYS[bare]
    rest = ISSUER.sub("", bare)
    if not rest.startswith("的") and (len(rest) >= LEAST_REST or LAW.search(rest)):
        bare = rest
    bare = bare.removeprefix("关于")
    return bare.replace("的", "") if len(bare) > LONGEST_SHORT else bare


def _bare(name: str) -> str:
    """Leave out blanks and edition, and write every inner mark the same way."""
    bare = "".join(fold(name).translate(BRACKETS).split())
    while (without := EDITION.sub("", bare)) not in ("", bare):
        bare = without
    return bare


def _meant(name: str, at: int, meaning: _Meaning) -> str:
    """Tell which document a name means here, after those that were named before in the speech."""
    bare, key = _bare(name), key_of(name)
    if bare in meaning.defined:
        key = meaning.defined[bare]
    elif len(bare) <= LONGEST_SHORT and bare not in ALWAYS and SHORT_NAME.fullmatch(bare):
        near = {
            one
            for one, last in meaning.last.items()
            if at - last <= MEMORY and one.endswith(bare) and one != bare
        }
        key = near.pop() if len(near) == 1 else key
    meaning.last[key] = at
    return key


def _articles(after: str) -> Iterator[int]:
    """Read the articles that are cited right after a name: 第三条、第五条."""
    found = ARTICLES.match(after)
    at = found.start("first") if found else len(after)
    while one := ARTICLE.match(after, at):
        yield chinese_number(one["number"])
        at = one.end()


def _dates(found: Sequence[_Cited]) -> tuple[str | None, str | None]:
    dates = sorted({one.info.date for one in found if one.info.date})
    return (dates[0], dates[-1]) if dates else (None, None)


def _fullness(name: str) -> tuple[bool, int]:
    """Tell how full a name is: the longest, but rather without (草案)."""
    return not EDITION.search(fold(name)), len(name)


def _orders() -> dict[str, Callable[[Sequence[_Cited]], tuple[object, ...]]]:
    def first(found: Sequence[_Cited]) -> tuple[object, ...]:
        return found[0].info.id, found[0].place

    return {
        "count": lambda found: (-len(found), *first(found)),
        "date": lambda found: (_dates(found)[0] or "9", *first(found)),
        "corpus": first,
        "name": lambda found: (min(one.name for one in found), *first(found)),
    }


def _document(backend: Backend, found: Sequence[_Cited]) -> Document:
    names: dict[str, list[_Cited]] = defaultdict(list)
    for one in found:
        names[one.name].append(one)
    written = [
        (verbatim(backend, them[0].place), them)
        for _name, them in sorted(names.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
    key = key_of(found[0].name)
    fullest = key if key in ALWAYS else max((name for name, _them in written), key=_fullness)
    first, last = _dates(found)
    articles = Counter(number for one in found for number in one.articles)
    return Document(
        document=fullest,
        count=len(found),
        speeches=len({one.info.id for one in found}),
        first=first,
        last=last,
        articles=tuple(Article(article=n, count=articles[n]) for n in sorted(articles)),
        places=tuple(cited(backend, one.place) for one in found),
        variants=tuple(Name(name=name, count=len(them)) for name, them in written),
    )
