"""Simplifying a condition never changes the rows it keeps."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from engine.condition import Condition, Either, Every, Membership, simplify
from schema.catalog import Key
from tests.property.profile import PURE

PROJECT_IDS, RELEASES, ENVIRONMENTS = (1, 2, 3), ("", "a", "b"), ("", "prod")
VALUES: dict[Key, tuple[int, ...] | tuple[str, ...]] = {
    Key.PROJECT: PROJECT_IDS,
    Key.RELEASE: RELEASES,
    Key.ENVIRONMENT: ENVIRONMENTS,
}
Row = dict[Key, int | str]
ROWS: tuple[Row, ...] = tuple(
    {Key.PROJECT: project, Key.RELEASE: release, Key.ENVIRONMENT: environment}
    for project, release, environment in product(PROJECT_IDS, RELEASES, ENVIRONMENTS)
)
"""Every row there can be."""


def holds(condition: Condition, row: Row) -> bool:
    """Judge one row, part by part."""
    if isinstance(condition, Membership):
        return (row[condition.key] in condition.values) is not condition.negated
    parts = (holds(part, row) for part in condition.conditions)
    return any(parts) if isinstance(condition, Either) else all(parts)


@st.composite
def memberships(draw: st.DrawFn) -> Membership:
    """Draw a membership; values may repeat, or be none at all."""
    key = draw(st.sampled_from(list(Key)))
    values = draw(st.lists(st.sampled_from(VALUES[key]), max_size=4))
    return Membership(key=key, values=tuple(values), negated=draw(st.booleans()))  # type: ignore[arg-type]  # the values of one key have one type


def _levels(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(parts, max_size=4).map(tuple)
    return several.map(lambda some: Every(conditions=some)) | several.map(
        lambda some: Either(conditions=some)
    )


CONDITIONS: st.SearchStrategy[Condition] = st.recursive(memberships(), _levels, max_leaves=12)


@PURE
@given(CONDITIONS)
def test_simplify_keeps_the_rows(condition: Condition) -> None:
    """Judged row by row, the simpler condition says the same of every row there can be."""
    simpler = simplify(condition)

    assert [holds(simpler, row) for row in ROWS] == [holds(condition, row) for row in ROWS]


@PURE
@given(CONDITIONS)
def test_simplify_is_idempotent(condition: Condition) -> None:
    """What is simple stays as it is."""
    simpler = simplify(condition)

    assert simplify(simpler) == simpler


@PURE
@given(CONDITIONS)
def test_no_level_has_two_memberships_of_one_kind(condition: Condition) -> None:
    """A level holds at most one list of a key and one list of what it is not."""
    for level in _every_level(simplify(condition)):
        kinds = [
            (part.key, part.negated) for part in level.conditions if isinstance(part, Membership)
        ]
        assert len(kinds) == len(set(kinds))
        assert not any(isinstance(part, type(level)) for part in level.conditions)
        assert len(level.conditions) != 1


def _every_level(condition: Condition) -> list[Every | Either]:
    if isinstance(condition, Membership):
        return []
    below = [level for part in condition.conditions for level in _every_level(part)]
    return [condition, *below]


def release(*names: str, negated: bool = False) -> Membership:
    """Make a membership of releases."""
    return Membership(key=Key.RELEASE, values=names, negated=negated)


def test_repetitions_fold_away() -> None:
    """However often a term is repeated, it is asked once."""
    many = tuple(release("a") for _ in range(1000))

    assert simplify(Every(conditions=many)) == release("a")
    assert simplify(Either(conditions=many)) == release("a")


def test_alternatives_become_one_list() -> None:
    """Values that are joined by OR stand in one list, in the order of the question."""
    assert simplify(Either(conditions=(release("b"), release("a")))) == release("b", "a")


def test_contradiction_leaves_no_value() -> None:
    """Two different values at once leave a membership that nothing has."""
    assert simplify(Every(conditions=(release("a"), release("b")))) == release()


def test_exclusions_add_up() -> None:
    """Values excluded one after the other are excluded together."""
    both = Every(conditions=(release("a", negated=True), release("b", negated=True)))

    assert simplify(both) == release("a", "b", negated=True)


def test_equal_groups_are_kept_once() -> None:
    """A group of terms that is repeated is asked once."""
    group = Either(conditions=(release("a"), Membership(key=Key.ENVIRONMENT, values=("prod",))))

    assert simplify(Every(conditions=(group, group))) == group
