"""The index as a cache of the corpus: updates, versions, failures."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from conftest import SPEECH, often
from hypothesis import given, settings
from hypothesis import strategies as st
from made import change_manifest

import lianzheng_search
from lianzheng_search.errors import RequestError
from lianzheng_search.index import building, update


def listing(corpus):
    return [(hit.info.id, hit.passage) for hit in corpus.search(limit=0, with_variants=True).hits]


def test_an_index_run_counts_what_changed(corpus):
    """Added, updated, unchanged and deleted files add up, and are what was done to them."""
    assert corpus.index().unchanged == 3
    (corpus.directory / "d.txt").write_text("同志们：\n新的讲话，说说纪律。", "utf-8")
    (corpus.directory / "a.txt").write_text(SPEECH.replace("学深悟透", "学深学透"), "utf-8")
    (corpus.directory / "b.txt").unlink()
    summary = corpus.index()
    assert (summary.added, summary.updated, summary.unchanged, summary.deleted) == (1, 1, 1, 1)
    assert corpus.search("学深学透").total == 1
    assert corpus.search("“学深悟透”").total == 0
    assert {info.id for info in corpus.speeches()} == {"a.txt", "d.txt", "sub/c.md"}


def test_a_file_that_was_only_touched_is_not_changed(corpus):
    """Content decides, where size and mtime do not settle it."""
    os.utime(corpus.directory / "a.txt", (1, 1))
    assert corpus.index().unchanged == 3


def test_an_update_and_a_rebuild_give_the_same_answers(corpus):
    """The index is a function of the files."""
    (corpus.directory / "a.txt").write_text(SPEECH.replace("责任", "职责"), "utf-8")
    corpus.index()
    updated = listing(corpus)
    corpus.index(rebuild=True)
    assert listing(corpus) == updated


def test_the_number_of_processes_does_not_matter(corpus, monkeypatch):
    """Two processes make the same index as one, also of several shards."""
    monkeypatch.setattr(building, "SMALL_SHARD", 500)
    for n in range(12):
        (corpus.directory / f"more{n}.txt").write_text(SPEECH.replace("云岭", f"云岭{n}"), "utf-8")
    corpus.index(rebuild=True)
    alone = listing(corpus)
    shards = sorted(one.name for one in (corpus.index_directory / "shards").iterdir())
    corpus.index(rebuild=True, jobs=2)
    assert listing(corpus) == alone
    assert len(alone) > len(shards) > 2


def test_a_changed_theme_file_labels_anew(corpus):
    """A rule file of the user's own takes the place of the package's, and is noticed."""
    assert corpus.search(theme="家风家教").total
    (corpus.directory / "themes.toml").write_text(
        '["口号"]\ndefinition = "说的是口号"\nterms.5 = ["口号"]\n', "utf-8"
    )
    with lianzheng_search.open(corpus.directory) as changed:
        assert "themes" in changed.status().outdated
        assert changed.index().outdated == ("themes",)
        assert changed.index().outdated == ()
        assert [count.theme for count in changed.themes()] == ["口号"]
        assert changed.search(theme="口号", with_variants=True).total == 2
        with pytest.raises(RequestError, match="家风家教"):
            changed.search(theme="家风家教")


def test_no_index_yet_names_the_command_that_makes_it(tmp_path):
    """Who searches first is told what to type."""
    with pytest.raises(RequestError, match="index"):
        lianzheng_search.open(tmp_path).search("担当")


def test_a_missing_and_an_empty_corpus_are_told(tmp_path):
    """A folder that is not there, or has nothing in it, is one clear error."""
    with pytest.raises(RequestError, match="no such directory"):
        lianzheng_search.open(tmp_path / "none").index()
    with pytest.raises(RequestError, match="no files"):
        lianzheng_search.open(tmp_path).index()


def test_bad_files_are_problems_and_the_rest_is_indexed(corpus):
    """One bad file costs one line, not the run, and is told again by the next run."""
    (corpus.directory / "empty.txt").write_bytes(b"")
    (corpus.directory / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0")
    for summary in (corpus.index(), corpus.index()):
        assert {problem.path for problem in summary.problems} == {"empty.txt", "picture.txt"}
        assert (summary.files, summary.speeches) == (5, 3)
    assert corpus.search("主体责任", with_variants=True).total == 2


def test_hidden_files_readmes_and_rule_files_are_no_speeches(corpus):
    """What is not a speech is left out without a word."""
    for name in (".hidden.txt", "README.md", "LICENSE", "words.txt"):
        (corpus.directory / name).write_text(
            "家风 100\n" if name == "words.txt" else "担当", "utf-8"
        )
    with lianzheng_search.open(corpus.directory) as again:
        again.index()
        assert {info.id for info in again.speeches()} == {"a.txt", "b.txt", "sub/c.md"}


def test_what_fails_leaves_the_old_index(corpus, monkeypatch):
    """Until a new generation is whole, the old one answers."""
    before = listing(corpus)
    (corpus.directory / "d.txt").write_text("新的讲话", "utf-8")

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lianzheng_search.index.update.publish", fail)
    with pytest.raises(KeyboardInterrupt):
        corpus.index()
    monkeypatch.undo()
    assert listing(corpus) == before
    assert corpus.index().added == 1


def test_an_index_of_another_version_is_refused(corpus):
    """The manifest is read before anything that whoosh wrote is."""
    change_manifest(corpus.index_directory, format=0)
    with (
        lianzheng_search.open(corpus.directory) as again,
        pytest.raises(RequestError, match="index"),
    ):
        again.search("担当")
    with lianzheng_search.open(corpus.directory) as again:
        again.index()
        assert again.search("担当").total


def test_a_second_writer_is_told_to_wait(corpus):
    """One writer at a time."""
    from filelock import FileLock

    with (
        FileLock(corpus.index_directory / "lock"),
        pytest.raises(RequestError, match="another run"),
    ):
        corpus.index(rebuild=True)


def test_the_index_may_lie_elsewhere(corpus, tmp_path):
    """A corpus that cannot be written to has its index where --index says."""
    with lianzheng_search.open(corpus.directory, index_directory=tmp_path / "ix") as elsewhere:
        elsewhere.index()
        assert listing(elsewhere) == listing(corpus)
    assert (tmp_path / "ix" / ".gitignore").read_text("utf-8") == "*\n"


NAMES = st.sampled_from(["a.txt", "b.txt", "c.md", "sub/d.txt"])
CONTENTS = st.sampled_from(
    [SPEECH, "一、担当\n敢于担当。", "二、学习\n一是读书。二是用心。", "家风好。", "", "\0"]
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), NAMES, CONTENTS),
        st.tuples(st.just("delete"), NAMES, st.none()),
        st.tuples(st.just("rename"), NAMES, NAMES),
        st.tuples(st.just("index"), st.just(""), st.none()),
    ),
    max_size=12,
)


@settings(max_examples=often(40))
@given(STEPS)
def test_any_updates_end_in_what_a_rebuild_makes(steps):
    """Update and rebuild give the same answers after any edits, whatever the shards hold."""
    with tempfile.TemporaryDirectory() as place:
        directory = Path(place, "speeches")
        (directory / "sub").mkdir(parents=True)
        (directory / "always.txt").write_text("同志们：\n说说担当。", "utf-8")
        updated = lianzheng_search.open(directory, index_directory=Path(place, "updated"))
        for step, name, value in [*steps, ("index", "", None)]:
            file = directory / name
            if step == "index":
                with pytest.MonkeyPatch.context() as patch:  # many shards, and tiers of them
                    patch.setattr(building, "SMALL_SHARD", 40)
                    patch.setattr(update, "SMALLEST_TIER", 60)
                    updated.index()
            elif step == "write":
                file.write_text(value, "utf-8")
            elif file.is_file():
                file.unlink() if step == "delete" else file.replace(directory / value)
        rebuilt = lianzheng_search.open(directory, index_directory=Path(place, "rebuilt"))
        rebuilt.index()
        for query in (None, "担当", "学习 OR 家风", "。二是", "NOT 担当"):
            assert hits(updated, query) == hits(rebuilt, query)
        assert updated.themes() == rebuilt.themes()
        assert updated.headings() == rebuilt.headings()
        assert updated.status().summary.passages == rebuilt.status().summary.passages
        updated.close()
        rebuilt.close()


def hits(corpus, query):
    return [
        (hit.info, hit.passage, hit.spans)
        for hit in corpus.search(query, limit=0, sort="corpus", with_variants=True).hits
    ]


def test_empty_files_share_a_shard(tmp_path):
    """However many there are."""
    for n in range(30):
        (tmp_path / f"{n}.txt").write_bytes(b"")
    with lianzheng_search.open(tmp_path) as corpus:
        assert corpus.index().files == 30
        assert len(list((corpus.index_directory / "shards").iterdir())) == 1
        assert corpus.index().outdated == ()


def test_only_what_changed_is_written(corpus):
    """One changed file makes one small shard; the others' shards stay as they are."""
    shards = corpus.index_directory / "shards"
    before = {shard.name: shard.stat().st_mtime_ns for shard in shards.iterdir()}
    (corpus.directory / "d.txt").write_text("新的讲话，说说纪律。", "utf-8")
    corpus.index()
    after = {shard.name: shard.stat().st_mtime_ns for shard in shards.iterdir()}
    assert before.items() < after.items()
    assert len(after) == len(before) + 1


