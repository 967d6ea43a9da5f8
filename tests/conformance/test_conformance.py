"""The reference service's own answers, asked of this service over HTTP.

With `--conformance-url URL --conformance-token TOKEN` the cases of one fixture are asked of the
server at URL instead, which has to hold that fixture, stop its clock at 2021-01-14T12:27:28.303Z
and allow intervals of ten seconds:

    pytest tests/conformance --conformance-url http://127.0.0.1:8000 --conformance-token TOKEN
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from engine.engine import Engine
from engine.limits import Limits
from tests.conformance.conftest import Remote
from tests.conformance.differences import DIFFERENCES
from tests.conformance.runner import (
    USUAL_NOW,
    Case,
    ask_server,
    check,
    complaints,
    read_cases,
    remote_cases,
)
from tests.conformance.worlds import open_fixture
from tests.legs import ask_http

CASES = read_cases()
DIFFERENT = tuple(case for case in CASES if case.id in DIFFERENCES)
_ENGINES: dict[tuple[str, int, bool], Engine] = {}


@pytest.fixture(scope="module", autouse=True)
def engines() -> Iterator[None]:
    """Keep one engine a fixture open while the cases of this file run."""
    yield
    for engine in _ENGINES.values():
        engine.close()
    _ENGINES.clear()


def _engine(case: Case, *, register_releases: bool = False) -> Engine:
    key = (case.fixture, case.smallest_interval_seconds, register_releases)
    if key not in _ENGINES:
        limits = Limits(smallest_interval_seconds=case.smallest_interval_seconds)
        _ENGINES[key] = open_fixture(case.fixture, limits, register_releases=register_releases)
    return _ENGINES[key]


def _check(case: Case, *, register_releases: bool = False) -> None:
    engine = _engine(case, register_releases=register_releases)
    app = create_app(_settings(), clock=lambda: case.now, engine=engine)
    with TestClient(app) as client:
        reply = ask_http(client, case.organization, case.parameters, secret=case.token)
    check(reply, case)


@cache
def _settings() -> Settings:
    return Settings(log_level="error")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_answer_is_the_reference_services(case: Case) -> None:
    """The reference service's answer to this request is also ours, given the same releases."""
    _check(case)


@pytest.mark.parametrize("case", DIFFERENT, ids=lambda case: case.id)
def test_the_answer_differs_knowingly(case: Case) -> None:
    """Where we differ from the reference service, we answer what the table of differences says."""
    difference = DIFFERENCES[case.id]

    ours = replace(case, status=difference.status, expected=difference.expected)
    _check(ours, register_releases=True)


@pytest.mark.parametrize("case", DIFFERENT, ids=lambda case: case.id)
def test_every_difference_is_one(case: Case) -> None:
    """No case stays in the table of differences that we answer as the reference service does."""
    with pytest.raises(AssertionError):
        _check(case, register_releases=True)


def test_every_difference_has_a_case() -> None:
    """The table of differences names only cases that exist."""
    assert {case.id for case in DIFFERENT} == set(DIFFERENCES)


def test_a_server_elsewhere_answers_the_same(remote: Remote) -> None:
    """A server that already holds the fixture gives the reference service's answers."""
    chosen = remote_cases(CASES, remote.fixture)

    with httpx.Client(base_url=remote.url) as client:
        ask = ask_server(client, remote.token)
        failures = complaints(ask, chosen)

    assert chosen, f"no case is about the fixture {remote.fixture}"
    assert not failures


def test_the_cases_can_be_asked_over_the_wire() -> None:
    """The way that asks a server elsewhere works: a real server of ours gives the same answers."""
    chosen = remote_cases(CASES, "base")
    app = create_app(_settings(), clock=lambda: USUAL_NOW, engine=_engine(chosen[0]))

    with serving(app) as url, httpx.Client(base_url=url) as client:
        failures = complaints(ask_server(client, "admin"), chosen)

    assert len(chosen) > 50
    assert not failures


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve an application on any free port for as long as the block lasts; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, log_level="error", ws="none", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=10)
