"""Tests of what a query means for sessions."""

from contextlib import suppress

import pytest
from hypothesis import given, settings

from engine.condition import Condition, Either, Every, Membership
from engine.errors import SearchError
from engine.scope import KnownRelease
from engine.search.bind import bind, resolve_conditions
from schema.catalog import Key
from schema.session import Outcome
from tests.engine.search.samples import QUERIES, Json, KnownThings, cases, context, read

CASES = cases("sessions")
RELEASES_BY_MARKER = {"<semver>", "<package>", "<build>", "<stage>"}

QUIRK_6 = "decision 12, quirk 6: such filters are refused, not dropped"
QUIRK_5 = "decision 12, quirk 5: an operator alone lacks its conditions"
FIVE_STATUSES = "newest reference: `unhandled` is a status"
ONE_TEXT = "newest reference: one text for all patterns"

MENDED: dict[str, tuple[str, Json]] = {
    "own-sess-026": ("decision 12, quirk 7: ids are accepted", ["project", False, [1]]),
    "own-sess-027": ("decision 12, quirk 7: ids are accepted", ["project", False, [1, 2]]),
    "own-sess-034": (FIVE_STATUSES, ["abnormal", "crashed", "errored", "unhandled"]),
    "own-sess-039": (
        "decision 11: a group beside session.status",
        {"or": [["release", False, ["a"]], ["release", False, ["b"]]]},
    ),
    "own-sess-056": (QUIRK_6, "Invalid search filter: count()"),
    "own-sess-074": ("decision 12, quirk 1: `!=` negates", ["release", True, ["5"]]),
    "own-sess-094": (QUIRK_5, "Condition is missing on the left side of 'OR' operator"),
    "own-sess-098": (QUIRK_5, "Condition is missing on the left side of 'OR' operator"),
    "own-sess-118": ("decision 14: lists work", ["release", False, ["app@1.2.0+125"]]),
    "own-sess-123": (
        "decision 12, quirk 8: no crash",
        "Invalid format of semantic version. For searching non-semver releases, use"
        ' "release:" instead.',
    ),
    "own-sess-145": ("decision 14: lists work", ["release", False, []]),
    "own-sess-182": (ONE_TEXT, "Invalid condition: wildcard search is not supported"),
    "own-sess-183": (ONE_TEXT, "Invalid condition: wildcard search is not supported"),
    "own-sess-186": (ONE_TEXT, "Invalid condition: wildcard search is not supported"),
    "own-sess-190": (FIVE_STATUSES, ["abnormal", "crashed", "errored", "healthy", "unhandled"]),
    "own-sess-191": (FIVE_STATUSES, ["abnormal", "crashed", "errored", "healthy", "unhandled"]),
    "own-sess-194": (FIVE_STATUSES, ["abnormal", "crashed", "errored", "unhandled"]),
    "own-sess-199": (QUIRK_6, "Invalid search filter: end"),
    "own-sess-200": (QUIRK_6, "Invalid search filter: last_seen()"),
    "own-sess-201": (QUIRK_6, "Invalid search filter: failure_rate()"),
    "ep-status-split-2": (FIVE_STATUSES, ["crashed", "errored", "healthy", "unhandled"]),
}
"""What the reference answers otherwise: case, reason, and our error, condition or statuses."""


def shown(condition: Condition) -> Json:
    """Write a condition the way the collected queries do; an empty one is None."""
    if isinstance(condition, Membership):
        values: list[Json] = list(condition.values)
        return [condition.key.value, condition.negated, values]
    parts = [shown(part) for part in condition.conditions]
    if not parts:
        return None
    return {"and" if isinstance(condition, Every) else "or": parts}


def expected_where(where: Json) -> Json:
    """Put the names that the small organization gives in the place of markers, each name once."""
    if isinstance(where, dict):
        return {
            word: [expected_where(part) for part in _list(parts)] for word, parts in where.items()
        }
    if where is None:
        return None
    key, negated, values = _list(where)
    names: list[Json] = []
    for value in _list(values):
        names.extend(["app@1.2.0+125", "web@2.0.0"] if value == "<latest>" else [value])
    return [key, negated, list(dict.fromkeys(str(n) if isinstance(n, str) else n for n in names))]


def _list(value: Json) -> list[Json]:
    assert isinstance(value, list)
    return value


def answer(
    query: Json, environments: tuple[str, ...] = (), known: KnownThings | None = None
) -> tuple[Json, list[str] | None]:
    """Give the condition and the words of the statuses that a query means."""
    bound = bind(read(query), environments=environments)
    statuses = None if bound.outcomes is None else sorted(each.word for each in bound.outcomes)
    return shown(resolve_conditions(bound, context(environments, known=known))), statuses


