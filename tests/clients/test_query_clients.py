"""The official clients, unmodified: an envelope goes in by one, and questions go out by two."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast
from urllib.parse import urlencode

import pytest

from engine.clock import real_clock
from tests.clients.installed import COMMANDS, node, run
from tests.clients.service import Service

pytestmark = pytest.mark.installed

SESSIONS = (
    ("7c7b6585-f901-4351-bf8d-02711b721929", "ann", "exited", "app@1.0.0"),
    ("0f02dbff-9422-4022-bd5e-6dfa7364b4b1", "bob", "exited", "app@1.0.0"),
    ("5d1f5a3c-6a0e-4f0f-8d3e-0a4b6c1d2e3f", "bob", "crashed", "app@2.0.0"),
)
COUNTED = {
    ("app@1.0.0", "loopback", "healthy"): (2, 2),
    ("app@2.0.0", "loopback", "crashed"): (1, 1),
}
RANGE: Mapping[str, str | int] = {"statsPeriod": "1d", "interval": "1d", "includeSeries": 0}
BY_RELEASE = [
    {"by": {"release": "app@1.0.0"}, "totals": {"sum(session)": 2, "crash_free_rate(session)": 1}},
    {"by": {"release": "app@2.0.0"}, "totals": {"sum(session)": 1, "crash_free_rate(session)": 0}},
]


def envelope(folder: Path) -> Path:
    """Write an envelope with the sessions, begun now."""
    started = real_clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    lines: list[object] = [{}]
    for session, user, status, release in SESSIONS:
        attributes = {"release": release, "environment": "loopback"}
        told = {"sid": session, "did": user, "init": True, "started": started, "status": status}
        lines += [{"type": "session"}, {**told, "attrs": attributes}]
    path = folder / "sessions.envelope"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return path


def send(service: Service, folder: Path, *, raw: bool = False) -> None:
    """Send the envelope, as it is or taken apart and put together again."""
    words = ["send-envelope", *(["--raw"] if raw else []), str(envelope(folder))]
    result = run(str(COMMANDS / "sentry-cli"), *words, home=folder, SENTRY_DSN=service.dsn)
    assert result.returncode == 0, result.stderr


def test_envelope_is_counted_once(service: Service, tmp_path: Path) -> None:
    """What `sentry-cli send-envelope` sends twice, in two forms, is there once."""
    send(service, tmp_path)
    send(service, tmp_path, raw=True)

    assert service.sees(COUNTED) == COUNTED


def test_generated_client_asks(service: Service, tmp_path: Path) -> None:
    """`@sentry/api` gets rows of rates, of statuses, of a page and of a filter, and the errors."""
    send(service, tmp_path)
    assert service.sees(COUNTED) == COUNTED

    def ask(**query: object) -> tuple[int, Mapping[str, object]]:
        result = node(
            "query.mjs",
            service.address,
            service.secret,
            json.dumps({**RANGE, **query}),
            home=tmp_path,
        )
        assert result.returncode == 0, result.stderr
        answer = json.loads(result.stdout)
        return answer["status"], answer["body"]

    fields = ["sum(session)", "crash_free_rate(session)"]
    rates = ask(field=fields, groupBy=["release"], orderBy="-sum(session)", project=[1])
    page = ask(field=fields, groupBy=["release"], orderBy="-sum(session)", per_page=1)
    statuses = ask(field=["count_unique(user)"], groupBy=["session.status"])
    found = ask(field=["sum(session)"], query='release:"app@2.0.0"', environment=["loopback"])
    series = ask(field=["sum(session)"], includeSeries=1, interval="1h")

    assert (rates[0], rates[1]["groups"]) == (200, BY_RELEASE)
    assert (page[0], page[1]["groups"]) == (200, BY_RELEASE[:1])
    assert {
        group["by"]["session.status"]: group["totals"]["count_unique(user)"]
        for group in cast("list[dict[str, dict[str, str | int]]]", statuses[1]["groups"])
    } == {"abnormal": 0, "crashed": 1, "errored": 0, "healthy": 1, "unhandled": 0}
    assert found[1]["groups"] == [{"by": {}, "totals": {"sum(session)": 1}}]
    (group,) = cast("list[dict[str, dict[str, list[int]]]]", series[1]["groups"])
    assert sum(group["series"]["sum(session)"]) == len(SESSIONS)
    assert ask(field=["sum(sessions)"]) == (400, {"detail": 'Invalid field: "sum(sessions)"'})


def test_command_asks(service: Service, tmp_path: Path) -> None:
    """`sentry api` prints the answer to a path with repeated parameters."""
    send(service, tmp_path)
    assert service.sees(COUNTED) == COUNTED
    pairs = [("field", field) for field in ("sum(session)", "crash_free_rate(session)")]
    query = urlencode(
        [*pairs, ("groupBy", "release"), ("orderBy", "-sum(session)"), *RANGE.items()]
    )

    result = run(
        str(COMMANDS / "sentry"),
        *("api", f"organizations/acme/sessions/?{query}", "--json"),
        home=tmp_path,
        SENTRY_URL=service.address,
        SENTRY_AUTH_TOKEN=service.secret,
    )

    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["body"]["groups"] == BY_RELEASE
