"""A Flask app that is asked for three kinds of pages: `python flask_app.py DSN`."""

import sys

import sentry_sdk
from flask import Flask

app = Flask(__name__)


@app.get("/well")
def well() -> str:
    """Answer."""
    return "well"


@app.get("/handled")
def handled() -> str:
    """Answer, although something went wrong on the way."""
    sentry_sdk.capture_exception(ValueError("caught"))
    return "handled"


@app.get("/crash")
def crash() -> str:
    """Fail."""
    message = "not caught"
    raise RuntimeError(message)


def main(dsn: str) -> None:
    """Answer three requests that go well, two with an error, one that fails."""
    sentry_sdk.init(dsn=dsn, release="flask@2.0.0", environment="loopback")
    client = app.test_client()
    for page in ("well", "handled", "well", "crash", "handled", "well"):
        client.get(f"/{page}")
    sentry_sdk.flush(timeout=10)


if __name__ == "__main__":
    main(sys.argv[1])
