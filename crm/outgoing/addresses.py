"""Which addresses may be connected to: public ones, and what the setting OUTGOING_ALLOWED_HOSTS names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from crm.outgoing.messages import NotAllowed
from crm.outgoing.targets import target_of

IP = IPv4Address | IPv6Address
EXPLICIT_PORT = re.compile(r":\d+$")
# IANA's special-purpose registries, whatever the Python at hand knows of them; multicast; and addresses
# at which clouds answer machines (168.63.129.16 is public in form, not in use).
NOT_PUBLIC = tuple(map(ip_network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
    "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
    "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
)))  # fmt: skip
PUBLIC_V6 = IPv6Network("2000::/3")
# What a host that is allowed by name may be: inside the company, but never link-local or a cloud's own.
INTERNAL = tuple(map(ip_network, (
    "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7",
)))  # fmt: skip
METADATA = frozenset(map(ip_address, ("100.100.100.200", "fd00:ec2::254")))
TRANSLATED = IPv6Network("64:ff9b::/96")  # NAT64: the last four bytes are the IPv4 address that is reached


@dataclass(frozen=True)
class Allowed:
    """The setting, read: names and networks, each with a port or for all ports."""

    names: frozenset[tuple[str, int | None]]
    networks: tuple[tuple[object, int | None], ...]

    def name(self, host: str, port: int) -> bool:
        """Whether the host is allowed by name."""
        return (host, None) in self.names or (host, port) in self.names

    def address(self, address: IP, port: int) -> bool:
        """Whether the address is allowed in numbers."""
        return any(
            address in network and only in (None, port)  # type: ignore[operator]
            for network, only in self.networks
        )


@lru_cache(maxsize=8)
def read_allowed(entries: tuple[str, ...]) -> Allowed:
    """The entries `name`, `name:port`, `address`, `address:port` and `network/bits`."""
    names: set[tuple[str, int | None]] = set()
    networks: list[tuple[object, int | None]] = []
    for entry in entries:
        try:
            networks.append((ip_network(entry.strip("[]")), None))
            continue
        except ValueError:
            pass
        host, port = _host_and_port(entry)
        try:
            networks.append((ip_network(host), port))
        except ValueError:
            names.add((host, port))
    return Allowed(frozenset(names), tuple(networks))


def _host_and_port(entry: str) -> tuple[str, int | None]:
    try:
        target = target_of(f"http://{entry}")
        if target.path != "/":
            raise NotAllowed
    except NotAllowed:
        raise ImproperlyConfigured(
            f"OUTGOING_ALLOWED_HOSTS: “{entry}” is no host, host:port, address or network"
        ) from None
    return target.host, target.port if entry.rstrip("]") == entry and ":" in entry.rpartition("]")[
        2
    ] else None


def allowed() -> Allowed:
    """What admins allow beside public addresses."""
    entries: Sequence[str] = settings.OUTGOING_ALLOWED_HOSTS
    return read_allowed(tuple(entry.strip() for entry in entries if entry.strip()))


def may_connect(host: str, port: int, address: str) -> bool:
    """Whether a request to the host may go to this address, one of those that its name stands for."""
    try:
        found = reached(ip_address(address))
    except ValueError:
        return False
    if is_public(found) or allowed().address(found, port):
        return True
    return allowed().name(host, port) and is_internal(found)


def reached(address: IP) -> IP:
    """The address that is really reached: IPv4 inside IPv6 counts as what it is."""
    if isinstance(address, IPv4Address):
        return address
    if address in TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address


def is_public(address: IP) -> bool:
    """Whether the address is one of the internet's, and of one machine."""
    if isinstance(address, IPv6Address) and address not in PUBLIC_V6:
        return False
    return not any(address in network for network in NOT_PUBLIC)


def is_internal(address: IP) -> bool:
    """Whether the address is one that a company or a machine uses for itself."""
    return address not in METADATA and any(address in network for network in INTERNAL)
