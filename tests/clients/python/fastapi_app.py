"""A FastAPI app that is asked for three kinds of pages: `python fastapi_app.py DSN`."""

import sys

import sentry_sdk
from fastapi import FastAPI
from fastapi.testclient import TestClient


def build() -> FastAPI:
    """Make the app; the SDK has to be there before it is."""
    app = FastAPI()

    @app.get("/well")
    def well() -> str:
        return "well"

    @app.get("/handled")
    def handled() -> str:
        sentry_sdk.capture_exception(ValueError("caught"))
        return "handled"

    @app.get("/crash")
    def crash() -> str:
        message = "not caught"
        raise RuntimeError(message)

    return app


def main(dsn: str) -> None:
    """Answer three requests that go well, two with an error, one that fails."""
    sentry_sdk.init(dsn=dsn, release="fastapi@2.0.0", environment="loopback")
    client = TestClient(build(), raise_server_exceptions=False)
    for page in ("well", "handled", "well", "crash", "handled", "well"):
        client.get(f"/{page}")
    sentry_sdk.flush(timeout=10)


if __name__ == "__main__":
    main(sys.argv[1])
