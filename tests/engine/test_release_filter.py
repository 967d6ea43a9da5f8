"""Which known releases the filters on version, package, build, stage and `latest` mean."""

import json
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import SearchError
from engine.release import parse_release
from engine.release_filter import (
    UNSUPPORTED_STAGE,
    follows_versions,
    latest_versions,
    select_stages,
    select_versions,
)
from engine.scope import KnownRelease, Stage
from engine.version_filter import INVALID_VERSION

ALL_CASES = json.loads(
    (Path(__file__).parent / "cases" / "release_filter.json").read_text(encoding="utf-8")
)
CASES = [case for case in ALL_CASES if "capped" not in case]
CAPPED_CASES = [case for case in ALL_CASES if "capped" in case]

VERSION, PACKAGE, BUILD = "release.version", "release.package", "release.build"
KNOWN = (
    "foo@1.0.0",
    "foo@1.2.0-rc1",
    "foo@1.2.0+123",
    "foo@2.0.0+0124",
    "bar@1.0.0+abc.1",
    "bar@1.5+9223372036854775808",
    "bar@nightly",
    "plain",
    "",
)
SEMANTIC = KNOWN[:6]
NAMES = st.sampled_from(KNOWN) | st.from_regex(
    r"[ab]@[12](\.[01]){0,3}(-rc\.?[12]{1,2})?(\+[01a]{1,2})?|[ab@12.]{0,6}", fullmatch=True
)
VALUES = {
    VERSION: st.from_regex(r"([ab]@)?([12](\.[01]){0,3}(-rc\.?1)?|[12]\.\*|\*)|", fullmatch=True),
    PACKAGE: st.sampled_from(["a", "b", "foo", ""]),
    BUILD: st.sampled_from(["0", "1", "01", "123", "a", "1*", "*", "", "1a"]),
}


def known(*names: str) -> tuple[KnownRelease, ...]:
    """Register names in one project, one microsecond after the other."""
    return tuple(
        KnownRelease(project_id=1, version=name, added=added) for added, name in enumerate(names)
    )


def names(*picked: int) -> tuple[str, ...]:
    """Pick from KNOWN by position, sorted as answers are."""
    return tuple(sorted(KNOWN[index] for index in picked))


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_filter_selects_what_the_reference_selects(case: dict[str, object]) -> None:
    """Versions, packages and builds over small sets of registered releases, or the error's text."""
    releases = known(*json.loads(json.dumps(case["releases"])))
    key, operator, value = str(case["key"]), str(case["operator"]), str(case["value"])
    if "error" in case:
        with pytest.raises(SearchError) as caught:
            select_versions(key, operator, (value,), releases)
        assert caught.value.message == case["error"]
        return

    selected = select_versions(key, operator, (value,), releases)

    assert list(selected) == sorted(json.loads(json.dumps(case["selected"])))


@pytest.mark.parametrize("case", CAPPED_CASES, ids=[case["id"] for case in CAPPED_CASES])
def test_no_release_is_left_out_for_being_one_too_many(case: dict[str, object]) -> None:
    """A difference: with a cap of two names the reference answers at most those, here all."""
    capped = json.loads(json.dumps(case["capped"]))
    releases = known(*json.loads(json.dumps(case["releases"])))
    key, operator, value = str(case["key"]), str(case["operator"]), str(case["value"])

    selected = select_versions(key, operator, (value,), releases)

    assert set(selected) >= set(capped)
    everything = {release.version for release in releases}
    flipped = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}[operator]
    assert everything - set(selected) == set(select_versions(key, flipped, (value,), releases))


@pytest.mark.parametrize(
    ("operator", "values", "selected"),
    [
        ("=", ("1.2",), names(2)),
        ("=", ("1.2.0+999",), names(2)),
        ("!=", ("1.2",), names(0, 1, 3, 4, 5)),
        ("<", ("1.2",), names(0, 1, 4)),
        (">", ("foo@1.2",), names(3)),
        (">", ("1.*",), names(0, 1, 2, 4, 5)),
        ("=", ("*",), names(0, 1, 2, 3, 4, 5)),
        ("!=", ("*",), ()),
        ("=", ("foo@",), names(0, 1, 2, 3)),
        ("!=", ("foo@",), names(4, 5)),
        ("!=", ("foo@1.*",), names(3, 4, 5)),
        ("=", ("Foo@1.*",), ()),
        ("IN", ("1.0", "foo@2.*"), names(0, 3, 4)),
        ("NOT IN", ("1.0", "foo@2.*"), names(1, 2, 5)),
        ("!=", ("",), names(0, 1, 2, 3, 4, 5)),
        ("=", ("",), names(6, 7, 8)),
        ("IN", ("", "2.0"), names(3, 6, 7, 8)),
    ],
)
def test_release_version(operator: str, values: tuple[str, ...], selected: tuple[str, ...]) -> None:
    """Lists are any of, negations none of; what has no version is in neither but for `""`."""
    assert select_versions(VERSION, operator, values, known(*KNOWN)) == selected


