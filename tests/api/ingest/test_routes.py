"""The door as SDKs see it: paths, methods, answers, limits."""

import gzip
import json
import zlib
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path

import pytest
import structlog.testing
from fastapi.testclient import TestClient

from api.app import create_app
from api.ingest.bodies import BodyLimits
from api.ingest.deferral import Deferral
from api.ingest.reception import Reception, ReceptionLimits
from api.settings import Settings
from engine.engine import Engine
from engine.errors import StorageUnavailable
from engine.intake import LoadReport
from engine.outcomes import Outcomes
from engine.sink import Rows, Sink
from tests.api.ingest.conftest import (
    DISABLED_KEY,
    KEY,
    LIMITED_KEY,
    NOW,
    OTHER_KEY,
    OTHER_PROJECT,
    PAGES_KEY,
    PROJECT,
    House,
)
from tests.api.ingest.letters import AUTH, PATH, envelope, post, update

EVENT = "9ec79c33-ec99-42ab-8353-589fcb2e04dc"
ENVELOPE_TYPE = {"Content-Type": "application/x-sentry-envelope; charset=utf-8"}


def auth(key: str) -> dict[str, str]:
    """Give the header of a key."""
    return {"X-Sentry-Auth": f"Sentry sentry_key={key}"}


@pytest.mark.parametrize(
    "path",
    [
        PATH,
        PATH.rstrip("/"),
        f"{PATH}//",
        f"http://testserver//api//{PROJECT}///envelope/",
        f"/prefix/of/a/dsn{PATH}",
        f"/api/{OTHER_PROJECT}{PATH}",
    ],
)
def test_path(house: House, path: str) -> None:
    """The last slash may be missing, slashes may be repeated, anything may stand in front."""
    answer = post(house, envelope(update()), path=path)

    assert (answer.status_code, answer.json()) == (200, {})
    assert answer.headers["content-type"] == "application/json"
    assert house.total() == 1


@pytest.mark.parametrize("path", [f"/api/{PROJECT}/store/", f"/api/{PROJECT}/store", "/api/store/"])
def test_store_takes_envelopes(house: House, path: str) -> None:
    """The old path takes them if they say what they are; without a project it is the key's."""
    assert post(house, envelope(update()), path=path, headers=AUTH | ENVELOPE_TYPE).json() == {}
    assert post(house, envelope(update()), path=path).status_code == 200
    assert house.total() == 1


def test_events_of_old_sdks_are_let_go(house: House) -> None:
    """What the old path gets that is no envelope is answered as if it were wanted, and dropped."""
    headers = {
        "X-Sentry-Auth": f"Sentry sentry_timestamp=1, sentry_client=raven-python/6.10.0,"
        f" sentry_version=6, sentry_key={KEY}, sentry_secret={KEY}",
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "deflate",
    }
    body = zlib.compress(json.dumps({"event_id": "1" * 32, "message": "x"}).encode())
    answer = post(house, body, path=f"/api/{PROJECT}/store/", headers=headers)

    assert (answer.status_code, answer.json()) == (200, {})
    assert house.lost() == {}


def test_other_paths_are_left_alone(house: House) -> None:
    """What only looks like one of ours is answered as before."""
    assert post(house, b"", path="/api/envelope/").status_code == 404
    assert post(house, b"", path="/envelope/").status_code == 404
    assert house.client.get("/health").status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_other_methods(house: House, method: str) -> None:
    """Only POST brings anything."""
    answer = house.client.request(method, PATH, headers=AUTH)

    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"]


def test_preflight(house: House) -> None:
    """A page may ask, without a key, whether it may send."""
    answer = house.client.options(PATH, headers={"Origin": "https://example.com"})

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "POST"
    assert "x-sentry-auth" in answer.headers["access-control-allow-headers"]
    assert answer.headers["access-control-max-age"] == "3600"


