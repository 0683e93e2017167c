"""Files that are not what they seem, or do not stay so: each costs a line, and no other file."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import stat
import sys
import zipfile
from pathlib import Path

import pytest
from made import OFFICE, SPACES, docx, p, zipped
from msgspec import to_builtins

import lianzheng_search
from lianzheng_search.export.tables.rows import to_json
from lianzheng_search.index import records, status, update
from lianzheng_search.index import walk as walking
from lianzheng_search.index.tools import load_speech, load_tools
from lianzheng_search.index.walk import walk
from lianzheng_search.messages import problem_text
from lianzheng_search.model import Problem, Settings
from lianzheng_search.query.lists import NamedQuery
from lianzheng_search.reading import limits
from lianzheng_search.reading.limits import Limits, Unreadable, bytes_of
from lianzheng_search.reading.read import read_bytes, read_file

posix = pytest.mark.skipif(os.name != "posix", reason="names and files of this kind need POSIX")
SPEECH = "在{0}会上的讲话\n\n同志们：\n一、抓好{0}\n要把{0}同家风连在一起，一件一件抓到底。\n"
"""A small speech of which each has a word of its own."""


def write(directory: Path, name: str | bytes, word: str) -> bytes:
    """Write a speech under a name of text or of bytes."""
    file = os.fsencode(directory) + b"/" + (os.fsencode(name) if isinstance(name, str) else name)
    with open(file, "wb") as out:  # noqa: PTH123 - a name of bytes
        out.write(SPEECH.format(word).encode())
    return file


def indexed(directory: Path):
    """Index a folder; give the corpus, the ids of its speeches, the lines of its problems."""
    corpus = lianzheng_search.open(directory)
    summary = corpus.index(jobs=1)
    told = [problem_text(one) for one in summary.problems]
    assert all("\n" not in line and line.isprintable() for line in told)
    return corpus, [speech.id for speech in corpus.speeches()], told


NAMES = [
    "平常.txt",
    "-rf.txt",
    "--help.txt",
    "换\n行.txt",
    "制\t表.txt",
    "逃\x1b[31m逸\x1b]8;;x\x07.txt",
    r"逃\x1b[31m逸\x1b]8;;x\x07.txt",
    "逃\\\x1b.txt",
    r"逃\\x1b.txt",
    "反\u202e向\u2066.txt",
    "行\u2028段\u2029.txt",
    "零\u200b宽.txt",
    "签\U000e0041.txt",
    "八\x9b位.txt",
    "引'号\"`$(x).txt",
    "[red]色[bold].txt",
    "空　格\xa0.txt",
    "A.txt",
    "a.txt",
    "e\u0301.txt",
    "\u00e9.txt",
    "=1+1.txt",
    "长" * 80 + ".txt",
    b"\xff\xfe\x80.txt",
    "廉洁".encode("gbk") + b".txt",
]  # fmt: skip


@pytest.mark.promise("every file")
@posix
def test_every_name_is_a_speech_of_its_own(tmp_path):
    """Whatever a file is called, it is indexed, under an id that can be shown and is no other's."""
    if sys.platform == "darwin":
        pytest.skip("this file system takes other names than those asked for")
    for n, name in enumerate(NAMES):
        write(tmp_path, name, f"第{n}号")
    corpus, ids, told = indexed(tmp_path)
    assert told == []
    assert len(set(ids)) == len(ids) == len(NAMES)
    for one in ids:
        assert "\n" not in one
        assert all(c.isprintable() or c in "\u3000\xa0" for c in one), one
    for n in range(len(NAMES)):
        found = list(corpus.search(f"“抓好第{n}号”", part="heading").hits)
        assert len(found) == 1
        assert corpus.speech(found[0].info.id)[0].id == found[0].info.id
    assert not corpus.status().changes
    corpus.export(
        [NamedQuery(name="家风", query="家风")],
        tmp_path.parent / f"{tmp_path.name}-out",
        file_format="txt",
        split="speech",
    )
    assert len(list((tmp_path.parent / f"{tmp_path.name}-out").glob("*.txt"))) == len(NAMES)
    corpus.close()


@posix
def test_a_file_whose_name_is_no_text_is_read_by_it(tmp_path):
    """Named on the command line, it is outlined, explained and cleaned, and can be JSON."""
    if sys.platform == "darwin":
        pytest.skip("this file system takes no such names")
    file = Path(os.fsdecode(write(tmp_path, b"\xff\x80.txt", "甲")))
    with lianzheng_search.open(tmp_path) as corpus:
        (speech,) = corpus.read(str(file))
        to_json(to_builtins(speech.info))
        text = corpus.clean(file)
        corpus.ledger(file, text).encode()


