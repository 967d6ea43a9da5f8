"""Requests that arrive whole are answered past the application, and answered the same."""

import asyncio
import gzip
from collections.abc import Callable, Mapping, Sequence

import pytest
import structlog.testing

from api.app import Application
from api.ingest.refusal import Cause
from api.shortcut import Answer
from tests.api.ingest.conftest import (
    DISABLED_KEY,
    KEY,
    LIMITED_KEY,
    OTHER_KEY,
    PAGES_KEY,
    PROJECT,
    House,
)
from tests.api.ingest.letters import AUTH, PATH, envelope, post, update

EVENT = "9ec79c33-ec99-42ab-8353-589fcb2e04dc"
LARGE = 300_000


def taken(
    house: House, body: bytes, *, path: str = PATH, headers: Mapping[str, str] = AUTH
) -> Answer | None:
    """Send a request by the shortcut; None if it is left to the application."""
    assert isinstance(house.client.app, Application)
    taker = house.client.app.front.find(b"POST", path.encode())
    if taker is None:
        return None
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def scene() -> Answer | None:
        told: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        return await told if taker(pairs, body, told.set_result) else None

    return asyncio.run(scene())


def deferred(
    house: House, *bodies: bytes, path: str = PATH, headers: Mapping[str, str] = AUTH
) -> list[Answer]:
    """Send requests by the shortcut while a question is under way that was just asked."""
    assert isinstance(house.client.app, Application)
    taker = house.client.app.front.find(b"POST", path.encode())
    assert taker is not None
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def scene() -> list[Answer]:
        told: list[asyncio.Future[Answer]]
        told = [asyncio.get_running_loop().create_future() for _ in bodies]
        with house.client.app.state.deferral.question():  # type: ignore[attr-defined]  # the app of create_app
            for body, one in zip(bodies, told, strict=True):
                assert taker(pairs, body, one.set_result)
        return [await one for one in told]

    return asyncio.run(scene())


def auth(key: str, **more: str) -> dict[str, str]:
    """Give the header of a key, and others."""
    return {"X-Sentry-Auth": f"Sentry sentry_key={key}", **more}


REQUESTS: dict[str, tuple[bytes, str, Mapping[str, str]]] = {
    "one": (envelope(update()), PATH, AUTH),
    "many": (envelope(*(update() for _ in range(5))), PATH, AUTH),
    "nothing of ours": (envelope({}, kind="event", event_id=EVENT), PATH, AUTH),
    "an event": (envelope(update(), event_id=EVENT), PATH, AUTH),
    "key in the query": (envelope(update()), f"{PATH}?sentry_key={KEY}", {}),
    "key in the envelope": (
        envelope(update(), dsn=f"https://{KEY}@example.com/{PROJECT}"),
        "/api/42/envelope/",
        {},
    ),
    "packed": (gzip.compress(envelope(update())), PATH, AUTH | {"Content-Encoding": "gzip"}),
    "badly packed": (b"x", PATH, AUTH | {"Content-Encoding": "gzip"}),
    "empty": (b"", PATH, AUTH),
    "nonsense": (b"nonsense", PATH, AUTH),
    "a bad update": (envelope(update(started="yesterday"), update()), PATH, AUTH),
    "too many": (envelope(*({} for _ in range(101))), PATH, AUTH),
    "no key": (envelope(update()), PATH, {}),
    "no such key": (envelope(update()), PATH, auth("f" * 32)),
    "of another project": (envelope(update()), PATH, auth(OTHER_KEY)),
    "disabled": (envelope(update()), PATH, auth(DISABLED_KEY)),
    "a page that may": (
        envelope(update()),
        PATH,
        auth(PAGES_KEY, Origin="https://app.example.com"),
    ),
    "a page that may not": (envelope(update()), PATH, auth(PAGES_KEY, Origin="https://x.test")),
    "limited": (envelope(*(update() for _ in range(3))), PATH, auth(LIMITED_KEY)),
    "no project": (envelope(update()), "/api/x/envelope/", AUTH),
}


