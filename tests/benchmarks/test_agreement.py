"""The comparison: it must see what differs, or agreement would mean nothing."""

from dataclasses import replace

import orjson
import pytest

from benchmarks.race.agreement import differences, same_over_http
from benchmarks.race.rows import Rows
from engine.result import Group, Page, Result

PAGE = Page(offset=0, previous_offset=0, next_offset=0, more=False)
RESULT = Result(
    start=0,
    end=7200,
    step=3600,
    groups=(
        Group(
            by={"release": "1.0", "session.status": "healthy"},
            totals={"sum(session)": 3},
            series={"sum(session)": (3, 0)},
        ),
    ),
    query="",
    page=PAGE,
)
TOTALS = Rows(names=("release", "sum(session) healthy"), rows=[("1.0", 3)])
SERIES = Rows(names=("release", "bucket", "sum(session) healthy"), rows=[("1.0", 0, 3)])
BODY = {
    "groups": [
        {
            "by": {"release": "1.0", "session.status": "healthy"},
            "totals": {"sum(session)": 3},
            "series": {"sum(session)": [3, 0]},
        }
    ]
}


def test_same_numbers_agree() -> None:
    """A bucket without a row agrees with 0."""
    assert list(differences(RESULT, TOTALS, SERIES)) == []
    assert same_over_http(RESULT, orjson.dumps(BODY))


@pytest.mark.parametrize(
    ("totals", "series"),
    [
        (replace(TOTALS, rows=[("1.0", 4)]), SERIES),
        (TOTALS, replace(SERIES, rows=[("1.0", 0, 4)])),
        (TOTALS, replace(SERIES, rows=[("1.0", 1, 3)])),
        (replace(TOTALS, rows=[("1.0", 3), ("2.0", 1)]), SERIES),
        (replace(TOTALS, rows=[]), SERIES),
    ],
    ids=["total", "value in series", "another bucket", "a group more", "a group less"],
)
def test_differences_are_seen(totals: Rows, series: Rows) -> None:
    """Each kind of difference gives a line."""
    assert list(differences(RESULT, totals, series))


def test_another_body_is_seen() -> None:
    """HTTP has to answer the very same numbers."""
    body = orjson.loads(orjson.dumps(BODY))
    body["groups"][0]["totals"]["sum(session)"] = 4

    assert not same_over_http(RESULT, orjson.dumps(body))