@pytest.fixture
def too_deep(tmp_path, monkeypatch):
    """A corpus with a file in a folder whose path is longer than a system takes."""
    write(tmp_path, "一.txt", "甲")
    monkeypatch.chdir(tmp_path)
    for _ in range(20):
        os.mkdir("深" * 80)  # noqa: PTH102 - as it is from there
        os.chdir("深" * 80)
    write(Path(), "二.txt", "乙")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@posix
def test_a_folder_that_is_too_deep_is_listed(too_deep):
    """It is listed, to be told as a problem; the files beside it are there."""
    sources = walk(too_deep)
    assert len(sources) == 2
    with pytest.raises(Unreadable):
        read_file(sources[1].file, path=sources[1].path)


@posix
def test_a_folder_that_is_too_deep_is_one_problem(too_deep):
    """The rest is indexed."""
    corpus, ids, told = indexed(too_deep)
    corpus.close()
    assert (ids, len(told)) == (["一.txt"], 1)


@posix
def test_a_file_is_read_by_the_id_of_its_speech(tmp_path):
    """`outline` and `themes why` take every id that `search` prints."""
    write(tmp_path, "逃\x1b逸.txt", "甲")
    with lianzheng_search.open(tmp_path) as corpus:
        corpus.index(jobs=1)
        (one,) = corpus.read(corpus.speeches()[0].id)
        assert not isinstance(one, Problem)


@pytest.mark.promise("every file")
@posix
def test_links_lead_into_no_loop(tmp_path):
    """A link to a file is that file; a folder is read once; what leads elsewhere is told."""
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    write(outside, "外.txt", "外面")
    home = tmp_path / "speeches"
    (home / "子").mkdir(parents=True)
    write(home, "一.txt", "甲")
    write(home / "子", "二.txt", "乙")
    (home / "三.txt").symlink_to(outside / "外.txt")
    for name, target in [
        ("up", ".."), ("here", "."), ("sub", "子"), ("again", "子"), ("子/loop", "../子"),
        ("self", "self"), ("ping", "pong"), ("pong", "ping"), ("gone.txt", "nowhere"),
        ("out", outside), ("self.zip", "self.zip"), ("zero.txt", "/dev/zero"),
    ]:  # fmt: skip
        (home / name).symlink_to(target)
    corpus, ids, told = indexed(home)
    corpus.close()
    assert ids == ["一.txt", "三.txt", "子/二.txt"]
    assert [line.partition(":")[0] for line in told] == sorted(
        ["gone.txt", "out", "ping", "pong", "self", "self.zip", "up", "zero.txt"]
    )
    assert sum("link to a folder elsewhere" in line for line in told) == 2


@posix
def test_what_is_no_file_is_one_problem(tmp_path):
    """A pipe, a socket, a folder called .txt or .zip: none is waited for."""
    write(tmp_path, "一.txt", "甲")
    os.mkfifo(tmp_path / "pipe.txt")
    os.mkfifo(tmp_path / "pipe.zip")
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "folder.zip").mkdir()
    write(tmp_path / "folder.zip", "二.txt", "乙")
    here = Path.cwd()
    with socket.socket(socket.AF_UNIX) as listening:
        os.chdir(tmp_path)  # the name of a socket must be short
        try:
            listening.bind("socket.txt")
        finally:
            os.chdir(here)
        corpus, ids, told = indexed(tmp_path)
    corpus.close()
    assert ids == ["folder.zip/二.txt", "一.txt"]
    assert [line.partition(":")[0] for line in told] == ["pipe.txt", "pipe.zip", "socket.txt"]


def vanish(file: Path) -> None:
    file.unlink()


def become_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def become_a_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def become_a_loop(file: Path) -> None:
    file.unlink()
    file.symlink_to(file.name)


def become_zeros(file: Path) -> None:
    file.unlink()
    file.symlink_to("/dev/zero")


def be_emptied(file: Path) -> None:
    file.write_bytes(b"")


def be_cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:40])


def grow(file: Path) -> None:
    file.write_bytes(file.read_bytes() * 50)


def lose_its_folder(file: Path) -> None:
    shutil.rmtree(file.parent)


CHANGES = [
    vanish, become_a_folder, become_a_pipe, become_a_loop, become_zeros, be_emptied, be_cut, grow,
    lose_its_folder,
]  # fmt: skip


