"""An MCP server by the protocol's own Python package; over HTTP with the argument `http`, its port on standard output."""

import asyncio
import socket
import sys

import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
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


if sys.argv[1:] == ["http"]:
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(server.streamable_http_app(), log_level="error")
    asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))
else:
    server.run()
