"""An explanation says what a question means, what is computed, in which SQL, and the answer."""

import pytest

from engine.engine import Engine
from engine.errors import InvalidField
from engine.explain import Explanation, describe_condition
from engine.plan import Source
from tests.building import ORGANIZATION_ID, open_engine
from tests.engine.asking import DAY, NOW, asked, meant

ROW = {"project_id": 1, "session_id": "0" * 31 + "1", "started": "2026-03-10T12:00:00Z"}


def explained(engine: Engine, line: str) -> Explanation:
    """Explain a request line over one day."""
    scope = engine.directory.scope(ORGANIZATION_ID)
    return engine.explain(asked(f"{DAY}&{line}"), scope, NOW)


def test_explanation_tells_every_stage() -> None:
    """The meaning, the plan and the statement of a grouped question are told line by line."""
    with open_engine(sources=(Source.SESSIONS,)) as engine:
        engine.load([ROW])
        found = explained(
            engine,
            "field=count_unique(user)&field=p50(session.duration)&groupBy=release"
            "&query=release:[a, b] !environment:dev&orderBy=-count_unique(user)&per_page=5",
        )

    assert found.query == (
        "fields      count_unique(user), p50(session.duration)",
        "range       2026-03-09T14:00:00Z to 2026-03-10T15:00:00Z, 25 buckets of 3600 s",
        "projects    1, 2, 3",
        "rows where  (release in ['a', 'b'] and environment not in ['dev'])",
        "grouped by  release",
        "groups      at most 5 from 0",
    )
    assert found.plan == (
        "source      sessions",
        "totals      users, duration_p50",
        "ordered by  users descending, nulls last, then the group key",
        "listed if   it has rows of user",
        "series      users, duration_p50",
    )
    (statement,) = found.statements
    assert "FROM sessions AS source" in statement.text
    assert {"a", "b", "dev"} <= {*map(str, statement.parameters.values())}


def test_explanation_holds_the_plain_answer() -> None:
    """The answer beside the explanation is the one that the same question gets."""
    with open_engine() as engine:
        engine.load([ROW])
        line = "field=sum(session)&groupBy=project"
        found = explained(engine, line)
        plain = engine.query(asked(f"{DAY}&{line}"), engine.directory.scope(ORGANIZATION_ID), NOW)

    assert found.answer.result == plain.result
    assert found.answer.result.groups[0].totals == {"sum(session)": 1}


def test_nothing_is_planned_for_an_impossible_question() -> None:
    """Where no status is left there is no plan, no statement and no group."""
    with open_engine() as engine:
        found = explained(engine, "field=sum(session)&query=session.status:bogus")

    assert found.query[-1] == "statuses    none"
    assert (found.plan, found.statements, found.answer.result.groups) == ((), (), ())
    assert found.answer.trace.source == "none"


def test_statuses_and_dropped_fields_are_told() -> None:
    """What the status filter does to fields is said in words."""
    with open_engine() as engine:
        found = explained(
            engine,
            "field=sum(session)&field=max(session.duration)&groupBy=session.status"
            "&query=session.status:crashed",
        )

    assert found.query[-4:] == (
        "grouped by  nothing, each split by session.status",
        "groups      at most 400 from 0",
        "statuses    crashed",
        "always null max(session.duration)",
    )


def test_rates_are_told_as_ratios() -> None:
    """An order by a rate names what is divided by what."""
    with open_engine() as engine:
        found = explained(engine, "field=crash_free_rate(user)&groupBy=release&includeSeries=0")

    assert found.plan[2] == (
        "ordered by  1 - users_crashed / users descending, nulls last, then the group key"
    )
    assert not any(line.startswith("series") for line in found.plan)


def test_wrong_question_is_not_explained() -> None:
    """Explaining raises what a plain answer raises."""
    with open_engine() as engine, pytest.raises(InvalidField):
        explained(engine, "field=x")


CONDITIONS = {
    "everything": ("", "everything"),
    "one": ("release:a", "release in ['a']"),
    "nothing-known": ("project:nobody", "project in []"),
    "or": (
        'release:a OR environment:""',
        "(release in ['a'] or environment in [''])",
    ),
    "nested": (
        "release:a (environment:x OR project:web)",
        "(release in ['a'] and (environment in ['x'] or project in [1]))",
    ),
}


@pytest.mark.parametrize(("text", "words"), CONDITIONS.values(), ids=CONDITIONS.keys())
def test_conditions_are_spelled_for_people(text: str, words: str) -> None:
    """Any condition reads as a sentence about keys and values."""
    query = meant(f"{DAY}&field=sum(session)&query={text}")

    assert describe_condition(query.condition) == words