@pytest.mark.parametrize(
    ("path", "headers", "body"),
    [
        (PATH, AUTH, envelope(update())),
        (PATH, AUTH, b"x"),
        (PATH, {}, b"{}"),
        (PATH, auth("0" * 32), b"{}"),
        ("/api/web/envelope/", AUTH, b"{}"),
    ],
    ids=["200", "400", "401", "403", "bad path"],
)
def test_pages_may_read_every_answer(
    house: House, path: str, headers: dict[str, str], body: bytes
) -> None:
    """Errors too carry the headers without which a browser hides them."""
    answer = post(house, body, path=path, headers=headers)

    assert answer.headers["access-control-allow-origin"] == "*"
    assert "retry-after" in answer.headers["access-control-expose-headers"]


def test_answer_names_the_event(house: House) -> None:
    """An envelope with an event is answered with its id, others with nothing."""
    assert post(house, envelope(event_id=EVENT)).json() == {"id": EVENT.replace("-", "")}
    assert post(house, envelope(event_id="x")).json() == {}
    assert post(house, b"{}\n").json() == {}


def test_items_of_other_types_are_ignored(house: House) -> None:
    """They may stand beside sessions."""
    body = envelope({"message": "x"}, kind="event") + b"\n" + envelope(update()).partition(b"\n")[2]

    assert post(house, body).status_code == 200
    assert house.total() == 1
    assert house.lost() == {}


@pytest.mark.parametrize(
    ("path", "headers", "status", "detail"),
    [
        (PATH, {}, 401, "missing authorization information"),
        (f"{PATH}?sentry_key={OTHER_KEY}", AUTH, 401, "multiple authorization payloads detected"),
        (PATH, {"X-Sentry-Auth": "Sentry x"}, 401, "bad x-sentry-auth header"),
        (PATH, auth("pub"), 400, "bad sentry DSN public key"),
        ("/api/web/envelope/", AUTH, 400, "bad project path parameter"),
        (f"{PATH}?sentry_version=9&sentry_key={KEY}", {}, 400, "unsupported protocol version (9)"),
        (PATH, auth("f" * 32), 403, "event submission rejected with_reason: ProjectId"),
        (PATH, auth(DISABLED_KEY), 403, "event submission rejected with_reason: ProjectId"),
        (PATH, auth(OTHER_KEY), 403, "event submission rejected with_reason: MultiProjectId"),
        ("/api/9999/envelope/", AUTH, 403, "event submission rejected with_reason: MultiProjectId"),
        (
            PATH,
            auth(PAGES_KEY) | {"Origin": "https://evil.org"},
            403,
            "event submission rejected with_reason: Cors",
        ),
    ],
)
def test_who_may_not_send(
    house: House, path: str, headers: dict[str, str], status: int, detail: str
) -> None:
    """Each has its status and its words, and nothing is kept."""
    answer = post(house, envelope(update()), path=path, headers=headers)

    assert answer.status_code == status
    assert answer.json()["detail"] == detail
    assert sum(house.lost().values()) == 1
    assert house.engine.outcomes.accepted() == {}


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (f"{PATH}?sentry_key={KEY}&sentry_version=7&sentry_client=sdk%2F1", {}),
        (f"{PATH}?sentry_key={KEY}", AUTH),
        (PATH, auth(f"{KEY}.no-cache")),
        (PATH, auth(PAGES_KEY) | {"Origin": "https://app.example.com"}),
        (PATH, auth(PAGES_KEY)),
    ],
)
def test_who_may_send(house: House, path: str, headers: dict[str, str]) -> None:
    """A key may stand in either place, or in both; a server has no origin."""
    assert post(house, envelope(update()), path=path, headers=headers).status_code == 200
    assert house.total() == 1


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        (b"", 400, "empty request body"),
        (b"nonsense", 401, "bad envelope authentication header"),
        (b"[]", 401, "bad envelope authentication header"),
        (b'{"dsn":"x"}', 401, "bad envelope authentication header"),
        (b"{}", 401, "missing authorization information"),
        (b'{"dsn":null}', 401, "missing authorization information"),
        (b'{"dsn":"https://short@example.com/42"}', 400, "bad sentry DSN public key"),
        (envelope(dsn=f"https://{KEY}@example.com/43"), 400, "invalid event envelope"),
        (envelope(dsn=f"https://{'f' * 32}@example.com/42"), 403, "event submission rejected"),
        (envelope(update(), dsn=f"https://{KEY}@example.com/prefix/42"), 200, ""),
    ],
)
def test_key_in_the_envelope(house: House, body: bytes, status: int, detail: str) -> None:
    """Through a tunnel the DSN in the headers of the envelope says who sends."""
    answer = post(house, body, headers={})

    assert answer.status_code == status
    assert answer.json().get("detail", "").startswith(detail)


