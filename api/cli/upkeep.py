"""`release-health rebuild` and `verify`: what is derived, against the raw updates.

Owns the two verbs. Does not know how sessions are derived.
"""

from datetime import UTC, datetime

import typer

from api.cli.options import Database, existing
from api.cli.printing import complain, say
from engine.rebuild import Disagreement
from schema.session import Outcome

_DISAGREES = 1


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
