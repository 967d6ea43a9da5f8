"""The paths that SDKs send to, and the answers as they travel.

Owns the paths, the methods and the headers that let web pages send. Does not know what is sent.

It stands in front of the other routes, without their machinery, since it is asked far more often.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, TypeAlias, cast

import structlog
from starlette.datastructures import State
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.encode import dump
from api.errors import internal_body
from api.ingest.bodies import Disconnected
from api.ingest.reception import Call, Reception
from api.ingest.refusal import Refusal, wrong_method

_ENVELOPE: Final = "envelope"
_STORE: Final = "store"
_ENVELOPE_TYPE: Final = "application/x-sentry-envelope"
_LOGGED_CHARACTERS: Final = 200
_REMEMBERED_PATHS: Final = 1024
_REMEMBERED_CHARACTERS: Final = 256
_PAGES_MAY: Final = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"x-sentry-error, x-sentry-rate-limits, retry-after"),
)
_PREFLIGHT: Final = (
    *_PAGES_MAY,
    (b"access-control-allow-methods", b"POST"),
    (
        b"access-control-allow-headers",
        b"x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept, content-type,"
        b" authentication, authorization, content-encoding, transfer-encoding",
    ),
    (b"access-control-max-age", b"3600"),
    (b"vary", b"origin, access-control-request-method, access-control-request-headers"),
)


Headers: TypeAlias = Iterable[tuple[bytes, bytes]]
Place: TypeAlias = tuple[str, str | None]
"""What is sent to a path, and to which project, if it says so."""


def _start(status: int, body: bytes, headers: Headers) -> Message:
    every = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *headers,
    ]
    return {"type": "http.response.start", "status": status, "headers": every}


_NOTHING: Final = b"{}"
_TAKEN: Final = _start(200, _NOTHING, _PAGES_MAY)
_TAKEN_BODY: Final[Message] = {"type": "http.response.body", "body": _NOTHING}
"""The usual answer, made once: most envelopes have no event."""


class IngestRoutes:
    """Answers the paths of envelopes, and leaves all others to the application behind it.

    The reception is `reception` of the application's state.
    """

    def __init__(
        self, app: ASGIApp, *, state: State, log: structlog.typing.FilteringBoundLogger
    ) -> None:
        """Stand in front of `app`, write what goes wrong to `log`."""
        self._app = app
        self._state = state
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        place = _place_of(scope["path"]) if scope["type"] == "http" else None
        if place is None:
            await self._app(scope, receive, send)
            return
        try:
            await self._answer(scope, receive, send, place)
        except Disconnected:
            return
        except Refusal as refusal:
            self._log.info(
                "refused",
                path=scope["path"][:_LOGGED_CHARACTERS],
                status=refusal.status,
                reason=refusal.detail,
            )
            headers = [(k.lower().encode(), v.encode()) for k, v in refusal.headers.items()]
            await _send(send, refusal.status, refusal.body(), (*_PAGES_MAY, *headers))
        except Exception:  # noqa: BLE001  (it is logged, and told apart from a refusal)
            self._log.exception("unexpected error", path=scope["path"][:_LOGGED_CHARACTERS])
            await _send(send, 500, internal_body(), _PAGES_MAY)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, place: Place) -> None:
        method = scope["method"]
        if method == "OPTIONS":
            await _send(send, 200, b"", _PREFLIGHT)
            return
        if method != "POST":
            raise wrong_method(method)
        reception = cast("Reception", self._state.reception)
        event = await reception.take(_call(scope, place), receive)
        if event is not None:
            await _send(send, 200, dump({"id": event}), _PAGES_MAY)
            return
        await send(_TAKEN)
        await send(_TAKEN_BODY)


def _place_of(path: str) -> Place | None:
    """Tell what is sent to a path, and to which project; None if nothing of ours is.

    A path may begin with anything, as a DSN may, and repeat and end with slashes.
    """
    return _remembered(path) if len(path) <= _REMEMBERED_CHARACTERS else _place(path)


def _place(path: str) -> Place | None:
    if not path.rstrip("/").endswith((f"/{_ENVELOPE}", f"/{_STORE}")):
        return None
    parts = [part for part in path.split("/") if part]
    if parts[-3:-2] == ["api"]:
        return parts[-1], parts[-2]
    return (_STORE, None) if parts[-2:] == ["api", _STORE] else None


_remembered = lru_cache(maxsize=_REMEMBERED_PATHS)(_place)


def _call(scope: Scope, place: Place) -> Call:
    kind, project = place
    headers = dict(scope["headers"])
    enveloped = kind == _ENVELOPE or _says_envelope(headers.get(b"content-type", b""))
    return Call(project, headers, scope["query_string"], enveloped)


def _says_envelope(content_type: bytes) -> bool:
    return content_type.decode("latin-1").partition(";")[0].strip().lower() == _ENVELOPE_TYPE


async def _send(send: Send, status: int, body: bytes, headers: Headers) -> None:
    await send(_start(status, body, headers))
    await send({"type": "http.response.body", "body": body})
