"""The ledger gives every file back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import FILE, RULES

from lianzheng_search.cleaning.clean import clean, cleaned_text
from lianzheng_search.cleaning.ledger import ledger, line_ends, restore
from lianzheng_search.errors import RequestError
from lianzheng_search.model import RawFile


@given(FILE, st.lists(st.sampled_from(["\n", "\r\n"]), min_size=100, max_size=100), st.booleans())
def test_a_cleaned_file_is_restored(file, ends, last):
    """Blank lines, line ends and all."""
    ends = ends[: len(file.lines)]
    if ends and last:
        ends[-1] = ""
    text = clean(file, RULES)
    source = "".join(line + end for line, end in zip(file.lines, ends, strict=True))
    assert restore(cleaned_text(text) + "\n", ledger(text, ends), name="a.txt") == source


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends_are_those_of_the_file(end, last):
    data = end.join(["同志们：", "", "谢谢。"]) + end * last
    assert line_ends(data.encode("gbk"), "gb18030", 3) == [end, end, end * last]


def test_a_text_that_was_changed_is_not_restored():
    file = RawFile(path="a.txt", encoding="utf-8", lines=("- 3 -", "同志们："))
    text = clean(file, RULES)
    record = ledger(text, ["\n", "\n"])
    assert restore("同志们：\n", record, name="a.txt") == "- 3 -\n同志们：\n"
    with pytest.raises(RequestError, match="changed"):
        restore("同志们\n", record, name="a.txt")
    for damaged in ("", "{}", record.replace('"line"', '"lime"')):
        with pytest.raises(RequestError, match="damaged"):
            restore("同志们：\n", damaged, name="a.txt")
