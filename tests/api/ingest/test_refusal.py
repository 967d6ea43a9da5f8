"""Answers that are not 200, and the page that lists them."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from sentry_sdk.transport import _parse_rate_limits

from api.ingest.refusal import Cause, bad_credentials, bad_envelope, limited
from engine.session_item import Reason
from tests.api.ingest.conftest import NOW

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "envelopes.md"


def test_body() -> None:
    """The causes are left out where there are none; no text breaks the body."""
    assert json.loads(bad_envelope("a", "b").body()) == {
        "detail": "invalid event envelope",
        "causes": ["a", "b"],
    }
    assert json.loads(bad_credentials("\ud800").body()) == {"detail": "\ufffd"}


def test_pause() -> None:
    """Both headers say for how long, and one of them for what."""
    assert limited(Cause.QUEUE_FULL, 7).headers == {
        "Retry-After": "7",
        "X-Sentry-Rate-Limits": "7:session:organization:queue_full",
    }


@pytest.mark.parametrize("name", [*Cause, *Reason])
def test_reason_is_described(name: str) -> None:
    """Whatever is counted can be looked up, except for wrong methods, which are not."""
    named = set(re.findall(r"`([^`\n]+)`", PAGE.read_text(encoding="utf-8")))

    assert name in named or name is Cause.METHOD


@pytest.mark.parametrize("cause", [Cause.RATE_LIMITED, Cause.QUEUE_FULL])
def test_sdk_understands_the_pause(cause: Cause) -> None:
    """The Python SDK reads that sessions, and nothing else, have to wait, and how long."""
    header = limited(cause, 7).headers["X-Sentry-Rate-Limits"]

    assert list(_parse_rate_limits(header, NOW)) == [("session", NOW + timedelta(seconds=7))]
