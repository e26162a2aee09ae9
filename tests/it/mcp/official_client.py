"""Calls a server by the protocol's own Python package and prints what came: a command and its arguments, or an address."""

import asyncio
import json
import sys

from mcp import Client, StdioServerParameters


async def main(mode: str, name: str, right: dict, wrong: dict, where: list[str]) -> dict:
    target = where[0] if where[0].startswith("http") else StdioServerParameters(command=where[0], args=where[1:])
    steps = []

    async def progress(done, total, message):
        steps.append(message)

    async with Client(target, mode=mode) as client:
        tools = (await client.list_tools()).tools
        answer = await client.call_tool(name, right, progress_callback=progress)
        refused = await client.call_tool(name, wrong)
        many = await asyncio.gather(*[client.call_tool(name, right) for _ in range(5)])
        try:
            unknown = str((await client.call_tool("no-such-tool", {})).is_error)
        except Exception as error:
            unknown = str(error)
        return {
            "version": client.protocol_version,
            "tools": [tool.name for tool in tools],
            "structured": answer.structured_content,
            "steps": steps,
            "refused": [refused.is_error, refused.content[0].text],
            "many": [one.structured_content for one in many],
            "unknown": unknown,
        }


mode, name, right, wrong, *where = sys.argv[1:]
print(json.dumps(asyncio.run(main(mode, name, json.loads(right), json.loads(wrong), where))))