def chosen_environments(name: str) -> tuple[str, ...]:
    """Give the environments chosen beside a collected query."""
    return tuple(str(each) for each in _list(CASES[name].get("environments", [])))


@pytest.mark.parametrize("name", [name for name in CASES if name not in MENDED])
def test_means_what_the_reference_means(name: str) -> None:
    """Each collected query gives the reference's condition and statuses, or its error."""
    case, environments = CASES[name], chosen_environments(name)

    if "error" in case:
        with pytest.raises(SearchError) as caught:
            answer(case["query"], environments)
        assert caught.value.message == case["error"]
        return
    where, statuses = answer(case["query"], environments)
    assert statuses == case["statuses"]
    expected = expected_where(case["where"])
    if (
        isinstance(expected, list)
        and _list(expected[2])
        and _list(expected[2])[0] in RELEASES_BY_MARKER
    ):
        assert _list(where)[:2] == ["release", False]
    else:
        assert where == expected


@pytest.mark.parametrize("name", MENDED)
def test_means_more_than_in_the_reference(name: str) -> None:
    """Where the reference is mended, the mended meaning or error comes out."""
    _, ours = MENDED[name]
    query, environments = CASES[name]["query"], chosen_environments(name)

    if isinstance(ours, str):
        with pytest.raises(SearchError) as caught:
            answer(query, environments)
        assert caught.value.message == ours
    else:
        assert ours in answer(query, environments)


ALL_FIVE = ["abnormal", "crashed", "errored", "healthy", "unhandled"]


@pytest.mark.parametrize(
    ("query", "where", "statuses"),
    [
        ("session.status:healthy AND release:a", ["release", False, ["a"]], ["healthy"]),
        ("session.status:healthy (release:a)", ["release", False, ["a"]], ["healthy"]),
        ("(session.status:healthy) (release:a)", ["release", False, ["a"]], ["healthy"]),
        ('session.status:healthy OR ("" session.status:crashed)', "error", None),
        ("session.status:[healthy,unhandled]", None, ["healthy", "unhandled"]),
        ("session.status:[healthy,errored] !session.status:healthy", None, ["errored"]),
        ('session.status:["",healthy]', None, ["healthy"]),
        ("!session.status:bogus", None, ALL_FIVE),
        ("(release:a session.status:healthy) OR release:b", "error", None),
        ('session.status:""', "error", None),
        ("!has:session.status", "error", None),
    ],
)
def test_statuses_are_taken_out(query: str, where: Json, statuses: list[str] | None) -> None:
    """Status filters that must hold select outcomes; under an OR they cannot be read."""
    if where == "error":
        with pytest.raises(SearchError, match=r"Unable to parse condition with session\.status"):
            answer(query)
    else:
        assert answer(query) == (where, statuses)


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("project_id:[1,3]", ["project", False, [1]]),
        ("!project_id:1", ["project", True, [1]]),
        ("project_id:-1", ["project", False, []]),
        ("project_id:0.002k", ["project", False, [2]]),
        ("project_id:" + "9" * 5000, ["project", False, []]),
        ("has:project_id", ["project", True, []]),
        ("!has:project_id", ["project", False, []]),
        ("!project:nope", ["project", True, []]),
        ("project:[proj-b,proj-a,proj-b]", ["project", False, [2, 1]]),
        ("release:Latest", ["release", False, ["Latest"]]),
        ("release:[x,latest]", ["release", False, ["x", "app@1.2.0+125", "web@2.0.0"]]),
        ("release:\ud800", ["release", False, []]),
        ("environment:[a,\udfff]", ["environment", False, ["a"]]),
        ("release.version:>=1.2", ["release", False, ["app@1.2.0+125", "web@2.0.0"]]),
        ("release.version:[1.0.0,2.0.0]", ["release", False, ["app@1.0.0+124", "web@2.0.0"]]),
        ("!release.package:app", ["release", False, ["web@2.0.0"]]),
        ("release.build:<125", ["release", False, ["app@1.0.0+124"]]),
        ("has:release.build", ["release", False, ["app@1.0.0+124", "app@1.2.0+125"]]),
        ("release.version:9.*", ["release", False, []]),
    ],
)
def test_names_are_resolved(query: str, where: Json) -> None:
    """Projects, releases and environments become the values that rows are compared with."""
    assert answer(query) == (where, None)


