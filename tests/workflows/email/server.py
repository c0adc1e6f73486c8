"""A mail server on this machine that refuses what it is told to refuse."""

import socket
from asyncio import AbstractServer
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Post:
    """What came in, as reader and letter; `refused` says with which answer an address is refused."""

    refused: dict[str, str] = field(default_factory=dict)
    after_data: dict[str, str] = field(default_factory=dict)
    letters: list[tuple[str, EmailMessage]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _o: Any) -> str:
        self.asked.append(address)
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        [address] = envelope.rcpt_tos
        if address in self.after_data:
            return self.after_data[address]
        letter = message_from_bytes(envelope.original_content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append((address, letter))
        return "250 OK"

    def readers(self) -> list[str]:
        """Who got a letter, in order."""
        return [address for address, _letter in self.letters]

    def to(self, address: str) -> EmailMessage:
        """The one letter that an address got."""
        [letter] = [letter for reader, letter in self.letters if reader == address]
        return letter


class AnyPort(Controller):
    """A server on a port that is free: its own class wants to know it beforehand."""

    def __init__(self, post: Post) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        port = self.socket.getsockname()[1]
        super().__init__(post, hostname="127.0.0.1", port=port, data_size_limit=40 * 2**20)

    def _create_server(self) -> Coroutine[Any, Any, AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self.socket)


@contextmanager
def running() -> Iterator[tuple[Post, int]]:
    """The server, and its port."""
    post = Post()
    controller = AnyPort(post)
    controller.start()
    try:
        yield post, controller.port
    finally:
        controller.stop()
