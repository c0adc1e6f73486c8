"""Sends requests to addresses that may be reached, and to nothing else.

The host is resolved once, every address it stands for is checked, and the connection goes to one of the
checked addresses: a name that changes its mind in between changes nothing. Redirects are answers like any
other, proxies of the environment are not asked, certificates are verified against the host's name.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic

from django.utils.translation import gettext as _

from crm.outgoing.addresses import may_connect
from crm.outgoing.connection import exchange
from crm.outgoing.messages import Answer, NoAnswer, NotAllowed, Request
from crm.outgoing.targets import METHODS, Target, check_headers, target_of
from crm.space import PRODUCTION, current_space

RESOLVE_SECONDS = 5.0

# What happens to requests outside of production, where nothing leaves: higher floors add who keeps them.
KEEPERS: list[Callable[[Request], None]] = []


def send(request: Request) -> Answer:
    """Sends a request and returns what came back, whatever its status.

    Raises NotAllowed where it must not leave, and NoAnswer where nothing came back in time. Never called
    inside a transaction; it asks no database, so that it may run in a thread.
    """
    target = target_of(request.url)
    if request.method not in METHODS:
        raise NotAllowed(_("There is no method “%s”.") % request.method)
    check_headers(request.headers)
    if current_space() != PRODUCTION:
        return _keep(request)
    deadline = monotonic() + request.seconds
    return exchange(target, checked_addresses(target, deadline), request, deadline)


def _keep(request: Request) -> Answer:
    for keeper in KEEPERS:
        keeper(request)
    return Answer(0, kept=True)


def checked_addresses(target: Target, deadline: float) -> list[str]:
    """The addresses of the host, all of which may be connected to; else NotAllowed."""
    found = resolve(target.host, target.port, min(RESOLVE_SECONDS, deadline - monotonic()))
    if not found:
        raise NoAnswer(_("The host %s is not known.") % target.host)
    if not all(may_connect(target.host, target.port, address) for address in found):
        raise NotAllowed(
            _("%s is a private or reserved address; OUTGOING_ALLOWED_HOSTS may allow the host.") % target.host
        )
    return found


def resolve(host: str, port: int, seconds: float) -> list[str]:
    """The addresses that a name stands for, in the system's order, each once; none if it is not known.

    The system's resolver knows no time-out: it works in a thread that is left behind if need be.
    """
    box: SimpleQueue[list[str]] = SimpleQueue()
    Thread(target=lambda: box.put(_look_up(host, port)), daemon=True).start()
    try:
        return box.get(timeout=max(seconds, 0.001))
    except Empty:
        raise NoAnswer(_("The name %s could not be resolved in time.") % host) from None


def _look_up(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(where[0]) for _family, _type, _proto, _name, where in found))
