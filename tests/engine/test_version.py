"""What counts as a version, and in which order versions stand."""

import json
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.version import Version, parse_version

CASES = Path(__file__).parent / "cases"
ORDERS = json.loads((CASES / "version_order.json").read_text(encoding="utf-8"))

VERSION_TEXTS = st.from_regex(
    r"[0-9]{1,2}(\.[0-9]){0,3}(-[a-z1-9]{0,2}(\.[1-9a-]{1,2})?)?(\+[0-9a-]{1,3})?", fullmatch=True
)


def read(text: str) -> Version:
    """Parse a text that is known to be a version."""
    version = parse_version(text)
    assert version is not None
    return version


@pytest.mark.parametrize(
    "case", ORDERS, ids=[f"{case['left']} {case['relation']} {case['right']}" for case in ORDERS]
)
def test_versions_stand_in_the_order_of_the_reference(case: dict[str, str]) -> None:
    """Numbers first, a pre-release before its release, then pre-release text, then build code."""
    left, right = read(case["left"]).order, read(case["right"]).order
    sign = (left > right) - (left < right)

    assert sign in {"<": {-1}, "=": {0}, ">": {1}, ">=": {0, 1}, "!=": {-1, 1}}[case["relation"]]


def test_numeric_build_codes_come_before_other_texts() -> None:
    """A difference: the reference compares 9, 10 and 1a in a circle, here the order is total."""
    codes = ("1a", "10", "9", "-")

    assert sorted(codes, key=lambda code: read(f"1.0+{code}").order) == ["9", "10", "-", "1a"]


def test_numbers_of_any_length_keep_their_value() -> None:
    """A difference: the reference reads a number of more than 64 bits as zero."""
    assert read("99999999999999999999999.1").major == 99999999999999999999999


def test_a_text_longer_than_a_release_name_is_no_version() -> None:
    """Thousands of digits are refused before anything is made of them."""
    assert parse_version("1" * 10_000) is None


def test_precedence_leaves_the_build_code_out() -> None:
    """Two builds of one version rank alike for filters, and apart in the full order."""
    first, second = read("1.2.3+44"), read("1.2.3+45")

    assert first.precedence == second.precedence
    assert first.order < second.order


@given(st.lists(VERSION_TEXTS, min_size=3, max_size=3))
def test_the_order_is_total(texts: list[str]) -> None:
    """Of any two versions one comes first or they rank alike, and no three run in a circle."""
    orders = [version.order for text in texts if (version := parse_version(text))]

    for one, two in permutations(orders, 2):
        assert [one < two, one == two, one > two].count(True) == 1
        assert (one < two) is (two > one)
    for one, two, three in permutations(orders, 3):
        assert one <= three or not one <= two <= three
