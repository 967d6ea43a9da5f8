"""The table from an error to a status and a JSON body; the only room that knows statuses.

Owns what a caller is told when something goes wrong, and the two errors the door raises itself.
Does not know why an engine error was raised.
"""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote

from fastapi import Response
from starlette.exceptions import HTTPException

from api.encode import dump, well_formed
from engine.backup import BackupError
from engine.errors import (
    EngineError,
    Forbidden,
    NoProjects,
    NotFound,
    QueryTimeout,
    RequestError,
    SearchError,
    StorageUnavailable,
)

RETRY_AFTER_SECONDS = 10
"""When a caller that was turned away should come back."""

_HINT_CHARACTERS = 500
_PROBLEM_HEADER = "X-Release-Health-Error"
_INTERNAL = "Internal Error"
_UNAVAILABLE = "The service cannot read its data at the moment. Please try again."


class Unauthenticated(EngineError):
    """The request carries no token, or one that is unknown or revoked."""

    code = "token.invalid"


class Overloaded(EngineError):
    """Too many questions are being answered already."""

    code = "overloaded"

    def __init__(self) -> None:
        """Say what the caller can do."""
        super().__init__("Too many queries are running. Please try again.")


STATUS_BY_ERROR: Mapping[type[BaseException], int] = MappingProxyType(
    {
        RequestError: 400,
        NoProjects: 400,
        Unauthenticated: 401,
        Forbidden: 403,
        NotFound: 404,
        BackupError: 409,
        StorageUnavailable: 503,
        Overloaded: 503,
        QueryTimeout: 504,
        Exception: 500,
    }
)
"""The status of each class of errors; a subclass without an entry has that of its parent."""

_DETAIL_BY_STATUS: Mapping[int, str] = MappingProxyType(
    {404: "There is nothing at this path. See /docs for what there is."}
)


def status_of(error: BaseException) -> int:
    """Find the status of the nearest class in the table."""
    return next(STATUS_BY_ERROR[kind] for kind in type(error).__mro__ if kind in STATUS_BY_ERROR)


def detail_of(error: EngineError) -> str:
    """Give the sentence a caller may read: a storage fault names files, which are not theirs."""
    if isinstance(error, StorageUnavailable):
        return _UNAVAILABLE
    return _INTERNAL if status_of(error) == STATUS_BY_ERROR[Exception] else error.message


def problem_header(error: EngineError) -> str:
    """Spell the code of an error, and the place and hint of a search error, in plain ASCII.

    The span is the half-open range of the offending characters; the hint is percent-encoded.
    """
    parts = [f"code={error.code}"]
    if isinstance(error, SearchError):
        if error.span is not None:
            parts.append(f"span={error.span[0]}-{error.span[1]}")
        if error.hint:
            hint = well_formed(error.hint[:_HINT_CHARACTERS])
            parts.append(f"hint*=UTF-8''{quote(hint, safe='')}")
    return "; ".join(parts)


def _headers_of(error: EngineError, status: int) -> dict[str, str]:
    headers = {_PROBLEM_HEADER: problem_header(error)}
    if status == STATUS_BY_ERROR[Unauthenticated]:
        headers["WWW-Authenticate"] = 'Bearer realm="api"'
    if status == STATUS_BY_ERROR[Overloaded]:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return headers


def body_of(detail: str) -> bytes:
    """Spell the body of every error: `{"detail": ...}` and nothing else."""
    return dump({"detail": well_formed(detail)})


def internal_body() -> bytes:
    """Spell the body of an error that nobody foresaw."""
    return body_of(_INTERNAL)


def render(error: EngineError) -> Response:
    """Make the answer to a request that failed on purpose."""
    status = status_of(error)
    return Response(
        body_of(detail_of(error)),
        status_code=status,
        headers=_headers_of(error, status),
        media_type="application/json",
    )


def render_http(error: HTTPException, method: str) -> Response:
    """Make the answer to a request that no route takes."""
    detail = _DETAIL_BY_STATUS.get(error.status_code, error.detail)
    if error.status_code == 405:
        detail = f'Method "{method}" not allowed.'
    return Response(
        body_of(detail),
        status_code=error.status_code,
        headers=error.headers,
        media_type="application/json",
    )