@pytest.mark.parametrize(
    ("operator", "values", "selected"),
    [
        ("=", ("foo",), names(0, 1, 2, 3)),
        ("=", ("foo*",), ()),
        ("!=", ("foo",), names(4, 5, 6, 7, 8)),
        ("IN", ("foo", "bar"), names(0, 1, 2, 3, 4, 5)),
        ("NOT IN", ("foo", "bar"), names(6, 7, 8)),
        ("!=", ("",), names(0, 1, 2, 3, 4, 5)),
        ("=", ("",), names(6, 7, 8)),
        (">", ("foo",), names(0, 1, 2, 3)),
    ],
)
def test_release_package(operator: str, values: tuple[str, ...], selected: tuple[str, ...]) -> None:
    """Exact names; a name without a version has no package, though it may have an `@`."""
    assert select_versions(PACKAGE, operator, values, known(*KNOWN)) == selected


@pytest.mark.parametrize(
    ("operator", "values", "selected"),
    [
        ("=", ("124",), names(3)),
        ("=", ("00124",), names(3)),
        ("!=", ("124",), names(0, 1, 2, 4, 5, 6, 7, 8)),
        ("<", ("124",), names(2)),
        (">=", ("123",), names(2, 3)),
        (">", ("9223372036854775807",), ()),
        (">", ("9223372036854775808",), names(5)),
        ("=", ("0" * 5000 + "123",), names(2)),
        ("=", ("9" * 5000,), ()),
        ("=", ("\u0661",), ()),
        ("=", ("-5",), ()),
        ("=", ("abc.1",), names(4)),
        (">", ("abc.1",), names(4)),
        ("=", ("ABC.1",), ()),
        ("=", ("abc*",), names(4)),
        ("=", ("1*",), names(2)),
        ("=", ("*",), names(2, 3, 4, 5)),
        ("!=", ("*",), names(0, 1, 6, 7, 8)),
        ("IN", ("123", "abc.1"), names(2, 4)),
        ("NOT IN", ("123", "abc.1"), names(0, 1, 3, 5, 6, 7, 8)),
        ("!=", ("",), names(2, 3, 4, 5)),
        ("=", ("",), names(0, 1, 6, 7, 8)),
    ],
    ids=lambda value: str(value)[:24],
)
def test_release_build(operator: str, values: tuple[str, ...], selected: tuple[str, ...]) -> None:
    """Numbers up to 63 bits compare as numbers, other texts as texts or by their start."""
    assert select_versions(BUILD, operator, values, known(*KNOWN)) == selected


def test_a_list_of_what_is_no_version_is_refused_by_its_item() -> None:
    """A difference: the reference refuses every list, here only a bad item is refused."""
    with pytest.raises(SearchError) as caught:
        select_versions(VERSION, "IN", ("1.2", "sentry"), known(*KNOWN))

    assert caught.value.message == INVALID_VERSION


def test_a_bad_version_is_refused_even_if_nothing_is_registered() -> None:
    """The error depends on the question, not on what is stored."""
    with pytest.raises(SearchError):
        select_versions(VERSION, "=", ("1.hello",), ())


def test_a_release_of_two_projects_is_named_once() -> None:
    """The answer is names, not pairs."""
    releases = (*known("foo@1.0"), KnownRelease(project_id=2, version="foo@1.0", added=9))

    assert select_versions(VERSION, "=", ("1.0",), releases) == ("foo@1.0",)


def test_an_unknown_key_is_a_bug() -> None:
    """The caller sends release filters only."""
    with pytest.raises(AssertionError):
        select_versions("release.stage", "=", ("adopted",), ())


@given(st.lists(NAMES, max_size=12), VALUES[VERSION].filter(bool))
def test_a_version_filter_and_its_negation_part_the_semantic_releases(
    registered: list[str], value: str
) -> None:
    """Each release with a version is on exactly one side, any other on neither."""
    releases = known(*registered)
    chosen = set(select_versions(VERSION, "=", (value,), releases))
    others = set(select_versions(VERSION, "!=", (value,), releases))

    assert not chosen & others
    assert chosen | others == {name for name in registered if parse_release(name).version}


