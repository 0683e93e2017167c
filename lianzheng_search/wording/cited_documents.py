"""What the speeches of a selection name in 《》 -> documents, each with its names and places."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

from .. import data
from ..data import one_of
from ..index.backend import Backend
from ..messages import _, no_such
from ..model import SpeechInfo, Value
from ..query.filters import checked_text
from ..search.selection import Selection
from ..search.speech_texts import Place, SpeechText, cited, speech_texts, verbatim
from ..text.folding import fold, letters
from ..text.numerals import chinese_number

WORDS = data.word_lists("documents.txt")
DOCUMENT_ORDERS = ("count", "date", "corpus", "name")
# The bounds keep a 《 that is never closed from being tried against the whole rest of the text.
TITLE = re.compile(
    r"《(?P<name>(?:[^《》\n。]|《[^《》\n。]{1,80}+》){1,160}+)》|<<(?P<plain>[^<>\n。]{2,80})>>"
)
"""A name; another may stand inside. One that is never closed takes in nothing."""
BRACKETS = str.maketrans("《》<>「」『』", "〈〉〈〉〈〉〈〉")
EDITION = re.compile(
    rf"（(?:{one_of(WORDS['editions'])}|[0-9x〇一二三四五六七八九]{{2,4}}年?(?:修订|修正|修改|版|本){{0,4}})"
    "(?:草案|稿|版|本)?）$"
)
ISSUER = re.compile(f"{one_of(WORDS['issuers'])}{{1,12}}")
LEAST_REST, LAW = 4, ("法", "法典")
"""Least length of a name without its issuer, in characters; that of a law may be shorter."""
PARTY_CHARTER, CONSTITUTION = "中国共产党章程", "中华人民共和国宪法"
# No general rule finds 党章 in 中国共产党章程, and both names are in every second speech.
ALWAYS = {name: full for full in (PARTY_CHARTER, CONSTITUTION) for name in (full, *WORDS[full])}
"""The two that everybody calls by a short name, and the full one of each."""
SHORT_NAME = re.compile(f"[^》]{{0,2}}{one_of(WORDS['kinds'])}")
"""《条例》 is a longer name cut short; it means one that was named before in the speech."""
LONGEST_SHORT = 4
"""Maximum length of such a name, in characters."""
# Short names mean the document spoken of just now; two pages on, 《条例》 may be another one.
MEMORY = 2000
"""Number of characters before it in which there must be one such longer name, and only one."""
AFTER = 80
"""Number of characters after a name in which its short form and its articles are looked for."""
# 《…条例》（以下简称《条例》）. 分别简称 defines several at once, and which is which is not said.
DEFINED = re.compile(
    r"""
    [^。；\n（]{0,4}（(?![^（）]{0,8}分别)[^（）\n]{0,20}?
    (?:以下)?(?:统|均|通|合)?一?简?称(?:为|作)?[：，]?[“《]{0,2}
    (?P<short>[^“《》（）\n]{2,24}(?:（[^（）]{1,6}）)?)
    """,
    re.VERBOSE,
)
UNMARKED = re.compile(f"(?<!《){one_of([PARTY_CHARTER, CONSTITUTION, '党章', '宪法'])}(?!》)")
SPEAKS = re.compile(
    r"""
    (?:总纲|序言)?
    (?:第[〇零一二三四五六七八九十百千0-9]{1,8}[条章]|(?:明确|还|也|又|早就)?(?:规定|要求|指出|载明))
    """,
    re.VERBOSE,
)
"""What an unmarked 党章 or 宪法 is followed by where it is cited, not only spoken of."""
ARTICLES = re.compile(
    r"""
    (?:（[^（）\n]{0,40}）){0,2}(?:总纲|序言)?的?
    (?P<first>第[〇零一二三四五六七八九十百千0-9]{1,8}条)
    """,
    re.VERBOSE,
)
ARTICLE = re.compile(
    r"""
    第(?P<number>[〇零一二三四五六七八九十百千]{1,8}|[0-9]{1,4})条(?:之[一二三四五六七八九十]{1,3})?
    (?:第[一二三四五六七八九十0-9]{1,4}[款项]|（[一二三四五六七八九十]{1,3}）项?){0,20}
    (?:[、，和与及至到—]|以及){0,3}
    """,
    re.VERBOSE,
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

    `document` is its fullest name as written somewhere; of 党章 and 宪法, the full one. `variants`
    are all its names, the most frequent first; `articles` those that are cited, by number.
    `count` is the number of `places`, ``speech:line``, in corpus order. `first` and `last` are ISO
    dates, None where no speech is dated.
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
    Documents: the `rows` within the limit, of `total`.

    `count` is the number of places of all of them, `speeches` that of the speeches they are in.
    `copies` is the number of passages left out because they are copies.
    """

    rows: tuple[Document, ...]
    total: int
    count: int
    speeches: int
    copies: int = 0


