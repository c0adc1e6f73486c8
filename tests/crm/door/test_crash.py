"""A process that is killed in the middle of a batch leaves what there was before, and nothing hangs."""

import os
import signal
import subprocess
import sys
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from crm.door import Change, Source, Verb, apply
from crm.door.attach import add_note
from crm.models import Account, Cause, History, Lead, LineItem, Note, NumberSeries, RecordLink
from tests.crm.door.making import make

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
TABLES = (Lead, Account, History, Cause, RecordLink, LineItem, Note, NumberSeries)


def everything() -> dict[str, Any]:
    """All rows that a batch could have touched."""
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in TABLES}


def url() -> str:
    given = connection.settings_dict
    who = quote(given["USER"]) + (f":{quote(given['PASSWORD'])}" if given["PASSWORD"] else "")
    return f"postgres://{who}@{given['HOST']}:{given['PORT'] or 5432}/{given['NAME']}"


def killed_while_holding(verb: str, ids: list[int]) -> None:
    """Starts the program, waits until it holds its transaction, and kills it with signal 9."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.crm.door.crashing", verb, *map(str, ids)],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": url(), "DJANGO_SETTINGS_MODULE": "crm.settings"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as told:
        assert told.readline() == "holding\n"
        process.send_signal(signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL


@pytest.mark.parametrize("verb", ["create", "edit", "bin", "merge"])
def test_killed_in_the_middle_of_a_batch_nothing_has_happened(verb: str) -> None:
    ids: list[int] = []
    if verb == "merge":
        ids = [make("accounts", None, name=name) for name in ("Acme", "Acme Ltd")]
        make("contacts", None, account=ids[1])
        add_note("accounts", ids[1], "Hello", actor=None)
    elif verb != "create":
        changes = [
            Change(Verb.CREATE, "leads", None, {"last_name": f"L{n}", "company": "a"}) for n in range(30)
        ]
        ids = apply(changes, actor=None, source=Source.IMPORT).or_raise().ids
    before = everything()
    killed_while_holding(verb, ids)
    assert everything() == before
    if verb in ("edit", "bin"):  # its locks are gone with it
        changes = [Change(Verb(verb), "leads", pk, {"company": "b"} if verb == "edit" else {}) for pk in ids]
        assert apply(changes, actor=None, source=Source.LIST).ok
        assert Lead.objects.filter(version=2).count() == 30
