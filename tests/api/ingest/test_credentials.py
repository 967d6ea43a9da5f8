"""Who sends is read from headers, query and DSN."""

import base64

import pytest

from api.ingest.credentials import Target, public_key, read_dsn, read_project
from api.ingest.refusal import Refusal

KEY = "0123456789abcdef0123456789abcdef"
OTHER = "f" * 32
BASIC = base64.b64encode(f"{KEY}:".encode())


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({b"x-sentry-auth": f"Sentry sentry_key={KEY}, sentry_version=7"}, ""),
        ({b"x-sentry-auth": f"sentry sentry_version=7,sentry_key={KEY}"}, ""),
        ({b"x-sentry-auth": f"SENTRY  sentry_key = {KEY} ,x"}, ""),
        ({b"x-sentry-auth": f"Sentry sentry_key={KEY}.no-cache.more"}, ""),
        ({b"x-sentry-auth": f"Sentry sentry_key={KEY}, sentry_secret=x, sentry_version=5"}, ""),
        ({b"authorization": f"Sentry sentry_key={KEY}"}, ""),
        ({b"authorization": f"Basic {BASIC.decode()}"}, ""),
        ({}, f"sentry_version=7&sentry_key={KEY}&sentry_client=sdk%2F1.0"),
        ({b"authorization": "Bearer token", b"x-sentry-auth": "Other x"}, f"sentry_key={KEY}"),
        ({b"x-sentry-auth": f"Sentry sentry_key={KEY}"}, f"sentry_key={KEY}"),
        ({b"x-sentry-auth": f"Sentry sentry_key={KEY}.flag"}, f"sentry_key={KEY}"),
        ({b"x-sentry-auth": f"Sentry sentry_key={KEY}", b"authorization": "Bearer x"}, "a=1"),
    ],
)
def test_key_is_found(headers: dict[bytes, str], query: str) -> None:
    """In each place, with flags cut off; in two places if they agree."""
    encoded = {name: value.encode() for name, value in headers.items()}

    assert public_key(encoded, query.encode()) == KEY


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {b"x-sentry-auth": b"Bearer x"},
        {b"authorization": b"Sentry"[:3]},
        {b"x-sentry-auth": b""},
    ],
)
def test_other_headers_say_nothing(headers: dict[bytes, bytes]) -> None:
    """Only what begins with `Sentry` is meant for us."""
    assert public_key(headers, b"page=2") is None


@pytest.mark.parametrize(
    ("header", "query", "status", "detail"),
    [
        (f"Sentry sentry_key={KEY}", f"sentry_key={OTHER}", 401, "multiple authorization payloads"),
        ("Sentry nonsense", "", 401, "bad x-sentry-auth header"),
        ("Sentry ", "", 401, "bad x-sentry-auth header"),
        ("", "sentry_version=7", 401, "bad x-sentry-auth header"),
        ("", f"a=sentry_key={KEY}", 401, "bad x-sentry-auth header"),
        (f"Sentry sentry_key={KEY}, sentry_version=x", "", 401, "bad x-sentry-auth header"),
        (f"Sentry sentry_key={KEY}, sentry_version=8", "", 400, "unsupported protocol version (8)"),
        (f"Sentry sentry_key={KEY}, sentry_version=77", "", 400, "unsupported protocol version"),
        ("Sentry sentry_key=pub", "", 400, "bad sentry DSN public key"),
        ("Sentry sentry_key=", "", 400, "bad sentry DSN public key"),
        (f"Sentry sentry_key={KEY}0", "", 400, "bad sentry DSN public key"),
        (f"Sentry sentry_key={'é' * 32}", "", 400, "bad sentry DSN public key"),
    ],
)
def test_bad_credentials(header: str, query: str, status: int, detail: str) -> None:
    """Each has its status and its words."""
    with pytest.raises(Refusal) as caught:
        public_key({b"x-sentry-auth": header.encode("latin-1")}, query.encode())

    assert caught.value.status == status
    assert caught.value.detail.startswith(detail)


@pytest.mark.parametrize("header", [b"Basic !", b"Basic", b"Basic " + base64.b64encode(b"short:")])
def test_bad_basic_credentials(header: bytes) -> None:
    """They are read as ours, since nothing else is meant by them here."""
    with pytest.raises(Refusal):
        public_key({b"authorization": header}, b"")


@pytest.mark.parametrize(
    "text", ["web", "-1", "+1", "1.0", "", "²", "99999999999999999999", "9" * 5000]
)
def test_bad_project(text: str) -> None:
    """A project is a number."""
    with pytest.raises(Refusal) as caught:
        read_project(text)

    assert (caught.value.status, caught.value.detail) == (400, "bad project path parameter")


def test_project() -> None:
    """Zeros in front change nothing."""
    assert read_project("0042") == 42


@pytest.mark.parametrize(
    "text",
    [
        f"https://{KEY}@example.com/42",
        f"http://{KEY}:secret@127.0.0.1:8000/prefix/two/42",
        f"HTTPS://{KEY}.flag@[::1]:8000/42/",
    ],
)
def test_dsn(text: str) -> None:
    """Secret, host, port and prefix do not matter here."""
    assert read_dsn(text) == Target(public_key=KEY, project_id=42)


@pytest.mark.parametrize(
    "text",
    [None, 1, "", "x", f"https://{KEY}@example.com/", "https://example.com/42", f"{KEY}@x/42"],
)
def test_what_is_no_dsn(text: object) -> None:
    """A project and a key are needed."""
    assert read_dsn(text) is None
