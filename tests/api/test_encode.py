"""A result becomes a body, keys in the published order."""

from dataclasses import replace

import orjson
import pytest

from api.encode import dump, encode, well_formed
from engine.result import Group, Page, Result

PAGE = Page(offset=0, previous_offset=0, next_offset=5000, more=False)


def result(*groups: Group, start: int = 1773014400, days: int = 2, query: str = "") -> Result:
    """Make a result with daily buckets."""
    return Result(
        start=start, end=start + days * 86_400, step=86_400, groups=groups, query=query, page=PAGE
    )


def spoken(answered: Result) -> dict[str, object]:
    """Give what a caller reads in the body."""
    return dict(orjson.loads(dump(encode(answered))))


def test_a_whole_body() -> None:
    """The body has exactly these keys, in exactly this order."""
    group = Group(
        by={"project": 1, "release": "a@1", "session.status": "healthy"},
        totals={"sum(session)": 9, "crash_rate(session)": None},
        series={"sum(session)": (0, 9), "crash_rate(session)": (None, 0.5)},
    )

    assert dump(encode(result(group, query="release:a@1"))) == (
        b'{"groups":[{"by":{"project":1,"release":"a@1","session.status":"healthy"},'
        b'"totals":{"sum(session)":9,"crash_rate(session)":null},'
        b'"series":{"sum(session)":[0,9],"crash_rate(session)":[null,0.5]}}],'
        b'"start":"2026-03-09T00:00:00Z","end":"2026-03-11T00:00:00Z",'
        b'"intervals":["2026-03-09T00:00:00Z","2026-03-10T00:00:00Z"],'
        b'"query":"release:a@1"}'
    )


def test_what_is_left_out_has_no_key() -> None:
    """A group without totals or series does not mention them."""
    body = spoken(
        result(
            Group(by={}, totals=None, series={"sum(session)": (1, 2)}),
            Group(by={}, totals={"sum(session)": 3}, series=None),
        )
    )

    assert body["groups"] == [
        {"by": {}, "series": {"sum(session)": [1, 2]}},
        {"by": {}, "totals": {"sum(session)": 3}},
    ]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_only_numbers_that_json_can_say_leave(number: float) -> None:
    """NaN and the infinities become null, in totals and in series."""
    group = Group(by={}, totals={"f": number}, series={"f": (number,)})

    assert spoken(result(group))["groups"] == [
        {"by": {}, "totals": {"f": None}, "series": {"f": [None]}}
    ]


def test_early_years_have_four_digits() -> None:
    """A year before 1000 is padded."""
    assert spoken(result(start=-62135596800, days=1))["start"] == "0001-01-01T00:00:00Z"


def test_last_moments() -> None:
    """The last day there is can be answered, bucket by bucket."""
    body = spoken(replace(result(start=253402128000, days=1), step=43_200))

    assert body["intervals"] == ["9999-12-30T00:00:00Z", "9999-12-30T12:00:00Z"]
    assert body["end"] == "9999-12-31T00:00:00Z"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain \u00e9 \U0001f600", "plain \u00e9 \U0001f600"),
        ("a\ud800b", "a\ufffdb"),
        ("\udfff", "\ufffd"),
        ("\ufeffa", "\ufeffa"),
        ("\x00\x1f", "\x00\x1f"),
    ],
    ids=["plain", "high", "low", "byte order mark", "control"],
)
def test_text_is_well_formed(text: str, expected: str) -> None:
    """Only lone surrogates are replaced."""
    assert well_formed(text) == expected


def test_the_query_is_echoed_even_with_lone_surrogates() -> None:
    """What an embedding program passes in never breaks the encoder."""
    body = spoken(result(query="a\ud800"))

    assert body["query"] == "a\ufffd"
