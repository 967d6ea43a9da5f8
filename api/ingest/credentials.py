"""Who sends, as the request says it: a public key in a header, in the query or in a DSN.

Owns the places a key may stand in, its shape, and what is answered when it cannot be read. Does not
know which keys there are.

A key may be said twice in one request if it is the same key: proxies do that. The reference refuses
any second place.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl

from api.ingest.refusal import bad_credentials

NEWEST_PROTOCOL: Final = 7

_GREATEST_PROJECT: Final = 2**63 - 1
_KEY_CHARACTERS: Final = 32
_REMEMBERED: Final = 1024
_REMEMBERED_BYTES: Final = 1024
"""An app sends the same words each time; only the reading of them is remembered, never a right."""

_BAD_HEADER: Final = "bad x-sentry-auth header"
_DSN = re.compile(
    r"[a-z][a-z0-9+.-]*://(?P<key>[^:@/?#]+)(:[^@/?#]*)?@[^@/?#]+(/[^?#]*)?/(?P<project>\d+)/?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a DSN names: a public key and a project."""

    public_key: str
    project_id: int


def public_key(headers: Mapping[bytes, bytes], query: bytes) -> str | None:
    """Find the public key in the headers (names in lower case) and the query of a request.

    None means that neither says anything about who sends.

    Raises:
        Refusal: it cannot be read, or two places say different things.

    """
    words = (headers.get(b"x-sentry-auth", b""), headers.get(b"authorization", b""), query)
    few = sum(map(len, words)) <= _REMEMBERED_BYTES
    return _remembered(*words) if few else _public_key(*words)


def _public_key(own: bytes, usual: bytes, query: bytes) -> str | None:
    found = dict.fromkeys(_claims(own, usual, query))
    if len(found) > 1:
        detail = "multiple authorization payloads detected"
        raise bad_credentials(detail)
    return next(iter(found), None)


_remembered = lru_cache(maxsize=_REMEMBERED)(_public_key)


def read_project(text: str) -> int:
    """Read the project of a path.

    Raises:
        Refusal: it is no id of a project.

    """
    if not (text.isascii() and text.isdecimal() and int(text[:20]) <= _GREATEST_PROJECT):
        detail = "bad project path parameter"
        raise bad_credentials(detail, status=400)
    return int(text)


def read_dsn(text: object) -> Target | None:
    """Read a DSN, `https://<key>[:<secret>]@<host>[/<prefix>]/<project>`; None if it is none.

    Raises:
        Refusal: its key has not the shape of one.

    """
    match = _DSN.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    return Target(public_key=_checked(match["key"]), project_id=read_project(match["project"]))


def _claims(own: bytes, usual: bytes, query: bytes) -> Iterator[str]:
    for header in (own, usual):
        scheme, _, rest = header.decode("latin-1").strip().partition(" ")
        if scheme.lower() == "sentry":
            yield _claim(dict(_pairs(rest)))
        elif scheme.lower() == "basic" and header is usual:
            yield _basic(rest)
    if b"sentry_" in query:
        yield _claim(dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for part in text.split(","):
        name, equals, value = part.partition("=")
        if equals:
            yield name.strip(), value.strip()


def _claim(pairs: Mapping[str, str]) -> str:
    """Check the protocol's version and give the key."""
    version = pairs.get("sentry_version", str(NEWEST_PROTOCOL))
    if not (version.isascii() and version.isdecimal()):
        raise bad_credentials(_BAD_HEADER, causes=("invalid value for version",))
    if len(version) > len(str(NEWEST_PROTOCOL)) or int(version) > NEWEST_PROTOCOL:
        raise bad_credentials(f"unsupported protocol version ({version})", status=400)
    if "sentry_key" not in pairs:
        raise bad_credentials(_BAD_HEADER, causes=("missing public key in auth header",))
    return _checked(pairs["sentry_key"])


def _basic(encoded: str) -> str:
    try:
        user, _, _ = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except binascii.Error:
        raise bad_credentials(_BAD_HEADER) from None
    return _checked(user.decode("latin-1"))


def _checked(text: str) -> str:
    """Give a key without the flags that may follow it after a dot."""
    key = text.partition(".")[0]
    if len(key) != _KEY_CHARACTERS or not key.isascii():
        detail = "bad sentry DSN public key"
        raise bad_credentials(detail, status=400)
    return key
