"""Why a change of modules, fields or layouts is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from crm.modules.usage import Usage


class ModuleProblem(ValueError):  # noqa: N818 — a refusal with a message for people, not an accident
    """A change that cannot be made; `field` says what to correct, None means the whole."""

    def __init__(self, message: str | Promise, field: str | None = None) -> None:
        super().__init__(str(message))
        self.message, self.field = str(message), field


class InUse(ModuleProblem):
    """Something is used: `usages` says where. Where none of them blocks, the change may be confirmed."""

    def __init__(self, usages: Sequence[Usage]) -> None:
        self.usages = tuple(usages)
        told = "; ".join(str(usage) for usage in self.usages)
        if self.blocked:
            message = _("It is in use and has to be taken out there first: %s.")
        else:
            message = _("It is in use, please confirm: %s.")
        super().__init__(message % told)

    @property
    def blocked(self) -> bool:
        """Whether confirming is not enough."""
        return any(usage.blocking for usage in self.usages)


def validated(row: models.Model) -> None:
    """Raises ModuleProblem with the first thing that is wrong with a configuration row."""
    try:
        row.full_clean()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise ModuleProblem(messages[0], None if field == "__all__" else field) from None