def test_many_small_shards_are_put_together(corpus):
    """Shards do not pile up, however often one file is added."""
    for n in range(12):
        (corpus.directory / f"more{n}.txt").write_text(f"第{n}篇，说说纪律。", "utf-8")
        corpus.index()
    status = corpus.status()
    assert status.summary.speeches == 15
    assert len(corpus.library.snapshot.manifest.shards) <= 10


def test_readers_keep_the_generation_they_opened(corpus):
    """Who searches during an update sees the state it began with."""
    reader = lianzheng_search.open(corpus.directory)
    before = listing(reader)
    (corpus.directory / "a.txt").write_text("全都换掉了。", "utf-8")
    corpus.index()
    assert listing(reader) == before
    reader.close()
    assert listing(corpus) != before


def test_a_file_that_could_not_be_read_is_tried_again(corpus):
    """Broken once: a file without permission stayed a problem when it had one."""
    if os.name == "nt" or os.geteuid() == 0:
        pytest.skip("whoever runs this may read every file")
    (corpus.directory / "d.txt").write_text("说说纪律。", "utf-8")
    (corpus.directory / "d.txt").chmod(0)
    assert len(corpus.index().problems) == 1
    (corpus.directory / "d.txt").chmod(0o644)
    assert corpus.index().updated == 1