@posix
@pytest.mark.parametrize("change", CHANGES)
def test_a_file_may_change_between_being_looked_at_and_opened(tmp_path, monkeypatch, change):
    """Its bytes are given, as they were at some time, or one reason; it is never waited for."""
    file = tmp_path / "子" / "a.txt"
    file.parent.mkdir()
    text = write(file.parent, "a.txt", "甲")
    before = Path(os.fsdecode(text)).read_bytes()
    really = os.open

    def late(path, *rest, **named):
        monkeypatch.setattr(os, "open", really)
        change(file)
        return really(path, *rest, **named)

    monkeypatch.setattr(os, "open", late)
    if change in (be_emptied, be_cut, grow):
        data = limits.bytes_of(file, path="a.txt", limits=Limits(file_bytes=100_000))
        assert data in (b"", before[:40], before * 50)
    else:
        with pytest.raises((Unreadable, OSError)):
            limits.bytes_of(file, path="a.txt", limits=Limits())


def test_a_file_may_grow_while_it_is_read(tmp_path, monkeypatch):
    """All of it is given, but no more than the limit: what grows without end is refused."""
    file = tmp_path / "a.txt"
    really = os.fstat

    def grow_then(descriptor):
        status = really(descriptor)
        with file.open("ab") as out:
            out.write(b"2" * 1000)
        return status

    monkeypatch.setattr(os, "fstat", grow_then)
    file.write_bytes(b"1" * 10)
    data = bytes_of(file, path="a.txt", limits=Limits())
    assert data == b"1" * 10 + b"2" * 1000
    file.write_bytes(b"1" * 10)
    with pytest.raises(Unreadable, match="more than 500 bytes"):
        bytes_of(file, path="a.txt", limits=Limits(file_bytes=500))


@pytest.mark.promise("every file")
@posix
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("packed", [False, True])
def test_a_file_may_change_after_the_corpus_was_walked(tmp_path, monkeypatch, change, packed):
    """Index, outline, status, clean: the file costs one problem at most, and no other file."""
    (tmp_path / "子").mkdir()
    write(tmp_path, "一.txt", "甲")
    file = tmp_path / "子" / ("b.zip" if packed else "b.txt")
    write(tmp_path, "三.txt", "丙")

    def anew():
        if file.is_dir():
            file.rmdir()
        file.unlink(missing_ok=True)
        file.parent.mkdir(exist_ok=True)
        content = SPEECH.format("乙").encode()
        file.write_bytes(zipped({"x.txt": content, "y.txt": content}) if packed else content)

    def late(*arguments, **named):
        sources = walk(*arguments, **named)
        change(file)
        return sources

    anew()
    for module in (update, status, walking):
        monkeypatch.setattr(module, "walk", late)
    members = 2 if packed else 1
    with lianzheng_search.open(tmp_path) as corpus:
        summary = corpus.index(jobs=1)
        unread = [problem for problem in summary.problems if problem.line is None]
        assert len(unread) <= members
        assert {"一.txt", "三.txt"} <= {speech.id for speech in corpus.speeches()}
        assert summary.speeches + len(unread) == 2 + members
        anew()
        read = list(corpus.read())
        assert len(read) == 2 + members
        anew()
        corpus.status()
        anew()
        corpus.changes()
        anew()
        assert corpus.learn(tmp_path) is not None


@posix
@pytest.mark.parametrize("change", CHANGES)
def test_clean_tells_what_became_of_a_file(tmp_path, change):
    """It gives the text that is there, or one reason."""
    file = tmp_path / "子" / "b.txt"
    file.parent.mkdir()
    write(file.parent, "b.txt", "乙")
    change(file)
    with lianzheng_search.open(tmp_path) as corpus:
        if change in (grow, be_cut):
            assert corpus.clean(file).lines[0].text == "在乙会上的讲话"
        else:
            with pytest.raises(Unreadable):
                corpus.clean(file)


