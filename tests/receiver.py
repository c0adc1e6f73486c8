"""A real HTTP server on loopback, for tests of what leaves Signalbox."""

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

Reply = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Received:
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What came in, and what is answered: the replies in order, then `always`."""

    url: str = ""
    port: int = 0
    received: list[Received] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    always: Reply = field(default_factory=lambda: status(200, b"ok"))
    released: Event = field(default_factory=Event)

    def reply(self) -> Reply:
        """The next answer."""
        return self.replies.pop(0) if self.replies else self.always


def status(code: int, body: bytes = b"", **headers: str) -> Reply:
    """Answers with a status, a body and headers (Retry_After is Retry-After)."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def broken_off(handler: BaseHTTPRequestHandler) -> None:
    """Closes the connection without an answer."""
    handler.close_connection = True


def dripping(part: bytes = b"HTTP/1.1 200 OK\r\nX-Slow: ") -> Reply:
    """Begins an answer and then sends one byte after the other, for a minute."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(part)
        for _ in range(600):
            time.sleep(0.1)
            handler.wfile.write(b"x")
            handler.wfile.flush()

    return answer


def hanging(receiver: Receiver) -> Reply:
    """Says nothing until the receiver is released, a minute at most."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        receiver.released.wait(60)
        handler.close_connection = True

    return answer


@contextmanager
def receiving(certificate: str | None = None) -> Iterator[Receiver]:
    """A server on a free port; with a certificate it speaks TLS."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.received.append(Received(self.command, self.path, headers, body))
            try:
                receiver.reply()(self)
            except OSError:  # the other side did not wait
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 — names that it looks for

        def log_message(self, *_given: Any) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_given: Any) -> None:
            """A caller that breaks off is part of the tests."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        receiver.port = server.server_address[1]
        receiver.url = f"{'https' if certificate else 'http'}://127.0.0.1:{receiver.port}/hook"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.released.set()
            server.shutdown()
            thread.join()
