"""Web servers as short as their routes."""

import base64
import http.server
import json
import urllib.parse
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field


@dataclass
class Request:
    """What somebody asks for."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    headers: dict[str, str]

    @property
    def basic(self) -> tuple[str, str] | None:
        """Id and secret of HTTP Basic (RFC 6749 section 2.3.1)."""
        scheme, _, encoded = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        name, _, secret = base64.b64decode(encoded).decode().partition(":")
        return urllib.parse.unquote_plus(name), urllib.parse.unquote_plus(secret)

    @property
    def bearer(self) -> str | None:
        """The token of RFC 6750."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme.lower() == "bearer" else None

    @property
    def cookies(self) -> dict[str, str]:
        """By their names."""
        pairs = (pair.strip().partition("=") for pair in self.headers.get("cookie", "").split(";"))
        return {name: value for name, _, value in pairs}


@dataclass
class Answer:
    """What comes back: bytes at once, or a body in pieces."""

    status: int = 200
    body: bytes | Iterable[bytes] = b""
    headers: dict[str, str] = field(default_factory=dict)


def as_json(content: dict, status: int = 200) -> Answer:
    return Answer(status, json.dumps(content).encode(), {"Content-Type": "application/json"})


def redirect(location: str, status: int = 302) -> Answer:
    return Answer(status, headers={"Location": location})


def with_query(url: str, parameters: dict[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urllib.parse.urlencode(parameters)}"


Handler = Callable[[Request], Answer]


class Site(http.server.ThreadingHTTPServer):
    """Routes by path. `others` answers what has none."""

    daemon_threads = True

    def __init__(self, others: Handler = lambda _request: Answer(404)) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.routes: dict[str, Handler] = {}
        self.others = others

    def handle_error(self, request, client_address) -> None:
        """Clients go away whenever they like."""


class Exchange(http.server.BaseHTTPRequestHandler):
    """One request and its answer."""

    server: Site
    protocol_version = "HTTP/1.1"

    def exchange(self) -> None:
        parts = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        request = Request(
            self.command,
            parts.path,
            dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True)),
            dict(urllib.parse.parse_qsl(body, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
        )
        self.answer(self.server.routes.get(request.path, self.server.others)(request))

    do_GET = do_POST = exchange

    def answer(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        whole = isinstance(answer.body, bytes)
        self.send_header(*(("Content-Length", str(len(answer.body))) if whole else ("Connection", "close")))
        self.end_headers()
        for piece in [answer.body] if whole else answer.body:
            self.wfile.write(piece)

    def log_message(self, *_arguments) -> None:
        """Says nothing."""
