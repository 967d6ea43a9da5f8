"""The other side of the ingest benchmark: a route that reads a body and answers `{}`, no more.

Owns the server as its makers set it up, with the settings that our service has too. Run as
`python -m benchmarks.ingest_bare <port>`.
"""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def take(request: Request) -> Response:
    """Read everything, keep nothing."""
    await request.body()
    return Response(b"{}", media_type="application/json")


def main(port: int) -> None:
    """Serve until told to stop."""
    routes = [Route("/api/{project_id}/envelope/", take, methods=["POST"])]
    config = uvicorn.Config(
        Starlette(routes=routes),
        host="127.0.0.1",
        port=port,
        http="httptools",
        loop="auto",
        backlog=2048,
        log_config=None,
        access_log=False,
        server_header=False,
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main(int(sys.argv[1]))
