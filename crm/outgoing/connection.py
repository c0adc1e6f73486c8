"""One exchange over one connection to a checked address, ended at its deadline whatever the receiver does."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import ip_address
from threading import Timer
from time import monotonic

from django.utils.translation import gettext as _

from crm.outgoing.messages import KEPT_BYTES, Answer, NoAnswer, Request
from crm.outgoing.targets import Target

CONNECT_SECONDS = 5.0  # for one address
ADDRESSES = 4  # that are tried one after the other
AGENT = "Signalbox"


@lru_cache(maxsize=1)
def tls_context() -> ssl.SSLContext:
    """Verifies certificates against the machine's authorities and the host's name."""
    return ssl.create_default_context()


class Watch:
    """Cuts the connection at the deadline: a receiver that sends a byte now and then has no other end."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.over = False

    def cut(self) -> None:
        """Ends whatever waits for the socket; TLS is not asked, since it would wait too."""
        self.over = True
        try:
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
        except OSError:
            return


def exchange(target: Target, addresses: Sequence[str], request: Request, deadline: float) -> Answer:
    """Sends the request to the first of the addresses that takes connections; raises NoAnswer."""
    started = monotonic()
    with connected(target, addresses, deadline) as sock, watched(sock, deadline, target.host) as watch:
        if target.tls:
            watch.sock = tls_context().wrap_socket(
                sock, server_hostname=target.host, do_handshake_on_connect=False
            )
        with watch.sock as ready:
            if isinstance(ready, ssl.SSLSocket):
                ready.do_handshake()
            with _ask(target, ready, request) as response:
                body, cut = _read(response)
        return Answer(response.status, tuple(response.getheaders()), body, cut, monotonic() - started)


@contextmanager
def connected(target: Target, addresses: Sequence[str], deadline: float) -> Iterator[socket.socket]:
    """A socket that is connected to one of the addresses."""
    for address in addresses[:ADDRESSES]:
        family = socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(max(0.001, min(CONNECT_SECONDS, deadline - monotonic())))
            sock.connect((address, target.port))
        except OSError as error:
            sock.close()
            reason = error
        else:
            with sock:
                yield sock
            return
    if isinstance(reason, TimeoutError):
        raise NoAnswer(_("%s took no connection in time.") % target.host)
    raise NoAnswer(_("%(host)s took no connection: %(why)s") % {"host": target.host, "why": reason.strerror})


@contextmanager
def watched(sock: socket.socket, deadline: float, host: str) -> Iterator[Watch]:
    """Cuts the connection at the deadline, and tells what goes wrong on it in plain words."""
    left = max(0.001, deadline - monotonic())
    sock.settimeout(left)
    watch = Watch(sock)
    timer = Timer(left, watch.cut)
    timer.daemon = True
    timer.start()
    try:
        yield watch
    except (OSError, HTTPException, ValueError) as error:
        raise NoAnswer(_too_late(host) if watch.over else _told(error, host)) from None
    finally:
        timer.cancel()
    if watch.over:  # a body without a length looks complete when it was cut
        raise NoAnswer(_too_late(host))


def _too_late(host: str) -> str:
    return _("%s did not answer in time.") % host


def _told(error: Exception, host: str) -> str:
    """The error in words that hold nothing of the request."""
    if isinstance(error, TimeoutError):
        return _too_late(host)
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message
        return _("The certificate of %(host)s is not valid: %(why)s") % {"host": host, "why": why}
    if isinstance(error, ssl.SSLError):
        return _("%s speaks no TLS that Signalbox accepts.") % host
    return _("%(host)s broke off: %(why)s") % {"host": host, "why": type(error).__name__}


def _ask(target: Target, sock: socket.socket, request: Request) -> HTTPResponse:
    connection = HTTPConnection(target.host, target.port)
    connection.default_port = 443 if target.tls else 80
    connection.auto_open = 0  # it never resolves or connects by itself
    connection.sock = sock
    body = request.body if request.body or request.method not in ("GET", "HEAD", "DELETE") else None
    headers = {"User-Agent": AGENT, **request.headers, "Connection": "close"}
    connection.request(request.method, target.path, body=body, headers=headers)
    return connection.getresponse()


def _read(response: HTTPResponse) -> tuple[bytes, bool]:
    """The first bytes of the body, and whether there were more."""
    body = b""
    while len(body) <= KEPT_BYTES:
        part = response.read1(KEPT_BYTES + 1 - len(body))
        if not part:
            return body, False
        body += part
    return body[:KEPT_BYTES], True
