"""Tests of what a single value means."""

import re

import pytest

from engine.search.tree import Value
from tests.engine.search.samples import cases

CASES = cases("values")


@pytest.mark.parametrize("name", CASES)
def test_values_mean_what_the_reference_means(name: str) -> None:
    """Each collected value is a pattern or a literal, and the same one."""
    case = CASES[name]
    value = Value(text=str(case["text"]))

    assert value.is_pattern is case["pattern"]
    assert (value.expression if value.is_pattern else value.literal) == case["meaning"]


@pytest.mark.parametrize(
    ("text", "expression"),
    [(r"a\b*", "^ab.*$"), ("a.b*", r"^a\.b.*$"), ("*\\", r"^.*\\$"), ("a\nb*", "^a\\\nb.*$")],
)
def test_patterns_take_a_backslash_as_an_escape(text: str, expression: str) -> None:
    """In a pattern a backslash makes the next character literal, and only `*` is special."""
    value = Value(text=text)

    assert value.is_pattern
    assert value.expression == expression
    assert re.compile(value.expression).groups == 0


def test_plain_values_keep_their_backslashes() -> None:
    """Without a pattern only an escaped asterisk loses its backslash."""
    assert Value(text=r"a\b\\c\*").literal == r"a\b\\c*"
