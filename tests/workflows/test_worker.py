"""The whole way with a real worker: django-q2 picks up the wake and sends the mail."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from crm.models import User
from tests.workflows import rules as r
from workflows.models import ActionRun, RunState


def database_url() -> str:
    """The address of the test's own database."""
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{known['NAME']}"
    user = ":".join(quote(str(part), safe="") for part in (known["USER"], known["PASSWORD"]) if part)
    return f"postgres://{user}@{known['HOST']}:{known['PORT'] or 5432}/{known['NAME']}"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_real_worker_sends_the_mail(ada: User, ben: User, tmp_path: Path) -> None:
    r.live_rule(
        "high", r.when(("rating", "is", "high")), [r.mail({"to": "superior"}, subject="High: {{name}}")]
    )
    lead = r.create(ada, last_name="Hopper", owner=ada.pk).or_raise().ids[0]
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "EMAIL_FILE_PATH": str(tmp_path),
        "WORKERS": "1",
    }
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "qcluster"]
    worker = subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR, start_new_session=True)
    try:
        r.edit(ada, lead, rating="high").or_raise()
        deadline = time.monotonic() + 60
        while ActionRun.objects.filter(state=RunState.WAITING).exists():
            assert time.monotonic() < deadline
            time.sleep(0.2)
    finally:
        worker.terminate()
        try:
            worker.wait(30)
        finally:
            with suppress(ProcessLookupError):  # what a worker that does not stop leaves behind
                os.killpg(worker.pid, signal.SIGKILL)
    [letter] = [path.read_text() for path in tmp_path.iterdir()]
    assert "Subject: High: Hopper" in letter
    assert f"To: {ben.email}" in letter