class Naming(NamedTuple):
    """
    A place in a folded text where a document is named, and the articles cited of it.

    `key` is the same for all names of a document.
    """

    start: int
    end: int
    key: str
    articles: tuple[int, ...]


class _Known(NamedTuple):
    """
    What is known of names at a place of a speech.

    `defined` are short names that the speech has explained, `last` the offset at which each
    document was named last, ascending; documents are given by their keys.
    """

    defined: dict[str, str]
    last: dict[str, int]


class _Occurrence(NamedTuple):
    place: Place
    info: SpeechInfo
    name: str
    articles: tuple[int, ...]


Occurrences = Sequence[_Occurrence]
"""Those of one document, in corpus order."""


def citations(
    backend: Backend,
    selection: Selection,
    *,
    text: str | None = None,
    limit: int = 20,
    sort: str = "count",
    unmarked: bool = False,
) -> Citations:
    """Return the documents of which a name holds `text`, in the order of `sort`; 0 is all."""
    if sort not in DOCUMENT_ORDERS:
        raise no_such(_("sort"), sort, DOCUMENT_ORDERS)
    by_key: dict[str, list[_Occurrence]] = defaultdict(list)
    for speech in speech_texts(backend, selection):
        for naming in namings(speech, unmarked=unmarked):
            if place := speech.place(naming.start, naming.end):
                name = speech.text[naming.start : naming.end]
                by_key[naming.key].append(_Occurrence(place, speech.info, name, naming.articles))
    wanted = letters(fold(checked_text(text or "")))
    documents = [
        occurrences
        for occurrences in by_key.values()
        if any(wanted in letters(one.name) for one in occurrences)
    ]
    documents.sort(key=_orders()[sort])
    return Citations(
        rows=tuple(_document(backend, one) for one in (documents[:limit] if limit else documents)),
        total=len(documents),
        count=sum(map(len, documents)),
        speeches=len({one.info.id for occurrences in documents for one in occurrences}),
        copies=selection.copies,
    )


