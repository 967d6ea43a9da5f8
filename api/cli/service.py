"""The service that owns a database, asked by a command on the same machine.

Owns the request and what its failures mean. Does not know what is asked.
"""

import json
from pathlib import Path
from typing import cast
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from api.cli.failures import fail
from api.control import find_control

_OPENER = build_opener(ProxyHandler({}))


def ask_service(
    database: Path, path: str, body: dict[str, str] | None = None
) -> dict[str, object] | None:
    """Ask the service on a database; None if none is running. What it refuses ends the command."""
    control = find_control(database)
    if control is None:
        return None
    request = Request(  # noqa: S310  (the address is one that our own service wrote down)
        f"{control.url}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {control.secret}"},
    )
    try:
        with _OPENER.open(request) as response:
            return cast("dict[str, object]", json.load(response))
    except HTTPError as error:
        if error.code == 401:
            return None  # another service has the address now
        fail(_detail(error))
    except URLError:
        return None  # it was killed, and left its file behind


def _detail(error: HTTPError) -> str:
    try:
        return str(json.load(error)["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the service answered with {error.code}"
