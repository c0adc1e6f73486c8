"""Action: sets a field of the record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.criteria import Context, DictRow
from crm.criteria.base import SideProblem
from crm.criteria.paths import Paths
from crm.fields import ValueProblem
from crm.formulas import Formula, FormulaProblems, compile_formula
from crm.modules.registry import FieldInfo, ModuleInfo
from workflows.directory import directory, names_of
from workflows.forms.setting import UpdateFieldForm
from workflows.kinds.base import ActionKind, ActionProblem, Config, Firing, register_action_kind
from workflows.kinds.references import Reference, field_reference, path_references, value_references

Problems = list[str]


def local_now(now: datetime) -> datetime:
    """The moment in the organisation's time zone."""
    return now.astimezone(ZoneInfo(settings.TIME_ZONE))


@dataclass(frozen=True)
class Way:
    """One way to get the new value: what may be wrong, how it is described, and the value."""

    check: Callable[[Config, FieldInfo, ModuleInfo], Problems]
    words: Callable[[Config, FieldInfo, ModuleInfo], str]
    value: Callable[[Config, FieldInfo, Firing], Any]


def _check_literal(config: Config, info: FieldInfo, module: ModuleInfo) -> Problems:
    raw = config.get("value")
    if raw in (None, "", []):
        return [_("Say which value %s gets; “clear” empties it.") % info.label]
    if info.type.family == "user":
        known = isinstance(raw, str) and directory().person(raw)
        return [] if known else [_("There is no active person “%s”.") % raw]
    if info.type.family in ("link", "any_link", "lines"):
        return [_("%s can be copied from another field or cleared, not set to a fixed value.") % info.label]
    try:
        info.type.clean(raw, info)
    except ValueProblem as problem:
        return [f"{info.label}: {problem.message}"]
    return []


def _literal(config: Config, info: FieldInfo, firing: Firing) -> Any:
    raw = config["value"]
    if info.type.family != "user":
        return raw
    if (person := directory().person(raw)) is None:
        raise ActionProblem(_("There is no active person “%s”.") % raw)
    return person


def _literal_words(config: Config, info: FieldInfo, module: ModuleInfo) -> str:
    raw = config.get("value")
    if info.type.family == "user":
        return str(raw)
    try:
        return info.type.show(info.type.clean(raw, info), info)
    except ValueProblem:
        return str(raw)


def _check_copy(config: Config, info: FieldInfo, module: ModuleInfo) -> Problems:
    try:
        source = Paths(module).operand(config.get("from"))
    except SideProblem as problem:
        return [str(problem)]
    fits = source.family == info.type.family or info.type.family == "text"
    if fits and source.family == "link":
        fits = source.field.target == info.target
    if fits:
        return []
    return [_("%(from)s does not fit into %(field)s.") % {"from": source.label, "field": info.label}]


def _copy(config: Config, info: FieldInfo, firing: Firing) -> Any:
    value = firing.draft.value(config["from"])
    if info.type.family != "text" or value is None or isinstance(value, str):
        return value
    source = Paths(firing.draft.module).operand(config["from"])
    return source.field.type.show(value, source.field)


def _check_clear(config: Config, info: FieldInfo, module: ModuleInfo) -> Problems:
    return [_("%s is required and cannot be cleared.") % info.label] if info.required else []


def _of(*families: str) -> Callable[[Config, FieldInfo, ModuleInfo], Problems]:
    def check(config: Config, info: FieldInfo, module: ModuleInfo) -> Problems:
        return [] if info.type.family in families else [_("That does not fit into %s.") % info.label]

    return check


def _today(config: Config, info: FieldInfo, firing: Firing) -> Any:
    return local_now(firing.batch.now).date()


def _current_user(config: Config, info: FieldInfo, firing: Firing) -> Any:
    if firing.batch.actor is None:
        raise ActionProblem(_("Nobody is logged in, so there is no current user."))
    return firing.batch.actor.pk


TAKES = {"text": ("text", "choice"), "choice": ("choice", "text")}  # others take their own family


def _check_formula(config: Config, info: FieldInfo, module: ModuleInfo) -> Problems:
    try:
        formula = compile_formula(config.get("formula"), module)
    except FormulaProblems as refused:
        told = _("Formula, position %(position)s: %(message)s")
        return [told % {"position": one.position, "message": one.message} for one in refused.problems]
    fits = formula.family in TAKES.get(info.type.family, (info.type.family,))
    if not fits or (formula.family == "link" and formula.target != info.target):
        what = {"kind": formula.tree.kind, "field": info.label, "type": info.type.label}
        return [_("The formula gives %(kind)s, which does not fit into %(field)s (%(type)s).") % what]
    return list(_check_constants(formula, info))


def _check_constants(formula: Formula, info: FieldInfo) -> Iterator[str]:
    """What the field refuses of the constants that the formula may give as they are."""
    for constant in formula.constants:
        if constant.value is None and info.required:
            yield _("%s is required and cannot be cleared.") % info.label
        try:
            info.type.clean(constant.value, info)
        except ValueProblem as problem:
            yield f"{info.label}: {problem.message}"