@posix
def test_a_folder_may_vanish_while_it_is_walked(tmp_path, monkeypatch):
    """A folder that has gone, or is now a file, is a problem; the others are read."""
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, "x.txt", name)
    really = os.scandir

    def scan(path):
        name = Path(path).name if isinstance(path, str) else ""
        if name in ("b", "c"):
            shutil.rmtree(path)
        if name == "c":
            Path(path).write_text("no folder", "utf-8")
        return really(path)

    monkeypatch.setattr(os, "scandir", scan)
    corpus, ids, told = indexed(tmp_path)
    corpus.close()
    assert ids == ["a/x.txt", "c"]
    assert [line.partition(":")[0] for line in told] == ["b"]


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_what_may_not_be_read_is_a_problem(tmp_path):
    """A file and a folder without permission cost a line each."""
    write(tmp_path, "一.txt", "甲")
    write(tmp_path, "二.txt", "乙")
    (tmp_path / "二.txt").chmod(0)
    (tmp_path / "closed").mkdir(mode=0)
    try:
        corpus, ids, told = indexed(tmp_path)
        corpus.close()
    finally:
        (tmp_path / "closed").chmod(stat.S_IRWXU)
    assert ids == ["一.txt"]
    assert [line.partition(":")[0] for line in told] == ["closed", "二.txt"]


def test_a_hash_is_of_the_text_that_was_indexed(tmp_path, monkeypatch):
    """A file that changes while it is indexed is never known by the hash of another text."""
    file = tmp_path / "a.txt"
    texts = {word: SPEECH.format(word).encode() for word in ("甲甲", "乙乙")}
    file.write_bytes(texts["甲甲"])
    really = records.load_speech

    def late(*arguments, **named):
        file.write_bytes(texts["乙乙"])
        return really(*arguments, **named)

    monkeypatch.setattr(records, "load_speech", late)
    with lianzheng_search.open(tmp_path) as corpus:
        corpus.index(jobs=1)
        digest = corpus.file_hashes()["a.txt"]
        (word,) = [word for word in texts if corpus.search(word).exact]
    assert digest == hashlib.sha256(texts[word]).hexdigest()


def test_bytes_that_were_read_are_not_read_again(tmp_path):
    """What `bytes_of` gave is what is read, whatever the file holds by then."""
    file = tmp_path / "a.txt"
    file.write_bytes("敢于担当。".encode())
    data = bytes_of(file, path="a.txt", limits=Limits())
    file.unlink()
    assert read_file(file, path="a.txt", data=data).lines == ("敢于担当。",)
    tools = load_tools(Settings())
    assert load_speech(file, tools, path="a.txt", data=data).passages


@pytest.mark.promise("every file")
def test_three_thousand_tiny_files(tmp_path):
    """Each is found, and nothing is done where nothing has changed."""
    for n in range(3000):
        folder = tmp_path / f"{n // 500:02}"
        if n % 500 == 0:
            folder.mkdir()
        (folder / f"{n}.txt").write_text(f"第{n}号记录，讲的是家风。", "utf-8")
    with lianzheng_search.open(tmp_path) as corpus:
        summary = corpus.index(jobs=1)
        assert (summary.speeches, summary.problems) == (3000, ())
        assert [hit.info.id for hit in corpus.search("第2718号").hits] == ["05/2718.txt"]
        assert corpus.search("家风", limit=1, with_variants=True).total == 3000
        assert not corpus.status().changes
        assert corpus.index(jobs=1).unchanged == 3000


def hostile_archive(file: Path) -> None:
    """Write a zip whose names lead out, stand twice, hide a link, and a zip."""
    with zipfile.ZipFile(file, "w") as packed:
        for n, name in enumerate(
            ["/etc/a.txt", "../../a.txt", "C:\\a.txt", "x/a.txt", "x\\a.txt", "x/a.txt",
             "x/A.txt", "./x/./b.txt", "逃\x1b[31m\u202e.txt", "逃_[31m_.txt", "-rf.txt"]
        ):  # fmt: skip
            packed.writestr(name, SPEECH.format(f"第{n}号"))
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, "/etc/passwd")
        packed.writestr("inner.zip", zipped({"c.txt": SPEECH.format("里面")}))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_every_file_of_a_hostile_archive_is_read_or_told(tmp_path):
    """None leads out of the archive, none stands for another, links and zips are told."""
    hostile_archive(tmp_path / "a.zip")
    corpus, ids, told = indexed(tmp_path)
    assert len(ids) == len(set(ids)) == 11
    assert all(one.startswith("a.zip/") and one.isprintable() and ".." not in one for one in ids)
    for n in range(11):
        assert corpus.search(f"“抓好第{n}号”").total == 1
    assert sorted(line.split(": ")[0] for line in told) == ["a.zip/inner.zip", "a.zip/link.txt"]
    assert [speech for speech in corpus.read() if isinstance(speech, Problem)] == [
        *corpus.status().summary.problems
    ]
    corpus.close()


