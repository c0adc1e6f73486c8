"""Triggers of changes: created, edited, deleted, a field's change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.door import Draft
from crm.fields import ValueProblem
from crm.modules.registry import ModuleInfo
from workflows.triggers.base import Config, Moment, TriggerKind, register_trigger_kind

CREATED_OR_EDITED = "created_or_edited"


@register_trigger_kind
class Created(TriggerKind):
    """A new record."""

    key, label = "created", gettext_lazy("created")
    moments = frozenset([Moment.CREATED])
    by_mode = True


@register_trigger_kind
class Edited(TriggerKind):
    """A record of which at least one field really changed."""

    key, label = "edited", gettext_lazy("edited")
    moments = frozenset([Moment.EDITED])
    by_mode = True


@register_trigger_kind
class CreatedOrEdited(TriggerKind):
    """Both."""

    key, label = CREATED_OR_EDITED, gettext_lazy("created or edited")
    moments = frozenset([Moment.CREATED, Moment.EDITED])
    by_mode = True


@register_trigger_kind
class Deleted(TriggerKind):
    """A record goes to the bin; its values can still be read."""

    key, label = "deleted", gettext_lazy("deleted")
    moments = frozenset([Moment.DELETED])


@register_trigger_kind
class FieldChanged(TriggerKind):
    """`{"field", "values"}`: the field of an old record changed; with values, to one of these."""

    key, label = "field_changed", gettext_lazy("changed in a field")
    moments = frozenset([Moment.EDITED])
    settings = ("field", "values")

    def validate(self, config: Config, module: ModuleInfo) -> list[str]:
        info = module.fields.get(str(config.get("field") or ""))
        if info is None:
            return [_("The trigger needs a field of %s.") % module.label_plural]
        problems = []
        for raw in config.get("values") or ():
            try:
                info.type.clean(raw, info)
            except ValueProblem as problem:
                problems.append(f"{info.label}: {problem.message}")
        return problems

    def describe(self, config: Config, module: ModuleInfo) -> str:
        info = module.field(config["field"])
        if not config.get("values"):
            return _("changed in %s") % info.label
        shown = ", ".join(info.type.show(info.type.clean(raw, info), info) for raw in config["values"])
        return _("changed in %(field)s to %(values)s") % {"field": info.label, "values": shown}

    def prepare(self, config: Config, module: ModuleInfo) -> Any:
        info = module.field(config["field"])
        return info.key, [info.type.clean(raw, info) for raw in config.get("values") or ()]

    def fires(self, prepared: Any, draft: Draft, events: Mapping[str, Any]) -> bool:
        key, values = prepared
        after = draft.after.get(key)
        return draft.before_value(key) != after and (not values or after in values)

    def fields(self, config: Config) -> frozenset[str]:
        return frozenset([str(config.get("field"))])
