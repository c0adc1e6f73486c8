"""Nothing inside is ever reached: a test per trick."""

import socket
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from crm.outgoing import NoAnswer, NotAllowed, Request, send
from crm.outgoing.addresses import read_allowed
from tests.receiver import receiving


@pytest.fixture(autouse=True)
def nothing_is_connected(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every address that a connection is tried to; none is made."""
    tried: list[Any] = []

    def refuse(_self: socket.socket, address: Any) -> None:
        tried.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    return tried


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Lets each question to the resolver have its own answer, the last one for all that follow."""
    asked: list[str] = []

    def look_up(host: str, port: int, **_given: Any) -> list[Any]:
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [(0, 0, 0, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def get(url: str) -> None:
    send(Request("GET", url, seconds=5))


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("127.0.0.1", id="loopback"),
        pytest.param("127.8.9.1", id="loopback elsewhere"),
        pytest.param("0.0.0.0", id="unspecified"),  # noqa: S104 — that it is refused is the claim
        pytest.param("0.1.2.3", id="this network"),
        pytest.param("10.0.0.1", id="private 10"),
        pytest.param("172.16.0.1", id="private 172.16"),
        pytest.param("172.31.255.255", id="private 172.31"),
        pytest.param("192.168.1.1", id="private 192.168"),
        pytest.param("100.64.0.1", id="carrier-grade NAT"),
        pytest.param("100.100.100.200", id="metadata of Alibaba"),
        pytest.param("169.254.169.254", id="metadata"),
        pytest.param("169.254.1.1", id="link-local"),
        pytest.param("168.63.129.16", id="metadata of Azure"),
        pytest.param("192.0.0.192", id="metadata of Oracle"),
        pytest.param("192.0.2.1", id="documentation"),
        pytest.param("198.18.0.1", id="benchmarks"),
        pytest.param("224.0.0.1", id="multicast"),
        pytest.param("240.0.0.1", id="reserved"),
        pytest.param("255.255.255.255", id="broadcast"),
        pytest.param("[::1]", id="loopback in IPv6"),
        pytest.param("[::]", id="unspecified in IPv6"),
        pytest.param("[0:0:0:0:0:0:0:1]", id="loopback in IPv6, in full"),
        pytest.param("[fe80::1]", id="link-local in IPv6"),
        pytest.param("[fec0::1]", id="site-local"),
        pytest.param("[fd00:ec2::254]", id="metadata in IPv6"),
        pytest.param("[fc00::1]", id="private in IPv6"),
        pytest.param("[ff02::1]", id="multicast in IPv6"),
        pytest.param("[2001:db8::1]", id="documentation in IPv6"),
        pytest.param("[::ffff:127.0.0.1]", id="IPv4-mapped"),
        pytest.param("[::ffff:7f00:1]", id="IPv4-mapped in hexadecimal"),
        pytest.param("[::ffff:169.254.169.254]", id="IPv4-mapped metadata"),
        pytest.param("[::127.0.0.1]", id="IPv4-compatible"),
        pytest.param("[::ffff:0:127.0.0.1]", id="IPv4-translated"),
        pytest.param("[2002:7f00:1::1]", id="6to4"),
        pytest.param("[2001:0:7f00:1::]", id="Teredo"),
        pytest.param("[64:ff9b::127.0.0.1]", id="NAT64"),
        pytest.param("[64:ff9b::a9fe:a9fe]", id="NAT64 metadata"),
        pytest.param("[64:ff9b:1::127.0.0.1]", id="local NAT64"),
        pytest.param("2130706433", id="decimal"),
        pytest.param("0x7f000001", id="hexadecimal"),
        pytest.param("0x7f.0.0.1", id="hexadecimal part"),
        pytest.param("0177.0.0.1", id="octal part"),
        pytest.param("017700000001", id="octal"),
        pytest.param("127.1", id="short form"),
        pytest.param("127.0.0.1.", id="trailing point"),
        pytest.param("localhost", id="localhost"),
        pytest.param("LOCALHOST", id="capitals"),
        pytest.param("localhost.", id="localhost with point"),
    ],
)
def test_what_is_inside_is_refused_before_anything_is_connected(
    host: str, nothing_is_connected: list[Any]
) -> None:
    with pytest.raises(NotAllowed):
        get(f"http://{host}/latest/meta-data")
    assert nothing_is_connected == []


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "[2606:4700::1111]", "[::ffff:8.8.8.8]", "[64:ff9b::808:808]"]
)
def test_public_addresses_are_connected_to(address: str, nothing_is_connected: list[Any]) -> None:
    with pytest.raises(NoAnswer, match="took no connection"):
        get(f"https://{address}/")
    assert [port for _address, port in nothing_is_connected] == [443]


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("gopher://example.com/", id="gopher"),
        pytest.param("ftp://example.com/", id="ftp"),
        pytest.param("//example.com/", id="no scheme"),
        pytest.param("example.com", id="only a host"),
        pytest.param("http:///x", id="no host"),
        pytest.param("http://", id="nothing"),
        pytest.param("http://user:secret@example.com/", id="log-in"),
        pytest.param("http://example.com@127.0.0.1/", id="host as user"),
        pytest.param("http://127.0.0.1\\@example.com/", id="backslash"),
        pytest.param("http://example.com\\.internal/", id="backslash in the host"),
        pytest.param("http://exa\tmple.com/", id="tab"),
        pytest.param("http://example.com/\r\nHost: internal", id="line break"),
        pytest.param("http://example.com/a b", id="blank"),
        pytest.param("http://example.com:0/", id="port 0"),
        pytest.param("http://example.com:99999/", id="port too large"),
        pytest.param("http://example.com:http/", id="port in words"),
        pytest.param("http://[::1/", id="open bracket"),
        pytest.param("http://[::1%25lo]/", id="zone"),
        pytest.param("http://[v1.x]/", id="future address"),
        pytest.param("http://exa%6dple.com/", id="percent in the host"),
        pytest.param("http://①②⑦.⓪.⓪.①/", id="circled digits"),
        pytest.param("http://ｌocalhost/", id="wide letters"),
        pytest.param("http://127。0。0。1/", id="ideographic points"),
        pytest.param("http://bücher.example/", id="name in other letters"),
        pytest.param("http://a..b/", id="empty label"),
        pytest.param(f"http://{'a' * 260}.com/", id="too long"),
    ],
)
def test_addresses_that_others_might_read_differently_are_refused(
    url: str, nothing_is_connected: list[Any]
) -> None:
    with pytest.raises(NotAllowed):
        get(url)
    assert nothing_is_connected == []


