"""What leaves, and what is kept of an answer, with a real server on loopback."""

import re
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import trustme

from crm.outgoing import KEEPERS, Answer, NoAnswer, NotAllowed, Request, connection, send
from crm.outgoing.messages import KEPT_BYTES
from crm.space import _space
from tests.receiver import Receiver, broken_off, dripping, hanging, receiving, status

APPS = ("crm", "workflows", "approvals", "blueprints", "territories", "sandbox")


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """A receiver whose host is allowed."""
    with receiving() as known:
        settings.OUTGOING_ALLOWED_HOSTS = [f"127.0.0.1:{known.port}"]
        yield known


def test_a_request_arrives_as_it_was_sent(receiver: Receiver) -> None:
    request = Request("POST", f"{receiver.url}?a=1#part", {"X-Key": "k", "Content-Type": "text/plain"}, b"Hi")
    receiver.always = status(201, b"made", X_Answer="yes")
    answer = send(request)
    assert (answer.status, answer.body, answer.cut, answer.kept) == (201, b"made", False, False)
    assert ("X-Answer", "yes") in answer.headers
    assert 0 < answer.seconds < 5
    [came] = receiver.received
    assert (came.method, came.path, came.body) == ("POST", "/hook?a=1", b"Hi")
    assert came.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert (came.headers["x-key"], came.headers["content-length"]) == ("k", "2")
    assert came.headers["user-agent"] == "Signalbox"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_what_has_no_body_sends_none(receiver: Receiver, method: str) -> None:
    send(Request(method, receiver.url))
    [came] = receiver.received
    assert (came.method, came.body, came.headers.get("content-length")) == (method, b"", None)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(receiver: Receiver, code: int) -> None:
    receiver.always = status(code, Location="http://169.254.169.254/latest/meta-data")
    assert send(Request("GET", receiver.url)).status == code
    assert len(receiver.received) == 1


def test_of_a_large_answer_the_beginning_is_kept(receiver: Receiver) -> None:
    receiver.replies = [status(200, b"x" * KEPT_BYTES), status(200, b"y" * (50 * KEPT_BYTES))]
    exact, large = (send(Request("GET", receiver.url)) for _ in range(2))
    assert (exact.body, exact.cut) == (b"x" * KEPT_BYTES, False)
    assert (large.body, large.cut) == (b"y" * KEPT_BYTES, True)


def test_an_answer_without_end_is_left(receiver: Receiver) -> None:
    def endless(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            handler.wfile.write(b"400\r\n" + b"z" * 1024 + b"\r\n")

    receiver.always = endless
    answer = send(Request("GET", receiver.url))
    assert (len(answer.body), answer.cut) == (KEPT_BYTES, True)


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(b"", id="status line"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX-Slow: ", id="headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", id="body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", id="body of a length"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" * 50, id="continue"),
    ],
)
def test_a_receiver_that_drips_ends_at_the_time_out(receiver: Receiver, part: bytes) -> None:
    receiver.always = dripping(part)
    begun = time.monotonic()
    with pytest.raises(NoAnswer, match="did not answer in time"):
        send(Request("GET", receiver.url, seconds=0.6))
    assert 0.5 < time.monotonic() - begun < 3


def test_a_receiver_that_says_nothing_ends_at_the_time_out(receiver: Receiver) -> None:
    receiver.always = hanging(receiver)
    begun = time.monotonic()
    with pytest.raises(NoAnswer, match="in time"):
        send(Request("GET", receiver.url, seconds=0.4))
    assert time.monotonic() - begun < 3


def test_a_resolver_that_hangs_ends_too(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = Event()

    def hangs(*_given: Any, **_more: Any) -> list[Any]:
        ended.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hangs)
    begun = time.monotonic()
    with pytest.raises(NoAnswer, match="resolved in time"):
        send(Request("GET", "http://hooks.example/", seconds=0.3))
    assert time.monotonic() - begun < 2
    ended.set()


def other_protocol(handler: Any) -> None:
    """Speaks no HTTP."""
    handler.wfile.write(b"SSH-2.0-OpenSSH\r\n")


