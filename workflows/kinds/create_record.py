"""Action: makes a record of any module, in the same batch as the change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.door.batch import default_of
from crm.fields import ValueProblem
from crm.fields.links import Ref
from crm.modules.loading import registry
from crm.modules.registry import FieldInfo, ModuleInfo
from workflows.directory import directory
from workflows.forms.create_record import CreateRecordForm
from workflows.kinds.base import ActionKind, ActionProblem, Config, Firing, register_action_kind
from workflows.kinds.create_task import OWNERS
from workflows.kinds.references import Reference, text_references
from workflows.kinds.update_field import (
    setting_paths,
    setting_prepared,
    setting_problems,
    setting_uses,
    setting_value,
    shown,
)
from workflows.merge import Template, one_line, parse, shown_of, template_problems

OWNER = "owner"
TEXT, RECORD = "text", "record"
LINE = 255
NOBODY = "nobody"


@dataclass(frozen=True)
class Prepared:
    """The settings with their texts parsed."""

    config: Config
    values: Mapping[str, Config]
    texts: Mapping[str, Template]


@register_action_kind
class CreateRecord(ActionKind):
    """`{"module", "values": {field: {"how", …}}, "owner", "person"}`.

    `how` is one of those of `update_field`, or `text` (a text with merge fields) or `record` (a link to the
    record that the rule acts on). `owner` is owner, superior, person or nobody, then assignment rules decide.
    """

    key = "create_record"
    label = gettext_lazy("Create record")
    form = CreateRecordForm

    def validate(self, config: Config, module: ModuleInfo) -> list[str]:
        target = registry().modules.get(str(config.get("module")))
        if target is None:
            return [_("There is no module “%s”.") % config.get("module")]
        values = config.get("values", {})
        if not isinstance(values, dict) or not all(isinstance(one, dict) for one in values.values()):
            return [_("The values are settings by field.")]
        problems = [
            text
            for key, one in values.items()
            for text in value_problems({"field": key, **one}, target, module)
        ]
        problems += [
            _("%s is required and has no value.") % info.label
            for info in target.required_fields
            if info.key not in values and default_of(info) is None and info.key != OWNER
        ]
        return problems + _owner_problems(config)

    def describe(self, config: Config, module: ModuleInfo) -> str:
        target = registry().module(config["module"])
        told = ", ".join(target.field(key).label for key in config.get("values", {}))
        words = _("Create a record of %(module)s") % {"module": target.label_plural}
        return f"{words} ({told})" if told else words

    def uses(self, config: Config, module: ModuleInfo) -> list[Reference]:
        target = registry().module(config["module"])
        found = [Reference("module", target.key)]
        for key, one in config.get("values", {}).items():
            found += setting_uses({"field": key, **one}, target, module)
            found += text_references([one.get(TEXT)], module)
        if config.get("owner") == "person":
            found.append(Reference("person", config["person"]))
        return found

    def prepare(self, config: Config, module: ModuleInfo) -> Prepared:
        values = config.get("values", {})
        texts = {key: parse(one[TEXT], module) for key, one in values.items() if one.get("how") == TEXT}
        ready = {key: setting_prepared(one, module) for key, one in values.items()}
        return Prepared(config, ready, texts)

    def paths(self, prepared: Any) -> frozenset[str]:
        copied = [setting_paths(one) for one in prepared.values.values()]
        shown_in = [path for text in prepared.texts.values() for path in text.paths if "." in path]
        return frozenset(shown_in).union(*copied)

    def foresee(self, firing: Firing, prepared: Any) -> list[str]:
        target, values = self._values(firing, prepared)
        told = ", ".join(
            f"{target.field(key).label}: {shown(value, target.field(key))}" for key, value in values.items()
        )
        return [_("would create a record of %(module)s (%(values)s)") % {
            "module": target.label_plural, "values": told,
        }]  # fmt: skip

    def decide(self, firing: Firing, prepared: Any) -> None:
        target, values = self._values(firing, prepared)
        firing.batch.create(target, values, firing.cause, parent=firing.draft)

    def _values(self, firing: Firing, prepared: Any) -> tuple[ModuleInfo, dict[str, Any]]:
        """What the record will hold; raises ActionProblem if something that it needs is missing."""
        config: Config = prepared.config
        target = firing.batch.registry.module(config["module"])
        values = {key: _value(key, one, target, firing, prepared) for key, one in prepared.values.items()}
        owner = _owner(config, firing)
        if owner is not None:
            values[OWNER] = owner
        for info in target.required_fields:
            _check_there(info, values, target)
        return target, {key: value for key, value in values.items() if value is not None}


def value_problems(config: Config, target: ModuleInfo, source: ModuleInfo) -> list[str]:
    """What is wrong with one value of the new record."""
    info, how = target.fields.get(config["field"]), config.get("how", "value")
    if info is None or info.system or how not in (TEXT, RECORD):
        return setting_problems(config, target, source)
    if how == TEXT:
        text = str(config.get(TEXT) or "")
        if info.type.family != "text" or not text.strip():
            return [_("%s takes no such text.") % info.label]
        return template_problems(text, source)
    return [] if links_to(info, source) else [_("%s is no link to the record.") % info.label]


def links_to(info: FieldInfo, module: ModuleInfo) -> bool:
    """Whether the field can hold a link to records of the module."""
    return info.type.family == "any_link" or (info.type.family == "link" and info.target == module.key)


def _value(key: str, one: Config, target: ModuleInfo, firing: Firing, prepared: Prepared) -> Any:
    how, info = one.get("how", "value"), target.field(key)
    if how == TEXT:
        text = prepared.texts[key].fill(shown_of(firing.draft))
        return text if info.type.key == "long_text" else one_line(text, info.options.get("length", LINE))
    if how == RECORD:
        draft = firing.draft
        return Ref(draft.module.key, draft.id) if info.type.family == "any_link" else draft.id
    return setting_value({"field": key, **one}, info, firing)


def _check_there(info: FieldInfo, values: Mapping[str, Any], target: ModuleInfo) -> None:
    try:
        value = info.type.clean(values[info.key], info) if info.key in values else default_of(info)
        message = "" if value is not None or info.key == OWNER else _("it is required")
    except ValueProblem as problem:
        message = problem.message
    if message:
        raise ActionProblem(_("No record of %(module)s was created: %(field)s: %(why)s") % {
            "module": target.label_plural, "field": info.label, "why": message,
        })  # fmt: skip


def _owner_problems(config: Config) -> list[str]:
    who = config.get("owner", "owner")
    if who not in (*OWNERS, NOBODY):
        return [_("“owner” is one of: %s.") % ", ".join((*OWNERS, NOBODY))]
    if who == "person" and not directory().person(config.get("person") or ""):
        return [_("There is no active person “%s”.") % config.get("person")]
    return []


def _owner(config: Config, firing: Firing) -> int | None:
    who = config.get("owner", "owner")
    found = None if who == NOBODY else OWNERS[who][0](config, firing)
    if who == NOBODY or (found is not None and found in directory().active):
        return found
    raise ActionProblem(_("There is nobody who could own the new record."))
