"""Labels are grouped and chosen by their names, whatever their numbers are."""

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from engine.condition import Condition, Either, Every, Membership
from engine.rollup.labels import NO_GROUP, Directory, Grouping, Label, Labels
from schema.catalog import Key
from tests.property.profile import PURE

NAMES = ("", "a", "b")
LABELS = st.lists(
    st.builds(Label, st.integers(1, 3), st.sampled_from(NAMES), st.sampled_from(NAMES)),
    unique=True,
    max_size=12,
)
KEYS = st.lists(st.sampled_from(list(Key)), unique=True).map(
    lambda keys: tuple(key for key in Key if key in keys)
)
MEMBERSHIPS = st.builds(
    lambda key, places, negated: Membership(
        key=key,
        values=tuple(
            sorted({place + 1 if key is Key.PROJECT else (*NAMES, "c")[place] for place in places})
        ),
        negated=negated,
    ),
    st.sampled_from(list(Key)),
    st.sets(st.integers(0, 3), max_size=3),
    st.booleans(),
)
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    MEMBERSHIPS,
    lambda inner: st.builds(
        lambda kind, parts: kind(conditions=tuple(parts)),
        st.sampled_from((Every, Either)),
        st.lists(inner, max_size=3),
    ),
    max_leaves=5,
)


def value(label: Label, key: Key) -> int | str:
    """Give a label's name of one kind."""
    names = {Key.RELEASE: label.release, Key.ENVIRONMENT: label.environment}
    return names.get(key, label.project)


def takes(condition: Condition, label: Label) -> bool:
    """Say what a condition says of one label."""
    if isinstance(condition, Membership):
        return (value(label, condition.key) in condition.values) != condition.negated
    answers = [takes(part, label) for part in condition.conditions]
    return any(answers) if isinstance(condition, Either) else all(answers)


def members_of(
    labels: Sequence[Label], keys: Sequence[Key], condition: Condition
) -> Mapping[int, Mapping[int, tuple[int | str, ...]]]:
    """Group labels one by one."""
    found: dict[int, dict[int, tuple[int | str, ...]]] = {}
    for number, label in enumerate(labels):
        if takes(condition, label):
            group = tuple(value(label, key) for key in keys)
            found.setdefault(label.project, {})[number] = group
    return found


@PURE
@given(LABELS, KEYS, CONDITIONS)
def test_each_label_is_in_its_group(
    labels: list[Label], keys: tuple[Key, ...], condition: Condition
) -> None:
    """A label belongs to the group of its names if the condition takes it, and to none if not."""
    grouping = Grouping(Directory.of(labels), keys, condition)

    assert grouping.members() == members_of(labels, keys, condition)
    for label, place in zip(labels, grouping.index.tolist(), strict=True):
        assert (place != NO_GROUP) is takes(condition, label)


@PURE
@given(LABELS, KEYS, st.data())
def test_groups_that_are_not_wanted_are_left_out(
    labels: list[Label], keys: tuple[Key, ...], data: st.DataObject
) -> None:
    """Only the labels of some groups are left, with the groups they had."""
    grouping = Grouping(Directory.of(labels), keys, Every())
    wanted = data.draw(st.sets(st.sampled_from(grouping.groups))) if grouping.groups else set()
    before = grouping.members()

    grouping.only(wanted)

    assert grouping.members() == {
        project: kept
        for project, numbers in before.items()
        if (kept := {one: group for one, group in numbers.items() if group in wanted})
    }


@PURE
@given(LABELS, KEYS)
def test_labels_that_agree_go_by_the_first_of_them(
    labels: list[Label], keys: tuple[Key, ...]
) -> None:
    """The first label with the same names in some keys stands for all of them."""
    directory = Directory.of(labels)
    names = [tuple(value(label, key) for key in keys) for label in labels]

    assert directory.heads(keys).tolist() == [names.index(one) for one in names]
    assert directory.are_heads(keys).tolist() == [
        names.index(one) == place for place, one in enumerate(names)
    ]


def test_newest_labels_are_counted_from_the_end() -> None:
    """Those without a number in the table have negative ones, as an array counts from its end."""
    names = [Label(1, "a", ""), Label(1, "b", ""), Label(2, "a", "")]
    labels = Labels()
    provisional = labels.provisional("a version")

    assert [provisional.number(name) for name in (*names, names[0])] == [-1, -2, -3, -1]
    directory = labels.directory(provisional)
    assert [directory.labels[number] for number in (-1, -2, -3)] == names
    assert sorted(directory.fresh(), reverse=True) == list(zip((-1, -2, -3), names, strict=True))
    grouping = Grouping(directory, (Key.RELEASE,), Membership(key=Key.PROJECT, values=(1,)))
    assert grouping.members() == {1: {-1: ("a",), -2: ("b",)}}


def test_labels_go_by_the_same_one_when_others_come() -> None:
    """What was kept under its number is found again, by whichever keys labels are told apart."""
    labels = Labels()
    provisional = labels.provisional("a version")
    heads = []
    for name in (Label(1, "a", "prod"), Label(1, "a", "dev"), Label(1, "b", "dev")):
        provisional.number(name)
        heads.append(labels.directory(provisional).heads([Key.PROJECT, Key.RELEASE]).tolist())

    assert heads == [[0, -1], [0, -1, -1], [0, -3, -1, -1]]


def test_provisional_numbers_are_of_one_version_of_the_builds() -> None:
    """They are the same as long as that stays, and others afterwards, in every way."""
    labels = Labels()
    first = labels.provisional("a version")
    first.number(Label(1, "a", ""))

    assert labels.provisional("a version") is first
    second = labels.provisional("another")
    assert second.serial != first.serial
    assert second.labels == ()


def test_label_that_got_a_number_meanwhile_goes_by_it() -> None:
    """Whoever still knows it as a new one finds the same group under the same number."""
    known = [Label(0, "", ""), Label(1, "a", "prod"), Label(1, "b", "prod")]
    directory = Directory.of([*known, Label(1, "b", "prod")], len(known))

    assert directory.heads(list(Key)).tolist() == [0, 1, 2, 2]
    grouping = Grouping(directory, (Key.RELEASE,), Membership(key=Key.PROJECT, values=(1,)))
    assert grouping.members(directory.are_heads(list(Key))) == {1: {1: ("a",), 2: ("b",)}}
