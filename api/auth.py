"""Who asks, and what they may read: from the `Authorization` header to a scope.

Owns the reading of the header and the order token, organization, permission. Does not know how
tokens are stored; never keeps, logs or repeats a secret.
"""

from dataclasses import dataclass

from api.errors import Unauthenticated
from engine.directory import Directory, Organization
from engine.errors import Forbidden, NotFound
from engine.scope import Scope
from engine.tokens import Token, Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks about which organization, and what of it they may read."""

    token_id: int
    organization: Organization
    scope: Scope


def admit(
    authorization: str | None, id_or_slug: str, *, tokens: Tokens, directory: Directory
) -> Caller:
    """Find out who asks and whether they may ask about this organization.

    Raises:
        Unauthenticated: there is no token, or not a valid one.
        NotFound: there is no such organization.
        Forbidden: the token says nothing about this organization.

    """
    token = authenticate(authorization, tokens)
    organization = directory.find_organization(id_or_slug)
    if organization is None:
        raise NotFound
    grant = token.grant(organization.id)
    if grant is None:
        raise Forbidden
    scope = directory.scope(organization.id, readable=grant.project_ids)
    return Caller(token_id=token.id, organization=organization, scope=scope)


def authenticate(authorization: str | None, tokens: Tokens) -> Token:
    """Find the token of a header like `Bearer <secret>`; the word may be in any case.

    Raises:
        Unauthenticated: the header is absent, of another kind, or its secret is not valid.

    """
    secret = _secret(authorization or "")
    if secret is None:
        message = "Authentication credentials were not provided."
        raise Unauthenticated(message)
    token = tokens.find(secret)
    if token is None:
        message = "Invalid token"
        raise Unauthenticated(message)
    return token


def _secret(authorization: str) -> str | None:
    scheme, _, rest = authorization.strip().partition(" ")
    secret = rest.strip()
    return secret if scheme.lower() == "bearer" and secret else None