@pytest.mark.parametrize(
    ("dsn", "cause"),
    [
        (f"https://{KEY}@x/43", "project id header mismatch between envelope and request"),
        (f"https://{OTHER_KEY}@x/42", "public key header mismatch between envelope and request"),
        ("x", "invalid envelope header"),
    ],
)
def test_envelope_and_request_agree(house: House, dsn: str, cause: str) -> None:
    """An envelope for somebody else is refused."""
    answer = post(house, envelope(update(), dsn=dsn))

    assert answer.status_code == 400
    assert answer.json() == {"detail": "invalid event envelope", "causes": [cause]}


def test_malformed_envelope(house: House) -> None:
    """It is refused whole, with the cause, and counted for its project."""
    answer = post(house, envelope(update()) + b"\nnonsense")

    assert answer.status_code == 400
    assert answer.json() == {"detail": "invalid event envelope", "causes": ["invalid item header"]}
    (example,) = house.engine.outcomes["invalid_envelope"].examples
    assert (example.project_id, example.text) == (
        PROJECT,
        "invalid event envelope; invalid item header",
    )
    assert post(house, b"").json() == {"detail": "empty request body"}


def test_invalid_items_are_counted(house: House) -> None:
    """The sender is told nothing, and good items beside bad ones are kept."""
    old = (NOW - timedelta(days=6)).isoformat()
    body = envelope(
        update(),
        update(sid="x"),
        update(started=old),
        update(started=(NOW + timedelta(hours=1)).isoformat()),
        update(attrs={"release": "latest"}),
        "no object",
    )
    answer = post(house, body + b'\n{"type":"session"}\nno json')

    assert (answer.status_code, answer.json()) == (200, {})
    assert house.total() == 1
    assert house.lost() == {
        "invalid_session": 2,
        "too_old": 1,
        "in_future": 1,
        "invalid_release": 1,
        "invalid_json": 1,
    }


def test_clock_of_the_sender(house: House) -> None:
    """The envelope says when it was sent, so a clock that is days behind loses nothing."""
    behind = timedelta(days=9)
    late = update(started=(NOW - behind).isoformat(), timestamp=(NOW - behind).isoformat())

    post(house, envelope(late, sent_at=(NOW - behind).isoformat()))
    assert house.total() == 1
    post(house, envelope(late | {"sid": "1" * 32}, sent_at="never"))
    assert house.lost() == {"too_old": 1}


@pytest.mark.parametrize("encoding", ["gzip", "GZip", "", "UTF-8", "never-seen"])
def test_encoding(house: House, encoding: str) -> None:
    """A body is unpacked by the name of its encoding; a name that is none of ours is none."""
    body = envelope(update())
    packed = gzip.compress(body) if encoding.lower() == "gzip" else body

    assert post(house, packed, headers=AUTH | {"Content-Encoding": encoding}).status_code == 200
    assert house.total() == 1


