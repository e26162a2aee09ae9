"""An MCP server by the protocol's own Python package; over HTTP with the argument `http`, its port on standard output.

With the argument `strict` it is one of revision 2026-07-28 alone, which the package has no switch for.
"""

import asyncio
import json
import socket
import sys

import anyio
import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp.types import ErrorData, JSONRPCError
from pydantic import BaseModel

server = MCPServer("official")


class Parcel(BaseModel):
    number: int
    city: str


@server.tool()
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@server.tool()
def find_parcel(number: int) -> Parcel:
    """Says where a parcel is."""
    if number != 7:
        raise ToolError(f"there is no parcel {number}")
    return Parcel(number=number, city="Lyon")


@server.tool()
def cities() -> list[str]:
    """Names cities."""
    return ["Lyon", "Paris"]


@server.tool()
async def wait() -> str:
    """Answers much later."""
    await asyncio.sleep(3600)
    return "late"


@server.tool()
def forget() -> None:
    """Returns nothing."""


REVISION = "2026-07-28"
UNSUPPORTED = {"code": -32022, "message": "Unsupported protocol version", "data": {"supported": [REVISION]}}


def strictly(app):
    """Refuses requests that do not name the revision."""

    async def answer(scope, receive, send):
        named = dict(scope.get("headers", [])).get(b"mcp-protocol-version", b"").decode()
        if scope["type"] != "http" or named == REVISION:
            return await app(scope, receive, send)
        body = json.dumps({"jsonrpc": "2.0", "id": None, "error": UNSUPPORTED}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 400, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return answer


async def run_strictly():
    """Serves standard input and output, and answers `initialize` with what it supports."""
    lowlevel = server._lowlevel_server
    heard, hears = anyio.create_memory_object_stream(0)
    async with stdio_server() as (read, write), anyio.create_task_group() as tasks:

        async def relay():
            async with heard:
                async for item in read:
                    message = getattr(item, "message", None)
                    if getattr(message, "method", None) == "initialize":
                        error = JSONRPCError(jsonrpc="2.0", id=message.id, error=ErrorData(**UNSUPPORTED))
                        await write.send(SessionMessage(error))
                    else:
                        await heard.send(item)

        tasks.start_soon(relay)
        await lowlevel.run(hears, write, lowlevel.create_initialization_options())


is_strict = "strict" in sys.argv
if "http" in sys.argv:
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    app = server.streamable_http_app()
    config = uvicorn.Config(strictly(app) if is_strict else app, log_level="error")
    asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))
elif is_strict:
    anyio.run(run_strictly)
else:
    server.run()
