"""Guards: reasons why a field of a record may not be changed now, by a person or by a rule.

Higher floors register theirs: an approval's lock, a blueprint's driving field.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from crm.door.batch import Batch, Draft

Guard = Callable[["Batch", "Draft", str | None], str | None]
GUARDS: list[Guard] = []


def register_guard(guard: Guard) -> Guard:
    """Makes a guard known: given batch, draft and field key (None: the whole record), a message refuses."""
    GUARDS.append(guard)
    return guard


def refusal(batch: Batch, draft: Draft, key: str | None) -> str | None:
    """The first guard's reason to refuse a change of the field, or None."""
    for guard in GUARDS:
        if (reason := guard(batch, draft, key)) is not None:
            return reason
    return None


@register_guard
def converted_stays_converted(_batch: Batch, draft: Draft, key: str | None) -> str | None:
    """A lead becomes converted by a conversion only, and stays so; its other fields stay open."""
    if draft.module.key != "leads" or key != "status":
        return None
    if draft.before_value("converted_at") is not None:
        return _("A converted lead stays converted.")
    by_hand = draft.before is not None and draft.after.get("converted_at") is None
    if by_hand and draft.after.get("status") == "converted":
        return _("A lead becomes converted by converting it, not by its status alone.")
    return None
