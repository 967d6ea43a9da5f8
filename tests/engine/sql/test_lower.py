"""Every statement says what its tree says, reads no more than it may, and holds no foreign text."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlglot
from hypothesis import given
from sqlglot import exp

from engine.execute import run
from engine.limits import Limits
from engine.plan import Plan, plan
from engine.resolve import resolve
from engine.scope import Project
from engine.sql.form import END, MOST_ROWS, START, lift
from engine.sql.lower import Statement, lower, lower_page, spell
from engine.sql.rule import DIALECT
from engine.storage import Storage
from schema.session import Mechanism
from tests.building import PlainRegistry, plain_scope
from tests.engine.asking import DAY, NOW, asked, meant
from tests.engine.sql.golden import FOLDER, GOLDEN, text_of
from tests.engine.sql.questions import plans
from tests.property.profile import PURE

LONGEST_GOLDEN_LINES = 60


def statements(planned: Plan) -> tuple[Statement, ...]:
    """Lower a plan in each way that it can be."""
    whole = lower(planned, most_rows=1000)
    return (whole, lower_page(planned)) if planned.keys else (whole,)


@PURE
@given(plans())
def test_text_reads_back_as_its_tree(planned: Plan) -> None:
    """The text of a statement parses to the tree it was written from, and prints the same."""
    for paged in (False, True) if planned.keys else (False,):
        form, _ = lift(planned, paged=paged)
        tree = spell(form)
        text = tree.sql(DIALECT)

        again = sqlglot.parse_one(text, read=DIALECT)

        assert again.sql(DIALECT) == text
        assert plain(again) == plain(tree)


def plain(tree: exp.Expr) -> exp.Expr:
    """Leave out the three things that the parser writes down and a built tree need not say."""
    copy = tree.copy()
    for count in copy.find_all(exp.Count):
        count.set("big_int", None)
    for window in copy.find_all(exp.Window):
        window.set("over", None)
    for either in copy.find_all(exp.LogicalOr):
        if isinstance(either.this, exp.Cast):
            either.set("this", either.this.this)
    return copy


@PURE
@given(plans())
def test_every_reading_of_sessions_is_bounded(planned: Plan) -> None:
    """Each SELECT from the sessions names its projects and both ends of its range."""
    for statement in statements(planned):
        tree = sqlglot.parse_one(statement.text, read=DIALECT)
        readings = list(selects_from_sessions(tree))
        assert readings
        for select in readings:
            assert bounds(select) == {"projects", "start", "end"}
        assert {table.name for table in tree.find_all(exp.Table)} <= {"sessions", "cells", "shown"}


def selects_from_sessions(tree: exp.Expr) -> Iterator[exp.Select]:
    """Find every SELECT that reads the table of sessions."""
    for table in tree.find_all(exp.Table):
        if table.name == "sessions":
            select = table.find_ancestor(exp.Select)
            assert select is not None
            yield select


def bounds(select: exp.Select) -> set[str]:
    """Name the bounds among what a SELECT's rows must all satisfy."""
    return {name for term in terms_of(select.args["where"].this) if (name := bound_of(term))}


def terms_of(condition: exp.Expr) -> Iterator[exp.Expr]:
    """List what must hold together."""
    inner = condition.unnest()
    if isinstance(inner, exp.And):
        yield from terms_of(inner.left)
        yield from terms_of(inner.right)
    else:
        yield inner


def bound_of(term: exp.Expr) -> str:
    """Name the bound that a condition is, "" if it is none."""
    text = term.sql(DIALECT)
    if text == f"started >= ${START}":
        return "start"
    if text == f"started < ${END}":
        return "end"
    is_list = isinstance(term, exp.In) and term.this.sql() == "project_id"
    first = is_list and all(isinstance(it, exp.Placeholder) for it in term.expressions)
    return "projects" if first and text.startswith("project_id IN ($value_0") else ""


@PURE
@given(plans())
def test_texts_hold_no_text_of_a_caller(planned: Plan) -> None:
    """The only text literals of a statement are our own two mechanisms."""
    own = {mechanism.value for mechanism in Mechanism}
    for statement in statements(planned):
        literals = sqlglot.parse_one(statement.text, read=DIALECT).find_all(exp.Literal)
        assert {literal.this for literal in literals if literal.is_string} <= own


