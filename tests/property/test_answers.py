"""What holds for every answer, seen from outside."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from hypothesis import assume, given
from hypothesis import strategies as st

from engine.dates import microseconds
from engine.errors import TooManyPoints
from engine.limits import Limits
from engine.window import align
from schema.catalog import GROUP_KEYS, Key
from tests.comparison import same
from tests.legs import Ask, Pairs, Reply, World, engine_in_memory
from tests.property.profile import PURE, SOME_ENGINES
from tests.property.strategies import NOW, ROW_TERMS, requests, worlds

NOWHERE = Path()
RANGE = (("statsPeriod", "2d"), ("interval", "6h"))
SESSIONS = ("field", "sum(session)")
BASE_KEYS = st.lists(st.sampled_from([key.value for key in Key]), unique=True)
PAGES_AT_MOST = 500


class TestTheStatusesAddUp:
    """The five statuses exclude one another, so they add up to the total."""

    @SOME_ENGINES
    @given(worlds(), BASE_KEYS)
    def test_in_every_bucket_and_in_the_totals(self, world: World, keys: Sequence[str]) -> None:
        """The status groups of each base group add up to that group, bucket by bucket."""
        pairs = (*RANGE, SESSIONS, *(("groupBy", key) for key in keys))
        with engine_in_memory(world, NOWHERE) as ask:
            whole = ask(pairs).groups()
            split = ask((*pairs, ("groupBy", "session.status"))).groups()

        sums: dict[str, list[float]] = {}
        for group in split:
            by = dict(mapping(group["by"]))
            del by["session.status"]
            sums[str(by)] = [
                a + b for a, b in zip(sums.get(str(by), ZEROS), flat(group), strict=False)
            ]
        assert sums == {str(group["by"]): flat(group) for group in whole}


ZEROS = [0.0] * 100


def flat(group: Mapping[str, object]) -> list[float]:
    """Give a group's total and its series as one list."""
    series = mapping(group["series"])["sum(session)"]
    assert isinstance(series, list)
    return [float(str(mapping(group["totals"])["sum(session)"])), *map(float, series)]


class TestPointsNeverExceedTheLimit:
    """Because of technical limitations, the endpoint returns at most 10000 data points."""

    @SOME_ENGINES
    @given(worlds(points=20), requests())
    def test_buckets_times_base_groups(self, world: World, pairs: Pairs) -> None:
        """However many groups there are, an answer holds no more points, or one group."""
        with engine_in_memory(world, NOWHERE) as ask:
            reply = ask(pairs)

        intervals = reply.body.get("intervals", [])
        assert isinstance(intervals, list)
        buckets = 1 if ("includeSeries", "0") in pairs else len(intervals)
        groups = {str(base_of(group)) for group in reply.groups()}
        assert buckets * len(groups) <= max(20, buckets)


class TestEveryGroupIsOnOnePage:
    """`per_page` is the number of groups to return per request."""

    @SOME_ENGINES
    @given(worlds(), requests(), st.sampled_from((None, 1, 2, 3)))
    def test_following_the_next_page_yields_every_group_once(
        self, world: World, pairs: Pairs, size: int | None
    ) -> None:
        """The pages together are the answer without pages, in its order, nothing twice."""
        asked = tuple(pair for pair in pairs if pair[0] not in ("per_page", "cursor"))
        small = World(
            now=world.now,
            limits=Limits(points=60),
            readable=world.readable,
            declared=world.declared,
            batches=world.batches,
        )
        chosen = asked if size is None else (*asked, ("per_page", str(size)))
        with engine_in_memory(world, NOWHERE) as ask:
            whole = ask(asked)
        with engine_in_memory(small, NOWHERE) as ask:
            assume(ask(chosen).status == 200)
            pages = follow(ask, chosen)

        assert same([group for page in pages for group in page.groups()], whole.groups())


def follow(ask: Ask, pairs: Pairs) -> list[Reply]:
    """Ask for page after page until there is no next one."""
    pages = [ask(pairs)]
    while pages[-1].page["more"]:
        assert len(pages) < PAGES_AT_MOST
        pages.append(ask((*pairs, ("cursor", f"0:{pages[-1].page['next']}:0"))))
    return pages


class TestATermCanOnlyNarrow:
    """`query` filters results."""

    @SOME_ENGINES
    @given(worlds(), st.sampled_from(ROW_TERMS), st.sampled_from(ROW_TERMS))
    def test_one_more_term_never_adds(self, world: World, one: str, two: str) -> None:
        """A bucket has no more sessions after a term was added, and the same after one twice."""
        pairs = (*RANGE, SESSIONS, ("environment", "prod"))
        with engine_in_memory(world, NOWHERE) as ask:
            less = ask((*pairs, ("query", f"{one} {two}"))).groups()
            more = ask((*pairs, ("query", one))).groups()
            twice = ask((*pairs, ("query", f"{one} {one}"))).groups()

        assert same(twice, more)
        assert all(few <= many for few, many in zip(flat(less[0]), flat(more[0]), strict=True))


class TestTheOrderOfKeysIsOfNoAccount:
    """`groupBy` is a list of properties to group by."""

    @SOME_ENGINES
    @given(worlds(), requests(), st.permutations(list(GROUP_KEYS)))
    def test_any_order_of_group_by_gives_one_answer(
        self, world: World, pairs: Pairs, order: Sequence[str]
    ) -> None:
        """Groups, their order and the order of their keys do not change."""
        rest = [pair for pair in pairs if pair[0] != "groupBy"]
        keys = [key for key in order if ("groupBy", key) in pairs]
        with engine_in_memory(world, NOWHERE) as ask:
            wanted = ask(pairs)
            got = ask((*rest, *(("groupBy", key) for key in keys)))

        assert (got.status, same(got.body, wanted.body)) == (wanted.status, True)


class TestTheRangeIsAligned:
    """The date range is rounded to align with the interval."""

    @PURE
    @given(
        st.integers(-(10**14), 10**14),
        st.integers(1, 10**14),
        st.sampled_from((10, 60, 3600, 21_600, 86_400)),
    )
    def test_it_holds_what_was_asked_and_no_whole_bucket_more(
        self, start: int, length: int, step: int
    ) -> None:
        """The range contains the asked one, less than a bucket wider at each end, and stays so."""
        now = max(start, microseconds(NOW))
        limits = Limits(smallest_interval_seconds=10)
        try:
            window = align(start, start + length, now, step=step, limits=limits)
        except TooManyPoints:
            assume(False)  # noqa: FBT003  (hypothesis names it only by its place)
            return

        width = step * 1_000_000
        first, last = window.start * 1_000_000, window.end * 1_000_000
        assert first <= start < first + width
        assert last - width < start + length <= last
        assert align(first, last, now, step=step, limits=limits) == window


def mapping(value: object) -> Mapping[str, object]:
    """Say that a JSON value is an object."""
    assert isinstance(value, Mapping)
    return value


def base_of(group: Mapping[str, object]) -> dict[str, object]:
    """Give the key of the base group that a group is a part of."""
    return {name: value for name, value in mapping(group["by"]).items() if name != "session.status"}
