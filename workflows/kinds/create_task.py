"""Action: makes a task about the record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.fields import ValueProblem
from crm.fields.links import Ref
from crm.modules.loading import module as find_module
from crm.modules.registry import ModuleInfo
from crm.people.hierarchy import hierarchy
from workflows.directory import directory, names_of
from workflows.forms.create_task import CreateTaskForm
from workflows.kinds.base import ActionKind, ActionProblem, Config, Firing, register_action_kind
from workflows.kinds.references import Reference, text_references
from workflows.kinds.update_field import local_now
from workflows.merge import Template, one_line, parse, shown_of, template_problems

TASKS = "tasks"
MOST_DAYS = 3650


def _record_owner(config: Config, firing: Firing) -> int | None:
    owner: int | None = firing.draft.value("owner")
    return owner


def _superior(config: Config, firing: Firing) -> int | None:
    owner = _record_owner(config, firing)
    return None if owner is None else hierarchy().superior(owner)


def _person(config: Config, firing: Firing) -> int | None:
    return directory().person(config["person"])


OWNERS: dict[str, tuple[Callable[[Config, Firing], int | None], Any]] = {
    "owner": (_record_owner, gettext_lazy("the owner")),
    "superior": (_superior, gettext_lazy("the owner's superior")),
    "person": (_person, gettext_lazy("a person")),
}


@dataclass(frozen=True)
class Prepared:
    """The settings with their texts parsed."""

    config: Config
    subject: Template
    description: Template | None


@register_action_kind
class CreateTask(ActionKind):
    """`{"subject", "owner", "person", "due_in_days", "priority", "description"}`.

    `owner` is owner, superior or person; `person` is then an e-mail address.
    """

    key = "create_task"
    label = gettext_lazy("Create task")
    form = CreateTaskForm

    def validate(self, config: Config, module: ModuleInfo) -> list[str]:
        problems = []
        subject = str(config.get("subject") or "").strip()
        if not subject:
            problems.append(_("The task needs a subject."))
        for text in (subject, str(config.get("description") or "")):
            problems += template_problems(text, module)
        return problems + _owner_problems(config) + _date_problems(config) + _priority_problems(config)

    def describe(self, config: Config, module: ModuleInfo) -> str:
        who = config.get("person") or OWNERS[config.get("owner", "owner")][1]
        words = _("Create the task “%(subject)s” for %(who)s") % {"subject": config["subject"], "who": who}
        days = config.get("due_in_days")
        if days is None:
            return words
        due = ngettext("due in %s day", "due in %s days", days) % days
        return f"{words}, {due}"

    def prepare(self, config: Config, module: ModuleInfo) -> Prepared:
        description = config.get("description")
        return Prepared(
            config, parse(config["subject"], module), parse(description, module) if description else None
        )

    def paths(self, prepared: Any) -> frozenset[str]:
        texts = [prepared.subject, *([prepared.description] if prepared.description else [])]
        return frozenset(path for text in texts for path in text.paths if "." in path)

    def uses(self, config: Config, module: ModuleInfo) -> list[Reference]:
        person = [Reference("person", config["person"])] if config.get("owner") == "person" else []
        return person + text_references([config.get("subject"), config.get("description")], module)

    def foresee(self, firing: Firing, prepared: Any) -> list[str]:
        values = self._values(firing, prepared)
        what = {"subject": values["name"], "who": names_of([values["owner"]]).get(values["owner"], "")}
        return [_("would create the task “%(subject)s” for %(who)s") % what]

    def decide(self, firing: Firing, prepared: Any) -> None:
        tasks = firing.batch.registry.module(TASKS)
        firing.batch.create(tasks, self._values(firing, prepared), firing.cause, parent=firing.draft)

    def _values(self, firing: Firing, prepared: Any) -> dict[str, Any]:
        """What the task will hold; raises ActionProblem."""
        config: Config = prepared.config
        show = shown_of(firing.draft)
        subject = one_line(prepared.subject.fill(show), 255)
        if not subject:
            raise ActionProblem(_("The task's subject is empty."))
        owner = OWNERS[config.get("owner", "owner")][0](config, firing)
        if owner is None or owner not in directory().active:
            raise ActionProblem(_("There is nobody to give the task “%s” to.") % subject)
        values: dict[str, Any] = {"name": subject, "owner": owner, "related": _about(firing)}
        if config.get("due_in_days") is not None:
            values["due_date"] = local_now(firing.batch.now).date() + timedelta(days=config["due_in_days"])
        if config.get("priority"):
            values["priority"] = config["priority"]
        if prepared.description:
            values["description"] = prepared.description.fill(show)
        return values


def _about(firing: Firing) -> Ref:
    return Ref(firing.draft.module.key, firing.draft.id)


def _owner_problems(config: Config) -> list[str]:
    who = config.get("owner", "owner")
    if who not in OWNERS:
        return [_("“owner” is one of: %s.") % ", ".join(OWNERS)]
    if who == "person" and not directory().person(config.get("person") or ""):
        return [_("There is no active person “%s”.") % config.get("person")]
    return []


def _date_problems(config: Config) -> list[str]:
    days = config.get("due_in_days")
    if days is None or (isinstance(days, int) and not isinstance(days, bool) and 0 <= days <= MOST_DAYS):
        return []
    return [_("“due_in_days” is a whole number from 0 to %s.") % MOST_DAYS]


def _priority_problems(config: Config) -> list[str]:
    if not config.get("priority"):
        return []
    info = find_module(TASKS).field("priority")
    try:
        info.type.clean(config["priority"], info)
    except ValueProblem as problem:
        return [problem.message]
    return []
