"""Tests of the work that reading takes."""

from contextlib import suppress

import pytest

from engine.errors import SearchError
from engine.search.parse import read
from engine.search.scanner import Scanner
from tests.engine.search.samples import NOW

REPEATED = [
    "a:b ",
    "a:[b, ",
    'a:["b", ',
    'a:["b, ',
    "a:[1, ",
    "a:[b,",
    "a:[b] ",
    "[",
    "a:[",
    "(",
    "()",
    "a (",
    "a (b:c ",
    "(a) ",
    "x (a (",
    '"',
    '\\"',
    'a:"',
    'a:"b" ',
    'a:"\\" ',
    'a("',
    'a("b", ',
    'a("x a(", ',
    "a(b,",
    "a(b, ",
    "a(b):1 ",
    "has:a",
    "has:",
    "tags[a]:b ",
    "tags[",
    "tags[a",
    "a:5,",
    "!",
    "!a",
    "OR ",
    "or",
    "a",
    "a-",
    " ",
    "\\",
    "*",
    "\t",
    'a:""',
    'x a:""b:"" ',
]


def work(text: str) -> int:
    """Count the steps of reading, whatever its end."""
    scanner = Scanner(text)
    with suppress(SearchError):
        read(scanner, now=NOW, nesting=len(text))
    return scanner.steps


@pytest.mark.parametrize("piece", REPEATED)
@pytest.mark.parametrize("tail", ["", ")", '"', "]", "\n"])
def test_work_is_linear_in_the_length(piece: str, tail: str) -> None:
    """Twice the text takes about twice the steps, and never many for each character."""
    short, long = piece * 200 + tail, piece * 400 + tail

    assert work(long) <= 2.1 * work(short) + 100
    assert work(long) <= 30 * len(long)
