"""The loads of the ingest benchmark, one after another, and the questions asked meanwhile.

Owns the order, what is compared with what, and the count of what was acknowledged. Does not know
how a request is timed, nor how the outcome is told.
"""

import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

import orjson

from benchmarks.database import ROOT
from benchmarks.ingest_letters import Encoding, Letters
from benchmarks.ingest_load import Load, Outcome
from benchmarks.ingest_report import Comparison, IngestReport
from benchmarks.server import Client, ServiceFailed
from benchmarks.shapes import SESSION_HEALTH

QUESTION = SESSION_HEALTH
"""The question whose time is taken while envelopes come in: sessions and users, 14 d by 1 h."""

_PATIENCE_SECONDS = 120.0
_MOST_A_SECOND = 24_000
_HUNDRED = 100
_PAUSE_SECONDS = 0.02
_SHOWN_SECONDS = 2.0
"""An update shows at most so long after it was acknowledged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is done."""

    sessions: int = 200_000
    seconds: float = 4.0
    rounds: int = 3
    connections: int = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """The two servers, and what is sent to both."""

    bare_port: int
    client: Client
    letters: Letters
    size: Size


class Course:
    """Puts one load after another on both sides, and counts what was acknowledged."""

    def __init__(self, sides: Sides, step: Callable[[str], None]) -> None:
        """Begin with nothing sent; `step` is told what begins."""
        self._sides = sides
        self._step = step
        self._acknowledged = 0
        self._failures = 0

    def run(self) -> IngestReport:
        """Run all of them."""
        before = self._counted()
        singles = self._compare("one session", sessions=1, rounds=self._sides.size.rounds)
        hundreds = self._compare("100 sessions", sessions=_HUNDRED, rounds=self._sides.size.rounds)
        packed = self._compare("one session, gzip", sessions=1, rounds=1, encoding="gzip")
        at_half = {
            name: self._ours(name, sessions=sessions, rate=rate / 2)
            for name, sessions, rate in (
                ("one session", 1, singles.ours),
                ("100 sessions", _HUNDRED, hundreds.ours),
            )
        }
        idle = self._asked("queries, nothing else", threading.Event())
        busy = self._asked_under_load(singles.ours / 2)
        return IngestReport(
            demo_sessions=self._sides.size.sessions,
            connections=self._sides.size.connections,
            comparisons=(singles, packed, hundreds),
            at_half=at_half,
            idle_seconds=idle,
            busy_seconds=busy,
            acknowledged=self._acknowledged,
            counted=self._shown() - before,
            failures=self._failures,
        )

    def _compare(
        self, name: str, *, sessions: int, rounds: int, encoding: Encoding = "identity"
    ) -> Comparison:
        """Put the same load on both, in turns, another one first each time."""
        letters = replace(self._sides.letters, sessions=sessions, encoding=encoding)
        rates: dict[int, list[float]] = {}
        ports = [self._sides.bare_port, self._port]
        for _ in range(rounds):
            for port in ports:
                outcome = self._put(f"{name}, {self._names[port]}", port, letters)
                rates.setdefault(port, []).append(outcome.rate)
            ports.reverse()
        return Comparison(
            name=name,
            sessions=sessions,
            bare_rates=tuple(rates[self._sides.bare_port]),
            our_rates=tuple(rates[self._port]),
        )

    def _ours(self, name: str, *, sessions: int, rate: float) -> Outcome:
        letters = replace(self._sides.letters, sessions=sessions)
        return self._put(f"{name}, half load", self._port, letters, rate=rate)

    def _asked_under_load(self, rate: float) -> tuple[float, ...]:
        """Ask all the while that another process sends."""
        letters = replace(self._sides.letters, sessions=1)
        begun, over = threading.Event(), threading.Event()

        def send() -> None:
            try:
                self._put("queries, one session", self._port, letters, rate=rate, begun=begun.set)
            finally:
                begun.set()
                over.set()

        sending = threading.Thread(target=send)
        sending.start()
        begun.wait(_PATIENCE_SECONDS)
        asked = self._asked("queries, half load", over)
        sending.join()
        return asked

    def _asked(self, name: str, over: threading.Event) -> tuple[float, ...]:
        self._step(name)
        began = time.perf_counter()
        seconds: list[float] = []
        self._sides.client.connection.close()
        while not seconds or (
            not over.is_set() and time.perf_counter() - began < self._sides.size.seconds
        ):
            asked = time.perf_counter()
            self._sides.client.get(QUESTION.address())
            seconds.append(time.perf_counter() - asked)
            time.sleep(_PAUSE_SECONDS)
        return tuple(seconds)

    def _put(
        self,
        name: str,
        port: int,
        letters: Letters,
        *,
        rate: float = 0.0,
        begun: Callable[[], None] = lambda: None,
    ) -> Outcome:
        self._step(name)
        size = self._sides.size
        most_a_second = rate or _MOST_A_SECOND / (1 if letters.sessions == 1 else 10)
        load = Load(
            port=port,
            connections=size.connections,
            seconds=size.seconds,
            most=max(1, int(most_a_second * size.seconds)),
            letters=replace(letters, seed=secrets.randbits(63)),
            rate=rate,
        )
        outcome = _run(load, begun)
        if port == self._port:
            self._acknowledged += len(outcome.latencies) * letters.sessions
        self._failures += outcome.failures
        return outcome

    def _shown(self) -> int:
        """Count once everything that was acknowledged has to show."""
        time.sleep(_SHOWN_SECONDS)
        return self._counted()

    def _counted(self) -> int:
        """Ask the service how many sessions it knows of this organization."""
        question = (("field", "sum(session)"), ("statsPeriod", "1d"), ("interval", "1h"))
        path = f"/api/0/organizations/{QUESTION.organization}/sessions/?{urlencode(question)}"
        self._sides.client.connection.close()
        (group,) = orjson.loads(self._sides.client.get(path))["groups"]
        return int(group["totals"]["sum(session)"])

    @property
    def _port(self) -> int:
        return self._sides.client.connection.port

    @property
    def _names(self) -> dict[int, str]:
        return {self._sides.bare_port: "bare route", self._port: "ours"}


def _run(load: Load, begun: Callable[[], None]) -> Outcome:
    """Run a load in a process of its own, and say when it has prepared all."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "outcome.json"
        words = [sys.executable, "-m", "benchmarks.ingest_load", orjson.dumps(load).decode()]
        with subprocess.Popen(  # noqa: S603  (our own command)
            [*words, str(place)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            begun()
        if process.returncode:
            message = f"a load ended with status {process.returncode}"
            raise ServiceFailed(message)
        fields = orjson.loads(place.read_bytes())
    return Outcome(**{**fields, "latencies": tuple(fields["latencies"])})