def test_what_breaks_off_or_refuses_is_told_without_the_address(receiver: Receiver, settings: Any) -> None:
    receiver.always = broken_off
    with pytest.raises(NoAnswer, match=r"127\.0\.0\.1 broke off: RemoteDisconnected"):
        send(Request("GET", f"{receiver.url}/token-123"))
    receiver.always = other_protocol
    with pytest.raises(NoAnswer, match="broke off: BadStatusLine"):
        send(Request("GET", receiver.url))
    settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(NoAnswer, match="took no connection: Connection refused"):
        send(Request("GET", f"http://127.0.0.1:{port}/"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "1\r\nX-B: 2"),
        ("X-A", "1\n"),
        ("X-A\r\nX-B", "1"),
        ("X A", "1"),
        ("", "1"),
        ("X-A:", "1"),
        ("X-A", "\x00"),
        ("X-A", "ü"),
        ("Host", "internal"),
        ("hOsT", "internal"),
        ("Content-Length", "0"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "upgrade"),
        ("Proxy-Authorization", "x"),
    ],
)
def test_headers_that_change_the_request_are_refused(receiver: Receiver, name: str, value: str) -> None:
    with pytest.raises(NotAllowed):
        send(Request("POST", receiver.url, {name: value}))
    assert receiver.received == []


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "post", "GET / HTTP/1.1\r\n"])
def test_other_methods_are_refused(receiver: Receiver, method: str) -> None:
    with pytest.raises(NotAllowed):
        send(Request(method, receiver.url))
    assert receiver.received == []


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who vouches for hooks.example."""
    return trustme.CA()


@pytest.fixture
def tls(
    monkeypatch: pytest.MonkeyPatch, settings: Any, authority: trustme.CA, tmp_path: Path
) -> Iterator[Receiver]:
    """A receiver with the certificate of hooks.example; every name leads to it."""
    certificate = tmp_path / "receiver.pem"
    authority.issue_cert("hooks.example").private_key_and_cert_chain_pem.write_to_path(certificate)
    with receiving(str(certificate)) as known:
        settings.OUTGOING_ALLOWED_HOSTS = ["127.0.0.1"]
        where = (0, 0, 0, "", ("127.0.0.1", known.port))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_given, **_more: [where])
        yield known


def test_a_certificate_that_nobody_vouches_for_is_refused(tls: Receiver) -> None:
    with pytest.raises(NoAnswer, match=r"certificate of hooks\.example is not valid"):
        send(Request("GET", f"https://hooks.example:{tls.port}/"))
    assert tls.received == []


def test_a_certificate_counts_for_the_name_not_for_the_address(
    tls: Receiver, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    monkeypatch.setattr(connection, "tls_context", lambda: trusting)
    assert send(Request("GET", f"https://hooks.example:{tls.port}/")).status == 200
    assert tls.received[0].headers["host"] == f"hooks.example:{tls.port}"
    with pytest.raises(NoAnswer, match=r"certificate of other\.example is not valid"):
        send(Request("GET", f"https://other.example:{tls.port}/"))
    assert len(tls.received) == 1


def test_a_receiver_that_speaks_no_tls_is_told(receiver: Receiver) -> None:
    with pytest.raises(NoAnswer, match=r"speaks no TLS|broke off"):
        send(Request("GET", receiver.url.replace("http:", "https:")))


def test_outside_of_production_nothing_leaves_and_the_request_is_kept(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Request] = []
    monkeypatch.setattr("crm.outgoing.gate.KEEPERS", [*KEEPERS, kept.append])
    request = Request("POST", receiver.url, body=b"Hi")
    token = _space.set("sandbox_1")
    try:
        assert send(request) == Answer(0, kept=True)
        with pytest.raises(NotAllowed):
            send(Request("POST", "ftp://example.com"))
    finally:
        _space.reset(token)
    assert kept == [request]
    assert receiver.received == []
    assert send(request).status == 200


def test_a_request_shows_nothing_secret_where_it_is_printed() -> None:
    request = Request("POST", "https://hooks.example/token-123", {"Authorization": "Bearer s"}, b"secret")
    assert repr(request) == "Request(method='POST', seconds=10)"


def test_nothing_else_opens_connections(settings: Any) -> None:
    """Mail goes through Django, Redis through its package; all other HTTP through the gate."""
    used = re.compile(
        r"^\s*(?:from|import) (?:urllib\.request|http\.client|socket|requests|urllib3|httpx)\b", re.M
    )
    found = {
        str(path.relative_to(settings.BASE_DIR))
        for app in APPS
        for path in (settings.BASE_DIR / app).rglob("*.py")
        if used.search(path.read_text())
    }
    others = {
        "workflows/runs.py",  # the machine's name
        "crm/jobs/running.py",  # the machine's name
        "crm/api/reference.py",  # the names of statuses
        "crm/management/commands/serve.py",  # whether its own server answers
    }
    assert found - others == {"crm/outgoing/gate.py", "crm/outgoing/connection.py"}
