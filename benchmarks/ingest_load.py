"""One load on one server, from a process of its own: so many connections, for so many seconds.

Owns how requests are timed. Does not know what is in them, nor what is done with the numbers. Run
as `python -m benchmarks.ingest_load '<a Load as JSON>' <file>`; it prints a line once all is
prepared, and writes an Outcome as JSON to the file.

Without a rate each connection sends its next request as soon as it was answered. With one, requests
are due at fixed moments, and a late answer is late from the moment its request was due.
"""

import asyncio
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import orjson
import uvloop

from benchmarks.ingest_letters import Letters, requests

_TICK_SECONDS = 0.002
_PATIENCE_SECONDS = 5.0
_ANSWERED = b"HTTP/1.1 200 "
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What to send where: at most `most` requests, at `rate` a second, or 0 for all that goes."""

    port: int
    connections: int
    seconds: float
    most: int
    letters: Letters
    rate: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it: how long each answer of 200 took, and how many others there were."""

    seconds: float
    latencies: tuple[float, ...]
    failures: int

    @property
    def rate(self) -> float:
        """How many were answered a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Say within how many seconds this share of the answers came."""
        if not self.latencies:
            return 0.0
        place = min(len(self.latencies) - 1, int(share * len(self.latencies)))
        return sorted(self.latencies)[place]


class _Connection(asyncio.Protocol):
    """Sends one request at a time and times its answer."""

    def __init__(self, run: "_Run") -> None:
        self._run = run
        self._answer = b""
        self._due = 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def send(self, request: bytes, due: float) -> None:
        assert self._transport is not None
        self._due = due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if _is_whole(self._answer):
            good = self._answer.startswith(_ANSWERED)
            self._answer = b""
            self._run.answered(self, self._due, good=good)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002  (asyncio's signature)
        self._run.lost()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _is_whole(answer: bytes) -> bool:
    head, found, body = answer.partition(_END_OF_HEAD)
    if not found:
        return False
    _, _, rest = head.lower().partition(_LENGTH)
    return len(body) >= int(rest.partition(b"\r\n")[0] or 0)


class _Run:
    """The state of one load."""

    def __init__(self, load: Load, prepared: Sequence[bytes]) -> None:
        self._load = load
        self._prepared = prepared
        self._next = 0
        self._latencies: list[float] = []
        self._failures = 0
        self._idle: deque[_Connection] = deque()
        self._due: deque[float] = deque()
        self._open = 0
        self._ends = 0.0
        self._all_due = not load.rate
        self._over = asyncio.Event()

    async def run(self) -> Outcome:
        loop = asyncio.get_running_loop()
        connections = []
        for _ in range(self._load.connections):
            _, one = await loop.create_connection(
                lambda: _Connection(self), "127.0.0.1", self._load.port
            )
            connections.append(one)
        began = time.perf_counter()
        self._ends = began + self._load.seconds
        self._idle.extend(connections)
        await (self._at_rate(began) if self._load.rate else self._as_fast_as_it_goes())
        await self._over.wait()
        seconds = time.perf_counter() - began
        for one in connections:
            one.close()
        return Outcome(seconds=seconds, latencies=tuple(self._latencies), failures=self._failures)

    async def _as_fast_as_it_goes(self) -> None:
        for _ in range(len(self._idle)):
            self._due.append(time.perf_counter())
        self._send()

    async def _at_rate(self, began: float) -> None:
        planned = min(self._load.most, int(self._load.rate * self._load.seconds))
        for number in range(planned):
            due = began + number / self._load.rate
            while due > time.perf_counter():  # noqa: ASYNC110  (time is what is waited for)
                await asyncio.sleep(_TICK_SECONDS)
            self._due.append(due)
            self._send()
        self._all_due = True
        self._end_if_over(time.perf_counter())

    def _send(self) -> None:
        while self._due and self._idle and self._next < len(self._prepared):
            self._open += 1
            self._idle.popleft().send(self._prepared[self._next], self._due.popleft())
            self._next += 1

    def answered(self, connection: _Connection, due: float, *, good: bool) -> None:
        now = time.perf_counter()
        if good:
            self._latencies.append(now - due)
        else:
            self._failures += 1
        self._open -= 1
        self._idle.append(connection)
        if not self._load.rate and now < self._ends:
            self._due.append(now)
        self._send()
        self._end_if_over(now)

    def _end_if_over(self, now: float) -> None:
        """End after the last answer; what is a whole load late, and long, fails unsent."""
        if self._load.rate and now > self._ends + max(self._load.seconds, _PATIENCE_SECONDS):
            self._failures += len(self._due)
            self._due.clear()
            self._all_due = True
        used_up = self._next >= len(self._prepared)
        if not self._open and self._all_due and (used_up or not self._due):
            self._over.set()

    def lost(self) -> None:
        """Count what a closed connection leaves unanswered as failed, and end."""
        if not self._over.is_set():
            self._failures += self._open
            self._over.set()


async def measure(load: Load, prepared: Sequence[bytes]) -> Outcome:
    """Run a load of prepared requests."""
    return await _Run(load, prepared).run()


def main(argument: str, outcome_file: Path) -> None:
    """Prepare everything, say so, then run the load, and write down what came of it."""
    fields = orjson.loads(argument)
    load = Load(**{**fields, "letters": Letters(**fields["letters"])})
    prepared = requests(load.letters, load.most)
    print("prepared", flush=True)
    outcome_file.write_bytes(orjson.dumps(uvloop.run(measure(load, prepared))))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
