"""`release-health demo`: a database with something to look at.

Owns the verb, its progress bar, and the token that it leaves beside the database. Does not know
what the demo holds.
"""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

from api.app import clock_of
from api.cli.options import Database, Now, opened
from api.cli.printing import progress, say
from api.demo import SEED, DemoReport, run_demo
from api.demo.products import CUSTOMERS
from engine.clock import Clock
from engine.directory import Organization
from engine.engine import Engine
from engine.tokens import Grant

_LABEL = "demo"
_OWNER_ONLY = 0o600

Sessions = Annotated[int, typer.Option(min=1, help="How many sessions to make.")]


def demo(
    *,
    sessions: Sessions = 1_000_000,
    seed: Annotated[int, typer.Option(help="Another number makes other sessions.")] = SEED,
    if_empty: Annotated[
        bool, typer.Option("--if-empty", help="Do nothing if the database has organizations.")
    ] = False,
    now: Now = None,
    database: Database = None,
) -> None:
    """Fill the database with made-up products and 90 days of their sessions, and make a token."""
    with opened(database, now=now) as (engine, settings):
        if if_empty and engine.directory.organizations():
            return
        clock = clock_of(settings)
        report = _fill(engine, sessions=sessions, seed=seed, clock=clock)
        _make_keys(engine, clock)
        secret = _token(engine, clock, place=token_file(settings.database))
        say(
            f"{report.sessions} sessions of {report.releases} releases in {report.projects}"
            f" projects of {report.organizations} organizations, in {report.seconds:.1f} s"
        )
        say(f"token for all of them, kept in {token_file(settings.database)}: {secret}")


def token_file(database: Path) -> Path:
    """Say where the secret of the demo's token is kept, readable by its owner alone."""
    return database.with_name(f"{database.name}.demo-token")


def _fill(engine: Engine, *, sessions: int, seed: int, clock: Clock) -> DemoReport:
    columns = (
        TextColumn("making sessions"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with progress(*columns) as bar:
        task = bar.add_task("", total=sessions)
        return run_demo(
            engine,
            sessions=sessions,
            seed=seed,
            now=clock(),
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )


def _make_keys(engine: Engine, clock: Clock) -> None:
    """Make one key for each project of the demo that has none."""
    having = {key.project_id for key in engine.keys.list()}
    for owner in _customers(engine):
        for project in engine.directory.projects(owner.id):
            if project.id not in having:
                engine.keys.create(project.id, _LABEL, now=clock())


def _customers(engine: Engine) -> tuple[Organization, ...]:
    """List the organizations of the demo, and none of anybody else."""
    slugs = {customer.slug for customer in CUSTOMERS}
    return tuple(one for one in engine.directory.organizations() if one.slug in slugs)


def _token(engine: Engine, clock: Clock, *, place: Path) -> str:
    """Make a token for the demo alone, and keep its secret in the file; a former one is revoked."""
    former = engine.tokens.find(place.read_text().strip()) if place.exists() else None
    if former is not None:
        engine.tokens.revoke(former.id, now=clock())
    grants = [Grant(organization_id=one.id) for one in _customers(engine)]
    _, secret = engine.tokens.create(_LABEL, grants, now=clock())
    place.unlink(missing_ok=True)
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    with os.fdopen(handle, "w") as file:
        file.write(f"{secret}\n")
    return secret
