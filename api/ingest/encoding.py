"""Bodies as they travel: compressed in one of the ways SDKs know, unpacked step by step.

Owns the names of encodings and the guard: unpacking stops as soon as a limit is passed, and holds
never more than that and one step. Does not know what a body means.

An encoding with another name counts as none: some SDKs send an empty one, or `UTF-8`.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

import brotli
import zstandard

Body: TypeAlias = bytes | bytearray
"""A large body grows in place, since joining its pieces would hold it twice."""

_STEP_BYTES: Final = 65_536
_ZSTD_STEP_BYTES: Final = 256
"""Few bytes can stand for many, and a step of zstd cannot be told to stop: at most 8 MiB here."""

_ZSTD_WINDOW_BYTES: Final = 2**23
"""What every decoder of zstd has to support, and no level without `--ultra` goes beyond it."""

_GZIP_BITS: Final = 31


class BodyTooLarge(Exception):
    """The body is over the limit; the rest of it was not unpacked."""


class BodyBroken(Exception):
    """The body is not what its encoding says, or ends early."""


def unpack(body: Body, encoding: str, *, limit: int) -> Body:
    """Undo a content encoding, given by its name in any case; give at most `limit` bytes.

    Raises:
        BodyTooLarge: there are more than `limit` bytes.
        BodyBroken: the body is not of this encoding.

    """
    unpacker = _UNPACKERS.get(encoding.strip().lower())
    if unpacker is None:
        if len(body) > limit:
            raise BodyTooLarge
        return body
    unpacked = bytearray()
    try:
        for piece in unpacker(body):
            if len(unpacked) + len(piece) > limit:
                raise BodyTooLarge
            unpacked += piece
    except (zlib.error, brotli.error, zstandard.ZstdError) as error:
        raise BodyBroken from error
    return unpacked


def _gzip(body: Body) -> Iterator[bytes]:
    return _inflate(body, _GZIP_BITS)


def _deflate(body: Body) -> Iterator[bytes]:
    return _inflate(body, zlib.MAX_WBITS)


def _inflate(body: Body, bits: int) -> Iterator[bytes]:
    """Unpack all members of a body, one after another."""
    position = 0
    while position < len(body):
        decoder = zlib.decompressobj(bits)
        while not decoder.eof:
            step = body[position : position + _STEP_BYTES]
            position += len(step)
            piece = decoder.decompress(step, _STEP_BYTES)
            if not (step or piece or decoder.eof):
                raise BodyBroken
            yield piece
            while decoder.unconsumed_tail:
                yield decoder.decompress(decoder.unconsumed_tail, _STEP_BYTES)
        position -= len(decoder.unused_data)


def _brotli(body: Body) -> Iterator[bytes]:
    decoder = brotli.Decompressor()
    for start in range(0, len(body), _STEP_BYTES):
        step = body[start : start + _STEP_BYTES]
        piece = decoder.process(step, output_buffer_limit=_STEP_BYTES)
        while piece:
            yield piece
            waits = not decoder.is_finished()
            piece = decoder.process(b"", output_buffer_limit=_STEP_BYTES) if waits else b""
    if not decoder.is_finished():
        raise BodyBroken


def _zstd(body: Body) -> Iterator[bytes]:
    """Unpack all frames of a zstd body, one after another."""
    context = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES)
    position = 0
    while position < len(body):
        decoder = context.decompressobj()
        while not decoder.eof:
            step = body[position : position + _ZSTD_STEP_BYTES]
            if not step:
                raise BodyBroken
            yield decoder.decompress(step)
            position += len(step) - len(decoder.unused_data)


_UNPACKERS: Mapping[str, Callable[[Body], Iterator[bytes]]] = MappingProxyType(
    {"gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate, "br": _brotli, "zstd": _zstd}
)
