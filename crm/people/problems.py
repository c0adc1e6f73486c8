"""Why a change of people, roles, groups or profiles is refused."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from crm.models import User


class PeopleProblem(ValueError):  # noqa: N818 — a refusal with a message for people, not an accident
    """A change that cannot be made; `field` says what to correct, None means the whole."""

    def __init__(self, message: str | Promise, field: str | None = None) -> None:
        super().__init__(str(message))
        self.message, self.field = str(message), field


def require_feature(actor: User | None, key: str) -> None:
    """Raises PermissionDenied unless the actor's profile allows the feature; None is the system itself."""
    from crm.people.rights import rights_of

    if actor is not None and not rights_of(actor).has_feature(key):
        raise PermissionDenied(_("Your profile does not allow this."))
