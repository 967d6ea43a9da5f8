"""One structured line per request, and the answer to what nobody foresaw.

Owns the line's names and where it goes (standard error, as JSON). Does not know routes; a note
travels with each request, and whoever learns something writes it there. No secret is written.
"""

import logging
import sys
from dataclasses import dataclass, field
from typing import cast

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import internal_body
from api.timing import Stopwatch, milliseconds, server_timing
from engine.result import Trace

_NOTE = "release_health.note"
_TEXT_CHARACTERS = 2000
_FAILED = 500


@dataclass(slots=True, kw_only=True)
class Note:
    """What is known so far about one request; the route fills it in."""

    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    status: int | None = None
    organization: str | None = None
    token_id: int | None = None
    trace: Trace | None = None
    error_code: str | None = None
    reason: str | None = None


def note_of(request: Request) -> Note:
    """Give the note that travels with a request."""
    return cast("Note", request.scope[_NOTE])


def open_log(level: str) -> structlog.typing.FilteringBoundLogger:
    """Make a log that writes JSON lines of at least this level to standard error."""
    return cast(
        "structlog.typing.FilteringBoundLogger",
        structlog.wrap_logger(
            structlog.PrintLogger(sys.stderr),
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
            wrapper_class=structlog.make_filtering_bound_logger(
                logging.getLevelNamesMapping()[level.upper()]
            ),
        ),
    )


class Journal:
    """Wraps the application: gives each request a note, and writes it down when all is said."""

    def __init__(self, app: ASGIApp, log: structlog.typing.FilteringBoundLogger) -> None:
        """Wrap `app`, write to `log`."""
        self._app = app
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        note = Note()
        scope[_NOTE] = note
        send_noted = _noting(note, send)
        try:
            await self._app(scope, receive, send_noted)
        except Exception:
            self._log.exception("unexpected error", path=scope["path"][:_TEXT_CHARACTERS])
            if note.status is not None:
                raise
            await _send_internal_error(send_noted)
        finally:
            self._write(scope, note)

    def _write(self, scope: Scope, note: Note) -> None:
        failed = note.status is None or note.status >= _FAILED
        write = self._log.error if failed else self._log.info
        write("request", **_line(scope, note))


def _noting(note: Note, send: Send) -> Send:
    """Look at what is sent: keep the status, and add the time that each stage took."""

    async def send_noted(message: Message) -> None:
        if message["type"] == "http.response.start":
            note.status = message["status"]
            stages = {**note.stopwatch.stages, "total": note.stopwatch.seconds}
            MutableHeaders(scope=message)["Server-Timing"] = server_timing(stages)
        await send(message)

    return send_noted


async def _send_internal_error(send: Send) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": _FAILED, "headers": headers})
    await send({"type": "http.response.body", "body": internal_body()})


def _line(scope: Scope, note: Note) -> dict[str, object]:
    """Spell a note; what never became known is left out."""
    stages = note.stopwatch.stages
    line: dict[str, object] = {
        "method": scope["method"],
        "path": scope["path"][:_TEXT_CHARACTERS],
        "query": scope["query_string"][:_TEXT_CHARACTERS].decode("latin-1"),
        "status": note.status,
        "milliseconds": milliseconds(note.stopwatch.seconds),
        "stages": {name: milliseconds(seconds) for name, seconds in stages.items()},
        "organization": note.organization,
        "token": note.token_id,
        "error": note.error_code,
        "reason": note.reason and note.reason[:_TEXT_CHARACTERS],
        **_found(note.trace),
    }
    return {name: value for name, value in line.items() if value is not None}


def _found(trace: Trace | None) -> dict[str, object]:
    if trace is None:
        return {}
    return {
        "source": trace.source,
        "rows": trace.rows,
        "groups": trace.groups,
        "points": trace.points,
    }
