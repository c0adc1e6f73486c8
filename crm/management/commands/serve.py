"""`manage.py serve` (and `make run`) starts the web server and the worker, and stops both together."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, connection

HOST = "127.0.0.1"
START_SECONDS = 60  # until the web has to answer
STOP_SECONDS = 20  # for what is under way, before children are killed
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Command(BaseCommand):
    """Database up to date, demo company in, web server and worker up, until one of them or a person stops."""

    help = "Start the web server and the worker, with the demo company, on this machine."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take `--port` (default: PORT, else 8000) and `--no-demo`."""
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
        parser.add_argument("--no-demo", action="store_false", dest="demo", help="start without demo company")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit status 0 when asked to stop, else that of the child that ended."""
        port: int = options["port"]
        try:
            require_free(port)
            self.prepare(demo=options["demo"])
        except KeyboardInterrupt:
            raise CommandError("Stopped before the servers were started.", returncode=130) from None
        children = Children(port)
        try:
            if children.wait_for_web():
                self.stdout.write(welcome(port, demo=options["demo"]))
                self.stdout.flush()
            status = children.wait()
        finally:
            children.stop()
        self.stdout.write("Web server and worker have stopped.")
        sys.exit(status)

    def prepare(self, *, demo: bool) -> None:
        """Bring the database up to date, and fill an empty one with the demo company."""
        try:
            connection.ensure_connection()
        except Error as error:
            raise CommandError(f"The database of DATABASE_URL doesn't answer: {error}") from error
        call_command("migrate", interactive=False, verbosity=0)
        if demo:
            call_command("load_demo")
        call_command("build_indexes", verbosity=0)
        connection.close()


class Children:
    """The web server and the worker, each in its own session: Ctrl-C reaches them through `stop` only."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked_to_stop = False
        for number in STOP_SIGNALS:
            signal.signal(number, self.ask_to_stop)
        environment = {**os.environ, "PORT": str(port)}
        self.processes = {
            name: subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR, start_new_session=True)
            for name, command in commands(port).items()
        }

    def ask_to_stop(self, *_signal: object) -> None:
        """Note it down; the loops see it (a lock taken in a signal handler could wait for itself)."""
        self.asked_to_stop = True

    def running(self) -> bool:
        """Whether nobody asked to stop and both are alive."""
        return not self.asked_to_stop and all(p.poll() is None for p in self.processes.values())

    def wait_for_web(self) -> bool:
        """Whether `/health/` answers within START_SECONDS."""
        deadline = time.monotonic() + START_SECONDS
        while self.running() and time.monotonic() < deadline:
            try:
                with urlopen(f"http://{HOST}:{self.port}/health/", timeout=5):
                    return True
            except (URLError, TimeoutError, ConnectionError):
                time.sleep(0.2)
        if self.running():
            raise CommandError(f"The web server didn't answer within {START_SECONDS} seconds.")
        return False

    def wait(self) -> int:
        """0 when asked to stop, else the status of the child that ended by itself."""
        while self.running():
            time.sleep(0.2)
        if self.asked_to_stop:
            return 0
        name, process = next((n, p) for n, p in self.processes.items() if p.poll() is not None)
        print(f"The {name} ended by itself (exit status {process.returncode}).", file=sys.stderr)
        return 128 - process.returncode if process.returncode < 0 else process.returncode or 1

    def stop(self) -> None:
        """Ask both to end, wait, and kill what is left after STOP_SECONDS."""
        for process in self.processes.values():
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self.processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0, deadline - time.monotonic()))
            with suppress(ProcessLookupError):  # also what a child that was killed has left behind
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def require_free(port: int) -> None:
    """Refuse a port that another program listens on, before anything is started."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(f"Port {port} is taken ({error.strerror}); PORT=8001 uses another.") from error


def commands(port: int) -> dict[str, list[str]]:
    """The two command lines; SQLite has one writer, so one web process with threads serves it best."""
    workers = 1 if connection.vendor == "sqlite" else 2
    web = f"-m gunicorn crm.wsgi --bind {HOST}:{port} --workers {workers} --threads 4 --no-control-socket"
    return {
        "web server": [sys.executable, *web.split(), "--graceful-timeout", "10", "--log-level", "warning"],
        "worker": [sys.executable, str(settings.BASE_DIR / "manage.py"), "qcluster"],
    }


def welcome(port: int, *, demo: bool) -> str:
    """The address, and the demo people with what they do and their password."""
    lines = ["", f"Signalbox is running: http://{HOST}:{port}/", ""]
    if demo:
        from crm.demo import PASSWORD, PEOPLE

        width = max(len(person.email) for person in PEOPLE)
        lines += [f"Log in with the password {PASSWORD} as", ""]
        lines += [f"  {person.email:{width}}  {person.title}" for person in PEOPLE] + [""]
    return "\n".join([*lines, "Ctrl-C stops it."])
