"""What each type of field may be: its options, and which flags make sense for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from crm.fields import FIELD_TYPES, ValueProblem
from crm.models import Field, Module
from crm.modules.builtin import specs
from crm.modules.loading import field_info, model_of
from crm.modules.problems import ModuleProblem

Options = Mapping[str, Any]
ONE_LINE = ("text", "email", "phone", "url")
WITH_CHOICES = frozenset({"picklist", "multi_picklist"})
FLAGS: dict[str, frozenset[str]] = {
    "unique": frozenset({*ONE_LINE, "integer", "decimal", "date", "datetime", "number"}),
    "searched": frozenset({*ONE_LINE, "number"}),
    "sorted": frozenset({
        *ONE_LINE, "integer", "decimal", "money", "percent", "date", "datetime", "boolean", "picklist",
        "user", "number",
    }),
}  # fmt: skip
SYSTEM_MAY = frozenset({"label", "labels", "help", "section", "position", "searched", "sorted", "options"})


def _number(options: Options, name: str, default: int, low: int, high: int) -> dict[str, Any]:
    given = options.get(name, default)
    if isinstance(given, bool) or not isinstance(given, int) or not low <= given <= high:
        message = _("“%(name)s” is a whole number from %(low)s to %(high)s.")
        raise ModuleProblem(message % {"name": name, "low": low, "high": high}, "options")
    return {name: given}


def _text_options(options: Options) -> dict[str, Any]:
    return _number(options, "length", 255, 1, 2000) if "length" in options else {}


def _decimal_options(options: Options) -> dict[str, Any]:
    return _number(options, "scale", 2, 0, 6)


def _money_options(_options: Options) -> dict[str, Any]:
    return {"scale": 2}


def _link_options(options: Options) -> dict[str, Any]:
    target = options.get("module")
    if not Module.objects.filter(key=target, active=True).exists():
        raise ModuleProblem(_("Say which module the link leads to."), "options")
    return {"module": target}


def _no_options(_options: Options) -> dict[str, Any]:
    return {}


OPTIONS: dict[str, Callable[[Options], dict[str, Any]]] = {
    **dict.fromkeys(ONE_LINE, _text_options),
    **dict.fromkeys(("decimal", "percent"), _decimal_options),
    "money": _money_options,
    "link": _link_options,
}


def clean_options(kind: str, options: Options) -> dict[str, Any]:
    """The options of a custom field of that type, complete; raises ModuleProblem for what it has not."""
    cleaned = OPTIONS.get(kind, _no_options)(options)
    unknown = sorted(set(options) - set(cleaned))
    if unknown:
        raise ModuleProblem(_("A field of this type has no option “%s”.") % unknown[0], "options")
    return cleaned


def clean_type(kind: str) -> str:
    """The key of a type that an admin may make fields of."""
    found = FIELD_TYPES.get(kind)
    if found is None or not found.custom:
        known = ", ".join(sorted(key for key, known in FIELD_TYPES.items() if known.custom))
        raise ModuleProblem(_("Fields are of one of these types: %s.") % known, "type")
    return kind


def clean_default(field: Field, default: Any) -> Any:
    """The default as the type dumps it; the field must be saved, with its values."""
    if default is None or default == "":
        return None
    info = field_info(field)
    if info.type.family in ("link", "any_link", "lines"):
        raise ModuleProblem(_("Fields of this type have no default."), "default")
    try:
        value = info.type.clean(default, info)
    except ValueProblem as problem:
        raise ModuleProblem(problem.message, "default") from None
    return None if value is None else info.type.dump(value, info)


def check_flags(field: Field) -> None:
    """Raises ModuleProblem for a flag that does not fit the field's type or section."""
    for flag, types in FLAGS.items():
        if getattr(field, flag) and field.type not in types:
            label = FIELD_TYPES[field.type].label
            message = _("A field of the type “%(type)s” can't be %(flag)s.")
            raise ModuleProblem(message % {"type": label, "flag": _(flag)}, flag)
    if field.section is not None and field.section.module_id != field.module_id:
        raise ModuleProblem(_("The section belongs to another module."), "section")
    if field.required and field.type == "boolean":
        raise ModuleProblem(_("Yes or no is never empty, so it can't be required."), "required")


def check_declared(field: Field, changes: Mapping[str, Any]) -> None:
    """Raises ModuleProblem for a change that a built-in or system field does not take."""
    if field.system and (refused := sorted(set(changes) - SYSTEM_MAY)):
        raise ModuleProblem(_("%s is kept by the system.") % field.label, refused[0])
    if not field.builtin:
        return
    if "options" in changes and changes["options"] != field.options:
        raise ModuleProblem(_("Options of built-in fields are fixed."), "options")
    declared = {key: spec for key, _columns, spec in specs(model_of(field.module))}
    spec = declared.get(field.key)
    if spec is not None and spec.required and changes.get("required") is False:
        raise ModuleProblem(_("%s is always required.") % field.label, "required")