@pytest.mark.parametrize(("body", "path", "headers"), REQUESTS.values(), ids=REQUESTS.keys())
def test_both_ways_say_the_same(
    house: House, body: bytes, path: str, headers: Mapping[str, str]
) -> None:
    """Twice by either way: status, headers, body, and what is counted."""
    seen: list[object] = []
    lost: list[Mapping[str, int]] = []
    for _ in range(2):
        answer = taken(house, body, path=path, headers=headers)
        assert answer is not None
        seen.append((answer.status, sorted(answer.headers), answer.body))
    lost.append(house.lost())
    house.engine.sink.flush()
    accepted = house.engine.outcomes.accepted()
    house.watch.moment = house.watch.moment.replace(minute=1)
    for _ in range(2):
        other = post(house, body, path=path, headers=dict(headers))
        pairs = sorted((name.encode(), value.encode()) for name, value in other.headers.items())
        seen.append((other.status_code, pairs, other.content))
    lost.append(house.lost())

    assert seen[:2] == seen[2:]
    assert {reason: 2 * quantity for reason, quantity in lost[0].items()} == lost[1]
    assert {one: 2 * rows for one, rows in accepted.items()} == house.engine.outcomes.accepted()


@pytest.mark.parametrize(("body", "path", "headers"), REQUESTS.values(), ids=REQUESTS.keys())
def test_what_waits_for_a_question_is_answered_the_same(
    house: House, body: bytes, path: str, headers: Mapping[str, str]
) -> None:
    """Twice at once and twice a moment later: status, headers, body, and what is counted."""
    seen = [taken(house, body, path=path, headers=headers) for _ in range(2)]
    lost = house.lost()
    accepted = house.engine.outcomes.accepted()
    house.watch.moment = house.watch.moment.replace(minute=1)
    later = deferred(house, body, path=path, headers=headers)
    later += deferred(house, body, path=path, headers=headers)

    assert later == seen
    assert {reason: 2 * quantity for reason, quantity in lost.items()} == house.lost()
    assert {one: 2 * rows for one, rows in accepted.items()} == house.engine.outcomes.accepted()


def test_envelopes_that_wait_keep_their_order(house: House) -> None:
    """Of several that are too much together, the first are taken: here 2 of 3 sessions a minute."""
    bodies = [envelope(*(update() for _ in range(number))) for number in (2, 2, 1)]

    answers = deferred(house, *bodies, headers=auth(LIMITED_KEY))

    assert [answer.status for answer in answers] == [200, 200, 429]
    assert house.total() == 4
    assert house.lost() == {"rate_limited": 1}


@pytest.mark.parametrize("send", [lambda *sent: [taken(*sent)], deferred], ids=["now", "later"])
def test_a_bug_is_answered_when_it_is_met(
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    send: Callable[[House, bytes], list[Answer]],
) -> None:
    """At once, or in an envelope that waited for a question: with 500, and written to the log."""

    def fails(*_: object) -> None:
        message = "a bug of ours"
        raise KeyError(message)

    log = structlog.testing.CapturingLogger()
    monkeypatch.setattr("api.ingest.reception.read_items", fails)
    monkeypatch.setattr(house.client.app.front, "_log", log)  # type: ignore[attr-defined]  # the app of create_app
    (answer,) = send(house, envelope(update()))

    assert answer.status == 500
    assert b"a bug of ours" not in answer.body
    assert [(call.method_name, *call.args) for call in log.calls] == [("error", "unexpected error")]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (b"GET", PATH),
        (b"OPTIONS", PATH),
        (b"POST", "/api/0/organizations/acme/sessions/"),
        (b"POST", f"/api/{PROJECT}/%65nvelope/"),
        (b"POST", f"http://testserver{PATH}"),
    ],
)
def test_other_requests_are_left_to_the_application(house: House, method: bytes, path: str) -> None:
    """Only what is usual is answered here."""
    assert isinstance(house.client.app, Application)

    assert house.client.app.front.find(method, path.encode()) is None


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (bytes(LARGE), AUTH),
        (gzip.compress(bytes(LARGE)), AUTH | {"Content-Encoding": "gzip"}),
    ],
    ids=["large", "large when unpacked"],
)
def test_large_bodies_are_left_to_the_application(
    house: House, body: bytes, headers: Mapping[str, str]
) -> None:
    """There they wait for their turn; nothing was counted before."""
    assert taken(house, body, headers=headers) is None
    assert house.lost() == {}


def test_what_nobody_foresaw_is_told_apart(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug is answered with 500, and says nothing about itself."""

    def fails(rows: Sequence[object]) -> None:  # noqa: ARG001  (the shape of a writer)
        message = "a bug of ours"
        raise KeyError(message)

    monkeypatch.setattr(house.engine.sink, "submit", fails)
    answer = taken(house, envelope(update()))

    assert answer is not None
    assert answer.status == 500
    assert b"a bug of ours" not in answer.body
    assert Cause.NOT_STORED not in house.lost()
