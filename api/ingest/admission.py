"""Who may send: the key of a request, found where it is said, and held against what it asks for.

Owns the order of the places it may be said in, and what a key has to be like. Does not know how a
key is spelled in each place.
"""

from collections.abc import Mapping
from typing import NamedTuple

from api.ingest.credentials import Target, public_key, read_dsn, read_project
from api.ingest.encoding import Body
from api.ingest.origins import is_allowed, origin_of
from api.ingest.refusal import Cause, Refusal, bad_credentials, bad_envelope, rejected
from engine.envelope import EnvelopeError, read_headers
from engine.keys import Key, Keys


class Call(NamedTuple):
    """What a request says before its body: header names in lower case, `project` as in the path.

    Only the body of an `enveloped` call is an envelope; any other is let go.
    """

    project: str | None
    headers: Mapping[bytes, bytes]
    query: bytes
    enveloped: bool


class Admission:
    """Finds the keys of requests."""

    def __init__(self, keys: Keys) -> None:
        """Know these keys."""
        self._keys = keys

    def of_call(self, call: Call) -> Key | None:
        """Find the key that a request names before its body; None leaves it to an envelope.

        Raises:
            Refusal: it may not send.

        """
        project_id = None if call.project is None else read_project(call.project)
        name = public_key(call.headers, call.query)
        if name is not None:
            return self._admit(name, project_id, call)
        if not call.enveloped:
            detail = "missing authorization information"
            raise bad_credentials(detail)
        return None

    def of_body(self, call: Call, body: Body) -> Key:
        """Find the key in the headers of the envelope, where the request says nothing else.

        Raises:
            Refusal: there is none, or it may not send.

        """
        try:
            dsn = read_headers(body).get("dsn")
        except EnvelopeError as error:
            raise _unreadable(error.message) from None
        if dsn is None:
            detail = "missing authorization information"
            raise bad_credentials(detail)
        target = read_dsn(dsn)
        if target is None:
            raise _unreadable("the dsn cannot be read")
        if call.project is not None and target.project_id != read_project(call.project):
            raise _mismatch("project id")
        return self._admit(target.public_key, target.project_id, call)

    def _admit(self, name: str, project_id: int | None, call: Call) -> Key:
        key = self._keys.find(name)
        if key is None or key.disabled:
            reason = "ProjectId"
            raise rejected(reason)
        if project_id is not None and key.project_id != project_id:
            reason = "MultiProjectId"
            raise rejected(reason)
        if key.origins and not is_allowed(origin_of(call.headers), key.origins):
            reason = "Cors"
            raise rejected(reason, Cause.ORIGIN)
        return key


def check_agrees(dsn: object, key: Key) -> None:
    """Refuse an envelope whose own DSN is of another key."""
    target: Target | None = read_dsn(dsn)
    if target is None:
        cause = "invalid envelope header"
        raise bad_envelope(cause)
    if target.project_id != key.project_id:
        raise _mismatch("project id")
    if target.public_key != key.public_key:
        raise _mismatch("public key")


def _mismatch(what: str) -> Refusal:
    return bad_envelope(f"{what} header mismatch between envelope and request")


def _unreadable(cause: str) -> Refusal:
    return bad_credentials("bad envelope authentication header", causes=(cause,))
