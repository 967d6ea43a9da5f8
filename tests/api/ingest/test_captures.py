"""Requests as real SDKs sent them, byte for byte; what they say is added up here once more.

The sum below knows nothing of the product: it unpacks bodies with the libraries, reads lines as
JSON, and follows the folding rule in a dozen lines of plain Python.
"""

import base64
import gzip
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import brotli
import pytest

from tests.api.ingest.conftest import NOW, PROJECT, House

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "cases" / "requests.json").read_text(encoding="utf-8")
)
WORST = ("crashed", "abnormal", "unhandled")
SLACK = timedelta(hours=1)


def body_of(case: Mapping[str, Any]) -> bytes:
    """Give the body as it travelled."""
    return base64.b64decode(case["body"])


def payloads(case: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Read the payloads of a request: every second line after the first."""
    body = body_of(case)
    headers = {name.lower(): value for name, value in case["headers"]}
    encoding = headers.get("content-encoding")
    if encoding == "gzip":
        body = gzip.decompress(body)
    elif encoding == "br":
        body = brotli.decompress(body)
    for line in body.decode().splitlines()[2::2]:
        yield json.loads(line)


def fold(updates: list[dict[str, Any]]) -> tuple[str, str, str]:
    """Give release, environment and status of one session."""
    first = min(updates, key=lambda one: (not one.get("init", False), one["timestamp"]))
    statuses = {one["status"] for one in updates}
    errors = any(one.get("errors") for one in updates)
    status = next((w for w in WORST if w in statuses), "errored" if errors else "healthy")
    return first["attrs"]["release"], first["attrs"]["environment"], status


def expected(cases: list[dict[str, Any]]) -> Counter[tuple[str, str, str]]:
    """Count the sessions of all requests by release, environment and status."""
    sums: Counter[tuple[str, str, str]] = Counter()
    sessions: dict[str, list[dict[str, Any]]] = {}
    for payload in (payload for case in cases for payload in payloads(case)):
        if "sid" in payload:
            sessions.setdefault(payload["sid"].replace("-", ""), []).append(payload)
        for entry in payload.get("aggregates", []):
            names = payload["attrs"]["release"], payload["attrs"]["environment"]
            for status in ("errored", *WORST):
                sums[*names, status] += entry.get(status, 0)
            sums[*names, "healthy"] += entry.get("exited", 0)
    sums.update(fold(updates) for updates in sessions.values())
    return +sums


def people(cases: list[dict[str, Any]]) -> dict[str, int]:
    """Count the users of each release that has any."""
    seen: dict[str, set[str]] = {}
    for payload in (payload for case in cases for payload in payloads(case)):
        users = seen.setdefault(payload["attrs"]["release"], set())
        users.update({payload["did"]} if "did" in payload else ())
    return {release: len(users) for release, users in seen.items() if users}


def send(house: House, case: Mapping[str, Any], *, shift: timedelta = timedelta()) -> None:
    """Send one request when it was sent, or a little earlier or later."""
    house.watch.moment = datetime.fromisoformat(case["received"]) + shift
    headers = [(name, value) for name, value in case["headers"]]
    answer = house.client.post(case["path"], content=body_of(case), headers=headers)

    assert (answer.status_code, answer.json()) == (200, {})


def found(house: House) -> Counter[tuple[str, ...]]:
    """Count what the service counts, an hour after the last request."""
    house.watch.moment = NOW + SLACK
    keys = ("release", "environment", "session.status")
    return +Counter({by: n for by, (n,) in house.sessions("sum(session)", by=keys).items()})


@pytest.mark.parametrize("reverse", [False, True], ids=["in order", "backwards"])
def test_all_are_counted_once(house: House, reverse: bool) -> None:  # noqa: FBT001  (a table)
    """Every session is there, with its release, environment, ending and user; nothing else is."""
    for case in reversed(CASES) if reverse else CASES:
        send(house, case)

    assert found(house) == expected(CASES)
    by_release = house.sessions("count_unique(user)", by=("release",))
    assert {release: n for (release,), (n,) in by_release.items()} == people(CASES)
    assert house.lost() == {}
    rows = sum(len(one.get("aggregates", [one])) for case in CASES for one in payloads(case))
    assert house.engine.outcomes.accepted() == {PROJECT: rows}


def test_single_sessions_may_be_sent_again(house: House) -> None:
    """What a client sends twice, also much later, is counted once; counts are counted twice."""
    single = [case for case in CASES if all("sid" in one for one in payloads(case))]
    counted = [case for case in CASES if case not in single]
    for case in single:
        send(house, case)
        send(house, case, shift=timedelta(minutes=30))
    for case in counted * 2:
        send(house, case)

    assert found(house) == expected(single) + expected(counted) + expected(counted)


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_each_alone(house: House, case: dict[str, Any]) -> None:
    """One request counts as what it says, so that a failure names the SDK."""
    send(house, case)

    assert found(house) == expected([case])
