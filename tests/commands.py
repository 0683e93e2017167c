"""Every command, each with what it can write: for the promises that hold for all of them."""

from __future__ import annotations

import os
import subprocess
import sys

import launcher

READING = {
    "help page": ["--help"],
    "version": ["--version"],
    "help": ["help", "search"],
    "help query": ["help", "query"],
    "search": ["search", "责任"],
    "search jsonl": ["search", "责任", "--format", "jsonl", "--with-variants"],
    "search md": ["search", "责任", "--format", "md"],
    "search nothing": ["search", "从来没有写过"],
    "kwic": ["kwic", "意识", "--sort", "left"],
    "kwic csv": ["kwic", "意识", "--format", "csv"],
    "headings": ["headings", "意识"],
    "headings by": ["headings", "--by", "pattern"],
    "headings siblings": ["headings", "--siblings"],
    "show": ["show", "a.txt"],
    "show place": ["show", "a.txt:12"],
    "show md": ["show", "a.txt", "--format", "md"],
    "quotes": ["quotes"],
    "cites": ["cites"],
    "phrases": ["phrases", "--with-variants"],
    "ngrams": ["ngrams", "--with-variants"],
    "outline": ["outline"],
    "outline jsonl": ["outline", "a.txt", "--format", "jsonl"],
    "outline themes": ["outline", "--themes"],
    "themes": ["themes"],
    "themes why": ["themes", "why", "a.txt"],
    "themes suggest": ["themes", "suggest", "家风家教"],
    "themes closest": ["themes", "closest", "a.txt"],
    "themes test": ["themes", "test"],
    "themes unlabelled": ["themes", "--unlabelled"],
    "freq": ["freq", "责任", "--by", "speech"],
    "freq words": ["freq"],
    "collocates": ["collocates", "责任", "--min", "1"],
    "keyness": ["keyness", "--a", "speech:a.txt", "--min", "1"],
    "dispersion": ["dispersion", "责任"],
    "prove": ["prove", "责任", "家风 OR 学习", "--theme", "家风家教"],
    "prove jsonl": ["prove", "强化*意识", "--format", "jsonl"],
    "status": ["status"],
    "status json": ["status", "--format", "json"],
    "clean": ["clean", "CORPUS/a.txt"],
    "clean removed": ["clean", "CORPUS/a.txt", "--removed", "--format", "jsonl"],
    "clean diff": ["clean", "CORPUS/a.txt", "--diff"],
    "clean learn": ["clean", "--learn", "CORPUS"],
    "template": ["template", "themes"],
    "export csv": ["export", "责任"],
    "export jsonl": ["export", "责任", "--format", "jsonl"],
    "export md": ["export", "责任", "--format", "md"],
    "export txt": ["export", "责任", "--format", "txt"],
}
"""What only reads, and prints; CORPUS stands for the folder of the corpus."""


def run(*arguments, stdin=None, env=None, cwd=None):
    """Run the command as a user does, through a pipe; forked where nothing speaks against it."""
    words = list(map(str, arguments))
    environment = os.environ | {"LIANZHENG_LANG": "en", "PYTHONIOENCODING": "utf-8"} | (env or {})
    if launcher.AVAILABLE and set(env or {}) <= launcher.PLAIN:
        return launcher.run(words, environment, cwd and str(cwd), stdin)
    return subprocess.run(
        [sys.executable, "-m", "lianzheng_search", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        input=stdin,
        cwd=cwd,
        env=environment,
        check=False,
    )


def one_line(result, *words):
    """Check that a run ended in one line on standard error, exit code 2, and no traceback."""
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1, result.stderr
    assert result.stderr.startswith("lianzheng: ")
    for word in words:
        assert word in result.stderr
