"""The user's own files: nothing that is added is lost, however many add at once."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from filelock import FileLock

from lianzheng_search.errors import RequestError
from lianzheng_search.files import user_files as own_files
from lianzheng_search.files.private_folders import cache_folder
from lianzheng_search.files.user_files import change_file

WRITERS, EACH = 6, 4
ADD_THEMES = """
import sys
import lianzheng_search
corpus = lianzheng_search.open(sys.argv[1])
sys.stdin.read()
for n in range(int(sys.argv[3])):
    corpus.new_theme(f"第{sys.argv[2]}个写的第{n}个", [f"词语{sys.argv[2]}之{n}"])
"""
ADD_RULES = """
import sys
import lianzheng_search
from lianzheng_search.cleaning.learning import Recurring
corpus = lianzheng_search.open(sys.argv[1])
corpus.index_directory.mkdir(exist_ok=True)
sys.stdin.read()
for n in range(int(sys.argv[3])):
    line = f"青澜文库第{sys.argv[2]}册之{n}"
    corpus.accept([Recurring(key=line, regions=("head",), files=3, count=3,
                             examples=(("a.txt", 1, line),))])
"""


def all_at_once(code, folder):
    """Start writers, let them go when all are ready, and give what they say."""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(folder), chr(ord("甲") + n), str(EACH)],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for n in range(WRITERS)
    ]
    for writer in writers:
        writer.stdin.close()
        writer.stdin = None
    return [writer.communicate(timeout=300)[1].decode() for writer in writers]


@pytest.mark.promise("your files")
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_themes_of_many_writers_at_once(tmp_path, bom):
    """Broken once: of six that added a theme at the same time, two were lost."""
    file = tmp_path / "themes.toml"
    if bom:
        first = '["家"]\r\ndefinition = "家"\r\nterms.5 = ["家风"]\r\n'
        file.write_bytes(bom + first.encode())
    assert all_at_once(ADD_THEMES, tmp_path) == [""] * WRITERS
    text = file.read_bytes()
    themes = tomllib.loads(text.decode("utf-8-sig").replace("\r\n", "\n"))
    assert sum(name.startswith("第") for name in themes) == WRITERS * EACH
    assert text.startswith(bom)
    assert text.count(b"\r\n") == (text.count(b"\n") if bom else 0)
    assert [one.name for one in tmp_path.iterdir()] == ["themes.toml"]


@pytest.mark.promise("your files")
def test_rules_of_many_writers_at_once(tmp_path):
    """The same of the watermark rules that are learned."""
    assert all_at_once(ADD_RULES, tmp_path) == [""] * WRITERS
    rules = tomllib.loads((tmp_path / "watermarks.toml").read_text("utf-8"))["rule"]
    assert sum(rule["name"].startswith("learned-") for rule in rules) == WRITERS * EACH


def test_who_waits_too_long_is_told(tmp_path, monkeypatch):
    """And nothing is changed; the lock lies in the cache folder, not beside the file."""
    file = tmp_path / "themes.toml"
    monkeypatch.setenv("LIANZHENG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(own_files, "WAIT", 0.2)
    change_file(file, lambda text: "one\n")
    (lock,) = (tmp_path / "cache").iterdir()
    with FileLock(lock), pytest.raises(RequestError, match="another run is changing it"):
        change_file(file, lambda text: "two\n")
    assert file.read_text("utf-8") == "one\n"
    assert {one.name for one in tmp_path.iterdir()} == {"themes.toml", "cache"}


def test_one_file_has_one_lock(tmp_path, monkeypatch):
    """By whatever name it is called."""
    monkeypatch.setenv("LIANZHENG_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    for name in ("a.toml", "./a.toml", tmp_path / "cache" / ".." / "a.toml"):
        change_file(Path(name), lambda text: (text or "") + "x")
    assert len(list((tmp_path / "cache").iterdir())) == 1
    assert (tmp_path / "a.toml").read_text("utf-8") == "xxx"


def test_where_there_is_no_cache_it_goes_on(tmp_path, monkeypatch):
    """A home that cannot be written costs the lock, not the work; the second look stays."""
    monkeypatch.setenv("LIANZHENG_CACHE", str(tmp_path / "file" / "cache"))
    (tmp_path / "file").touch()
    assert cache_folder() is None
    file = tmp_path / "themes.toml"
    change_file(file, lambda text: "one\n")

    def edited_while(text):
        file.write_text("theirs\n", "utf-8")
        return "two\n"

    with pytest.raises(RequestError, match="changed meanwhile"):
        change_file(file, edited_while)
    assert file.read_text("utf-8") == "theirs\n"


@pytest.mark.skipif(os.name == "nt", reason="permissions are of another kind there")
def test_the_cache_is_for_its_user_alone(tmp_path, monkeypatch):
    """It is made so; one that others can write into is not used."""
    for name in ("LIANZHENG_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = cache_folder()
    assert folder is not None
    assert folder.is_relative_to(tmp_path)
    assert folder.name == "lianzheng-search"
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o777)
    assert cache_folder() is None


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="they have other folders")
def test_the_cache_lies_where_the_system_keeps_such_things(tmp_path, monkeypatch):
    """XDG_CACHE_HOME, where it is a whole path; LIANZHENG_CACHE before it."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LIANZHENG_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder() == tmp_path / "home" / ".cache" / "lianzheng-search"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "lianzheng-search"
    monkeypatch.setenv("LIANZHENG_CACHE", str(tmp_path / "ours"))
    assert cache_folder() == tmp_path / "ours"
