"""Tests of what is said about wrong values, and where."""

import pytest

from engine.errors import SearchError
from tests.engine.search.samples import read


@pytest.mark.parametrize(
    ("text", "message", "span"),
    [
        ("a:b (c:d", "Parse error at 'a:b (c:d' (column 5)", (4, 5)),
        ("a:b\nx)", "Parse error at 'a:b\nx)' (column 4)", (3, 4)),
        ('"\n"a:b )', "Parse error at '\n\"a:b )' (column 6)", (7, 8)),
        ("a:b release:", "Empty string after 'release:'", (4, 12)),
        ('a:b"c', "Invalid quote at 'b\"c'", (3, 4)),
        (r'release:a\""\ ', "Invalid quote at 'a\\\"\"\\'", (11, 12)),
        ("x:y a:[b,]", "Lists should not have empty values", (4, 10)),
        (
            "has:[a]",
            'Invalid format for "has" search: was expecting a field or tag instead',
            (0, 7),
        ),
        ('!is:"x', "Invalid quote at '\"x'", (4, 5)),
        ("x is:y", '"is:" queries are not supported in this search.', (2, 6)),
        ("timestamp:>x", "timestamp: Invalid date: >x. Expected", (0, 12)),
        ("timestamp:[a,b]", "timestamp: Invalid date: ['a', 'b']. Expected", (0, 15)),
        ("timestamp:2020-13-01", "2020-13-01 is not a valid datetime query", (0, 20)),
        ("start:>2020-13-01", "2020-13-01 is not a valid ISO8601 date query", (0, 17)),
        (
            "stack.in_app:5",
            "stack.in_app: Invalid boolean: 5. Expected true, 1, false, or 0.",
            (0, 14),
        ),
        ("project_id:5kb", "project_id: Invalid number: 5kb. Expected number", (0, 14)),
        ('project_id:""', "project_id: Invalid number: . Expected number", (0, 13)),
        ("project_id:5s", "s is not a valid number suffix, must be k, m or b", (0, 13)),
        ("project_id:true", "Invalid number", (0, 15)),
        ("measurements.fp:x", "measurements.fp: Invalid number: x. Expected", (0, 17)),
        ("x:y count(a,):1", "Lists should not have empty values", (4, 15)),
    ],
)
def test_errors_tell_the_true_place(text: str, message: str, span: tuple[int, int]) -> None:
    """Each error has the reference's text and beside it the range it is about."""
    with pytest.raises(SearchError) as caught:
        read(text)

    assert caught.value.message.startswith(message)
    assert caught.value.span == span


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a (b", "opens a group that is not closed"),
        ("a )", "closes nothing"),
        ("a:b\nc", "within quotes"),
        ("release: a", 'release:""'),
        ('release:a"b', "for a quote"),
        ("release:[a,]", "comma before the closing bracket"),
        ("has:", "has:release"),
    ],
)
def test_errors_give_a_hint(text: str, hint: str) -> None:
    """Beside the reference's text an error says what to do."""
    with pytest.raises(SearchError) as caught:
        read(text)

    assert hint in caught.value.hint
