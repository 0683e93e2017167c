"""Speeches of texts, and small indexes of them."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from conftest import speech
from hypothesis import strategies as st
from msgspec import to_builtins

from lianzheng_search.index.whoosh.backend import WhooshBackend
from lianzheng_search.index.whoosh.columns import ENCODING
from lianzheng_search.index.whoosh.speeches import SpeechRow
from lianzheng_search.index.whoosh.writing import speech_documents, write_index
from lianzheng_search.query.tree import And, Not, Or


def speeches_of(texts):
    return [speech(text, path=f"{n}.txt") for n, text in enumerate(texts)]


@contextmanager
def whoosh_over(speeches):
    """Open an index of the speeches, in shards of two."""
    with tempfile.TemporaryDirectory() as directory:
        shards, rows = [], []
        for start in range(0, len(speeches), 2):
            shard = Path(directory, "shards", f"{start:02}")
            shard.mkdir(parents=True)
            ready = [list(speech_documents(one)) for one in speeches[start : start + 2]]
            shards.append(write_index(shard, chain.from_iterable(ready)))
            first = 0
            for one, documents in zip(speeches[start : start + 2], ready, strict=True):
                size = sum(len(document["folded"].encode(ENCODING)) for document in documents)
                row = SpeechRow(
                    **to_builtins(one.info),
                    shard=shard.name,
                    first=first,
                    passages=len(documents),
                    text_bytes=size,
                )
                rows += [row] if documents else []
                first += len(documents)
        backend = WhooshBackend(Path(directory), shards, rows, fault=OSError)
        try:
            yield backend
        finally:
            backend.close()


def queries_of(leaves, *, max_leaves):
    """Draw queries of these leaves, joined by operators."""
    return st.recursive(
        leaves,
        lambda parts: st.one_of(
            st.lists(parts, min_size=2, max_size=3).map(tuple).map(And),
            st.lists(parts, min_size=2, max_size=3).map(tuple).map(Or),
            parts.map(Not),
        ),
        max_leaves=max_leaves,
    )
