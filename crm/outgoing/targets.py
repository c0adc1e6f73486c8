"""Where a request goes: addresses taken apart strictly, so that nothing else reads them differently."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import SplitResult, urlsplit

from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _

from crm.outgoing.messages import NotAllowed

PORTS = {"http": 80, "https": 443}
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
VALUE = re.compile(r"[\x20-\x7e\t]*")
# What the connection itself needs; a request that set them could say something else than it does.
OWN_HEADERS = frozenset({
    "host", "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "te", "trailer",
    "expect", "accept-encoding", "proxy-authorization", "proxy-connection",
})  # fmt: skip


@dataclass(frozen=True)
class Target:
    """An address in parts: `host` is a name in ASCII or an address without brackets."""

    tls: bool
    host: str
    port: int
    path: str


def target_of(url: str) -> Target:
    """The parts of an address; raises NotAllowed where it is no http or https address of a clear host."""
    if UNSAFE.search(url):
        raise NotAllowed(_("The address must not contain blanks, control characters or backslashes."))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotAllowed(_("This is no address.")) from None
    if parts.scheme not in PORTS:
        raise NotAllowed(_("The address has to begin with https:// or http://."))
    if "@" in parts.netloc:
        raise NotAllowed(_("The address must not contain a user name or password."))
    if port == 0:
        raise NotAllowed(_("This is no port."))
    path = iri_to_uri((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
    return Target(parts.scheme == "https", _host(parts), port or PORTS[parts.scheme], path)


def _host(parts: SplitResult) -> str:
    """The host in one way of writing; names in other letters and odd notations of addresses are refused."""
    host = (parts.hostname or "").removesuffix(".")
    if parts.netloc.startswith("["):
        try:
            return str(IPv6Address(host.replace("%", "/")))  # no zone of this machine's own
        except ValueError:
            raise NotAllowed(_("This is no address.")) from None
    if not host.isascii():
        raise NotAllowed(_("The host has to be written in ASCII, as xn--….")) from None
    if len(host) > 253 or not HOST.fullmatch(host):
        raise NotAllowed(_("The address names no host."))
    if NUMBER.fullmatch(host.rpartition(".")[2]):
        try:
            return str(IPv4Address(host))
        except ValueError:
            raise NotAllowed(_("An address in numbers is written as four numbers with points.")) from None
    return host


def check_headers(headers: Mapping[str, str]) -> None:
    """Raises NotAllowed, naming the header, for one that would break the request or change where it goes."""
    for name, value in headers.items():
        if not NAME.fullmatch(name):
            raise NotAllowed(_("“%s” is no name of a header.") % name)
        if name.lower() in OWN_HEADERS:
            raise NotAllowed(_("The header %s is set by Signalbox itself.") % name)
        if not VALUE.fullmatch(value):
            raise NotAllowed(_("The header %s has line breaks or signs that are not ASCII.") % name)
