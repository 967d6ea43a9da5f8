"""Whatever bytes reach the door, the answer is one of its own, and the door stays open."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator

import brotli
import pytest
import zstandard
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from api.app import create_app
from api.settings import Settings
from engine.clock import frozen_clock
from engine.engine import Engine
from tests.api.ingest.conftest import KEY, NOW, PROJECT
from tests.api.ingest.letters import AUTH, PATH, envelope, update
from tests.property.profile import PURE

ENVELOPE_BYTES = 4096
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}
ANSWERS = {200, 400, 401, 403, 405, 413}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    """Open a door with narrow limits."""
    with Engine.open() as engine:
        engine.directory.create_organization("acme", id=1)
        engine.directory.create_project(1, "web", id=PROJECT)
        engine.keys.create(PROJECT, "usual", now=NOW, public_key=KEY)
        settings = Settings(log_level="error", envelope_bytes=ENVELOPE_BYTES)
        app = create_app(settings, clock=frozen_clock(NOW), engine=engine)
        with TestClient(app) as opened:
            yield opened


def spoiled(body: bytes, place: int, byte: int) -> bytes:
    """Give a body with one byte changed."""
    at = place % max(1, len(body))
    return body[:at] + bytes([byte]) + body[at + 1 :]


GOOD = [
    envelope(update()),
    envelope(update(), update(), event_id="1" * 32),
    envelope({"aggregates": [{"started": NOW.isoformat(), "exited": 1}]}, kind="sessions"),
    envelope(update(), dsn=f"https://{KEY}@example.com/{PROJECT}", sent_at=NOW.isoformat()),
]
SPOILED = st.builds(spoiled, st.sampled_from(GOOD), st.integers(0, 2000), st.integers(0, 255))
SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text()
JSON = st.recursive(
    SCALARS,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=6,
)
HEADERS = st.dictionaries(st.sampled_from(["dsn", "sent_at", "event_id", "sdk"]), JSON)
FIELDS = st.dictionaries(st.sampled_from([*update(), "did", "seq", "errors", "aggregates"]), JSON)
WRITTEN = st.builds(
    lambda headers, kind, fields: (
        json.dumps(headers) + "\n" + json.dumps({"type": kind}) + "\n" + json.dumps(fields)
    ).encode(),
    HEADERS,
    st.sampled_from(["session", "sessions", "event"]),
    st.one_of(FIELDS, JSON),
)
BODIES = st.one_of(st.binary(max_size=300), SPOILED, WRITTEN)


@PURE
@given(
    body=BODIES,
    encoding=st.sampled_from([*PACKERS]),
    packed=st.booleans(),
    cut=st.integers(0, 40),
)
def test_any_body(client: TestClient, body: bytes, encoding: str, cut: int, packed: bool) -> None:  # noqa: FBT001  (drawn)
    """It is taken, or it is an error of the sender; a good envelope afterwards is taken."""
    sent = PACKERS[encoding](body) if packed else body
    sent = sent[: max(0, len(sent) - cut)] if cut % 2 else sent
    answer = client.post(PATH, content=sent, headers=AUTH | {"Content-Encoding": encoding})

    assert answer.status_code in ANSWERS, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert client.post(PATH, content=GOOD[0], headers=AUTH).json() == {}


VISIBLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
CLAIMS = st.one_of(
    VISIBLE,
    st.builds(
        lambda scheme, key, version: f"{scheme} sentry_key={key}, sentry_version={version}",
        st.sampled_from(["Sentry", "sentry", "Basic", ""]),
        st.sampled_from([KEY, KEY[1:], f"{KEY}.x", "f" * 32]),
        st.sampled_from(["7", "8", "x", "", "99999999999999999999"]),
    ),
)


@PURE
@given(
    own=CLAIMS,
    usual=CLAIMS,
    query=VISIBLE,
    project=st.sampled_from([str(PROJECT), "0", "x", "%00", "9" * 30]),
    method=st.sampled_from(["POST", "POST", "GET", "PUT"]),
    body=st.sampled_from(GOOD),
)
def test_any_sender(  # noqa: PLR0913, PLR0917  (all that says who sends)
    client: TestClient, own: str, usual: str, query: str, project: str, method: str, body: bytes
) -> None:
    """Whatever a request says of who sends, it is told what is wrong, or its envelope is taken."""
    answer = client.request(
        method,
        f"/api/{project}/envelope/",
        params=query,
        content=body,
        headers={"X-Sentry-Auth": own, "Authorization": usual},
    )

    assert answer.status_code in ANSWERS, answer.text
    if answer.status_code != 200:
        assert answer.json()["detail"]


@PURE
@given(
    kind=st.sampled_from([*PACKERS]),
    filling=st.sampled_from([b"\0", b"ab", b"\xff"]),
    length=st.integers(ENVELOPE_BYTES + 1, 200_000),
)
def test_anything_too_large(client: TestClient, kind: str, filling: bytes, length: int) -> None:
    """However it is packed, a body over the limit is refused."""
    body = PACKERS[kind](b"{}\n" + (filling * length)[:length])
    answer = client.post(PATH, content=body, headers=AUTH | {"Content-Encoding": kind})

    assert answer.status_code == 413
