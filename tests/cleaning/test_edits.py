"""The laws of edits: whatever is done to a file, it can be rebuilt, and each place is exact."""

from hypothesis import given
from hypothesis import strategies as st

from lianzheng_search.cleaning.edits import Edits, source_text
from lianzheng_search.model import CleanText, RawFile, place_in_source
from lianzheng_search.text.characters import BLANK

LINES = st.lists(st.text("甲乙丙丁戊 \u200b", max_size=8), min_size=1, max_size=7)
STEPS = st.lists(
    st.tuples(st.sampled_from(["drop", "cut", "put", "join"]), *[st.integers(0, 99)] * 3),
    max_size=10,
)
PUT = "X"


def edit(edits: Edits, step: tuple[str, int, int, int]) -> None:
    what, at, start, end = step
    at %= len(edits.lines)
    text = edits.lines[at].text
    if what == "drop":
        edits.drop({at: "drop"})
    elif what == "join":
        below = [n for n in range(at + 1, len(edits.lines)) if edits.lines[n].text.strip(BLANK)]
        if below and text.strip(BLANK):
            edits.join([at, *below[: 1 + end % 4]], "join")
    elif text.strip(BLANK):
        start %= len(text)
        end = start + 1 + end % (len(text) - start)
        if what == "cut":
            edits.cut(at, start, end, "cut")
        else:
            edits.put(at, start, PUT * (end - start), "put")


@given(LINES, STEPS)
def test_every_edit_can_be_undone(lines, steps):
    """Rebuilt, the file is what it was; a character stands where its place says, or was put."""
    edits = Edits(RawFile(path="a.txt", encoding="utf-8", lines=tuple(lines)))
    for step in steps:
        if edits.lines:
            edit(edits, step)
    text = CleanText(
        path="a.txt",
        encoding="utf-8",
        lines=tuple(edits.lines),
        removals=tuple(edits.removals()),
    )
    assert source_text(text) == tuple(lines)
    places = set()
    for line in text.lines:
        for n, character in enumerate(line.text):
            number, column = place_in_source(line, n)
            assert character in (PUT, lines[number - 1][column])
            places.add((number, column))
    assert len(places) == sum(len(line.text) for line in text.lines)
    numbers = [line.number for line in text.lines]
    assert numbers == sorted(set(numbers))
