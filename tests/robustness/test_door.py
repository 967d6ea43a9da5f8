"""The network door under what nobody should send: it stays up, small, and open for the others."""

import asyncio
import gzip
import zlib
from collections import Counter
from collections.abc import Callable

import brotli
import pytest
import zstandard

from tests.api.ingest.conftest import KEY, OTHER_KEY, OTHER_PROJECT, PROJECT
from tests.api.ingest.letters import envelope, update
from tests.robustness.conftest import SECRETS, Answer, Service, answer, head, soon

BOMB_BYTES = 96 * 2**20
ALLOWED_GROWTH_BYTES = 48 * 2**20
"""Much more than a body may have here, much less than the bomb, and room for what a first use of
anything takes."""

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: gzip.compress(body, 1),
    "deflate": lambda body: zlib.compress(body, 1),
    "br": lambda body: brotli.compress(body, quality=1),
    "zstd": zstandard.ZstdCompressor(level=1).compress,
}


async def usual(service: Service) -> int:
    """Send a session as anybody would; give the status."""
    return (await service.post(envelope(update()))).status


@pytest.mark.parametrize("encoding", PACKERS)
def test_bomb(service: Service, encoding: str) -> None:
    """Few bytes that stand for many are refused before the many are in memory."""
    body = PACKERS[encoding](b'{}\n{"type":"event"}\n' + bytes(BOMB_BYTES))

    async def scene() -> tuple[int, list[int], int]:
        assert await usual(service) == 200
        before = service.peak_bytes()
        bombs = [service.post(body, encoding=encoding) for _ in range(4)]
        answers = await asyncio.gather(*bombs, usual(service))
        last = answers.pop()
        assert isinstance(last, int)
        statuses = [one.status for one in answers if isinstance(one, Answer)]
        return last, statuses, service.peak_bytes() - before

    other, bombs, growth = asyncio.run(scene())

    assert len(body) < 2**20
    assert bombs == [413] * 4
    assert other == 200
    assert growth < ALLOWED_GROWTH_BYTES


def test_slow_bodies(service: Service) -> None:
    """Senders that never come to the end are told so, and nobody waits behind them."""

    async def dribble() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(head(1_000_000))
        answered = asyncio.create_task(answer(reader))
        while not answered.done():
            writer.write(b"{")
            await asyncio.sleep(0.05)
        writer.close()
        return (await answered).status

    async def scene() -> tuple[list[int], list[int]]:
        slow = [asyncio.create_task(dribble()) for _ in range(50)]
        await asyncio.sleep(0.2)
        others = [await usual(service) for _ in range(10)]
        return others, await asyncio.gather(*slow)

    others, slow = asyncio.run(scene())

    assert others == [200] * 10
    assert slow == [408] * 50


def test_many_items(service: Service) -> None:
    """Ten thousand sessions in an envelope are refused; of what nobody wants there may be any."""
    sessions = b"{}" + b'\n{"type":"session"}\n{}' * 10_000
    others = b"{}" + b'\n{"type":"event"}\n{}' * 10_000

    async def scene() -> list[int]:
        answers = await asyncio.gather(*(service.post(body) for body in (sessions, others)))
        return [one.status for one in answers]

    assert asyncio.run(scene()) == [413, 200]
    assert service.total("acme", SECRETS["acme"]) == 0


def test_many_connections(service: Service) -> None:
    """Two hundred at once are all answered, and each session is counted."""

    async def sender() -> list[int]:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        statuses = []
        for _ in range(3):
            body = envelope(update())
            writer.write(head(len(body)) + body)
            statuses.append((await answer(reader)).status)
        writer.close()
        return statuses

    async def scene() -> list[list[int]]:
        return list(await asyncio.gather(*(sender() for _ in range(200))))

    statuses = Counter(status for one in asyncio.run(scene()) for status in one)

    assert set(statuses) <= {200, 429}
    assert statuses[200] >= 300
    assert soon(lambda: service.total("acme", SECRETS["acme"]) == statuses[200])


def test_resting_connections(service: Service) -> None:
    """Two hundred that were answered and rest are in nobody's way, and each is heard again."""

    async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return (await answer(reader)).status

    async def scene() -> tuple[list[int], list[int], int]:
        assert await usual(service) == 200
        before = service.peak_bytes()
        connections = [await asyncio.open_connection("127.0.0.1", service.port) for _ in range(200)]
        assert [await ask(*one) for one in connections] == [200] * 200
        others = [await usual(service) for _ in range(10)]
        again = [await ask(*one) for one in connections]
        growth = service.peak_bytes() - before
        for _, writer in connections:
            writer.close()
        return others, again, growth

    others, again, growth = asyncio.run(scene())

    assert others == [200] * 10
    assert again == [200] * 200
    assert growth < ALLOWED_GROWTH_BYTES


def test_organizations_leave_each_other_alone(service: Service) -> None:
    """One that floods the door is told to pause; another meanwhile gets everything in."""

    async def flood() -> Counter[int]:
        many = [envelope(*(update() for _ in range(100))) for _ in range(60)]
        answers = await asyncio.gather(*(service.post(one) for one in many))
        return Counter(one.status for one in answers)

    async def calm() -> Counter[int]:
        statuses: Counter[int] = Counter()
        for _ in range(20):
            sent = await service.post(envelope(update()), key=OTHER_KEY, project=OTHER_PROJECT)
            statuses[sent.status] += 1
        return statuses

    async def scene() -> tuple[Counter[int], Counter[int]]:
        return await asyncio.gather(flood(), calm())

    flooded, calmly = asyncio.run(scene())

    assert set(flooded) == {200, 429}
    assert calmly == {200: 20}
    assert soon(lambda: service.total("initech", SECRETS["initech"]) == 20)
    assert soon(lambda: service.total("acme", SECRETS["acme"]) == 100 * flooded[200])


def test_organizations_cannot_reach_each_other(service: Service) -> None:
    """A key writes to its own project only, and a token reads its own organization only."""

    async def scene() -> list[int]:
        pairs = ((KEY, OTHER_PROJECT), (OTHER_KEY, PROJECT), (KEY, PROJECT))
        sent = [
            await service.post(envelope(update()), key=key, project=project)
            for key, project in pairs
        ]
        return [one.status for one in sent]

    assert asyncio.run(scene()) == [403, 403, 200]
    assert service.total("acme", SECRETS["initech"]) in (-403, -404)
    assert service.total("initech", SECRETS["acme"]) in (-403, -404)
    assert service.total("initech", SECRETS["initech"]) == 0
    assert service.total("acme", SECRETS["acme"]) == 1
