"""What `scripts/fuzz` does for long with answers and documents, for a moment, always the same."""

from __future__ import annotations

import random
import sys
from importlib.util import module_from_spec, spec_from_file_location
from itertools import islice
from pathlib import Path
from types import ModuleType

import pytest

from lianzheng_search.corpus import Corpus
from lianzheng_search.reading import read
from lianzheng_search.reading.budget import TOO_LITTLE_MEMORY
from lianzheng_search.reading.limits import Unreadable, unreadable

SCRIPTS = Path(__file__).parents[2] / "scripts"


def load(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Import a script; dataclasses look for their module by its name."""
    spec = spec_from_file_location(name, SCRIPTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    script = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, script)
    spec.loader.exec_module(script)
    return script


def test_a_moment_of_comparing_answers(monkeypatch):
    """Every answer, in every form, is that of an oracle which shares no code with the package."""
    fuzz = load("fuzz_differential", monkeypatch)
    different = [told for _count, told, _query in islice(fuzz.rounds(7, 1e9), 12) if told]
    assert different == []


def test_a_wrong_answer_is_noticed(monkeypatch):
    fuzz = load("fuzz_differential", monkeypatch)
    real = Corpus.search

    def search(self: Corpus, query: str, **options: object) -> object:
        return real(self, query.replace("责任", "家风"), **options)

    monkeypatch.setattr(Corpus, "search", search)
    assert any(told for _count, told, _query in islice(fuzz.rounds(7, 1e9), 36))


@pytest.fixture
def documents(monkeypatch) -> ModuleType:
    """The fuzzer of documents, with those only that are made here."""
    pytest.importorskip("resource")
    script = load("fuzz_documents", monkeypatch)
    monkeypatch.setattr(script, "REAL", Path("nowhere"))
    return script


def test_a_moment_of_damaged_documents(documents, tmp_path):
    """Whatever is damaged in a document of any format, it is read or told."""
    every = documents.seeds()
    for number, name in enumerate(sorted(every) * 2):
        chance = random.Random(f"7:{number}")
        data = documents.mutate(every[name], chance, list(every.values()))
        documents.read(name, data, tmp_path)
        (tmp_path / name).unlink()


@pytest.mark.parametrize("error", [ZeroDivisionError, MemoryError])
def test_what_a_document_breaks_is_noticed(documents, tmp_path, monkeypatch, error):
    """A traceback, and want of memory, which is a problem of the file to everybody else."""

    def fail(data: bytes, **options: object) -> None:
        raise error

    monkeypatch.setitem(read.READERS, "text", fail)
    with pytest.raises((ZeroDivisionError, Unreadable)) as raised:
        documents.read("a.txt", "同志们：".encode(), tmp_path)
    assert error is ZeroDivisionError or str(unreadable("a.txt", TOO_LITTLE_MEMORY)) == str(
        raised.value
    )
