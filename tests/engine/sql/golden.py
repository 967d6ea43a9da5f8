"""The statements that people read: one per idea of the planner, kept in `tests/golden/sql`.

Owns which they are. `python -m tests.engine.sql.golden NAME` prints what a file should hold.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from engine.plan import plan
from engine.sql.form import lift
from engine.sql.lower import spell
from engine.sql.rule import DIALECT
from tests.engine.asking import DAY, meant

FOLDER = Path(__file__).resolve().parents[2] / "golden" / "sql"


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """One idea: a sentence about it, and the question that shows it."""

    sentence: str
    line: str
    paged: bool = False


GOLDEN = {
    "sessions_alone": Golden(
        sentence="Sessions add up: the cells of one group are the statement.",
        line="field=sum(session)",
    ),
    "sessions_of_groups": Golden(
        sentence="Groups come unordered, and are given up once there are too many to be read.",
        line="field=crash_rate(session)&groupBy=project&groupBy=release",
    ),
    "users": Golden(
        sentence="One kind of distinct users: cells of one user each, merged for the totals.",
        line="field=count_unique(user)",
    ),
    "users_of_several_kinds": Golden(
        sentence="Several kinds of distinct users cost one scan: the cells know which each is.",
        line="field=crash_free_rate(user)&field=anr_rate()",
    ),
    "durations": Golden(
        sentence="Durations are measured in plain scans, all percentiles from one sorting.",
        line="field=p50(session.duration)&field=p95(session.duration)&field=sum(session)",
    ),
    "durations_beside_cells": Golden(
        sentence="Durations stand beside cells where those save counting users twice.",
        line="field=crash_rate(user)&field=max(session.duration)&groupBy=environment"
        "&includeSeries=0",
    ),
    "totals_alone": Golden(
        sentence="Without a series there are no buckets, and one row a group.",
        line="field=sum(session)&field=avg(session.duration)&groupBy=release&includeSeries=0",
    ),
    "page_of_many_groups": Golden(
        sentence="Too many groups to be read are ordered, cut and given their places in SQL.",
        line="field=sum(session)&groupBy=release&per_page=10&cursor=0:20:0",
        paged=True,
    ),
    "conditions": Golden(
        sentence="Terms are parameters: short lists one by one, long ones as one joined list.",
        line="field=sum(session)&includeSeries=0&query=!release:["
        + ",".join(f"r{number}" for number in range(21))
        + "] (environment:[a,b] OR !project:web OR release:r1)",
    ),
}


def text_of(name: str) -> str:
    """Spell a file's content anew."""
    golden = GOLDEN[name]
    form, _ = lift(plan(meant(f"{DAY}&{golden.line}")), paged=golden.paged)
    return f"-- {name}\n-- {golden.sentence}\n{spell(form).sql(DIALECT, pretty=True)}\n"


if __name__ == "__main__":
    for chosen in sys.argv[1:]:
        sys.stdout.write(text_of(chosen))
