"""A real service in a process of its own, and a client that keeps its connection.

Owns the process, from start to stop. Does not know what is asked.
"""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_HOST = "127.0.0.1"
_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.01
_OK = 200


class ServiceFailed(Exception):
    """The service stopped, did not start in time, or refused a question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Asks one service over one connection; `start_seconds` is how long its start took."""

    connection: http.client.HTTPConnection
    token: str
    process_id: int
    start_seconds: float

    def get(self, address: str) -> bytes:
        """Give the body of a response; ServiceFailed if its status is not 200."""
        try:
            response = self._ask(address)
        except http.client.RemoteDisconnected:  # idle for long, while others were asked
            self.connection.close()
            response = self._ask(address)
        body = response.read()
        if response.status != _OK:
            message = f"{address}: {response.status} {body[:300]!r}"
            raise ServiceFailed(message)
        return body

    def another(self) -> "Client":
        """Give a client with a connection of its own."""
        same = self.connection
        connection = http.client.HTTPConnection(same.host, same.port, timeout=_PATIENCE_SECONDS)
        return replace(self, connection=connection)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def _ask(self, address: str) -> http.client.HTTPResponse:
        self.connection.request("GET", address, headers={"Authorization": f"Bearer {self.token}"})
        return self.connection.getresponse()


@contextmanager
def serving(database: Path, *, token: str, now: datetime, probe: str) -> Iterator[Client]:
    """Serve an existing file with its clock stopped at `now`, until the block ends.

    The start is over when `probe` (an address) was answered.
    """
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if "RELEASE_HEALTH" not in name},
        "PYTHONPATH": str(_ROOT),
        "RELEASE_HEALTH_DATABASE": str(database.resolve()),
        "RELEASE_HEALTH_HOST": _HOST,
        "RELEASE_HEALTH_PORT": str(port),
        "RELEASE_HEALTH_NOW": now.isoformat(),
    }
    log_path = database.with_suffix(".log")
    began = time.perf_counter()
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "api", "serve"],
            cwd=database.parent,
            env=environment,
            stdout=log,
            stderr=log,
        )
    connection = http.client.HTTPConnection(_HOST, port, timeout=_PATIENCE_SECONDS)
    client = Client(connection=connection, token=token, process_id=process.pid, start_seconds=0.0)
    try:
        yield _await(process, client, probe, began=began, log_path=log_path)
    finally:
        connection.close()
        process.terminate()
        process.wait(_PATIENCE_SECONDS)


def _await(
    process: "subprocess.Popen[bytes]", client: Client, probe: str, *, began: float, log_path: Path
) -> Client:
    while time.perf_counter() - began < _PATIENCE_SECONDS:
        if process.poll() is not None:
            message = f"the service stopped:\n{log_path.read_text(errors='replace')[-2000:]}"
            raise ServiceFailed(message)
        try:
            client.get(probe)
        except (ConnectionError, http.client.HTTPException):
            client.connection.close()
            time.sleep(_PAUSE_SECONDS)
        else:
            return replace(client, start_seconds=time.perf_counter() - began)
    message = f"the service did not answer within {_PATIENCE_SECONDS:.0f} s"
    raise ServiceFailed(message)


def await_port(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Wait until a process listens on a port; ServiceFailed if it does not come to that."""
    began = time.perf_counter()
    while process.poll() is None and time.perf_counter() - began < _PATIENCE_SECONDS:
        with socket.socket() as asking:
            if asking.connect_ex((_HOST, port)) == 0:
                return
        time.sleep(_PAUSE_SECONDS)
    message = f"nothing listens on the port {port}"
    raise ServiceFailed(message)


def free_port() -> int:
    """Find a port that nobody uses."""
    with socket.socket() as taken:
        taken.bind((_HOST, 0))
        return int(taken.getsockname()[1])