def test_another_encoding_makes_the_index_anew(corpus):
    """Broken once: what was read in a wrong encoding stayed so without --encoding."""
    with lianzheng_search.open(corpus.directory, encoding="big5hkscs") as wrong:
        wrong.index()
    assert corpus.index().unchanged == 3
    assert corpus.search("主体责任", with_variants=True).total == 2


def test_scores_do_not_depend_on_how_the_index_came_about(corpus):
    """Replaced passages do not count: update and rebuild rank alike."""
    for name in ("a.txt", "b.txt"):
        text = SPEECH.replace("学深悟透", "学深学透")
        (corpus.directory / name).write_text(text, "utf-8")
        corpus.index()
    updated = [
        (h.passage, h.score)
        for h in corpus.search("责任 OR 家风", limit=0, with_variants=True).hits
    ]
    corpus.index(rebuild=True)
    assert [
        (h.passage, h.score)
        for h in corpus.search("责任 OR 家风", limit=0, with_variants=True).hits
    ] == updated


def test_readers_outlive_any_number_of_updates(corpus):
    """Broken once: a reader that had not looked yet lost its shards to the second update."""
    reader = lianzheng_search.open(corpus.directory)
    assert reader.backend
    for _ in range(3):
        corpus.index(rebuild=True)
    assert reader.search("主体责任", with_variants=True).total == 2
    assert len(list(reader.search("家风", limit=0, with_variants=True).hits)) == 4
    reader.close()
