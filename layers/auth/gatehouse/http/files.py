"""Serve files over HTTP: known names only, with an ETag, compressed for clients that accept it.

API Gateway compresses nothing, so this module does: once per file, in memory. A large file is never
sent uncompressed. Anyone may request it, and the deployment pays for every byte.
"""

import gzip
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gatehouse.errors import NotAcceptable, NotFound
from gatehouse.headers import header
from gatehouse.http.replies import Content, Reply
from gatehouse.http.requests import Request

FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
"""For files whose name changes with their content (RFC 8246)."""

FOR_A_WHILE = {"Cache-Control": "public, max-age=300"}

ASK_AGAIN = {"Cache-Control": "no-cache"}
"""Clients may store the file, but must revalidate its ETag before each use."""

LARGE = 32 * 1024
"""Bytes above which a file is sent compressed only."""

UNCHANGED = {304: "The ETag in If-None-Match still matches"}

MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}

NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Not built</title><h1>This page has not been built</h1>
<p>Run <code>make {target}</code> where Node.js 20 or newer is installed, then deploy again.
The rest of the service works without this page.</p></html>
"""


class Files:
    """The files of one folder. Their names are read once, and no path is built from a request."""

    def __init__(self, folder: Path, target: str, *, only: Collection[str] = ()) -> None:
        """
        Args:
            target: the target of ``make`` that builds the files.
            only: the names to serve; if empty, every file with a known media type.
        """
        self._target = target
        self._paths = {
            path.name: path
            for path in (sorted(folder.iterdir()) if folder.is_dir() else ())
            if path.suffix in MEDIA_TYPES and (not only or path.name in only) and path.is_file()
        }

    def reply(
        self, name: str, request: Request[Any], *, headers: Mapping[str, str] = ASK_AGAIN
    ) -> Reply:
        """Returns the file, or 304 if the client has it already.

        Raises:
            NotFound: there is no file with this name.
            NotAcceptable: the file is large, and the client does not accept gzip.
        """
        path = self._paths.get(name)
        if path is None:
            raise NotFound
        packed = _takes_gzip(request)
        if not packed and path.stat().st_size > LARGE:
            raise NotAcceptable("Send Accept-Encoding: gzip, as `curl --compressed` does.")
        data, tag = _read(path, packed=packed)
        headers = {**headers, "ETag": tag, "Vary": "Accept-Encoding"}
        if packed:
            headers["Content-Encoding"] = "gzip"
        if tag in (header(request.event, "if-none-match") or ""):
            return Reply(304, headers=headers)
        return Reply(200, Content(MEDIA_TYPES[path.suffix], data), headers=headers)

    def page(self, name: str, request: Request[Any]) -> Reply:
        """Returns a page that should exist. If it was not built, the reply says how to build it."""
        if name in self._paths:
            return self.reply(name, request)
        text = NOT_BUILT.format(target=self._target)
        return Reply(404, Content(MEDIA_TYPES[".html"], text.encode()), headers=ASK_AGAIN)


WIDGETS = {
    "turnstile": "https://challenges.cloudflare.com",
    "hcaptcha": "https://hcaptcha.com https://*.hcaptcha.com",
}
"""The sources of the widgets of challenges, as their providers' documentation lists them."""


def pages_only(reply: Reply, socket_url: str = "", widget: str = "") -> Reply:
    """Returns the reply with security headers: own scripts and styles only, no frame, no referrer.

    Args:
        socket_url: the only other server that the page may connect to, apart from a widget's.
        widget: the sources of a widget that the page may show, if any.
    """
    return replace(
        reply,
        headers={
            **reply.headers,
            "Content-Security-Policy": _policy(socket_url, widget),
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
        },
    )


def _policy(socket_url: str, widget: str) -> str:
    """Returns a Content Security Policy (Level 3) that allows only what is listed here."""
    socket = urlsplit(socket_url)
    connect = ["'self'", f"{socket.scheme}://{socket.netloc}"] if socket.netloc else ["'self'"]
    allowed = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": " ".join(connect),
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    if widget:
        allowed["frame-src"] = widget
        for directive in ("script-src", "style-src", "connect-src"):
            allowed[directive] += f" {widget}"
    return "; ".join(f"{directive} {source}" for directive, source in allowed.items())


def _takes_gzip(request: Request[Any]) -> bool:
    """Whether Accept-Encoding allows gzip (RFC 9110 section 12.5.3).

    A request without the header is taken for one that does not: programs that decode nothing send
    none.
    """
    accepted = (header(request.event, "accept-encoding") or "").lower()
    weights = dict(map(_weight_of, accepted.split(",")))
    return weights.get("gzip", weights.get("*", 0)) > 0


def _weight_of(part: str) -> tuple[str, float]:
    """Returns a content coding and its weight. A weight that is not a number counts as 0."""
    name, _, weight = part.replace(" ", "").partition(";q=")
    try:
        return name, float(weight or 1)
    except ValueError:
        return name, 0


@cache
def _read(path: Path, *, packed: bool) -> tuple[bytes, str]:
    """Returns the content as it is sent, and its strong ETag (RFC 9110 section 8.8.3)."""
    data = path.read_bytes()
    if packed:
        data = gzip.compress(data, mtime=0)
    return data, f'"{hashlib.sha256(data).hexdigest()[:32]}"'
