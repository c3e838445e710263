"""The page's files over HTTP: whole or by range, compressed once, never stale after an upgrade.

Owns: which file answers which path, content types, ETag, Range (the base map is read in pieces), security headers.
Every file is read once and shared by all who ask; a path that is not in the table never reaches the file system.
Doesn't own: what the files say. Public on purpose: they hold no data; all data is behind the session (`web.api`).
"""

import base64
import gzip
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, NamedTuple

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

PAGE: Final = Path(str(files("jointhq.web") / "page"))
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".pmtiles": "application/octet-stream",
    ".md": "text/plain; charset=utf-8",
}
_COMPRESSED: Final = frozenset({".html", ".js", ".mjs", ".css", ".json", ".svg"})
_INLINE: Final = re.compile(rb"<script(?: type=\"(?:importmap|module)\")?>(.*?)</script>", re.DOTALL)
_RANGE: Final = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


class _File(NamedTuple):
    type: bytes
    etag: bytes
    body: memoryview  # slices of it are sent as they are: a slow browser holds no copy
    compressed: bool


def security_headers() -> Headers:
    """Return the headers that every answer carries: the page runs its own code and no other's."""
    return [
        (b"content-security-policy", _policy()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-opener-policy", b"same-origin"),
    ]


@cache
def _policy() -> bytes:
    index = (PAGE / "index.html").read_bytes()
    hashes = [base64.b64encode(hashlib.sha256(script).digest()).decode() for script in _INLINE.findall(index)]
    scripts = " ".join(["'self'", *(f"'sha256-{digest}'" for digest in hashes)])
    return (
        f"default-src 'self'; script-src {scripts}; worker-src 'self' blob:; style-src 'self' 'unsafe-inline';"
        " img-src 'self' data: blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ).encode()


@cache
def _files() -> Mapping[str, _File]:
    """Return all there is, by its path inside PAGE; nothing but what is a file there has one."""
    table = {path.relative_to(PAGE).as_posix(): _read(path) for path in PAGE.rglob("*") if path.suffix in _TYPES}
    return {**table, "": table["index.html"]}


def _read(path: Path) -> _File:
    body = path.read_bytes()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'.encode()
    return _File(_TYPES[path.suffix].encode(), etag, memoryview(body), path.suffix in _COMPRESSED)


@cache
def _gzipped(path: str) -> bytes:
    return gzip.compress(_files()[path].body, 6, mtime=0)


async def static_files(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer GET and HEAD for the page's files (ASGI)."""
    asked = {
        name: value for name, value in scope["headers"] if name in (b"range", b"if-none-match", b"accept-encoding")
    }
    path = scope["path"].removeprefix("/")
    file = _files().get(path) if scope["method"] in ("GET", "HEAD") else None
    headers = security_headers()
    if file is None:
        body = b'{"code":"not_found","message":"there is nothing at this address","params":{}}'
        await _answer(send, 404, [*headers, (b"content-type", b"application/json")], body)
        return
    headers += [
        (b"content-type", file.type),
        (b"etag", file.etag),
        (b"cache-control", b"no-cache"),  # kept, and asked for again with the ETag: right after every upgrade
    ]
    if asked.get(b"if-none-match") == file.etag:
        await _answer(send, 304, headers, b"")
        return
    body_of = scope["method"] == "GET"
    if file.compressed:
        headers.append((b"vary", b"accept-encoding"))
        if b"gzip" in asked.get(b"accept-encoding", b""):
            headers.append((b"content-encoding", b"gzip"))
            await _answer(send, 200, headers, _gzipped(path), with_body=body_of)
        else:
            await _answer(send, 200, headers, file.body, with_body=body_of)
        return
    headers.append((b"accept-ranges", b"bytes"))
    size = len(file.body)
    span = _span(asked.get(b"range", b"").decode("latin-1"), size)
    if span is None:
        await _answer(send, 200, headers, file.body, with_body=body_of)
    elif span[0] >= span[1]:
        await _answer(send, 416, [*headers, (b"content-range", f"bytes */{size}".encode())], b"")
    else:
        start, end = span
        headers.append((b"content-range", f"bytes {start}-{end - 1}/{size}".encode()))
        await _answer(send, 206, headers, file.body[start:end], with_body=body_of)


def _span(asked: str, size: int) -> tuple[int, int] | None:
    """Return [start, end) of one byte range; None where none was asked for, empty where it can't be met."""
    match = _RANGE.fullmatch(asked)
    if match is None or match[1] == match[2] == "":
        return None
    if match[1] == "":
        return max(0, size - int(match[2])), size
    return int(match[1]), min(size, int(match[2]) + 1 if match[2] else size)


async def _answer(
    send: Send, status: int, headers: Headers, body: bytes | memoryview, *, with_body: bool = True
) -> None:
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body if with_body else b""})
