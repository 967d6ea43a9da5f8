"""Why something that was sent is not taken: the status, the words and the headers of each answer.

Owns the texts, which are the reference service's where it has one. Does not know when they apply.
"""

from collections.abc import Mapping
from enum import StrEnum

from api.encode import dump, well_formed

_HELP = "(https://develop.sentry.dev/sdk/envelopes/#size-limits)"
_LIMITED = (
    "Sentry dropped data due to a quota or internal rate limit being reached. This will not affect"
    " your application. See https://docs.sentry.io/product/accounts/quotas/ for more information."
)


class Cause(StrEnum):
    """Under which name what was refused is counted; those of items are `engine`'s own."""

    METHOD = "method"
    CREDENTIALS = "credentials"
    KEY = "key"
    ORIGIN = "origin"
    ENVELOPE = "invalid_envelope"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    RATE_LIMITED = "rate_limited"
    QUEUE_FULL = "queue_full"
    NOT_STORED = "not_stored"


class Refusal(Exception):
    """An answer that is not 200; `quantity` updates or envelopes were lost by it.

    `why`, if it is known, is for the log alone.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        cause: Cause,
        causes: tuple[str, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep what is answered."""
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.cause = cause
        self.causes = causes
        self.headers = headers or {}
        self.why: str | None = None
        self.quantity = 1

    def body(self) -> bytes:
        """Spell the body; what lies behind the refusal is left out where there is nothing."""
        detail: dict[str, object] = {"detail": well_formed(self.detail)}
        if self.causes:
            detail["causes"] = [well_formed(cause) for cause in self.causes]
        return dump(detail)

    def of(self, quantity: int) -> "Refusal":
        """Say how much was lost."""
        self.quantity = quantity
        return self


def wrong_method(method: str) -> Refusal:
    """Only POST brings anything."""
    detail = f'Method "{method}" not allowed.'
    return Refusal(405, detail, cause=Cause.METHOD, headers={"Allow": "POST, OPTIONS"})


def bad_credentials(detail: str, *, status: int = 401, causes: tuple[str, ...] = ()) -> Refusal:
    """Who sends cannot be read from the request."""
    return Refusal(status, detail, cause=Cause.CREDENTIALS, causes=causes)


def rejected(reason: str, cause: Cause = Cause.KEY) -> Refusal:
    """The key may not do this."""
    return Refusal(403, f"event submission rejected with_reason: {reason}", cause=cause)


def bad_envelope(*causes: str) -> Refusal:
    """The body is no envelope."""
    return Refusal(400, "invalid event envelope", cause=Cause.ENVELOPE, causes=causes)


def empty_body() -> Refusal:
    """There is nothing in it."""
    return Refusal(400, "empty request body", cause=Cause.ENVELOPE)


def too_large(kind: str | None = None) -> Refusal:
    """The body, or what its items of one kind hold, is over a limit."""
    of_kind = "" if kind is None else f" for type '{kind}'"
    return Refusal(413, f"envelope exceeded size limits{of_kind} {_HELP}", cause=Cause.TOO_LARGE)


def too_slow() -> Refusal:
    """The body did not arrive in time."""
    detail = "the request body did not arrive in time"
    return Refusal(408, detail, cause=Cause.TOO_SLOW, headers={"Connection": "close"})


def limited(cause: Cause, retry_seconds: int) -> Refusal:
    """Sending has to pause; SDKs heed either header.

    A limit of ours is one of the key; a full queue is everybody's in the organization.
    """
    whose = "key" if cause is Cause.RATE_LIMITED else "organization"
    headers = {
        "Retry-After": str(retry_seconds),
        "X-Sentry-Rate-Limits": f"{retry_seconds}:session:{whose}:{cause}",
    }
    return Refusal(429, _LIMITED, cause=cause, headers=headers)


def not_stored(retry_seconds: int, why: str) -> Refusal:
    """The store cannot keep anything at the moment; why is not for the sender."""
    headers = {"Retry-After": str(retry_seconds)}
    detail = "failed to queue envelope"
    refusal = Refusal(503, detail, cause=Cause.NOT_STORED, headers=headers)
    refusal.why = why
    return refusal