def test_stages_are_those_of_the_chosen_environment() -> None:
    """`release.stage` reads the one environment chosen beside the query."""
    assert answer("release.stage:adopted", ("prod",))[0] == ["release", False, ["app@1.2.0+125"]]
    assert answer("!release.stage:adopted", ("prod", "prod"))[0] == [
        "release",
        False,
        ["app@1.0.0+124"],
    ]
    for environments in ((), ("prod", "test")):
        with pytest.raises(SearchError, match="Choose a single environment"):
            answer("release.stage:adopted", environments)
        unchecked = bind(read("release.stage:adopted"))
        with pytest.raises(SearchError, match="Choose a single environment"):
            resolve_conditions(unchecked, context(environments))


def test_latest_follows_the_chosen_environments() -> None:
    """With environments beside the query only releases seen there can be the latest."""
    assert answer("release:latest", ("prod",))[0] == ["release", False, ["app@1.0.0+124"]]


def test_latest_of_nothing_is_the_empty_name() -> None:
    """Where there is no release, `latest` means sessions without one."""
    nothing = KnownThings(known=())
    only_old = KnownThings(
        known=(KnownRelease(project_id=1, version="x", added=0),), seen=frozenset()
    )

    assert answer("release:latest", known=nothing)[0] == ["release", False, [""]]
    assert answer("!release:latest", ("prod",), only_old)[0] == ["release", True, [""]]


@pytest.mark.parametrize(
    ("query", "message", "span"),
    [
        ("foo:bar (OR release:a)", "Invalid search filter: foo", (0, 7)),
        ("(OR release:a) foo:bar", "Condition is missing on the left", (1, 3)),
        ("foo:bar OR", "Condition is missing on the right", (8, 10)),
        ("release:a* foo:bar", "Invalid search filter: foo", (11, 18)),
        ("release.version:x session.status:bogus", "Invalid format of semantic", (0, 17)),
        ("foo:bar release.version:x", "Invalid search filter: foo", (0, 7)),
        ("session.status:healthy OR release:[b,a*]", "Invalid condition: wildcard", (37, 39)),
        ("project:other release:b*", "Invalid condition: wildcard", (22, 24)),
        ("release:a some words", "Invalid search filter: message", (10, 20)),
        ("project:[proj-a,other,nope]", "Invalid project slugs: 'other' in query. Pro", (0, 27)),
        ("project_id:>1", "Unable to resolve conditions", (0, 13)),
        ("release.stage:adopted* foo:bar", "Unsupported release.stage value.", (0, 22)),
        ("tags[release]:a", "Invalid search filter: tags[release]", (0, 15)),
        ("release:\uf00dContains\uf00da", "Invalid condition: wildcard", (18, 19)),
        ("message:x", "Invalid search filter: message", (0, 9)),
    ],
)
def test_errors_come_in_order(query: str, message: str, span: tuple[int, int]) -> None:
    """The first error in the reference's order is told, with its true place."""
    with pytest.raises(SearchError) as caught:
        answer(query, ("prod",))

    assert caught.value.message.startswith(message)
    assert caught.value.span == span


def test_nothing_is_asked_of_the_registry_before_the_end() -> None:
    """Projects that may not be named are told only when conditions are resolved."""
    bound = bind(read("project:other session.status:bogus"))

    assert bound.outcomes == frozenset()


def test_no_query_means_every_row() -> None:
    """Without a query all rows and all statuses are meant."""
    bound = bind(None)

    assert resolve_conditions(bound, context()) == Every()
    assert bound.outcomes is None


def test_conditions_keep_the_joins() -> None:
    """AND becomes Every, OR becomes Either."""
    bound = bind(read("release:a (release:b OR !environment:c) session.status:healthy"))

    assert bound.outcomes == frozenset({Outcome.HEALTHY})
    assert resolve_conditions(bound, context()) == Every(
        conditions=(
            Membership(key=Key.RELEASE, values=("a",)),
            Either(
                conditions=(
                    Membership(key=Key.RELEASE, values=("b",)),
                    Membership(key=Key.ENVIRONMENT, values=("c",), negated=True),
                )
            ),
        )
    )


@settings(max_examples=200, deadline=None)
@given(QUERIES)
def test_any_text_is_a_condition_or_a_search_error(text: str) -> None:
    """Whatever is typed means something or ends in a search error."""
    with suppress(SearchError):
        where, statuses = answer(text)
        assert where is None or isinstance(where, list | dict)
        assert statuses is None or set(statuses) <= set(ALL_FIVE)