@PURE
@given(plans())
def test_parameters_are_those_of_the_text(planned: Plan) -> None:
    """Each place of a value is bound, and nothing is bound that has no place."""
    for statement in statements(planned):
        places = sqlglot.parse_one(statement.text, read=DIALECT).find_all(exp.Placeholder)
        assert {str(place.this) for place in places} == set(statement.parameters)


HOSTILE = {
    "statement": "x'); DROP TABLE sessions; --",
    "double-quote": '"; DROP TABLE sessions; --',
    "parameter": "$range_start",
    "comment": "-- DROP TABLE sessions",
    "dollar-quotes": "$$; DROP TABLE sessions; $$",
}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_names_are_bound_and_not_written(name: str) -> None:
    """A release, an environment or a slug is a value, however it looks."""
    scope = replace(plain_scope(), projects=(Project(id=1, slug=name),), readable=frozenset({1}))
    quoted = name.replace('"', '\\"')
    parts = {"releases": f'release:"{quoted}" OR release:"a"', "slugs": f'project:"{quoted}"'}
    plain = {"releases": "release:b OR release:c", "slugs": "project:nobody"}
    for part, text in parts.items():
        asking = replace(asked(LINE), query=text, projects=(name,), environments=(name,))
        usual = replace(asked(LINE), query=plain[part], projects=("1",), environments=("prod",))
        foreign, known = (
            plan(resolve(it, scope, NOW, registry=registry_of(name), limits=Limits()))
            for it in (asking, usual)
        )
        for statement, other in zip(statements(foreign), statements(known), strict=True):
            assert name in statement.parameters.values()
            assert "DROP" not in statement.text
            assert part == "slugs" or statement.text == other.text


LINE = f"{DAY}&field=sum(session)&groupBy=release"


def registry_of(name: str) -> PlainRegistry:
    """Know an environment of this name, and `prod`."""
    return PlainRegistry(names={name, "prod"})


SAME_FORM = {
    "releases": ("query=release:[a,b]&project=1", "query=release:[c,d]&project=mobile"),
    "ranges": ("statsPeriod=2d&interval=6h", "statsPeriod=7d&interval=1d"),
    "pages": ("per_page=5", "per_page=9&cursor=0:45:0"),
    "long-lists": (
        "query=release:[" + ",".join(f"a{it}" for it in range(30)) + "]",
        "query=release:[" + ",".join(f"b{it}" for it in range(500)) + "]",
    ),
    "repetitions": ("query=release:a", "query=release:b release:b"),
}


@pytest.mark.parametrize(("one", "two"), SAME_FORM.values(), ids=SAME_FORM.keys())
def test_questions_of_one_form_share_one_text(one: str, two: str) -> None:
    """What differs in values alone is spelled once."""
    first, second = (lower(plan(meant(f"{LINE}&{line}")), most_rows=9) for line in (one, two))

    assert first.text is second.text
    assert first.parameters.keys() == second.parameters.keys()


def test_rows_of_groups_are_limited() -> None:
    """A statement about groups gives up at the number of rows that it is told; others have none."""
    grouped = lower(plan(meant(LINE)), most_rows=77)
    alone = lower(plan(meant(f"{DAY}&field=sum(session)")), most_rows=77)

    assert grouped.parameters[MOST_ROWS] == 77
    assert grouped.text.endswith(f"LIMIT ${MOST_ROWS}")
    assert MOST_ROWS not in alone.parameters


def test_very_many_terms_make_a_shallow_tree() -> None:
    """Hundreds of alternatives that cannot be merged nest a few levels deep."""
    terms = " OR ".join(f"(release:r{it} environment:e{it})" for it in range(500))
    statement = lower(plan(meant(f"{DAY}&field=sum(session)&query={terms}")), most_rows=9)

    depth = deepest = 0
    for character in statement.text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        deepest = max(deepest, depth)
    assert deepest < 30
    assert len(statement.parameters) > 1000
    assert run(statement, Storage.open(None), timeout_seconds=60).count == 0


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_statement(name: str) -> None:
    """Each idea of the planner is written down as people read it, and is still so."""
    kept = (FOLDER / f"{name}.sql").read_text(encoding="utf-8")

    assert kept == text_of(name), (
        "the statement has changed; if that is meant, write what"
        f" `python -m tests.engine.sql.golden {name}` prints into {name}.sql"
    )
    assert kept.count("\n") <= LONGEST_GOLDEN_LINES


def test_no_golden_file_is_left_over() -> None:
    """Every file belongs to an idea that is still there."""
    assert {path.stem for path in FOLDER.iterdir()} == set(GOLDEN)