def test_broken_encoding(house: House) -> None:
    """It is the sender's mistake."""
    answer = post(house, b"{}", headers=AUTH | {"Content-Encoding": "gzip"})

    assert answer.status_code == 400
    assert answer.json()["detail"] == "invalid event envelope"


def test_hundred_items_are_the_most(house: House) -> None:
    """One more, and the whole envelope is refused; others beside them do not count."""
    many = [update() for _ in range(100)]
    others = b'\n{"type":"event"}\n{}' * 50

    assert post(house, envelope(*many) + others).status_code == 200
    answer = post(house, envelope(*many, update()))
    assert answer.status_code == 413
    assert answer.json()["detail"] == (
        "envelope exceeded size limits for type 'session'"
        " (https://develop.sentry.dev/sdk/envelopes/#size-limits)"
    )
    assert house.total() == 100
    assert house.lost() == {"too_large": 101}


def with_limits(house: House, **limits: object) -> None:
    """Put another reception behind the door."""
    engine = house.engine
    parts = {
        "keys": engine.keys,
        "sink": engine.sink,
        "outcomes": engine.outcomes,
        "clock": house.watch,
        "limits": ReceptionLimits(),
        "deferral": Deferral(),
    }
    house.client.app.state.reception = Reception(**parts | limits)  # type: ignore[attr-defined, arg-type]  # the app of create_app, and parts of Reception


def test_large_items(house: House) -> None:
    """Session items together have a limit of their own; others do not count."""
    with_limits(house, limits=ReceptionLimits(item_bytes=1000))
    blank = {"unknown": "x" * 400}
    event = b'\n{"type":"event"}\n' + b"x" * 5000

    assert post(house, envelope(update(**blank)) + event).status_code == 200
    assert post(house, envelope(update(**blank), update(**blank))).status_code == 413
    assert house.total() == 1


def test_large_envelope(house: House) -> None:
    """It is refused by what it says of its length, by what arrives, and by what is unpacked."""
    with_limits(house, limits=ReceptionLimits(bodies=BodyLimits(envelope_bytes=2000)))
    body = envelope(update()) + b'\n{"type":"event"}\n' + b"x" * 5000
    packed = gzip.compress(body)

    assert len(packed) < 2000
    assert post(house, body).status_code == 413
    assert house.client.post(PATH, content=iter([body]), headers=AUTH).status_code == 413
    assert post(house, packed, headers=AUTH | {"Content-Encoding": "gzip"}).status_code == 413
    assert house.total() == 0


def test_chunked_large_body(house: House) -> None:
    """A body that comes in pieces and is worked on in another thread is as good as any."""
    body = envelope(update()) + b'\n{"type":"event"}\n' + b"x" * 1_000_000
    pieces = [body[start : start + 100_000] for start in range(0, len(body), 100_000)]
    answer = house.client.post(PATH, content=iter(pieces), headers=AUTH)

    assert (answer.status_code, answer.json()) == (200, {})
    packed = gzip.compress(body)
    assert post(house, packed, headers=AUTH | {"Content-Encoding": "gzip"}).status_code == 200
    assert house.total() == 1


def test_rate_limit_of_a_key(house: House) -> None:
    """A key that has sent its share of the minute pauses; the headers say for how long."""
    house.watch.moment = NOW + timedelta(seconds=15)
    entry = {"started": NOW.isoformat(), "exited": 50}
    counted = {"aggregates": [entry, entry], "attrs": {"release": "app@1.0.0"}}
    limited = auth(LIMITED_KEY)

    assert post(house, envelope(counted, kind="sessions"), headers=limited).status_code == 200
    assert post(house, envelope(update()), headers=limited).status_code == 200
    answer = post(house, envelope(update(), update()), headers=limited)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "45"
    assert answer.headers["x-sentry-rate-limits"] == "45:session:key:rate_limited"
    assert answer.json()["detail"].startswith("Sentry dropped data due to a quota")
    assert house.lost() == {"rate_limited": 2}
    assert post(house, envelope(event_id=EVENT), headers=limited).status_code == 200
    assert post(house, envelope(update())).status_code == 200
    house.watch.moment = NOW + timedelta(seconds=60)
    assert post(house, envelope(update()), headers=limited).status_code == 200


