"""`release-health expire`, `rebuild` and `verify`: old sessions deleted, derived ones checked.

Owns these verbs. Does not know how sessions are derived, nor how they are deleted.
"""

from datetime import UTC, datetime

import typer

from api.app import clock_of
from api.cli.options import Database, Now, existing
from api.cli.printing import complain, say
from engine.aging import Retention
from engine.rebuild import Disagreement
from engine.retention import Expired
from schema.session import Outcome

_DISAGREES = 1


def expire(now: Now = None, database: Database = None) -> None:
    """Delete what is too old, as a service does every hour. Stop a running service first."""
    with existing(database, now=now) as (engine, settings):
        kept = Retention(now=clock_of(settings)(), default_days=settings.retention_days)
        aged = engine.upkeep.expire(kept, _progress)
        deleted = f"deleted {aged.sessions} rows of sessions and {aged.updates} of updates"
        say(f"{deleted}, forgot {aged.people} users")


def _progress(project_id: int, limit: datetime, gone: Expired) -> None:
    rows = f"{gone.sessions} rows of sessions and {gone.updates} of updates"
    say(f"project {project_id}, before {limit.date().isoformat()}: {rows}")


def rebuild(database: Database = None) -> None:
    """Derive the sessions again from the raw updates. Stop a running service first."""
    with existing(database) as (engine, _):
        say(f"rebuilt {engine.rebuild()} rows of sessions")


def verify(database: Database = None) -> None:
    """Say where the sessions disagree with the raw updates; the exit code is 1 if they do."""
    with existing(database) as (engine, _):
        verdict = engine.verify()
        if verdict.clean:
            say("sessions and updates agree")
            return
        for example in verdict.examples:
            complain(_words(example))
        complain(
            f"sessions and updates disagree: {verdict.missing} rows are missing and"
            f" {verdict.surplus} should not be there; mend it with: release-health rebuild"
        )
        raise typer.Exit(_DISAGREES)


def _words(example: Disagreement) -> str:
    what = "missing" if example.missing else "surplus"
    name = example.session_id or f"{example.quantity} pre-counted"
    started = datetime.fromtimestamp(example.started, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    outcome = Outcome(example.outcome).word
    return f"{what}: project {example.project_id}, {name}, started {started}, {outcome}"
