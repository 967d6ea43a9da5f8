"""A sender on one connection: what it sends, what was acknowledged, and what was under way.

Owns the conversation with the door, and the one envelope whose fate nobody knows when a connection
breaks. Does not know what is in an envelope.
"""

import threading
from collections.abc import Iterator
from http.client import HTTPException

from tests.crash.service import PATIENCE_SECONDS, Service
from tests.crash.tales import Teller
from tests.crash.world import Envelope, World

ACCEPTED = 200
REFUSED = {429: "full", 503: "not stored"}


class Writer:
    """One app that sends one envelope after the other, through all lives of the service."""

    def __init__(self, teller: Teller) -> None:
        """Begin with nothing sent."""
        self.teller = teller
        self.world = World()
        self.under_way: Envelope | None = None
        self.acknowledged = 0
        self.patience_seconds: float = PATIENCE_SECONDS
        self.history: list[Envelope] = []
        self.refused: list[bytes] = []
        self.failures: list[str] = []
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, service: Service) -> None:
        """Send until stopped, or until the connection breaks."""
        assert self.under_way is None
        self._stop.clear()
        self._thread = threading.Thread(target=self._send_all, args=(service,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Send nothing new, and wait for the answer that is awaited."""
        self._stop.set()
        self.join()

    def join(self) -> None:
        """Wait until the connection is broken."""
        assert self._thread is not None
        self._thread.join()

    def settle(self, *, kept: bool) -> None:
        """Learn what became of the envelope that was under way."""
        if self.under_way is not None and kept:
            self._keep(self.under_way)
        self.under_way = None

    def worlds(self) -> Iterator[World]:
        """Give what was known after each envelope, from none to all that were sent."""
        world = World()
        yield world
        for envelope in (*self.history, *filter(None, (self.under_way,))):
            world = world.with_(envelope)
            yield world

    def _send_all(self, service: Service) -> None:
        connection = service.connect(self.patience_seconds)
        key = service.access.keys[self.teller.project]
        path = f"/api/{self.teller.project}/envelope/?sentry_key={key}"
        try:
            while not self._stop.is_set():
                self.under_way = self.teller.next_envelope(self.world)
                connection.request("POST", path, body=self.under_way.body)
                response = connection.getresponse()
                self._hear(response.status, response.read())
        except (OSError, HTTPException):
            return
        except Exception as error:  # noqa: BLE001  (a thread tells nobody but by what it leaves)
            self.failures.append(repr(error))
        finally:
            connection.close()

    def _hear(self, status: int, body: bytes) -> None:
        assert self.under_way is not None
        if status == ACCEPTED:
            self.acknowledged += 1
            self.settle(kept=True)
        elif status in REFUSED:
            self.refused.append(body)
            self.settle(kept=False)
            self._stop.wait(0.02)
        else:
            self.failures.append(f"{status}: {body!r}")
            self._stop.set()

    def _keep(self, envelope: Envelope) -> None:
        self.world.add(envelope)
        self.history.append(envelope)
        self.teller.kept(envelope)
