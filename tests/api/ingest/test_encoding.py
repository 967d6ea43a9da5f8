"""Bodies are unpacked, and no further than the limit."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from api.ingest.encoding import BodyBroken, BodyTooLarge, unpack
from tests.property.profile import PURE

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}
MANY = 10**9


@pytest.mark.parametrize("name", PACKERS)
def test_encoding_is_undone(name: str) -> None:
    """Each of them, by its name in any case, for bodies of one step and of many."""
    for body in (b"x", b"hello " * 100_000, bytes(range(256)) * 1000):
        assert unpack(PACKERS[name](body), f" {name.upper()} ", limit=len(body)) == body


@pytest.mark.parametrize("name", ["", "UTF-8", "identity", "never-seen", "gzip, br"])
def test_other_encodings_are_none(name: str) -> None:
    """Some SDKs send an empty name or that of a character set."""
    assert unpack(b"{}", name, limit=2) == b"{}"


@pytest.mark.parametrize("name", ["", *PACKERS])
def test_limit_is_the_largest_body(name: str) -> None:
    """One byte more is too much."""
    packed = PACKERS.get(name, bytes)(b"a" * 1001)

    assert len(unpack(packed, name, limit=1001)) == 1001
    with pytest.raises(BodyTooLarge):
        unpack(packed, name, limit=1000)


@pytest.mark.parametrize("name", PACKERS)
def test_bomb_is_not_unpacked(name: str) -> None:
    """What would be 200 MiB takes little more memory than the limit and one step."""
    packed = PACKERS[name](bytes(200 * 2**20))
    tracemalloc.start()
    try:
        with pytest.raises(BodyTooLarge):
            unpack(packed, name, limit=2**20)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 12 * 2**20


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_several_members_are_one_body(name: str) -> None:
    """Both formats may be put together end to end."""
    packed = PACKERS[name](b"one ") + PACKERS[name](b"two " * 50_000)

    assert unpack(packed, name, limit=MANY) == b"one " + b"two " * 50_000


@pytest.mark.parametrize("name", PACKERS)
def test_truncated_body_is_broken(name: str) -> None:
    """A body that ends early is not taken for a short one."""
    packed = PACKERS[name](bytes(range(256)) * 1000)

    for end in (1, len(packed) // 2, len(packed) - 1):
        with pytest.raises(BodyBroken):
            unpack(packed[:end], name, limit=MANY)


@pytest.mark.parametrize("name", PACKERS)
def test_body_of_another_encoding_is_broken(name: str) -> None:
    """An envelope that was never packed is not unpacked."""
    with pytest.raises(BodyBroken):
        unpack(b'{}\n{"type":"session"}\n{}', name, limit=MANY)


@PURE
@given(st.binary(max_size=300), st.sampled_from(sorted(PACKERS)), st.integers(0, 300))
def test_any_body_is_unpacked_or_refused(body: bytes, name: str, cut: int) -> None:
    """Whole ones come back, all others are refused in one of two ways or are a shorter body."""
    packed = PACKERS[name](body)

    assert unpack(packed, name, limit=300) == body
    for damaged in (body, packed[:cut], packed[cut:]):
        try:
            assert len(unpack(damaged, name, limit=300)) <= 300
        except (BodyBroken, BodyTooLarge):
            continue
