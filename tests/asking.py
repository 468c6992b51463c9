"""Asking an ASGI application without sockets, to the byte: status, headers in order, body."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from fastapi import FastAPI

from hinomi.web.hub.door import PEER


@dataclass(frozen=True, slots=True)
class Answer:
    """All that a client gets to see."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


def ask(
    app: FastAPI,
    method: str,
    target: str,
    *,
    peer: str | None,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> Answer:
    """
    Send one request.

    Args:
        app: Whom to ask.
        method: Such as GET.
        target: Path, and query behind a question mark.
        peer: Fingerprint of the client's certificate, as TLS would tell; None: there is none.
        headers: Beside the host.
        body: Of the request.
    """
    path, _, query = target.partition("?")
    sent = {"host": "hub.example", "content-length": str(len(body)), **(headers or {})}
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
        "client": ("127.0.0.1", 1),
        "server": ("hub.example", 443),
        "extensions": {} if peer is None else {PEER: peer},
    }
    told: list[dict[str, Any]] = []

    async def run() -> None:
        unsent = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if unsent:
                return unsent.pop()
            await asyncio.sleep(0)
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            told.append(dict(message))

        await app(scope, receive, send)

    asyncio.run(run())
    begin = next(each for each in told if each["type"] == "http.response.start")
    parts = [each.get("body", b"") for each in told if each["type"] == "http.response.body"]
    return Answer(begin["status"], tuple(begin["headers"]), b"".join(parts))
