"""Known requests and known answers, and how a reply is held against them.

Owns the reading of `cases.json`, and what each kind of expectation means. Does not know pytest,
nor who answers: an `Ask` may be this service in the same process or any server far away.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlencode

import httpx

from engine.limits import INTERVAL_WORDS
from tests.legs import Reply, read_link

FOLDER = Path(__file__).parent
TIMEOUT_SECONDS = 60.0
USUAL_NOW = datetime.fromisoformat("2021-01-14T12:27:28.303Z")
"""The moment at which most cases ask; a server that is asked from afar has to stop there."""

USUAL_INTERVAL = "ten seconds"
"""The smallest interval of most cases; a server that is asked from afar has to allow it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One request of one caller at one moment, and what has to come back.

    `links` says for each relation whether there is such a page.
    """

    id: str
    now: datetime
    organization: str
    token: str
    fixture: str
    smallest_interval: str
    parameters: tuple[tuple[str, str], ...]
    status: int
    expected: Mapping[str, object]
    links: Mapping[str, bool] = field(default_factory=dict)

    @property
    def smallest_interval_seconds(self) -> int:
        """Give the smallest interval as a number."""
        return {words: seconds for seconds, words in INTERVAL_WORDS.items()}[self.smallest_interval]


Ask: TypeAlias = Callable[[Case], Reply]


def read_cases() -> tuple[Case, ...]:
    """Read all cases."""
    raw = json.loads((FOLDER / "cases.json").read_text("utf-8"))
    return tuple(_case(one) for one in raw)


def _case(raw: Mapping[str, object]) -> Case:
    parameters = raw["parameters"]
    assert isinstance(parameters, list)
    values = {
        **raw,
        "now": datetime.fromisoformat(str(raw["now"])),
        "parameters": tuple((name, value) for name, value in parameters),
    }
    return Case(**values)  # type: ignore[arg-type]  # the file has exactly these keys


def remote_cases(cases: Sequence[Case], fixture: str) -> tuple[Case, ...]:
    """Choose the cases that a server far away can answer: one fixture, one moment, one caller."""
    return tuple(
        case
        for case in cases
        if case.fixture == fixture
        and case.token == "admin"
        and case.now == USUAL_NOW
        and case.smallest_interval == USUAL_INTERVAL
    )


def ask_server(client: httpx.Client, token: str) -> Ask:
    """Give a way to ask a server over HTTP; it only ever reads."""

    def ask(case: Case) -> Reply:
        response = client.get(
            f"/api/0/organizations/{case.organization}/sessions/?{urlencode(case.parameters)}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_SECONDS,
        )
        page = read_link(response.headers.get("link", ""))
        return Reply(status=response.status_code, body=response.json(), page=page)

    return ask


def complaints(ask: Ask, cases: Sequence[Case]) -> Mapping[str, str]:
    """Ask every case and give what is wrong with each reply that is not as expected, by case id."""
    found: dict[str, str] = {}
    for case in cases:
        try:
            check(ask(case), case)
        except AssertionError as error:
            found[case.id] = str(error)
    return found


def check(reply: Reply, case: Case) -> None:
    """Hold a reply against what is expected; AssertionError says where they part."""
    assert reply.status == case.status, (reply.status, reply.body)
    kind = str(case.expected["kind"])
    _CHECKS[kind](reply, case.expected)
    if case.links:
        known = {"previous": reply.page["earlier"], "next": reply.page["more"]}
        assert {name: bool(known[name]) for name in case.links} == case.links


def _exact_body(reply: Reply, expected: Mapping[str, object]) -> None:
    assert reply.body == expected["body"]


def _exact_body_groups_sorted(reply: Reply, expected: Mapping[str, object]) -> None:
    body = expected["body"]
    assert isinstance(body, Mapping)
    assert {**reply.body, "groups": _sorted(reply.groups())} == {
        **body,
        "groups": _sorted(body["groups"]),
    }


def _groups_sorted(reply: Reply, expected: Mapping[str, object]) -> None:
    assert _sorted(reply.groups()) == _sorted(_groups(expected))


def _groups_in_order(reply: Reply, expected: Mapping[str, object]) -> None:
    assert reply.groups() == _groups(expected)


def _groups_nearly(reply: Reply, expected: Mapping[str, object]) -> None:
    assert _near(_sorted(reply.groups()), _sorted(_groups(expected)))


def _detail_equals(reply: Reply, expected: Mapping[str, object]) -> None:
    assert reply.body == {"detail": expected["detail"]}


def _detail_starts(reply: Reply, expected: Mapping[str, object]) -> None:
    assert str(reply.body["detail"]).startswith(str(expected["detail"]))


def _range(reply: Reply, expected: Mapping[str, object]) -> None:
    assert (reply.body["start"], reply.body["end"]) == (expected["start"], expected["end"])
    intervals = reply.body["intervals"]
    assert isinstance(intervals, list)
    starts = [datetime.fromisoformat(start).timestamp() for start in intervals]
    ends = [*starts[1:], datetime.fromisoformat(str(expected["end"])).timestamp()]
    steps = {end - start for start, end in zip(starts, ends, strict=True)}
    assert steps == {expected["interval_seconds"]}


def _query_echo(reply: Reply, expected: Mapping[str, object]) -> None:
    assert reply.body["query"] == expected["query"]


def _status_only(_reply: Reply, _expected: Mapping[str, object]) -> None:
    """Nothing more is known."""


_CHECKS = {
    "exact_body": _exact_body,
    "exact_body_groups_sorted": _exact_body_groups_sorted,
    "groups_sorted_by_by": _groups_sorted,
    "groups_in_order": _groups_in_order,
    "groups_approx_sorted_by_by": _groups_nearly,
    "detail_equals": _detail_equals,
    "detail_starts": _detail_starts,
    "range": _range,
    "query_echo": _query_echo,
    "status_only": _status_only,
}


def _groups(expected: Mapping[str, object]) -> list[Mapping[str, object]]:
    groups = expected["groups"]
    assert isinstance(groups, list)
    return groups


def _sorted(groups: Sequence[Mapping[str, object]]) -> list[Mapping[str, object]]:
    return sorted(groups, key=lambda group: json.dumps(group["by"], sort_keys=True))


def _near(one: object, other: object) -> bool:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_near(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_near, one, other))
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-6)
    return one == other