def _formula_words(config: Config, info: FieldInfo, module: ModuleInfo) -> str:
    try:
        return compile_formula(config.get("formula"), module).words()
    except FormulaProblems:
        return str(config.get("formula"))


def _formula(config: Config, info: FieldInfo, firing: Firing) -> Any:
    formula: Formula = config["compiled"]
    context = Context(firing.batch.now, settings.TIME_ZONE, firing.batch.actor)
    return formula.value(DictRow(firing.draft.after, firing.draft.linked), context)


WAYS: dict[str, Way] = {
    "value": Way(_check_literal, _literal_words, _literal),
    "copy": Way(_check_copy, lambda config, info, module: _("the value of %s") % config.get("from"), _copy),
    "clear": Way(_check_clear, lambda config, info, module: _("nothing"), lambda config, info, firing: None),
    "formula": Way(_check_formula, _formula_words, _formula),
    "today": Way(_of("date"), lambda config, info, module: _("today"), _today),
    "now": Way(
        _of("datetime"), lambda config, info, module: _("now"), lambda config, info, firing: firing.batch.now
    ),
    "current_user": Way(_of("user"), lambda config, info, module: _("the current user"), _current_user),
}


def setting_problems(config: Config, target: ModuleInfo, source: ModuleInfo) -> Problems:
    """What is wrong with setting a field of `target` by a record of `source`."""
    info = target.fields.get(str(config.get("field")))
    if info is None:
        what = {"module": target.label_plural, "field": config.get("field")}
        return [_("%(module)s have no field “%(field)s”.") % what]
    if info.system:
        return [_("%s is kept by the system.") % info.label]
    way = WAYS.get(config.get("how", "value"))
    if way is None:
        return [_("“how” is one of: %s.") % ", ".join(WAYS)]
    return way.check(config, info, source)


def setting_value(config: Config, info: FieldInfo, firing: Firing) -> Any:
    """The field's new value; raises ActionProblem that names the field."""
    try:
        return WAYS[config.get("how", "value")].value(config, info, firing)
    except ActionProblem as problem:
        problem.field = info.key
        raise


def setting_prepared(config: Config, source: ModuleInfo) -> Config:
    """The settings as `setting_value` wants them, with a formula compiled."""
    if config.get("how") != "formula":
        return config
    return {**config, "compiled": compile_formula(config["formula"], source)}


def setting_paths(config: Config) -> frozenset[str]:
    """Paths over links that the new value is read from, of prepared settings."""
    if config.get("how") == "formula":
        formula: Formula = config["compiled"]
        return formula.linked_paths
    source = config.get("from") if config.get("how") == "copy" else None
    return frozenset([source]) if source and "." in source else frozenset()


def setting_uses(config: Config, target: ModuleInfo, source: ModuleInfo) -> list[Reference]:
    """The field, and what its new value names."""
    info = target.field(config["field"])
    how = config.get("how", "value")
    found = [field_reference(info)]
    if how == "value":
        found += value_references(info, config.get("value"))
    elif how == "copy":
        found += path_references(config.get("from"), source)
    elif how == "formula":
        formula = compile_formula(config.get("formula"), source)
        found += [one for path in sorted(formula.paths) for one in path_references(path, source)]
    return found


def shown(value: Any, info: FieldInfo) -> str:
    """A value for people; a person by name."""
    if value is None or value == "":
        return _("nothing")
    if info.type.family == "user":
        return names_of([value]).get(value, f"#{value}")
    try:
        return info.type.show(info.type.clean(value, info), info) or _("nothing")
    except ValueProblem:
        return str(value)


@register_action_kind
class UpdateField(ActionKind):
    """`{"field", "how", …}`: `how` is one of WAYS; others are `value`, `from` (a path) and `formula`."""

    key = "update_field"
    label = gettext_lazy("Update field")
    form = UpdateFieldForm
    sets_record = True

    def validate(self, config: Config, module: ModuleInfo) -> list[str]:
        return setting_problems(config, module, module)

    def describe(self, config: Config, module: ModuleInfo) -> str:
        info = module.field(config["field"])
        value = WAYS[config.get("how", "value")].words(config, info, module)
        return _("Set %(field)s to %(value)s") % {"field": info.label, "value": value}

    def uses(self, config: Config, module: ModuleInfo) -> list[Reference]:
        return setting_uses(config, module, module)

    def prepare(self, config: Config, module: ModuleInfo) -> Config:
        return setting_prepared(config, module)

    def paths(self, prepared: Any) -> frozenset[str]:
        return setting_paths(prepared)

    def foresee(self, firing: Firing, prepared: Any) -> list[str]:
        info = firing.draft.module.field(prepared["field"])
        value = shown(setting_value(prepared, info, firing), info)
        return [_("would set %(field)s to %(value)s") % {"field": info.label, "value": value}]

    def decide(self, firing: Firing, prepared: Any) -> None:
        info = firing.draft.module.field(prepared["field"])
        value = setting_value(prepared, info, firing)
        firing.batch.set(firing.draft, info.key, "" if value is None else value, firing.cause)
