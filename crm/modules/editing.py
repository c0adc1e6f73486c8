"""Making, changing and deleting modules. Deleting switches off; what they hold stays and can come back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.models import CustomRecord, Module, Sharing, User
from crm.modules.journal import check_labels, module_document, save_changes, told
from crm.modules.keys import module_key
from crm.modules.problems import ModuleProblem, validated
from crm.modules.publishing import publish_module, withdraw_permissions
from crm.modules.seed import seed_declared
from crm.modules.usage import Subject, check_usage
from crm.modules.usage.records import rows_of
from crm.people.problems import require_feature

KEPT_FOR = timedelta(days=30)


class ModuleChanges(TypedDict, total=False):
    """What may be changed of a module."""

    label: str
    label_plural: str
    labels: dict[str, list[str]]
    sharing: str
    position: int


@transaction.atomic
def create_module(
    *,
    label: str,
    label_plural: str,
    actor: User | None,
    key: str | None = None,
    labels: dict[str, list[str]] | None = None,
    sharing: str = Sharing.PRIVATE,
    position: int | None = None,
) -> Module:
    """A new custom module with the fields every record has, its permissions and default rights."""
    require_feature(actor, "manage_modules")
    module = Module(
        key=module_key(label_plural, key),
        label=label.strip(),
        label_plural=label_plural.strip(),
        labels=labels or {},
        sharing=sharing,
        position=_last_position() + 10 if position is None else position,
    )
    check_labels(module.labels, names=2)
    validated(module)
    module.save()
    seed_declared(module, CustomRecord)
    publish_module(module)
    told(module, "created", actor=actor, after=module_document(module))
    return module


def _last_position() -> int:
    return max(Module.objects.values_list("position", flat=True), default=0)


@transaction.atomic
def change_module(*, module: Module, actor: User | None, **changes: Unpack[ModuleChanges]) -> Module:
    """Changes names, translations, sharing default or place; takes effect at once."""
    require_feature(actor, "manage_modules")
    row = Module.objects.select_for_update().get(pk=module.pk)
    save_changes(row, changes, document=module_document, actor=actor)
    return row


@transaction.atomic
def delete_module(*, module: Module, actor: User | None, confirmed: bool = False) -> Module:
    """Switches a custom module off. Its records, fields and rights stay, and `restore_module` brings it back.

    Raises InUse where links, rules or other documents build on it, and, unless confirmed, where it has
    records or rights.
    """
    require_feature(actor, "manage_modules")
    row = Module.objects.select_for_update().get(pk=module.pk)
    if row.builtin:
        raise ModuleProblem(
            _("%s is built in and can't be deleted; profiles may hide it.") % row.label_plural
        )
    if not row.active:
        raise ModuleProblem(_("%s is switched off already.") % row.label_plural)
    check_usage(Subject(row.key), confirmed=confirmed)
    switched: dict[str, Any] = {"active": False, "switched_off_at": timezone.now()}
    save_changes(row, switched, document=module_document, actor=actor, what="switched off")
    return row


@transaction.atomic
def restore_module(*, module: Module, actor: User | None) -> Module:
    """Switches a module on again, with everything it had."""
    require_feature(actor, "manage_modules")
    row = Module.objects.select_for_update().get(pk=module.pk)
    switched: dict[str, Any] = {"active": True, "switched_off_at": None}
    save_changes(row, switched, document=module_document, actor=actor, what="switched on")
    return row


@transaction.atomic
def purge_module(*, module: Module, actor: User | None, now: datetime | None = None) -> None:
    """Deletes a switched-off module for good, once it has no records and its 30 days are over."""
    require_feature(actor, "manage_modules")
    row = Module.objects.select_for_update().get(pk=module.pk)
    check_kept(row.switched_off_at, row.active, now or timezone.now())
    count = rows_of(row).count()
    if count:
        message = _("%(module)s still has %(count)s records. Switch it on and delete them for good first.")
        raise ModuleProblem(message % {"module": row.label_plural, "count": count})
    before = module_document(row)
    told(row, "deleted", actor=actor, before=before)
    withdraw_permissions(row)
    try:
        row.delete()
    except ProtectedError as error:
        names = ", ".join(sorted(str(one) for one in error.protected_objects)[:5])
        raise ModuleProblem(_("Drafts still name it: %s. Delete them first.") % names) from None


def check_kept(switched_off_at: datetime | None, active: bool, now: datetime) -> None:
    """Raises ModuleProblem unless something has been switched off for 30 days."""
    if active or switched_off_at is None:
        raise ModuleProblem(_("Only what is switched off can be deleted for good."))
    free = switched_off_at + KEPT_FOR
    if now < free:
        raise ModuleProblem(_("It is kept until %s, in case somebody misses it.") % f"{free:%Y-%m-%d}")