@given(st.data(), st.sampled_from(sorted(VALUES)), st.lists(NAMES, max_size=12))
def test_a_list_is_the_union_of_its_items(
    data: st.DataObject, key: str, registered: list[str]
) -> None:
    """IN is any of the items, NOT IN is what is left of what `!=` leaves for each."""
    values = tuple(data.draw(st.lists(VALUES[key], min_size=1, max_size=3)))
    releases = known(*registered)

    union = {name for v in values for name in select_versions(key, "=", (v,), releases)}
    left = [set(select_versions(key, "!=", (v,), releases)) for v in values]

    assert set(select_versions(key, "IN", values, releases)) == union
    assert set(select_versions(key, "NOT IN", values, releases)) == set.intersection(*left)


def test_many_releases_are_filtered_at_once() -> None:
    """Twenty thousand releases, parsed before, take tens of milliseconds; a busy machine, more."""
    releases = known(*(f"app@{n // 100}.{n % 100}.0+{n}" for n in range(20_000)))
    select_versions(VERSION, "=", ("*",), releases)

    begin = perf_counter()
    selected = select_versions(VERSION, ">=", ("100.0",), releases)
    took_seconds = perf_counter() - begin

    assert len(selected) == 10_000
    assert took_seconds < 0.5


STAGES = {
    (1, "a"): Stage.ADOPTED,
    (1, "b"): Stage.LOW_ADOPTION,
    (2, "c"): Stage.REPLACED,
    (2, "a"): Stage.REPLACED,
}


@pytest.mark.parametrize(
    ("operator", "values", "selected"),
    [
        ("=", ("adopted",), ("a",)),
        ("!=", ("adopted",), ("a", "b", "c")),
        ("=", ("low_adoption",), ("b",)),
        ("IN", ("adopted", "replaced"), ("a", "c")),
        ("NOT IN", ("adopted", "replaced"), ("b",)),
    ],
)
def test_release_stage(operator: str, values: tuple[str, ...], selected: tuple[str, ...]) -> None:
    """A negation stays among the releases that have a stage."""
    assert select_stages(operator, values, STAGES) == selected


@pytest.mark.parametrize(
    ("operator", "value"),
    [("=", "foo"), ("!=", ""), ("=", "Adopted"), ("IN", "adopted,foo"), (">", "adopted")],
)
def test_other_stages_are_refused(operator: str, value: str) -> None:
    """Also `has:release.stage`, and one wrong item of a list."""
    with pytest.raises(SearchError) as caught:
        select_stages(operator, tuple(value.split(",")), STAGES)

    assert caught.value.message == UNSUPPORTED_STAGE


@pytest.mark.parametrize(
    ("oldest_first", "follows"),
    [
        ("", False),
        ("v", True),
        ("n", False),
        ("nv", True),
        ("vn", False),
        ("vnn", True),
        ("vnnn", False),
        ("nnvnn", True),
        ("nnnnnnvnn", True),
        ("nnnnnnnvvn", False),
        ("vnnnnnnvvn", True),
        ("vvvvvvvnnn", False),
        ("vvnnnnnnnvvn", False),
        ("nnvnnnnnnvvn", True),
    ],
)
def test_who_follows_versions(oldest_first: str, *, follows: bool) -> None:
    """The ten newest decide: v has a version, n has none."""
    texts = {"v": "foo@1.{}", "n": "build {}"}
    releases = known(*(texts[kind].format(n) for n, kind in enumerate(oldest_first)))

    assert follows_versions(releases) is follows


def test_the_latest_by_version_or_by_date() -> None:
    """One project numbers its releases, the other does not; each gives one."""
    numbered = known("foo@2.0", "foo@2.1-rc1", "foo@1.9", "snapshot")
    dated = tuple(
        KnownRelease(project_id=2, version=name, added=added)
        for added, name in enumerate(("zeta", "alpha"))
    )

    assert latest_versions((*numbered, *dated)) == ("alpha", "foo@2.1-rc1")


def test_equal_versions_give_the_one_added_last() -> None:
    """The build code does not rank; the name only decides within one instant."""
    assert latest_versions(known("foo@1.0+9", "foo@1.0+1")) == ("foo@1.0+1",)
    assert latest_versions(
        tuple(KnownRelease(project_id=1, version=name, added=5) for name in ("a", "c", "b"))
    ) == ("c",)


def test_only_the_releases_seen_can_be_the_latest() -> None:
    """How the project numbers is still judged by all its releases."""
    releases = known("foo@2.0", "foo@3.0", "odd", "foo@1.0")

    assert latest_versions(releases, seen=frozenset({(1, "foo@2.0"), (1, "odd")})) == ("foo@2.0",)
    assert latest_versions(releases, seen=frozenset({(1, "odd"), (2, "foo@3.0")})) == ()


def test_no_release_has_no_latest() -> None:
    """A project without releases adds no name."""
    assert latest_versions(()) == ()
