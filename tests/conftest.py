"""What every test uses: one small speech, a corpus made of it, and where the real files are."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

# Where tests run in the background these are ignored, and what they start would inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
WATCH = Path(__file__).parent / "watch"
runpy.run_path(str(WATCH / "sitecustomize.py"))  # no network here, nor in what tests start
os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(WATCH), *filter(None, [os.environ.get("PYTHONPATH")])]
)
os.environ["LIANZHENG_CACHE"] = tempfile.mkdtemp(prefix="lianzheng-tests-")
os.environ["LIANZHENG_LANG"] = "en"  # before anything of ours is imported
for name in ("LIANZHENG_CORPUS", "LIANZHENG_INDEX", "LIANZHENG_THEMES", "LIANZHENG_WATERMARKS"):
    os.environ.pop(name, None)

import pytest
from hypothesis import HealthCheck, settings

import lianzheng_search
from lianzheng_search.model import CleanText, Line, Speech
from lianzheng_search.structure.parse import parse

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "data"

LONG = bool(os.environ.get("LIANZHENG_LONG"))
"""Whether to try every byte, every instant, every pair, and all examples: hours, not minutes."""


def often(examples: int) -> int:
    """Return the number of examples of a run: a sixth of these, all of them in a long one."""
    return examples if LONG else max(12, examples // 6)


settings.register_profile(
    "default",
    max_examples=often(100),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.register_profile(
    "explore", settings.get_profile("default"), max_examples=100, derandomize=False
)
settings.load_profile("default")

SPEECH = """\
仅供内部交流，请勿外传
竹溪文库
更多范文请加QQ 700000999

在云岭县作风建设推进会上的讲话
（2024年3月8日）

竹溪文库整理，咨询QQ700000999
同志们：
今天开这个会，是要把作风的弦再紧一紧。下面，我讲三点意见。
一、强化学习意识，把方向看准
学习是干部的看家本领。一是要学深悟透，读原著、记原文。二是要学用结合，用“四个意识”校准偏差。三是要学在平时，不搞突击。
二、强化责任意识，把担子挑稳
主体责任不是一句口号，敢于担当才算扛起了责任。首先，书记要带头；其次，班子要跟上；最后，全县XX个单位要见行动。
三、强化家风意识，把家门看牢
家风连着作风，家教关乎廉洁。要管好配偶子女，过好亲情关。
谢谢大家！

竹溪文库整理，咨询QQ700000999
"""
"""A speech written for the tests: every line of it is used somewhere."""


def speech(text: str, path: str = "speech.txt") -> Speech:
    """Parse a text without watermarks."""
    lines = tuple(Line(n, line) for n, line in enumerate(text.split("\n"), start=1))
    return parse(CleanText(path=path, encoding="utf-8", lines=lines))


def shared(folder: str) -> Path:
    """Give a folder of real text; skip the test, saying so, where it is not there."""
    if not (SHARED / folder).is_dir():
        pytest.skip(f"the real files are not here: {SHARED / folder}")
    return SHARED / folder


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let who runs the tests ask for other examples than those of every run."""
    parser.addoption("--explore", action="store_true", help="draw examples at random")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take one case in five of each matrix, beginning with its first; all in a long run."""
    if LONG:
        return
    cases: Counter[str] = Counter()
    kept, left_out = [], []
    for item in items:
        name = item.nodeid.partition("[")[0]
        is_case = item.get_closest_marker("matrix") is not None
        (left_out if is_case and cases[name] % 5 else kept).append(item)
        cases[name] += 1
    config.hook.pytest_deselected(items=left_out)
    items[:] = kept


def pytest_configure(config: pytest.Config) -> None:
    """The same examples each time, unless others are asked for."""
    if config.getoption("explore"):
        settings.load_profile("explore")


@pytest.fixture
def exploring(request: pytest.FixtureRequest) -> bool:
    """Whether examples are drawn at random."""
    return bool(request.config.getoption("explore"))


def pytest_unconfigure() -> None:
    """Remove the cache folder of the tests."""
    shutil.rmtree(os.environ["LIANZHENG_CACHE"], ignore_errors=True)


@pytest.fixture(scope="session")
def indexed_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three small speeches, indexed; one of them in GB18030."""
    directory = tmp_path_factory.mktemp("indexed") / "speeches"
    directory.mkdir()
    (directory / "a.txt").write_text(SPEECH, "utf-8")
    other = re.sub("2024年3月8日", "2022年5月", SPEECH.replace("云岭县", "石桥镇"))
    (directory / "b.txt").write_bytes(other.encode("gb18030"))
    (directory / "sub").mkdir()
    (directory / "sub" / "c.md").write_text("# 提纲\n\n敢于担当，善于作为。\n", "utf-8")
    with lianzheng_search.open(directory) as opened:
        opened.index()
    return directory


@pytest.fixture
def corpus(indexed_folder: Path, tmp_path: Path) -> Iterator[lianzheng_search.corpus.Corpus]:
    """A corpus of three small speeches, indexed, of its own; one of them in GB18030."""
    directory = tmp_path / "speeches"
    shutil.copytree(indexed_folder, directory)
    with lianzheng_search.open(directory) as opened:
        yield opened
