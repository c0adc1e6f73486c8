"""What hangs on records: their notes, files and tasks, and what points at them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Count
from django.utils.translation import gettext as _

from crm.fields.links import Ref
from crm.models import Attachment, LineItem, Note, Product, RecordLink, User
from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo
from crm.views.showing import load_names

NAMED = 8


@dataclass(frozen=True)
class Pointing:
    """How many records of a module point with a field."""

    module: str
    label: str
    field: str
    number: int


@dataclass
class Hanging:
    """What hangs on some records. Of what points at them the first that the person may see are named."""

    notes: int = 0
    files: int = 0
    lines: int = 0
    pointing: list[Pointing] = field(default_factory=list)
    named: list[tuple[Ref, str]] = field(default_factory=list)

    @property
    def is_nothing(self) -> bool:
        """Whether nothing hangs on them."""
        return not (self.notes or self.files or self.lines or self.pointing)

    @property
    def kinds(self) -> dict[str, int]:
        """How many there are of each kind of thing, by its name; without those of which there is none."""
        found = {_("Notes"): self.notes, _("Files"): self.files}
        for one in self.pointing:
            found[one.label] = found.get(one.label, 0) + one.number
        return {label: number for label, number in found.items() if number}


def hanging_on(user: User, module: ModuleInfo, ids: Sequence[int]) -> Hanging:
    """What hangs on a module's records: a statement for each kind of thing, and for names of each module."""
    links = RecordLink.objects.filter(to_id__in=ids).exclude(from_id__in=ids)
    found = Hanging(
        Note.objects.filter(record_id__in=ids).count(),
        Attachment.objects.filter(record_id__in=ids).count(),
        LineItem.objects.filter(product_id__in=ids).count() if module.model is Product else 0,
    )
    counted = links.values_list("from_module", "field").annotate(number=Count("id"))
    for key, field_key, number in counted.order_by("from_module", "field"):
        other = registry().modules.get(key)
        if other is not None and field_key in other.fields:
            label = other.label if number == 1 else other.label_plural
            found.pointing.append(Pointing(key, label, other.fields[field_key].label, number))
    if found.pointing:
        pairs = links.order_by("-from_id").values_list("from_module", "from_id")[: NAMED * 3]
        names = load_names(user, [Ref(key, pk) for key, pk in pairs])
        found.named = list(names.records.items())[:NAMED]
    return found


def counts_by_record(ids: Sequence[int]) -> dict[int, Hanging]:
    """The same for each record by itself, without names: three statements."""
    found = {pk: Hanging() for pk in ids}
    for pk in Note.objects.filter(record_id__in=ids).values_list("record_id", flat=True):
        found[pk].notes += 1
    for pk in Attachment.objects.filter(record_id__in=ids).values_list("record_id", flat=True):
        found[pk].files += 1
    links = RecordLink.objects.filter(to_id__in=ids).exclude(from_id__in=ids)
    counted = links.values_list("to_id", "from_module", "field").annotate(number=Count("id"))
    for pk, key, field_key, number in counted.order_by("from_module", "field"):
        module = registry().modules.get(key)
        if module is not None and field_key in module.fields:
            label = module.fields[field_key].label
            found[pk].pointing.append(Pointing(key, module.label_plural, label, number))
    return found