def report(updates: int) -> LoadReport:
    """Say that updates were kept."""
    return LoadReport(
        updates=updates,
        counted=0,
        skipped=(),
        skipped_count=0,
        ignored_columns=(),
        known=False,
    )


def test_full_queue(house: House) -> None:
    """A sender that has to wait is told for how long; nothing is said to be kept that is not."""
    go: Future[None] = Future()

    def write(rows: Rows) -> LoadReport:
        go.result(timeout=30)
        return report(len(rows))

    sink = Sink(write, outcomes=Outcomes(), queued_rows=1)
    with_limits(house, sink=sink)
    first = sink.submit([{"project_id": PROJECT}])
    answer = post(house, envelope(update()))
    go.set_result(None)
    first.result(timeout=30)

    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "10"
    assert answer.headers["x-sentry-rate-limits"] == "10:session:organization:queue_full"
    assert house.lost() == {"queue_full": 1}
    sink.flush()
    assert post(house, envelope(update())).status_code == 200
    sink.close()
    assert post(house, envelope(update())).status_code == 503


def test_store_that_cannot_keep(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be written is not acknowledged; why is told to the log, not to the sender."""

    def write(rows: Rows) -> LoadReport:  # noqa: ARG001  (the shape of a writer)
        message = "/secret/place is full"
        raise StorageUnavailable(message)

    sink = Sink(write, outcomes=Outcomes())
    with_limits(house, sink=sink)
    log = structlog.testing.CapturingLogger()
    monkeypatch.setattr(house.client.app.front, "_log", log)  # type: ignore[attr-defined]  # the app of create_app
    answer = post(house, envelope(update()))
    sink.close()

    assert answer.status_code == 503
    assert answer.json() == {"detail": "failed to queue envelope"}
    assert int(answer.headers["retry-after"]) > 0
    assert house.lost() == {"not_stored": 1}
    assert [(call.method_name, call.kwargs["reason"]) for call in log.calls] == [
        ("error", "/secret/place is full")
    ]


def test_what_nobody_foresaw(house: House) -> None:
    """It is an internal error, in the same shape."""
    with_limits(house, sink=None)
    answer = post(house, envelope(update()))

    assert (answer.status_code, answer.json()) == (500, {"detail": "Internal Error"})


def test_acknowledged_means_on_disk(tmp_path: Path, house: House) -> None:
    """After an answer of 200 another process that opens a copy of the file finds the session."""
    place = tmp_path / "sessions.duckdb"
    with Engine.open(place) as engine:
        engine.directory.create_organization("acme", id=1)
        engine.directory.create_project(1, "web", id=PROJECT)
        engine.keys.create(PROJECT, "usual", now=NOW, public_key=KEY)
        app = create_app(Settings(log_level="error"), clock=house.watch, engine=engine)
        with TestClient(app) as client:
            assert client.post(PATH, content=envelope(update()), headers=AUTH).status_code == 200
            for file in tmp_path.glob("sessions.duckdb*"):
                (tmp_path / f"copy-of-{file.name}").write_bytes(file.read_bytes())
    with Engine.open(tmp_path / "copy-of-sessions.duckdb") as copy:
        found = copy.directory.environments(1)

    assert found == {"production"}


def test_any_first_line_is_answered(house: House) -> None:
    """Whatever stands in the headers of an envelope, the answer is one of ours."""
    values: tuple[object, ...] = (None, 1, "x", [], {}, True)
    for value in values:
        headers = json.dumps({"event_id": value, "sent_at": value, "dsn": value}).encode()
        assert post(house, headers + b'\n{"type":"session"}\n{}').status_code in (200, 400)