def test_every_address_of_a_name_counts(
    monkeypatch: pytest.MonkeyPatch, nothing_is_connected: list[Any]
) -> None:
    resolving(monkeypatch, ["8.8.8.8", "127.0.0.1"])
    with pytest.raises(NotAllowed, match=r"hooks\.example is a private"):
        get("http://hooks.example/")
    assert nothing_is_connected == []


def test_a_name_that_changes_its_mind_is_asked_once(
    monkeypatch: pytest.MonkeyPatch, nothing_is_connected: list[Any]
) -> None:
    """DNS rebinding: public when it is checked, loopback when it would be connected to."""
    asked = resolving(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    with pytest.raises(NoAnswer):
        get("http://rebind.example/")
    assert asked == ["rebind.example"]
    assert nothing_is_connected == [("8.8.8.8", 80)]
    with pytest.raises(NotAllowed):
        get("http://rebind.example/")


def test_a_name_that_is_mapped_loopback_is_refused(
    monkeypatch: pytest.MonkeyPatch, nothing_is_connected: list[Any]
) -> None:
    for inside in ("::ffff:10.0.0.1", "fe80::1%eth0", "no address"):
        resolving(monkeypatch, [inside])
        with pytest.raises(NotAllowed):
            get("http://hooks.example/")
    assert nothing_is_connected == []


def test_an_unknown_name_may_be_known_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_given: Any, **_more: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(NoAnswer, match="not known"):
        get("http://hooks.example/")


def test_the_next_address_is_tried_where_one_is_away(
    monkeypatch: pytest.MonkeyPatch, nothing_is_connected: list[Any]
) -> None:
    resolving(monkeypatch, ["2606:4700::1111", "8.8.8.8"])
    with pytest.raises(NoAnswer):
        get("http://hooks.example/")
    assert nothing_is_connected == [("2606:4700::1111", 80), ("8.8.8.8", 80)]


ALLOWED = [
    ("127.0.0.1", ["127.0.0.1"], True),
    ("127.0.0.1", ["127.0.0.1:8000"], True),
    ("127.0.0.1", ["127.0.0.1:8001"], False),
    ("127.0.0.1", ["127.0.0.0/8"], True),
    ("127.0.0.1", ["10.0.0.0/8", " 127.0.0.1 "], True),
    ("[::1]", ["[::1]:8000"], True),
    ("[::1]", ["::1"], True),
    ("[::1]", ["[::1]:8001"], False),
    ("[::ffff:127.0.0.1]", ["127.0.0.1"], True),
    ("169.254.169.254", ["169.254.0.0/16"], True),
    ("inside.example", ["inside.example"], True),
    ("INSIDE.example.", ["Inside.Example"], True),
    ("inside.example", ["inside.example:8000"], True),
    ("inside.example", ["inside.example:80"], False),
    ("inside.example", ["example"], False),
    ("inside.example", ["10.0.0.0/8"], True),
    ("other.example", ["inside.example"], False),
]


@pytest.mark.parametrize(("host", "setting", "goes"), ALLOWED)
def test_admins_allow_hosts_by_name_address_and_network(
    host: str,
    setting: list[str],
    goes: bool,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    nothing_is_connected: list[Any],
) -> None:
    settings.OUTGOING_ALLOWED_HOSTS = setting
    if "example" in host:
        resolving(monkeypatch, ["10.0.0.7"])
    with pytest.raises(NoAnswer if goes else NotAllowed):
        get(f"http://{host}:8000/")
    assert len(nothing_is_connected) == int(goes)


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "0.0.0.1", "224.0.0.1", "fe80::1", "fd00:ec2::254", "100.100.100.200"]
)
def test_an_allowed_name_never_leads_to_metadata_or_the_like(
    address: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTGOING_ALLOWED_HOSTS = ["inside.example"]
    resolving(monkeypatch, [address])
    with pytest.raises(NotAllowed):
        get("http://inside.example/")


@pytest.mark.parametrize("entry", ["http://inside.example", "10.0.0.1/8", "a b", "user@host", "x/y"])
def test_a_setting_that_cannot_be_read_is_told(entry: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="OUTGOING_ALLOWED_HOSTS"):
        read_allowed((entry,))


def test_the_environments_proxy_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, nothing_is_connected: list[Any]
) -> None:
    with receiving() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        with pytest.raises(NoAnswer):
            get("http://8.8.8.8/")
        assert nothing_is_connected == [("8.8.8.8", 80)]
        assert proxy.received == []