def namings(speech: SpeechText, *, unmarked: bool = False) -> Iterator[Naming]:
    """
    Yield what a speech names in 《》, and 党章 and 宪法 where they are cited without.

    These two count without marks where an article or 规定 follows; with `unmarked`, anywhere.
    """
    text = speech.text
    known = _Known({}, {})
    names = [*TITLE.finditer(text)]
    inside = {at for name in names for at in range(name.start(), name.end())}
    # Inside 《党章修正案》 the bare 党章 would count twice.
    names += [
        name
        for name in UNMARKED.finditer(text)
        if name.start() not in inside and (unmarked or SPEAKS.match(text, name.end()))
    ]
    # In reading order, because what a short name means depends on what was named before.
    for name in sorted(names, key=lambda name: name.start()):
        group = name.lastgroup or 0
        start, end = _trimmed(text, *name.span(group))
        following = text[name.end() : name.end() + AFTER].partition("\n")[0]
        key = _meant(text[start:end], start, known)
        if group and (defined := DEFINED.match(following)):
            short = defined["short"].rstrip("）")
            # 简称 behind a name may abbreviate a body or a campaign named between: a short name for
            # the document ends in the same character as its title.
            if short[-1] in (key[-1], text[start:end].rstrip("）")[-1]):
                known.defined[_bare(defined["short"])] = key
        yield Naming(start, end, key, tuple(_articles(following)))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave out the blanks inside the marks."""
    name = text[start:end]
    return start + len(name) - len(name.lstrip()), end - len(name) + len(name.rstrip())


def key_of(name: str) -> str:
    """
    Return what all names of a document have in common: no issuer, edition, blanks, 关于 or 的.

    >>> key_of("中国共产党清风谈话条例（试行）"), key_of("关于云岭县作风建设的若干规定")
    ('清风谈话条例', '云岭县作风建设若干规定')
    >>> key_of("党章"), key_of("人民日报")
    ('中国共产党章程', '人民日报')
    """
    bare = _bare(name)
    if bare in ALWAYS:
        return ALWAYS[bare]
    issuer = ISSUER.match(bare)
    rest = bare[issuer.end() :] if issuer else bare
    # Without its issuer 中国共产党的历史 begins with 的, and 人民日报 would be 日报.
    if not rest.startswith("的") and (len(rest) >= LEAST_REST or rest.endswith(LAW)):
        bare = rest
    bare = bare.removeprefix("关于")
    # People cite long titles with and without 的; in a short one it tells names apart.
    return bare.replace("的", "") if len(bare) > LONGEST_SHORT else bare


def _bare(name: str) -> str:
    """Return a name without blanks and edition, every inner mark written the same way."""
    bare = "".join(fold(name).translate(BRACKETS).split())
    while (without := EDITION.sub("", bare)) not in ("", bare):
        bare = without
    return bare


def _meant(name: str, at: int, known: _Known) -> str:
    """Return the key of the document that a name means at an offset of the speech, and note it."""
    bare, key = _bare(name), key_of(name)
    if bare in known.defined:
        key = known.defined[bare]
    elif len(bare) <= LONGEST_SHORT and bare not in ALWAYS and SHORT_NAME.fullmatch(bare):
        # `last` is ordered by place, so the walk back ends at the first that is too far.
        near = takewhile(lambda one: at - known.last[one] <= MEMORY, reversed(known.last))
        longer = [one for one in near if one.endswith(bare) and one != bare]
        # With two regulations in reach 《条例》 may be either: it is then left a name of its own.
        key = longer[0] if len(longer) == 1 else key
    known.last.pop(key, None)  # so that the documents stay in the order of their last place
    known.last[key] = at
    return key


def _articles(following: str) -> Iterator[int]:
    """Yield the articles that are cited right after a name: 第三条、第五条."""
    first = ARTICLES.match(following)
    at = first.start("first") if first else len(following)
    while article := ARTICLE.match(following, at):
        yield chinese_number(article["number"])
        at = article.end()


def _dates(occurrences: Occurrences) -> tuple[str | None, str | None]:
    dates = sorted({one.info.date for one in occurrences if one.info.date})
    return (dates[0], dates[-1]) if dates else (None, None)


def _fullness(name: str) -> tuple[bool, int]:
    """Return what the fullest name is the greatest by: the longest, but rather without （草案）."""
    return not EDITION.search(fold(name)), len(name)


def _orders() -> dict[str, Callable[[Occurrences], tuple[object, ...]]]:
    def first(occurrences: Occurrences) -> tuple[object, ...]:
        return occurrences[0].info.id, occurrences[0].place

    return {
        "count": lambda occurrences: (-len(occurrences), *first(occurrences)),
        "date": lambda occurrences: (_dates(occurrences)[0] or "9", *first(occurrences)),
        "corpus": first,
        "name": lambda occurrences: (min(one.name for one in occurrences), *first(occurrences)),
    }


def _document(backend: Backend, occurrences: Occurrences) -> Document:
    by_name: dict[str, list[_Occurrence]] = defaultdict(list)
    for one in occurrences:
        by_name[one.name].append(one)
    variants = [
        Name(name=verbatim(backend, places[0].place), count=len(places))
        for _name, places in sorted(by_name.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
    key = key_of(occurrences[0].name)
    fullest = key if key in ALWAYS else max((one.name for one in variants), key=_fullness)
    first, last = _dates(occurrences)
    articles = Counter(number for one in occurrences for number in one.articles)
    return Document(
        document=fullest,
        count=len(occurrences),
        speeches=len({one.info.id for one in occurrences}),
        first=first,
        last=last,
        articles=tuple(Article(article=n, count=articles[n]) for n in sorted(articles)),
        places=tuple(cited(backend, one.place) for one in occurrences),
        variants=tuple(variants),
    )
