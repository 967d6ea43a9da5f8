"""The paths for whoever runs the service: how it is doing, and a copy of all it holds.

Owns these paths, and that only who can read the file beside the database may use them. Does not
know how a copy is made.
"""

import hmac
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import orjson
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from api.encode import dump
from api.errors import Unauthenticated
from api.status import STATUS_PATH, status_of
from engine.backup import BackupError, Copied
from engine.clock import Clock
from engine.engine import Engine

BACKUP_PATH: Final = "/backup"
_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    """What these paths need; without a secret there are none."""

    engine: Engine
    clock: Clock
    secret: str | None


admin_router = APIRouter(include_in_schema=False)


@admin_router.get(STATUS_PATH)
def status(request: Request) -> Response:
    """Say how the service and its database are doing."""
    admin = _admitted(request)
    return Response(dump(status_of(admin.engine, serving=True)), media_type=_JSON)


@admin_router.post(BACKUP_PATH)
async def backup(request: Request) -> Response:
    """Read where the copy shall be, and make it in a thread."""
    _admitted(request)
    body = await request.body()
    return await run_in_threadpool(_back_up, request, body)


def _back_up(request: Request, body: bytes) -> Response:
    admin = _admitted(request)
    made = admin.engine.back_up(_path(body), now=admin.clock())
    return Response(dump(copied(made)), media_type=_JSON)


def copied(made: Copied) -> dict[str, object]:
    """Say what a copy holds."""
    return {
        "path": str(made.path),
        "bytes": made.size_bytes,
        "sessions": made.sessions,
        "updates": made.updates,
    }


def _path(body: bytes) -> Path:
    try:
        read = Path(orjson.loads(body)["path"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        read = Path()
    if not read.is_absolute():
        message = "the backup needs a whole path"
        raise BackupError(message)
    return read


def _admitted(request: Request) -> Admin:
    admin = cast("Admin", request.app.state.admin)
    if admin.secret is None:
        raise HTTPException(404)
    shown = request.headers.get("authorization", "")
    if not hmac.compare_digest(shown.encode(), f"Bearer {admin.secret}".encode()):
        message = "Authentication credentials were not provided."
        raise Unauthenticated(message)
    return admin
