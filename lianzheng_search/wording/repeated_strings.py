"""Texts -> the strings that recur in them, each with every place: counted, never sampled."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from itertools import islice
from operator import add

from ..model import Progress, Value

# In characters. Strings are grown from pairs, which finds every one that is frequent enough: what
# is too rare has no longer string that is not.
STEP = 1 << 18
"""Number of characters read between two reports of progress."""
# Different ones. Texts have some thousands of characters, so these take one pass; words, each
# numbered as a character of its own, may take several.
VOCABULARY = 100_000
"""Maximum number of characters, or words, whose pairs are found in one pass; bounds memory."""
BORDER = "\n"
Ends = Sequence[int]


class Haystack(Value, frozen=True, kw_only=True):
    """
    Texts in one, a border before and after each.

    ``owners[i]`` is the number, from 0, of the text that the character at `i` is from. A string
    is looked for among runs of the characters that are `inside`; of these, `letters` are no marks.
    """

    text: str
    owners: Sequence[int]
    inside: frozenset[str]
    letters: frozenset[str]


class Repeat(Value, frozen=True, kw_only=True):
    """
    A string that recurs: where each occurrence ends, ascending, and what follows how often.

    Occurrences may overlap (天天 stands twice in 天天天); `hits` does not count such a one again.
    """

    string: str
    ends: Ends
    after: Counter[str]

    @property
    def hits(self) -> int:
        """Count the occurrences as ``str.count`` does: from the left, not overlapping."""
        return count_apart(self.ends, len(self.string)) if overlaps(self.string) else len(self.ends)


def haystack(
    texts: Sequence[str], is_letter: Callable[[str], bool], *, marks: str = ""
) -> Haystack:
    r"""
    Put texts together; in a string may stand what `is_letter`, and `marks`.

    >>> hay = haystack(["廉洁", "自律"], str.isalnum)
    >>> hay.text, list(hay.owners)
    ('\n廉洁\n自律\n', [0, 0, 0, 0, 1, 1, 1])
    """
    # One number for each character of the corpus: two bytes where they will do.
    code = "H" if len(texts) <= 1 << 16 else "I"
    owners = array(code, [0])
    characters: set[str] = set()
    for number, text in enumerate(texts):
        owners.extend(array(code, [number]) * (len(text) + 1))
        characters.update(text)  # of all at once, it would keep Ctrl-C waiting for seconds
    # A border at both ends, so that the character before and after any occurrence always exists.
    whole = BORDER.join(["", *texts, ""])
    letters = frozenset(filter(is_letter, characters - {BORDER}))
    return Haystack(text=whole, owners=owners, inside=letters | set(marks), letters=letters)


def around(text: str, wanted: str, *, reach: int) -> str:
    """
    Cut out of a text what stands so near to another; pieces have a border between them.

    >>> around("一二三四五六七八九", "五", reach=2)
    '三四五六七'
    """
    pieces: list[str] = []
    start = end = 0
    at = text.find(wanted)
    while at >= 0:
        if at - reach > end:
            pieces.append(text[start:end])
            start = at - reach
        end = at + len(wanted) + reach
        at = text.find(wanted, at + 1)
    return BORDER.join([*filter(None, pieces), text[start:end]])


def ends_of_pairs(hay: Haystack, *, least: int, progress: Progress) -> dict[str, array[int]]:
    """
    Find where each pair of characters ends that stands at least so often.

    >>> hay = haystack(["廉洁，廉洁"], str.isalnum)
    >>> {pair: list(ends) for pair, ends in ends_of_pairs(hay, least=2, progress=print).items()}
    0 7
    {'廉洁': [3, 6]}
    """
    text, inside = hay.text, hay.inside
    parts = 1 + len(inside) // VOCABULARY
    pairs: dict[str, array[int]] = {}
    for part in range(parts):
        # By the code modulo the number of parts, which makes the parts about equal in size.
        firsts = {character for character in inside if ord(character) % parts == part}
        found: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        for start in range(0, len(text), STEP):
            progress(part * len(text) + start, parts * len(text))
            piece = text[start : start + STEP + 1]
            # `map` and `islice` keep the loop over all characters in C: this is
            # the only pass over all text.
            for end, pair in enumerate(map(add, piece, islice(piece, 1, None)), start + 2):
                if pair[0] in firsts:
                    found[pair].append(end)
        pairs |= {
            pair: ends for pair, ends in found.items() if len(ends) >= least and pair[1] in inside
        }
    return pairs


def grow(
    hay: Haystack,
    pairs: Mapping[str, Ends],
    *,
    longest: int,
    hits: int = 2,
    speeches: int = 1,
    every: bool = False,
    bound: Set[str] = frozenset(),
    progress: Progress = lambda done, whole: None,
) -> Iterator[Repeat]:
    """
    Yield the strings, from the pairs up, that occur `hits` times or more in `speeches` texts.

    A string that one and the same letter always follows is left out, unless it is of the
    `longest` length or `every` one is asked for: a longer one stands for it. So is one that the
    same of these `bound` letters always precedes. Those that begin with the same two characters
    come together, in code point order of these. Each string costs its occurrences; one that is
    too rare is not grown further, for nothing longer is more frequent.
    """
    whole, done = sum(map(len, pairs.values())), 0
    # In order of code points, so that the output never depends on the order of a dictionary.
    for pair in sorted(pairs):
        progress(done, whole)
        done += len(pairs[pair])
        yield from _grow_one(hay, pair, pairs[pair], longest, hits, speeches, every, bound)


def _grow_one(
    hay: Haystack,
    pair: str,
    ends: Ends,
    longest: int,
    hits: int,
    speeches: int,
    every: bool,
    bound: Set[str],
) -> Iterator[Repeat]:
    text, inside, owner = hay.text, hay.inside, hay.owners.__getitem__
    # A stack, not recursion: a text that is repeated as a whole grows one string by thousands.
    waiting: list[tuple[str, Ends]] = [(pair, ends)]
    while waiting:
        string, ends = waiting.pop()
        if len(ends) < hits or not _in_so_many(owner, ends, speeches):
            continue
        if bound and _same_before(hay, ends, len(string) + 1, bound):
            continue  # so it is with all that grows from it
        after = Counter(map(text.__getitem__, ends))
        if len(string) == longest:
            yield Repeat(string=string, ends=ends, after=after)
            continue
        if len(after) == 1 and not after.keys().isdisjoint(hay.letters):
            if every:
                yield Repeat(string=string, ends=ends, after=after)
            # All occurrences go on alike: jump to where they part instead of copying the places
            # once for each character of a long shared paragraph.
            step = 1 if every else _common(hay, ends, longest - len(string))
            more = text[ends[0] : ends[0] + step]
            waiting.append((string + more, [end + step for end in ends]))
            continue
        yield Repeat(string=string, ends=ends, after=after)
        longer: dict[str, list[int]] = {
            character: []
            for character, count in after.items()
            if count >= hits and character in inside
        }
        if longer:
            for end in ends:
                if (found := longer.get(text[end])) is not None:
                    found.append(end + 1)
            waiting.extend((string + character, own) for character, own in longer.items())


def _in_so_many(owner: Callable[[int], int], ends: Ends, speeches: int) -> bool:
    """Check whether places are in at least `speeches` texts; a few spread ones mostly show it."""
    # The places of a frequent string are thousands; a sample over the whole corpus mostly settles
    # it.
    spread = ends[:: 1 + len(ends) // (4 * speeches)]
    return len(set(map(owner, spread))) >= speeches or (
        len(spread) < len(ends) and len(set(map(owner, ends))) >= speeches
    )


def _same_before(hay: Haystack, ends: Ends, back: int, bound: Set[str]) -> bool:
    """Check whether the same of the `bound` letters stands `back` characters before every end."""
    text = hay.text
    first = text[ends[0] - back]
    return first in bound and all(text[end - back] == first for end in ends)


def _common(hay: Haystack, ends: Ends, most: int) -> int:
    """Measure how far the same letters follow every occurrence."""
    text = hay.text
    tails = [text[end : end + most] for end in ends]
    # What the first and the last in order share, all between them share.
    low, high = min(tails), max(tails)
    pairs = enumerate(zip(low, high, strict=False))
    stops = (n for n, (a, b) in pairs if a != b or a not in hay.letters)
    return next(stops, min(len(low), len(high)))


def before(hay: Haystack, repeat: Repeat) -> Counter[str]:
    """
    Count what stands before a string.

    >>> hay = haystack(["讲廉洁，很廉洁"], str.isalnum)
    >>> (found,) = grow(hay, ends_of_pairs(hay, least=2, progress=lambda *_: None), longest=8)
    >>> sorted(before(hay, found).items())
    [('很', 1), ('讲', 1)]
    """
    back = len(repeat.string) + 1
    return Counter(map(hay.text.__getitem__, [end - back for end in repeat.ends]))


def owners_of(hay: Haystack, repeat: Repeat) -> list[int]:
    """Return the numbers of the texts that hold a string, ascending."""
    return sorted(set(map(hay.owners.__getitem__, repeat.ends)))


def overlaps(string: str) -> bool:
    """
    Check whether two occurrences of a string can overlap.

    >>> overlaps("天天"), overlaps("干部管干部"), overlaps("干部")
    (True, True, False)
    """
    return any(string.startswith(string[k:]) for k in range(1, len(string)))


def count_apart(ends: Ends, length: int) -> int:
    """
    Count the occurrences of a string that do not overlap one counted before.

    >>> count_apart([2, 3, 4], 2)
    2
    """
    count, free = 0, 0
    for end in ends:
        if end - length >= free:
            count, free = count + 1, end
    return count
