"""The grammar of envelopes, rule by rule."""

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.envelope import HEADER_BYTES, Envelope, EnvelopeError, parse_envelope, read_headers
from tests.property.profile import PURE

TYPES = frozenset({"session", "sessions"})


def parsed(body: bytes, most: int = 100) -> Envelope:
    """Take a body apart."""
    return parse_envelope(body, types=TYPES, most=most)


def payloads(body: bytes) -> list[bytes]:
    """Give the payloads of the items."""
    return [bytes(item.payload) for item in parsed(body).items]


@pytest.mark.parametrize("body", [b'{"sent_at":"x"}', b'{"sent_at":"x"}\n'], ids=["end", "newline"])
def test_headers_are_the_first_line(body: bytes) -> None:
    """Rule 1: they are one JSON object, ended by a newline or by the end."""
    assert parsed(body) == Envelope(headers={"sent_at": "x"}, items=(), matching=0)
    assert read_headers(body) == {"sent_at": "x"}


def test_items_follow_until_the_end() -> None:
    """Rule 2: each has a line of headers with its type."""
    envelope = parsed(b'{}\n{"type":"session"}\n1\n{"type":"sessions"}\n2')

    assert [item.type for item in envelope.items] == ["session", "sessions"]
    assert envelope.matching == 2


def test_length_counts_bytes() -> None:
    """Rule 3: a payload of a given length may hold newlines, and letters of several bytes."""
    text = "é\n{}\n".encode()
    header = json.dumps({"type": "session", "length": len(text)}).encode()

    assert payloads(b"{}\n" + header + b"\n" + text) == [text]
    assert payloads(b"{}\n" + header + b"\n" + text + b'\n{"type":"session"}\nx') == [text, b"x"]


@pytest.mark.parametrize(
    ("rest", "problem"),
    [
        (b'{"type":"session","length":3}\nab', "unexpected end of file"),
        (b'{"type":"session","length":1}', "unexpected end of file"),
        (b'{"type":"session","length":2}\nabc', "missing newline after header or payload"),
        (b'{"type":"session","length":0}\nabc', "missing newline after header or payload"),
        (b'{"type":"other","length":9}\nab', "unexpected end of file"),
    ],
    ids=["short", "nothing", "long", "not empty", "of no interest"],
)
def test_wrong_length_breaks_the_envelope(rest: bytes, problem: str) -> None:
    """Rule 3: a payload ends where its length says, of whatever type the item is."""
    with pytest.raises(EnvelopeError) as caught:
        parsed(b"{}\n" + rest)

    assert caught.value.message == problem


def test_without_length_a_payload_is_one_line() -> None:
    """Rule 4: it goes to the next newline or to the end; a null length is none."""
    body = b'{}\n{"type":"session"}\n{"a":1}\n{"type":"session","length":null}\n{"b":2}'

    assert payloads(body) == [b'{"a":1}', b'{"b":2}']


@pytest.mark.parametrize(
    "body",
    [
        b'{}\n{"type":"session"}',
        b'{}\n{"type":"session"}\n',
        b'{}\n{"type":"session","length":0}',
        b'{}\n{"type":"session","length":0}\n',
        b'{}\n{"type":"session","length":0}\n\n',
    ],
    ids=["end", "newline", "length, end", "length, newline", "length, two newlines"],
)
def test_payload_may_be_empty(body: bytes) -> None:
    """Rule 5: nothing after the headers of an item is an empty payload."""
    assert payloads(body) == [b""]


def test_last_newline_may_be_missing() -> None:
    """Rule 6: with it and without it an envelope is the same."""
    body = b'{}\n{"type":"session"}\n{}'

    assert payloads(body) == payloads(body + b"\n") == [b"{}"]


def test_carriage_return_ends_no_line() -> None:
    """Rule 7: it is white space of the JSON it stands beside."""
    assert payloads(b'{}\r\n{"type":"session"}\r\n{}\r\n') == [b"{}\r"]


def test_what_is_unknown_is_passed_over() -> None:
    """Rules 8 and 10: unknown headers and types of items are no mistake, beside sessions too."""
    body = (
        b'{"what":1}\n{"type":"event","length":2}\n{}\n{"type":"session","more":[]}\n1\n'
        b'{"type":"never_seen"}\nx'
    )

    assert payloads(body) == [b"1"]
    assert parsed(body).matching == 1


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "missing envelope header"),
        (b"\n{}", "missing envelope header"),
        (b"[]", "invalid envelope header"),
        (b"hello", "invalid envelope header"),
        (b"{} x", "invalid envelope header"),
        (b"\xff\xfe", "invalid envelope header"),
        (b"[" * 5000, "invalid envelope header"),
        (b'{"a":"' + b"a" * HEADER_BYTES + b'"}', "invalid envelope header"),
        (b"{}\n\n", "invalid item header"),
        (b"{}\nnonsense\n{}", "invalid item header"),
        (b"{}\n{}\n{}", "invalid item header"),
        (b'{}\n{"type":1}\n{}', "invalid item header"),
        (b'{}\n{"type":"session","length":-1}\n{}', "invalid item header"),
        (b'{}\n{"type":"session","length":2.0}\n{}', "invalid item header"),
        (b'{}\n{"type":"session","length":true}\n{}', "invalid item header"),
        (b'{}\n{"type":"session"}\n{}\n{"type":', "invalid item header"),
    ],
)
def test_malformed_envelope_is_refused_whole(body: bytes, problem: str) -> None:
    """Rule 9: what comes before the mistake is not given, either."""
    with pytest.raises(EnvelopeError) as caught:
        parsed(body)

    assert caught.value.message == problem


def test_only_the_first_items_are_given() -> None:
    """The others are counted, so that there may be any number of them."""
    envelope = parsed(b"{}" + b'\n{"type":"session"}\n' * 10, most=3)

    assert len(envelope.items) == 3
    assert envelope.matching == 10


def test_memory_stays_below_the_body() -> None:
    """Many small items, of types that matter or not, take no memory of their own."""
    body = b"{}\n" + b'{"type":"a"}\n\n{"type":"session"}\n\n' * 30_000
    tracemalloc.start()
    try:
        parsed(body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < len(body)


LINES = st.sampled_from(
    [b"{}", b'{"type":"session"}', b'{"type":"session","length":2}', b'{"type":"x"}', b"\r", b"[]"]
)


@PURE
@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(st.one_of(LINES, st.binary(max_size=9)), max_size=9).map(b"\n".join),
    )
)
def test_any_bytes_are_an_envelope_or_an_error(body: bytes) -> None:
    """Nothing else comes out, and the payloads lie in the body."""
    try:
        envelope = parsed(body)
    except EnvelopeError:
        return

    assert len(envelope.items) == envelope.matching
    assert sum(len(item.payload) for item in envelope.items) <= len(body)


@PURE
@given(st.lists(st.tuples(st.binary(max_size=30), st.booleans()), max_size=5))
def test_what_is_written_is_read(written: list[tuple[bytes, bool]]) -> None:
    """Any payloads come back, with a length always, without one if they are one line."""
    body = b"{}"
    for payload, said in written:
        length = {"length": len(payload)} if said or b"\n" in payload else {}
        body += b"\n" + json.dumps({"type": "session", **length}).encode() + b"\n" + payload

    assert payloads(body) == [payload for payload, _ in written]
