"""A program that reports its session with the Python SDK: `python script.py DSN ENDING USER`.

ENDING is `well`, `handled` (an error that is caught and reported) or `crash`.
"""

import sys

import sentry_sdk


def main(dsn: str, ending: str, user: str) -> None:
    """Run one session to its end."""
    sentry_sdk.init(dsn=dsn, release="script@1.0.0", environment="loopback")
    sentry_sdk.set_user({"id": user})
    scope = sentry_sdk.get_isolation_scope()
    scope.start_session(session_mode="application")
    if ending == "handled":
        sentry_sdk.capture_exception(ValueError("caught"))
    if ending == "crash":
        message = "not caught"
        raise RuntimeError(message)
    scope.end_session()
    sentry_sdk.flush(timeout=10)


if __name__ == "__main__":
    main(*sys.argv[1:])
