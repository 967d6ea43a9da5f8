"""The composition root: the one place where real things are chosen and put together.

Owns the life of the application. Does not know what any of its parts does.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import structlog
from anyio import to_thread
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from api.admin import Admin, admin_router
from api.errors import render, render_http
from api.gate import Gate
from api.ingest.deferral import Deferral
from api.ingest.reception import Reception
from api.ingest.routes import IngestRoutes
from api.journal import Journal, note_of, open_log
from api.openapi import document
from api.routes import Door, router
from api.settings import Settings
from engine.clock import Clock, frozen_clock, real_clock
from engine.engine import Engine
from engine.errors import EngineError

_SPARE_THREADS = 8


class Application(FastAPI):
    """The application with the door for envelopes in front: it is used far more often."""

    front: IngestRoutes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, past all that is only there for the others."""
        await self.front(scope, receive, send)


def create_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    engine: Engine | None = None,
    control_secret: str | None = None,
) -> Application:
    """Build the application.

    An engine that is given stays the giver's to close and to look after; otherwise the application
    opens the database of the settings when it starts, looks after it, and closes it when it stops.
    `control_secret` is what whoever runs the service shows at the paths for them.

    Raises:
        StorageUnavailable: (when it starts) the database cannot be opened.

    """
    log = open_log(settings.log_level)
    app = Application(
        title="Release Health Engine",
        lifespan=_lifespan(settings, clock or clock_of(settings), engine, log),
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.control_secret = control_secret
    app.state.deferral = Deferral()
    if engine is not None:
        _open_doors(app, settings, clock or clock_of(settings), engine)
    app.openapi = document  # type: ignore[method-assign]  # FastAPI's documented way to replace it
    app.include_router(router)
    app.include_router(admin_router)
    app.add_middleware(Journal, log=log)
    app.front = IngestRoutes(super(Application, app).__call__, state=app.state, log=log)
    app.add_exception_handler(EngineError, _on_engine_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    return app


def open_engine(settings: Settings) -> Engine:
    """Open the database that the settings name.

    Raises:
        StorageUnavailable: it cannot be opened.

    """
    return Engine.open(
        settings.database,
        limits=settings.limits(),
        memory_limit=settings.memory_limit,
        threads=settings.threads,
        queued_rows=settings.queued_rows,
        log_bytes=settings.log_bytes,
    )


def begin_upkeep(engine: Engine, settings: Settings) -> None:
    """Look after the database until it is closed, and say what the start had to mend.

    With a clock that is stopped nothing is too old: what a demonstration shows is not deleted.
    """
    log = open_log(settings.log_level)

    def report(event: str, numbers: Mapping[str, object]) -> None:
        log.info(event, **numbers)

    replayed = engine.inventory().replayed_bytes
    if replayed or engine.recovered:
        log.warning(
            "recovered: the last process was not ended in order",
            replayed_bytes=replayed,
            folded_updates=engine.recovered,
        )
    days = settings.retention_days if settings.now is None else None
    engine.upkeep.start(clock_of(settings), default_days=days, report=report)


def clock_of(settings: Settings) -> Clock:
    """Choose the clock: the real one, unless the settings stop it."""
    return real_clock if settings.now is None else frozen_clock(settings.now)


def _open_doors(app: FastAPI, settings: Settings, clock: Clock, engine: Engine) -> Door:
    """Put what the routes need where they look for it: questions on one side, envelopes beside."""
    gate = Gate(turns=settings.concurrent_queries, patience_seconds=settings.queue_seconds)
    door = Door(engine=engine, gate=gate, clock=clock, public_url=settings.public_url)
    app.state.door = door
    app.state.admin = Admin(engine=engine, clock=clock, secret=app.state.control_secret)
    app.state.reception = Reception(
        keys=engine.keys,
        sink=engine.sink,
        outcomes=engine.outcomes,
        clock=clock,
        limits=settings.reception_limits(),
        deferral=app.state.deferral,
    )
    return door


def _lifespan(
    settings: Settings,
    clock: Clock,
    engine: Engine | None,
    log: structlog.typing.FilteringBoundLogger,
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        opened = engine or open_engine(settings)
        builder = opened.builder(lambda error: log.error("cannot build", reason=error.message))
        if engine is None:
            begin_upkeep(opened, settings)
        door = _open_doors(app, settings, clock, opened)
        threads = door.gate.turns + door.gate.waiting + _SPARE_THREADS
        to_thread.current_default_thread_limiter().total_tokens = threads
        builder.start()
        try:
            yield
        finally:
            await to_thread.run_sync(builder.stop)
            await to_thread.run_sync(opened.sink.flush)
            if engine is None:
                opened.close()

    return life


async def _on_engine_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, EngineError):
        raise error
    note = note_of(request)
    note.error_code = error.code
    note.reason = error.message
    return render(error)


async def _on_http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return render_http(error, request.method)