def nested_mail(depth: int) -> bytes:
    """Make a web archive of parts in parts."""
    heads = (f'Content-Type: multipart/related; boundary="b{n}"\n\n--b{n}\n' for n in range(depth))
    page = "Content-Type: text/html; charset=utf-8\n\n<p>要守住底线。</p>\n"
    return ("MIME-Version: 1.0\n" + "".join(heads) + page).encode()


LOOSE = Limits(zip_ratio=10**9)


@pytest.mark.parametrize(
    "data",
    [
        nested_mail(3000),
        b"{\\rtf1 " + b"{" * 50_000 + b"a" + b"}" * 50_000 + b"}",
        b"{\\rtf1 " + b"{\\b " * 50_000 + b"a",
        ("<html>" + "<div>" * 20_000 + "要守住底线。").encode(),
        ("<html><p>" + "<b>" * 20_000 + "要守住底线。").encode(),
        docx("<w:sdt><w:sdtContent>" * 20_000 + p("一") + "</w:sdtContent></w:sdt>" * 20_000),
        docx("<w:p>" + "<w:ins>" * 20_000 + "</w:ins>" * 20_000 + "</w:p>" + p("一")),
        docx(p("一"), styles="<w:x>" * 20_000 + "</w:x>" * 20_000),
    ],
    ids=["mht", "rtf", "rtf open", "html", "html open", "docx", "docx inside", "docx styles"],
)
def test_what_is_nested_in_a_file_is_read_or_told(data):
    """However deep, a file is lines or one reason; no reader goes down with it."""
    try:
        assert read_bytes(data, path="a", limits=LOOSE).lines
    except Unreadable as unreadable:
        assert "too deep" in str(unreadable)  # noqa: PT017


@pytest.fixture
def no_network(monkeypatch):
    """Make every socket an error."""

    def refuse(*_, **__):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_a_word_file_fetches_nothing(no_network, tmp_path):
    """Relationships that lead out, templates, pictures, fields: the text is read, no more."""
    secret = tmp_path / "secret.txt"
    secret.write_text("机密", "utf-8")
    body = (
        p("同志们：")
        + '<w:altChunk r:id="r9"/><w:p><w:r><w:fldSimple w:instr="INCLUDETEXT secret.txt"/>'
        "<w:t>要守住底线。</w:t></w:r></w:p>"
    )
    relations = "".join(
        f'<Relationship Id="r{n}" Type="{OFFICE}/{kind}" Target="{target}" TargetMode="External"/>'
        for n, (kind, target) in enumerate(
            [
                ("attachedTemplate", "http://192.0.2.1/t.dotm"),
                ("image", "http://192.0.2.1/i.png"),
                ("styles", secret.as_uri()),
                ("header", "../../../secret.txt"),
                ("footnotes", "http://192.0.2.1/f.xml"),
                ("numbering", "/etc/passwd"),
            ]
        )
    )
    whole = {
        "[Content_Types].xml": "<Types/>",
        "word/document.xml": f'<w:document {SPACES} xmlns:r="{OFFICE}"><w:body>{body}</w:body>'
        "</w:document>",
        "word/_rels/document.xml.rels": f"<Relationships>{relations}</Relationships>",
    }
    raw = read_bytes(zipped(whole), path="a.docx")
    assert raw.lines == ("同志们：", "要守住底线。")


def test_a_page_runs_and_fetches_nothing(no_network):
    """Scripts, frames, refreshes, entities that grow: what is to be read is read."""
    page = """<!DOCTYPE html [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">
    <!ENTITY c SYSTEM "file:///etc/passwd">]><html><head>
    <meta http-equiv="refresh" content="0;url=http://192.0.2.1/">
    <base href="http://192.0.2.1/"><link rel="stylesheet" href="x.css">
    <script>document.write("脚本写的字");</script><style>p::before{content:"样式"}</style>
    </head><body onload="x()"><p>同志们：</p>
    <iframe src="http://192.0.2.1/">框里</iframe><img src="x" onerror="y" alt="图">
    <p>要&#x5B88;住底线，&lt;script&gt;不是标签。&b;&c;</p><template><p>模板</p></template>
    <svg><script>坏</script></svg><object data="http://192.0.2.1/o"></object>
    <p>要把责任扛起来。</p></body></html>"""
    raw = read_bytes(page.encode(), path="a.html")
    text = "\n".join(raw.lines)
    assert "要守住底线，<script>不是标签。" in text
    assert "要把责任扛起来。" in text
    for hidden in ("脚本写的字", "样式", "坏", "root:", "aaaa"):
        assert hidden not in text
