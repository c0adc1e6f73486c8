"""Two people at the same time: real connections in threads, stopped where the race is."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import close_old_connections, connection

WAIT = float(os.environ.get("RACE_WAIT", "0.4"))  # seconds in which the second one must have begun to wait


class Together:
    """Threads with connections of their own; what they return or raise is kept by name."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self._threads: list[threading.Thread] = []

    def start(self, name: str, work: Callable[[], Any]) -> threading.Thread:
        """Runs the work in a thread."""

        def run() -> None:
            try:
                self.answers[name] = work()
            except BaseException as error:
                self.answers[name] = error
            finally:
                connection.close()

        thread = threading.Thread(target=run, name=name)
        self._threads.append(thread)
        thread.start()
        return thread

    def join(self) -> dict[str, Any]:
        """Waits for all; the answers."""
        for thread in self._threads:
            thread.join(20)
            assert not thread.is_alive(), f"{thread.name} hangs"
        close_old_connections()
        return self.answers


@contextmanager
def together() -> Iterator[Together]:
    """All threads have ended afterwards."""
    threads = Together()
    yield threads
    threads.join()


def race(first: Callable[[Callable[[], None]], Any], second: Callable[[], Any]) -> tuple[Any, Any]:
    """Runs `first` up to where it calls what it is given, then `second` until it waits, then both on."""
    reached, go_on = threading.Event(), threading.Event()

    def pause() -> None:
        reached.set()
        assert go_on.wait(20)

    with together() as threads:
        threads.start("first", lambda: first(pause))
        assert reached.wait(20), threads.answers
        runner = threads.start("second", second)
        deadline = time.monotonic() + WAIT
        while runner.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        go_on.set()
        threads.join()
    return threads.answers["first"], threads.answers["second"]
