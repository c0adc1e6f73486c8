"""Sections, and the order of fields in them: how a module's form and page look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from crm.models import Field, Module, Section, User
from crm.modules.journal import check_labels, save_changes, section_document, told
from crm.modules.keys import section_key
from crm.modules.problems import ModuleProblem, validated
from crm.people.problems import require_feature

STEP = 10


class SectionSettings(TypedDict, total=False):
    """What may be said of a section beside its heading."""

    labels: dict[str, str]
    position: int


class SectionChanges(SectionSettings, total=False):
    """What may be changed of a section."""

    label: str


@transaction.atomic
def create_section(
    *,
    module: Module,
    label: str,
    actor: User | None,
    key: str | None = None,
    **settings: Unpack[SectionSettings],
) -> Section:
    """A new, empty section at the end of the form."""
    require_feature(actor, "manage_modules")
    known = dict(module.sections.values_list("key", "position"))
    settings.setdefault("position", max(known.values(), default=0) + STEP)
    section = Section(module=module, key=section_key(label, key, known), label=label.strip(), **settings)
    check_labels(section.labels, names=1)
    validated(section)
    section.save()
    told(section, "created", actor=actor, after=section_document(section))
    return section


@transaction.atomic
def change_section(*, section: Section, actor: User | None, **changes: Unpack[SectionChanges]) -> Section:
    """Changes heading, translations or place."""
    require_feature(actor, "manage_modules")
    row = Section.objects.select_for_update(of=("self",)).select_related("module").get(pk=section.pk)
    save_changes(row, changes, document=section_document, actor=actor)
    return row


@transaction.atomic
def delete_section(*, section: Section, actor: User | None, into: Section | None = None) -> int:
    """Deletes a section; its fields go to the end of another one. Returns how many there were."""
    require_feature(actor, "manage_modules")
    row = Section.objects.select_for_update(of=("self",)).select_related("module").get(pk=section.pk)
    if into is not None and (into.module_id != row.module_id or into.pk == row.pk):
        raise ModuleProblem(_("Choose another section of the same module."), "into")
    count = row.fields.count()
    if count and into is None:
        message = _("“%(section)s” has %(count)s fields; say which section they go to.")
        raise ModuleProblem(message % {"section": row.label, "count": count}, "into")
    row.fields.update(section=into)
    told(row, "deleted", actor=actor, before=section_document(row), after={"fields": count})
    row.delete()
    return count


@transaction.atomic
def arrange(*, module: Module, layout: Mapping[str, Sequence[str]], actor: User | None) -> None:
    """Puts sections and fields in order: section keys in order, each with its fields' keys in order.

    Every active field of the module is named once; raises ModuleProblem otherwise.
    """
    require_feature(actor, "manage_modules")
    sections = {row.key: row for row in Section.objects.select_for_update().filter(module=module)}
    rows = Field.objects.select_for_update().filter(module=module, active=True)
    fields = {row.key: row for row in rows}
    named = [key for keys in layout.values() for key in keys]
    if set(layout) != set(sections) or sorted(named) != sorted(fields):
        odd = set(layout).symmetric_difference(sections) | set(named).symmetric_difference(fields)
        message = _("A layout names every section and field once; look at: %s.")
        raise ModuleProblem(message % (", ".join(sorted(odd)) or _("doubles")), "layout")
    before = layout_document(module)
    for place, (key_of_section, keys) in enumerate(layout.items(), 1):
        sections[key_of_section].position = place * STEP
        for number, key in enumerate(keys, 1):
            fields[key].section, fields[key].position = sections[key_of_section], number * STEP
    Section.objects.bulk_update(sections.values(), ["position"])
    Field.objects.bulk_update(fields.values(), ["section", "position"])
    after = layout_document(module)
    if after != before:
        told(module, "layout changed", actor=actor, before=before, after=after)


def layout_document(module: Module) -> dict[str, list[str]]:
    """The layout as `arrange` takes it; fields without a section are under an empty key."""
    layout: dict[str, list[str]] = {section.key: [] for section in module.sections.order_by("position", "id")}
    rows = Field.objects.filter(module=module, active=True).select_related("section")
    for field in rows.order_by("position", "id"):
        layout.setdefault(field.section.key if field.section else "", []).append(field.key)
    return layout
