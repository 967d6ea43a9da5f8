"""The paths that SDKs send to, and the answers as they travel.

Owns the paths, the methods and the headers that let web pages send. Does not know what is sent.

It stands in front of the other routes, without their machinery, since it is asked far more often.
"""

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog
from starlette.datastructures import State
from starlette.types import ASGIApp, Receive, Scope, Send

from api.encode import dump
from api.errors import internal_body
from api.ingest.admission import Call
from api.ingest.bodies import Disconnected
from api.ingest.refusal import Refusal, wrong_method
from api.shortcut import Answer, Headers, Taker, Tell, answer_of

if TYPE_CHECKING:
    from api.ingest.deferral import Deferral
    from api.ingest.reception import Reception

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


class Place(NamedTuple):
    """A path: what is sent to it, and to which project, if it says so."""

    path: str
    kind: str
    project: str | None


_NOTHING: Final = b"{}"
_TAKEN: Final = answer_of(200, _NOTHING, _PAGES_MAY)
"""The usual answer, made once: most envelopes have no event."""


class IngestRoutes:
    """Answers the paths of envelopes, and leaves all others to the application behind it.

    The application's state has the `reception`, and the `deferral` of what waits for questions.
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
            await self._leave(scope, receive, send)
            return
        try:
            answer = await self._answer(scope, receive, place)
        except Disconnected:
            return
        except Exception as error:  # noqa: BLE001  (a refusal is answered, and the others are told apart)
            answer = self._failure(error, scope["path"])
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": list(answer.headers),
            }
        )
        await send({"type": "http.response.body", "body": answer.body})

    async def _leave(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Leave it to the application: a question, unless it is not asked by HTTP."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        deferral: Deferral = self._state.deferral
        with deferral.question():
            await self._app(scope, receive, send)

    def find(self, method: bytes, url: bytes) -> Taker | None:
        """Give what answers such requests that arrive whole; None leaves them to the application.

        Only the usual ones are answered here: everything else has one way to go.
        """
        path, _, query = url.partition(b"?")
        if method != b"POST" or not path.startswith(b"/") or b"%" in path:
            return None
        place = _place_of(path.decode("latin-1"))
        return None if place is None else partial(self._take, place, query)

    def _take(self, place: Place, query: bytes, headers: Headers, body: bytes, tell: Tell) -> bool:
        def told(outcome: str | BaseException | None) -> None:
            tell(
                self._failure(outcome, place.path)
                if isinstance(outcome, BaseException)
                else _taken(outcome)
            )

        reception: Reception = self._state.reception
        try:
            return reception.take_whole(_call(place, headers, query), body, told)
        except Exception as error:  # noqa: BLE001  (a refusal is answered, and the others are told apart)
            told(error)
            return True

    async def _answer(self, scope: Scope, receive: Receive, place: Place) -> Answer:
        method = scope["method"]
        if method == "OPTIONS":
            return answer_of(200, b"", _PREFLIGHT)
        if method != "POST":
            raise wrong_method(method)
        reception: Reception = self._state.reception
        call = _call(place, scope["headers"], scope["query_string"])
        return _taken(await reception.take(call, receive))

    def _failure(self, error: BaseException, path: str) -> Answer:
        """Write down why something was not taken, and spell it."""
        if not isinstance(error, Refusal):
            self._log.error("unexpected error", path=path[:_LOGGED_CHARACTERS], exc_info=error)
            return answer_of(500, internal_body(), _PAGES_MAY)
        write = self._log.error if error.why else self._log.info
        reason = error.why or error.detail
        write("refused", path=path[:_LOGGED_CHARACTERS], status=error.status, reason=reason)
        headers = [(k.lower().encode(), v.encode()) for k, v in error.headers.items()]
        return answer_of(error.status, error.body(), (*_PAGES_MAY, *headers))


def _taken(event: str | None) -> Answer:
    return _TAKEN if event is None else answer_of(200, dump({"id": event}), _PAGES_MAY)


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
        return Place(path, parts[-1], parts[-2])
    return Place(path, _STORE, None) if parts[-2:] == ["api", _STORE] else None


_remembered = lru_cache(maxsize=_REMEMBERED_PATHS)(_place)


def _call(place: Place, headers: Headers, query: bytes) -> Call:
    named = dict(headers)
    enveloped = place.kind == _ENVELOPE or _says_envelope(named.get(b"content-type", b""))
    return Call(place.project, named, query, enveloped)


def _says_envelope(content_type: bytes) -> bool:
    return content_type.decode("latin-1").partition(";")[0].strip().lower() == _ENVELOPE_TYPE
