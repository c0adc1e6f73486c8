"""Fields and profiles that build on a module, field or value."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from crm.models import Field, FieldRight, ModuleRight
from crm.modules.usage.base import Subject, Usage, register_usage


@register_usage
def links_to_the_module(subject: Subject) -> Iterable[Usage]:
    """Link fields of other modules; without their target they would point nowhere."""
    if subject.field is None:
        pointing = Field.objects.filter(type="link", options__module=subject.module, active=True)
        for field in pointing.exclude(module__key=subject.module).select_related("module"):
            yield Usage("field", _("link field “%s”") % field.label, field.module.label_plural, blocking=True)


@register_usage
def default_of_the_field(subject: Subject) -> Iterable[Usage]:
    """The value that new records begin with."""
    if subject.value is not None:
        field = Field.objects.filter(module__key=subject.module, key=subject.field).first()
        if field is not None and subject.value in _values(field.default):
            yield Usage("default", _("the default of new records"), field.label)


def _values(default: object) -> list[object]:
    return default if isinstance(default, list) else [default]


@register_usage
def profiles(subject: Subject) -> Iterable[Usage]:
    """Rights that profiles have on the field or module; they are kept, and come back with it."""
    if subject.value is not None:
        return
    if subject.field is not None:
        rights = FieldRight.objects.filter(field__module__key=subject.module, field__key=subject.field)
        for right in rights.select_related("profile"):
            yield Usage("right", _("profile “%s”") % right.profile.name, right.get_access_display())
    else:
        for given in ModuleRight.objects.filter(module__key=subject.module).select_related("profile"):
            yield Usage("right", _("profile “%s”") % given.profile.name, _("module right"))
