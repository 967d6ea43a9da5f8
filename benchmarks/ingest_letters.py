"""Requests with envelopes as an SDK in a browser would send them, spelled ahead of time.

Owns the bytes. Does not know who sends them, nor when.
"""

import gzip
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import orjson

Encoding: TypeAlias = Literal["identity", "gzip"]

_USERS = 5_000
_RELEASES = 12
_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """What is sent: so many sessions in each envelope, each of them new, all started at one moment.

    `seed` decides their ids, so two runs of different seeds have no session in common.
    """

    key: str
    project_id: int
    started: str
    sessions: int
    encoding: Encoding = "identity"
    seed: int = 0


def requests(letters: Letters, count: int) -> tuple[bytes, ...]:
    """Spell so many requests, whole, from the request line to the last byte of the body."""
    head = _head(letters)
    bodies = _bodies(letters, count)
    if letters.encoding == "gzip":
        bodies = (gzip.compress(body, 1) for body in bodies)
    return tuple(b"%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body) for body in bodies)


def _head(letters: Letters) -> bytes:
    client = "sentry.javascript.browser%2F10.1.0"
    query = f"sentry_version=7&sentry_key={letters.key}&sentry_client={client}"
    encoding = "" if letters.encoding == "identity" else f"Content-Encoding: {letters.encoding}\r\n"
    return (
        f"POST /api/{letters.project_id}/envelope/?{query} HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\n"
        "Content-Type: text/plain;charset=UTF-8\r\n"
        f"User-Agent: {_AGENT}\r\n"
        "Accept: */*\r\n"
        "Origin: http://127.0.0.1\r\n"
        f"{encoding}"
    ).encode()


def _bodies(letters: Letters, count: int) -> Iterator[bytes]:
    chance = random.Random(letters.seed)  # noqa: S311  (ids of made-up sessions)
    sdk = {"name": "sentry.javascript.browser", "version": "10.1.0"}
    headers = orjson.dumps({"sent_at": letters.started, "sdk": sdk})
    payloads = [_payload(letters.started, f"shop-web@6.0.{n}") for n in range(_RELEASES)]
    for _ in range(count):
        lines = [headers]
        for _ in range(letters.sessions):
            user = b"user-%d" % chance.randrange(_USERS)
            payload = payloads[chance.randrange(_RELEASES)]
            lines += (b'{"type":"session"}', payload % (chance.getrandbits(128), user))
        yield b"\n".join(lines)


def _payload(started: str, release: str) -> bytes:
    """Spell a session with two places left open: its id and its user."""
    fields = {
        "sid": "%032x",
        "init": True,
        "started": started,
        "timestamp": started,
        "status": "ok",
        "errors": 0,
        "did": "%b",
        "attrs": {"release": release, "environment": "production", "user_agent": _AGENT},
    }
    return orjson.dumps(fields)
