"""Envelopes and requests as tests write them."""

import json
import uuid
from datetime import timedelta

from httpx2 import Response

from tests.api.ingest.conftest import KEY, NOW, PROJECT, House

PATH = f"/api/{PROJECT}/envelope/"
AUTH = {"X-Sentry-Auth": f"Sentry sentry_key={KEY}, sentry_version=7"}


def update(**changes: object) -> dict[str, object]:
    """Give one whole session, changed."""
    return {
        "sid": str(uuid.uuid4()),
        "init": True,
        "started": (NOW - timedelta(minutes=5)).isoformat(),
        "timestamp": (NOW - timedelta(minutes=4)).isoformat(),
        "status": "exited",
        "attrs": {"release": "app@1.0.0", "environment": "production"},
    } | changes


def envelope(*payloads: object, kind: str = "session", **headers: object) -> bytes:
    """Put payloads into an envelope, each in an item without a length."""
    items = [json.dumps({"type": kind}) + "\n" + json.dumps(payload) for payload in payloads]
    return "\n".join([json.dumps(headers), *items]).encode()


def post(
    house: House, body: bytes, *, path: str = PATH, headers: dict[str, str] | None = None
) -> Response:
    """Send a body, with the usual key unless headers are given."""
    return house.client.post(path, content=body, headers=AUTH if headers is None else headers)
