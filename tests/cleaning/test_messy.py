"""Known texts, as vendors and converters leave them, come out as they were."""

from __future__ import annotations

import json
import re
import unicodedata

from conftest import shared

from lianzheng_search.cleaning.clean import clean
from lianzheng_search.cleaning.rule_files import load_rules
from lianzheng_search.reading.read import read_file

LEAST_EQUAL = 0.95
NOT_THE_WHOLE = re.compile("near|contained|broken|only 40|double-encoded")
"""Kinds that hold more, or less, than the gold."""
APPENDED = re.compile("附：.{0,4}（四字节）.{2,4}$")
"""What a variant adds to try the characters of four bytes."""


def bare(text: str, kind: str) -> str:
    text = re.sub(r"\s", "", text)
    if "width" in kind or "numbering" in kind:
        text = unicodedata.normalize("NFKC", text)
    if "numbering" in kind:
        text = re.sub("(?<=[一二三四五六七八九十])[.、]", "、", text)
    return text.replace("#", "") if "markdown" in kind else text


def test_variants_equal_their_gold_and_lose_no_sentence():
    folder = shared("messy")
    rules = load_rules()
    different, lost, compared = [], [], 0
    for entry in map(json.loads, (folder / "MANIFEST.jsonl").read_text("utf-8").splitlines()):
        kind = entry["kind"]
        if "gold" not in entry or NOT_THE_WHOLE.search(kind):
            continue
        compared += 1
        gold = (folder / entry["gold"]).read_text("utf-8")
        cleaned = clean(read_file(folder / entry["file"], path=entry["file"]), rules)
        text = APPENDED.sub("", bare("".join(line.text for line in cleaned.lines), kind))
        if text != bare(gold, kind):
            different.append(entry["file"])
        sentences = re.split("(?<=[。！？])|\n", gold)
        lost += [(entry["file"], s) for s in sentences if bare(s, kind) not in text]
    assert compared
    assert not lost
    assert len(different) <= (1 - LEAST_EQUAL) * compared, different


def test_what_is_double_encoded_is_repaired_as_far_as_it_goes():
    folder = shared("messy")
    rules = load_rules()
    compared = 0
    for entry in map(json.loads, (folder / "MANIFEST.jsonl").read_text("utf-8").splitlines()):
        if "double-encoded" in entry["kind"]:
            compared += 1
            gold = bare((folder / entry["gold"]).read_text("utf-8"), "")
            cleaned = clean(read_file(folder / entry["file"], path=entry["file"]), rules)
            text = bare("".join(line.text for line in cleaned.lines), "").rstrip("\ufffd")
            assert len(text) > 1000
            assert gold.startswith(text), entry["file"]
    assert compared
