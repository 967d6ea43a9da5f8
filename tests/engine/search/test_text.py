"""Tests of printing a tree."""

import pytest
from hypothesis import example, given, settings

from engine.errors import SearchError
from engine.search.parse import parse
from engine.search.text import text_of
from tests.engine.search.samples import QUERIES, cases, read

PRINTED = cases("printing") | {
    name: case for name, case in cases("parse").items() if "error" not in case
}


@pytest.mark.parametrize("name", PRINTED)
def test_collected_queries_survive_printing(name: str) -> None:
    """Each collected query that can be read prints to text that reads to the same tree."""
    tree = read(PRINTED[name]["query"])

    assert read(text_of(tree)) == tree


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("", ""),
        ("release:a", 'release:"a"'),
        ("!release:[a, b]", '!release:["a","b"]'),
        ("!has:release", "!has:release"),
        ("release:a or (b)", 'release:"a" OR ( "b")'),
        ("release.version:>=1.2", 'release.version:>="1.2"'),
        ("project_id:5", "project_id:5"),
        ("timestamp:!=2020-01-01", "timestamp:!=2020-01-01"),
        ("a:b\\", "a:=b\\"),
    ],
)
def test_there_is_one_spelling(text: str, printed: str) -> None:
    """Printing gives the same text for the same meaning."""
    assert text_of(read(text)) == printed


@settings(max_examples=300, deadline=None)
@given(QUERIES)
@example("!release.version:<==a\\")
@example("release.version:>=a\\")
@example('x\\ ( a) "b" (c\\)')
@example('a:[b\\,"c d",]\\]')
@example("\"has\":5 'is':x tags[has]:y")
@example('a:\\\\"b a:>"c"')
@example("stack.in_app:true !stack.in_app:1 !project_id:[1,2] project_id:>5m")
def test_printing_and_reading_gives_the_same_tree(text: str) -> None:
    """Whatever can be read prints to text that reads to the same tree."""
    try:
        tree = parse(text)
    except SearchError:
        return

    assert parse(text_of(tree)) == tree
