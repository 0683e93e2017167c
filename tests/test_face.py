"""What a user of the package sees first: its names, and the text that says how it is built."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys

import pytest
from test_house import ROOMS

import lianzheng_search
from lianzheng_search import model
from lianzheng_search.corpus import Corpus


def test_the_architecture_names_every_room_in_its_order():
    """The list in the package's docstring is the list that is held."""
    told = lianzheng_search.__doc__ or ""
    listed = re.findall(r"^    (\w+)  +\S", told, re.MULTILINE)
    apart = {"signals", "messages", "__main__"}  # in the line of their neighbour
    assert listed == [room for room in ROOMS if room not in apart]
    assert all(room in told for room in apart)


@pytest.mark.parametrize("name", lianzheng_search.__all__)
def test_what_the_package_offers_is_there(name):
    """Each name gives the thing itself; a noun is that of the model."""
    thing = getattr(lianzheng_search, name)
    assert thing.__name__ == name
    assert getattr(model, name, thing) is thing


def test_a_name_that_is_none_is_refused():
    """As any module does it."""
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = lianzheng_search.Nothing


def test_nothing_is_imported_before_it_is_asked_for():
    """`--help` waits for no class of ours."""
    program = "import sys, lianzheng_search; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert [name for name in done.stdout.split() if name.startswith("lianzheng_search")] == [
        "lianzheng_search"
    ]


def test_a_method_a_command_says_what_it_does():
    """One class, nothing inherited; every method has a docstring and a return type."""
    assert Corpus.__bases__ == (object,)
    for name, method in inspect.getmembers(Corpus, inspect.isfunction):
        assert method.__doc__ or name.startswith("__"), name
        assert "return" in method.__annotations__, name
