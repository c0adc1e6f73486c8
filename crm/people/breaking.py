"""Which live documents a change of people, roles or groups would break: tried, and taken back.

Documents are checked by their own kinds, so that whatever a kind reads (recipients, owners, criteria) counts,
today's kinds and those of higher floors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from crm.documents.generation import configuration_changed, read_generation_again
from crm.models import User
from crm.modules.usage import Usage
from crm.modules.usage.documents import live_problems, newly_broken
from crm.people.problems import PeopleProblem


def broken_by(change: Callable[[], object]) -> list[Usage]:
    """Live documents that would have problems after the change which they do not have now."""
    with transaction.atomic():
        now = live_problems()
        with suppress(ProtectedError):  # what else holds it is told elsewhere
            change()
        configuration_changed(actor=None, kind="trial", key="trial", what="tried")  # nothing kept is used
        then = live_problems()
        transaction.set_rollback(True)
    read_generation_again()
    return newly_broken(now, then)


def broken_without_person(person: User) -> list[Usage]:
    """Live documents that name a person who leaves."""
    return broken_by(lambda: User.objects.filter(pk=person.pk).update(is_active=False))


def refuse_breaking(broken: Sequence[Usage]) -> None:
    """Raises PeopleProblem with everything that would break."""
    if broken:
        told = "; ".join(str(one) for one in broken)
        raise PeopleProblem(_("It is in use and has to be taken out there first: %s.") % told)
