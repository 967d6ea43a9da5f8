"""`release-health token`: who may ask.

Owns the verbs about tokens, and how a grant is written on a command line. Does not know how secrets
are kept.
"""

from collections.abc import Sequence
from typing import Annotated

import typer

from api.app import clock_of
from api.cli.failures import fail
from api.cli.options import Database, existing, opened, organization_of, project_of
from api.cli.printing import say, table
from engine.engine import Engine
from engine.tokens import Grant, Token

tokens = typer.Typer(no_args_is_help=True, help="Create, list and revoke tokens.")


@tokens.command()
def create(
    label: Annotated[str, typer.Argument(help="What the token is for, as in dashboard.")],
    organization: Annotated[
        list[str] | None,
        typer.Option(help="An organization it may read all of, id or slug; may be repeated."),
    ] = None,
    project: Annotated[
        list[str] | None,
        typer.Option(metavar="ORG/PROJECT", help="A project it may read; may be repeated."),
    ] = None,
    database: Database = None,
) -> None:
    """Create a token and print its secret, which is shown this once."""
    with opened(database) as (engine, settings):
        grants = _grants(engine, organization or (), project or ())
        if not grants:
            fail("a token needs something to read: give --organization or --project")
        token, secret = engine.tokens.create(label, grants, now=clock_of(settings)())
        say(f"token {token.id} ({token.label}) reads {_reads(engine, token)}; its secret:")
        say(secret)


@tokens.command("list")
def list_tokens(database: Database = None) -> None:
    """List all tokens, without their secrets."""
    with existing(database) as (engine, _):
        rows = [
            (
                token.id,
                token.label,
                _reads(engine, token),
                token.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "-" if token.revoked is None else token.revoked.strftime("%Y-%m-%dT%H:%M:%SZ"),
            )
            for token in engine.tokens.list()
        ]
        table(("id", "label", "reads", "created", "revoked"), rows)


@tokens.command()
def revoke(
    token_id: Annotated[int, typer.Argument(metavar="ID", help="As listed by: token list.")],
    database: Database = None,
) -> None:
    """Make a token worthless from now on."""
    with existing(database) as (engine, settings):
        if not engine.tokens.revoke(token_id, now=clock_of(settings)()):
            fail(f"there is no token {token_id} that is still valid")
        say(f"token {token_id} is revoked")


def _grants(engine: Engine, whole: Sequence[str], single: Sequence[str]) -> list[Grant]:
    owners = [organization_of(engine, name).id for name in whole]
    chosen: dict[int, set[int]] = {}
    for text in single:
        owner_name, slash, name = text.partition("/")
        if not slash:
            raise typer.BadParameter(f"{text!r} is not of the form ORG/PROJECT")
        owner = organization_of(engine, owner_name)
        chosen.setdefault(owner.id, set()).add(project_of(engine, owner, name).id)
    return [
        *(Grant(organization_id=owner) for owner in dict.fromkeys(owners)),
        *(
            Grant(organization_id=owner, project_ids=frozenset(ids))
            for owner, ids in chosen.items()
            if owner not in owners
        ),
    ]


def _reads(engine: Engine, token: Token) -> str:
    names = {one.id: one.slug for one in engine.directory.organizations()}
    parts = []
    for grant in token.grants:
        owner = names.get(grant.organization_id, str(grant.organization_id))
        if grant.project_ids is None:
            parts.append(owner)
            continue
        slugs = {one.id: one.slug for one in engine.directory.projects(grant.organization_id)}
        parts += [f"{owner}/{slugs.get(one, one)}" for one in sorted(grant.project_ids)]
    return ", ".join(parts)
