"""What is asked of the demo before Gradio sees it: small requests, and nothing from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.responses import PlainTextResponse

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

MOST_UPLOAD, MOST_QUESTION = 11_000_000, 500_000
"""Bytes of a request: one that uploads (its one file and the form around it), any other."""

CLOSED = ("/process_recording", "/proxy=")
"""Gradio's routes that the demo has no use for: one keeps videos, one reads other servers."""


class Guard:
    """An ASGI application around another, which sees only requests within the limits.

    Gradio would fetch a file that a visitor names by its address, and keep whatever is sent; here
    nothing is fetched for anybody, and long requests are refused before they are read.
    """

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answers 403, 404, 411 or 413 itself, or hands the request on."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        path = scope["path"]
        if any(closed in path for closed in CLOSED):
            return await _refuse(404, "there is nothing here", scope, receive, send)
        if elsewhere(path.partition("/file=")[2]):
            return await _refuse(403, NOT_FETCHED, scope, receive, send)
        if scope["method"] != "POST":
            return await self.app(scope, receive, send)
        length = dict(scope["headers"]).get(b"content-length", b"")
        if not length.isdigit():
            said = "a request must say how long it is"
            return await _refuse(411, said, scope, receive, send)
        uploads = path.rstrip("/").endswith("/upload")
        most = MOST_UPLOAD if uploads else MOST_QUESTION
        if int(length) > most:
            said = f"{int(length) / 1e6:.1f} MB are too much, up to {most / 1e6:.1f} MB are taken"
            return await _refuse(413, said, scope, receive, send)
        if not uploads:
            body, receive = await _read(receive)
            if names_elsewhere(body):
                return await _refuse(403, NOT_FETCHED, scope, receive, send)
        await self.app(scope, receive, send)


NOT_FETCHED = "files of other places are not fetched; upload the picture itself"


def names_elsewhere(body: bytes) -> bool:
    """Whether JSON holds a file whose path is an address; False for what is no JSON."""
    try:
        return _names_elsewhere(json.loads(body))
    except (ValueError, RecursionError):
        return False


def elsewhere(path: Any) -> bool:
    """Whether a file's path is an address, of whatever scheme."""
    return isinstance(path, str) and "://" in path[:64]


def _names_elsewhere(part: Any) -> bool:
    if isinstance(part, dict):
        return elsewhere(part.get("path")) or any(map(_names_elsewhere, part.values()))
    return isinstance(part, list) and any(map(_names_elsewhere, part))


async def _read(receive: Receive) -> tuple[bytes, Receive]:
    """The whole body, and a ``receive`` that tells it once more."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return body, again


async def _refuse(status: int, said: str, scope: Any, receive: Any, send: Any) -> None:
    await PlainTextResponse(said, status)(scope, receive, send)
