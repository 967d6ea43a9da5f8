"""Whether a reply is what a scenario has written down, and whether two JSON values are the same.

Owns the comparison, the order of keys included. Does not know who replied.
"""

import math
from collections.abc import Mapping, Sequence

from tests.legs import Reply
from tests.scenario import Expected

COUNTS = ("sum(session)", "count_unique(user)")
BODY_KEYS = ["groups", "start", "end", "intervals", "query"]


def check(reply: Reply, expected: Expected, query: str) -> None:
    """Compare a reply with what is written; AssertionError says where they part."""
    if expected.fail is not None:
        assert (reply.status, reply.body) == (
            expected.fail[0],
            {"detail": expected.fail[1]},
        ), expected.place
        return
    assert reply.status == 200, (expected.place, reply.body)
    _check_frame(reply, expected, query)
    groups = reply.groups()
    if expected.count is not None:
        assert len(groups) == expected.count, expected.place
    if expected.groups is not None:
        assert [group["by"] for group in groups] == [group["by"] for group in expected.groups], (
            expected.place
        )
        for group, wanted in zip(groups, expected.groups, strict=True):
            _check_group(group, wanted, expected.place)


def _check_frame(reply: Reply, expected: Expected, query: str) -> None:
    assert list(reply.body) == BODY_KEYS, expected.place
    assert reply.body["query"] == query, expected.place
    if expected.range is not None:
        assert (reply.body["start"], reply.body["end"]) == expected.range, expected.place
    intervals = reply.body["intervals"]
    if expected.buckets is not None:
        assert isinstance(intervals, Sequence)
        assert len(intervals) == expected.buckets, expected.place
    page = {name: reply.page[name] for name in expected.page}
    assert page == expected.page, expected.place


def _check_group(group: Mapping[str, object], wanted: Mapping[str, object], place: str) -> None:
    assert list(group) == list(wanted), place
    for part in ("totals", "series"):
        got, written = group.get(part, {}), wanted.get(part, {})
        assert isinstance(got, Mapping)
        assert isinstance(written, Mapping)
        assert list(got) == list(written), (place, part)
        for name, value in got.items():
            assert same(value, written[name]), (place, group["by"], part, name, value)
            assert name not in COUNTS or _whole(value), (place, part, name, value)


def _whole(value: object) -> bool:
    return all(_whole(one) for one in value) if isinstance(value, list) else isinstance(value, int)


def same(one: object, other: object) -> bool:
    """Compare two JSON values; numbers may differ in their last digits."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return one == other
