"""A client that costs little, so that measuring a server on its own cores measures the server: `make load`.

It speaks what the chat's page speaks, as `tests.talk` does, over plain sockets: some hundred readers at once would else
take as much processor time as the server that they ask.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Self
from urllib.parse import urlsplit

from tests.talk import Page, Said


class Line:
    """A connection to a server, kept open from one request to the next; a client with an address of its own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        self._reader, self._writer = reader, writer
        self._host = host
        self.address = ""  # as a trusted proxy would tell it

    @classmethod
    async def open(cls, server: str, address: str = "") -> Self:
        """Connect to a server by its address."""
        place = urlsplit(server)
        line = cls(*await asyncio.open_connection(place.hostname, place.port), place.netloc)
        line.address = address
        return line

    def close(self) -> None:
        """End the connection."""
        self._writer.close()

    async def post(self, path: str, body: Any) -> tuple[int, bytes]:
        """Send JSON; give the status and what comes back."""
        status, parts = await self._sent("POST", path, json.dumps(body).encode())
        return status, b"".join([part async for part in parts])

    async def get(self, path: str) -> tuple[int, bytes]:
        """Give the status of an address and what stands there."""
        status, parts = await self._sent("GET", path)
        return status, b"".join([part async for part in parts])

    async def events(self, path: str) -> tuple[int, AsyncIterator[bytes]]:
        """Ask for a stream; give the status and the stream's events, one by one."""
        status, parts = await self._sent("GET", path)
        return status, _events(parts)

    async def _sent(self, method: str, path: str, body: bytes = b"") -> tuple[int, AsyncIterator[bytes]]:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}", f"Content-Length: {len(body)}"]
        lines += ["Content-Type: application/json"] if body else []
        lines += [f"X-Forwarded-For: {self.address}"] if self.address else []
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
        parts = self._whole(int(length)) if length else self._chunks()
        return int(head.split(b" ", 2)[1]), parts

    async def _whole(self, length: int) -> AsyncIterator[bytes]:
        yield await self._reader.readexactly(length)

    async def _chunks(self) -> AsyncIterator[bytes]:
        while size := int(await self._reader.readline(), 16):
            yield (await self._reader.readexactly(size + 2))[:-2]
        await self._reader.readline()


async def _events(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    held = b""
    async for part in parts:
        *whole, held = (held + part).split(b"\n\n")
        for event in whole:
            yield event


async def ask(line: Line, page: Page, question: str, session: str) -> Said:
    """Ask as a reader does: join the queue, and listen until it is answered."""
    fields = [question if n == page.box else value for n, value in enumerate(page.fields)]
    body = {"data": fields, "fn_index": page.function, "session_hash": session, "trigger_id": page.trigger}
    status, answer = await line.post("/gradio_api/queue/join", body)
    if status != 200:
        return Said(status, answer.decode())
    said = Said(500, "the stream ended")
    status, events = await line.events(f"/gradio_api/queue/data?session_hash={session}")
    async for event in events:
        if b'"msg":"process_completed"' in event:
            message = json.loads(event.removeprefix(b"data:"))
            shown = " ".join(value for value in message["output"].get("data", []) if isinstance(value, str))
            said = Said(200 if message["success"] else 500, shown)
        elif b'"msg":"unexpected_error"' in event or b'"msg":"server_stopped"' in event:
            said = Said(500, event.decode())
    return said
