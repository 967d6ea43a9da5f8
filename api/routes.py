"""The endpoints: decode, answer, encode.

Owns which path leads where. No rule of the domain lives here.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from typing import cast

from fastapi import APIRouter, Request, Response

from api.auth import Caller, admit
from api.encode import dump, encode
from api.gate import Gate
from api.journal import Note, note_of
from api.metrics import CONTENT_TYPE, METRICS_PATH, exposition
from api.openapi import HEALTH_PATH, SESSIONS_PATH, document
from api.pages import address_of, link_header
from api.params import decode, split
from api.reference import CONTENT_SECURITY_POLICY, reference_page, welcome_page
from engine.clock import Clock
from engine.engine import Engine
from engine.errors import EngineError
from engine.request import Request as Question
from engine.result import Result

_JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What every request needs: the engine behind the door, whose turn it is, and the time."""

    engine: Engine
    gate: Gate
    clock: Clock
    public_url: str | None


router = APIRouter(include_in_schema=False)


def sessions(request: Request) -> Response:
    """Answer a question about the sessions of an organization."""
    door = cast("Door", request.app.state.door)
    note = note_of(request)
    pairs = split(request.scope["query_string"])
    with note.stopwatch.stage("admit"):
        caller = _admit(request, request.path_params["organization_id_or_slug"], door, note)
    result = _answer(decode(pairs), caller, door, note)
    with note.stopwatch.stage("encode"):
        body = dump(encode(result))
    address = address_of(request, door.public_url)
    link = link_header(result.page, address=address, pairs=pairs)
    return Response(body, media_type=_JSON, headers={"Link": link})


# Plain routes: the machinery that reads declared parameters would find none, and take its time.
router.add_route(SESSIONS_PATH, sessions, methods=["GET", "HEAD"])
router.add_route(SESSIONS_PATH.rstrip("/"), sessions, methods=["GET", "HEAD"])


@router.options(SESSIONS_PATH)
@router.options(SESSIONS_PATH.rstrip("/"))
async def options() -> Response:
    """Say what may be asked of this path."""
    return Response(headers={"Allow": "GET, HEAD, OPTIONS"})


@router.get("/")
async def welcome() -> Response:
    """Say what this service is."""
    return _html(welcome_page(document()))


@router.get(HEALTH_PATH)
async def health() -> Response:
    """Say that the service is up, whatever it is busy with."""
    return Response(dump({"status": "ok"}), media_type=_JSON)


@router.get(METRICS_PATH)
async def metrics(request: Request) -> Response:
    """Say how the network door is doing, for Prometheus."""
    engine = cast("Door", request.app.state.door).engine
    return Response(exposition(engine), media_type=CONTENT_TYPE)


@router.get("/openapi.json")
async def openapi() -> Response:
    """Describe the endpoints to programs."""
    return Response(dump(document()), media_type=_JSON)


@router.get("/docs")
async def reference() -> Response:
    """Describe the endpoints to people."""
    return _html(reference_page(document()))


def _admit(request: Request, id_or_slug: str, door: Door, note: Note) -> Caller:
    caller = admit(
        request.headers.get("authorization"),
        id_or_slug,
        tokens=door.engine.tokens,
        directory=door.engine.directory,
    )
    note.token_id = caller.token_id
    note.organization = caller.organization.slug
    return caller


def _answer(question: Question, caller: Caller, door: Door, note: Note) -> Result:
    with ExitStack() as turn:
        with note.stopwatch.stage("wait"):
            turn.enter_context(door.gate.turn())
        try:
            answer = door.engine.query(question, caller.scope, door.clock())
        except EngineError as error:
            note.stopwatch.add(error.stages)
            raise
    note.stopwatch.add(answer.trace.stages)
    note.trace = answer.trace
    return answer.result


def _html(page: str) -> Response:
    headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY}
    return Response(page, media_type="text/html", headers=headers)
