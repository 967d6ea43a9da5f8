"""`release-health serve`: the service, until it is told to stop.

Owns the verb, the socket, and what is printed at the start. Does not know what is served.
"""

import errno
import gc
import signal
import socket
import sys
from collections.abc import Mapping
from types import FrameType, MappingProxyType
from typing import Annotated, NoReturn

import typer
import uvicorn

from api.app import Application, begin_upkeep, create_app, open_engine
from api.cli.demo import token_file
from api.cli.failures import fail, plainly
from api.cli.keys import dsn, url_of
from api.cli.options import Config, Database, Now, settings_of
from api.cli.printing import say
from api.control import offered
from api.openapi import SESSIONS_PATH
from api.settings import Settings
from api.wire import WireProtocol
from engine.engine import Engine

_BACKLOG = 2048
_COLLECTED_AFTER = (100_000, 50, 1000)
_SWITCH_SECONDS = 0.0005
"""Who answers waits no longer than this for a thread that computes in Python, and the other way."""
_LAST_SECONDS = 10
_QUESTION = "field=sum(session)&field=crash_free_rate(session)&statsPeriod=14d&interval=1d"
_WORDS: Mapping[int, str] = MappingProxyType(
    {
        errno.EADDRINUSE: "is in use; choose another with --port, or --port 0 for any free one",
        errno.EACCES: "is not allowed for this user; choose one above 1023 with --port",
        errno.EADDRNOTAVAIL: "is of no address of this machine; choose another with --host",
    }
)


def serve(
    *,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[
        str | None, typer.Option(metavar="INTEGER", help="The port; 0 takes any free one.")
    ] = None,
    database: Database = None,
    now: Now = None,
    config: Config = None,
) -> None:
    """Answer questions over HTTP."""
    with plainly():
        given = {"host": host, "port": port, "database": database, "now": now}
        settings = settings_of(given, config=config)
        with _listening(settings) as listener, open_engine(settings) as engine:
            _heed_signals()
            with offered(settings.database, _local_url(listener)) as control:
                begin_upkeep(engine, settings)
                _greet(engine, settings, port=listener.getsockname()[1])
                app = create_app(settings, engine=engine, control_secret=control.secret)
                _run(app, listener, rest_seconds=settings.keep_alive_seconds)


def _listening(settings: Settings) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError):
        fail(f"there is no host {settings.host}; choose another with --host")
    try:
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except OSError as error:
        words = _WORDS.get(error.errno or 0, f"cannot be listened on: {error.strerror}")
        fail(f"the port {settings.port} of {settings.host} {words}")


def _greet(engine: Engine, settings: Settings, *, port: int) -> None:
    url = url_of(settings, port=port)
    secret, organization = _example(engine, settings)
    path = SESSIONS_PATH.format(organization_id_or_slug=organization)
    say(f"serving   {url}")
    say(f"database  {settings.database}")
    if settings.now is not None:
        say(f"clock     stopped at {settings.now.isoformat()}")
    say(f"dsn       {_dsn(engine, url)}")
    say(f"try       curl -g -H 'Authorization: Bearer {secret}' '{url}{path}?{_QUESTION}'")
    if secret == _NO_SECRET:
        say("          with a token from: release-health token create (while this is stopped)")


_NO_SECRET = "TOKEN"  # noqa: S105  (stands for a secret in an example)


def _example(engine: Engine, settings: Settings) -> tuple[str, str]:
    """Give the demo's secret, if it still opens something, and an organization to ask about."""
    slugs = {one.id: one.slug for one in engine.directory.organizations()}
    place = token_file(settings.database)
    secret = place.read_text().strip() if place.is_file() else ""
    token = engine.tokens.find(secret)
    for grant in () if token is None else token.grants:
        if grant.organization_id in slugs:
            return secret, slugs[grant.organization_id]
    return _NO_SECRET, next(iter(slugs.values()), "ORGANIZATION")


def _dsn(engine: Engine, url: str) -> str:
    """Spell the DSN of the first project with a key that is used, or how to make one."""
    used = [key for key in engine.keys.list() if key.disabled is None]
    if not used:
        return "none yet; make one with: release-health key create (while this is stopped)"
    return dsn(min(used, key=lambda key: key.project_id), url)


def _local_url(listener: socket.socket) -> str:
    """Spell an address at which this machine reaches the service."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (asked for, not opened)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _run(app: Application, listener: socket.socket, *, rest_seconds: int) -> None:
    """Serve until a signal; requests that are being answered then have a little time left."""
    _spare_the_collector()
    sys.setswitchinterval(_SWITCH_SECONDS)
    config = uvicorn.Config(
        app,
        http=_wire(app),
        loop="auto",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=rest_seconds,
        timeout_graceful_shutdown=_LAST_SECONDS,
    )
    uvicorn.Server(config).run(sockets=[listener])


def _wire(app: Application) -> type[WireProtocol]:
    class Wire(WireProtocol):
        shortcut = app.front

    return Wire


def _spare_the_collector() -> None:
    """Let garbage be looked for rarely, and not in what stays: a request makes no cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTED_AFTER)


def _heed_signals() -> None:
    """Close the database in order on both ways of being told to stop."""
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)


def _leave(_signal: int, _frame: FrameType | None) -> NoReturn:
    """End after the server has: it repeats the signal that stopped it when it is done."""
    raise SystemExit(0)
