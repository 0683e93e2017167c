"""A source file -> its record, and the documents of its passages for a shard."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from typing import Any

from msgspec import to_builtins

from ..reading.budget import TOO_LITTLE_MEMORY, confine, out_of_time
from ..reading.limits import Unreadable
from ..reading.read import file_bytes
from ..text.folding import letters
from .changes import Record, content_hash
from .copies import sketch
from .tools import Tools, load_speech
from .walk import SourceFile
from .whoosh.columns import ENCODING
from .whoosh.writing import speech_documents

RACY_NS, NO_TIME = 2_000_000_000, -1
"""
Age of a file, in nanoseconds, below which its mtime is not recorded, and what is instead.

A file that was written so shortly before it is read may change again and keep its mtime, which
tells two seconds apart on some drives (FAT): so its content is compared the next time.
"""


def prepare(source: SourceFile, tools: Tools) -> tuple[Record, list[dict[str, Any]]]:
    """Return the record and the documents of one file; never raises for the content of a file."""
    record = _new_record(source)
    try:
        data = file_bytes(source.file, path=source.path, limits=tools.limits)
    except Unreadable as unreadable:
        record["sha256"] = content_hash(source.file)
        return record | {"problems": [to_builtins(unreadable.problem)]}, []
    record["sha256"] = hashlib.sha256(data).hexdigest()  # of what is read, whatever comes after
    try:
        with confine(source.path, source.size, tools.limits):
            return _read_record(record, source, tools, data)
    except Unreadable as unreadable:
        # there may be more memory the next time: without a hash the file is read again
        if unreadable.problem.message == TOO_LITTLE_MEMORY:
            record["sha256"] = None
        return record | {"problems": [to_builtins(unreadable.problem)]}, []


def refuse(source: SourceFile, tools: Tools) -> tuple[Record, list[dict[str, Any]]]:
    """Return what `prepare` would of a file that took too much time, without reading it."""
    problem = out_of_time(source.path, source.size, tools.limits).problem
    hashed = {"sha256": content_hash(source.file)}
    return _new_record(source) | hashed | {"problems": [to_builtins(problem)]}, []


def _new_record(source: SourceFile) -> Record:
    """Return the record of a file that has no passages yet."""
    settled = time.time_ns() - source.mtime_ns > RACY_NS
    return {
        "size": source.size,
        "mtime_ns": source.mtime_ns if settled else NO_TIME,
        "inode": source.inode,
        "passages": 0,
    }


def _read_record(
    record: Record, source: SourceFile, tools: Tools, data: bytes
) -> tuple[Record, list[dict[str, Any]]]:
    speech = load_speech(source.file, tools, path=source.path, data=data)
    documents = list(speech_documents(speech, words_file=tools.words_file))
    folded = "".join(document["folded"] for document in documents)
    return record | {
        "sketch": sketch(letters(folded)),
        "passages": len(documents),
        "text_bytes": len(folded.encode(ENCODING)),
        "title": speech.info.title,
        "date": speech.info.date,
        "venue": speech.info.venue,
        "speaker": speech.info.speaker,
        "source": speech.info.source,
        "removed": Counter(removal.rule for removal in speech.removals),
        "removed_lines": sum(
            removal.line is not None and removal.column is None for removal in speech.removals
        ),
        "problems": [to_builtins(problem) for problem in speech.problems],
    }, documents
