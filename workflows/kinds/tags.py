"""Actions: put tags on the record, and take tags off."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.fields import ValueProblem
from crm.modules.registry import ModuleInfo
from workflows.forms.tags import TagsForm
from workflows.kinds.base import ActionKind, Config, Firing, register_action_kind
from workflows.kinds.references import Reference, field_reference

FIELD = "tags"


class TagKind(ActionKind):
    """`{"tags": ["key account", …]}`; other tags of the record stay as they are."""

    form = TagsForm
    sets_record = True
    told: ClassVar[str | Promise]
    told_ahead: ClassVar[str | Promise]

    def rewrite(self, had: set[str], tags: set[str]) -> set[str]:
        """The record's tags afterwards."""
        raise NotImplementedError

    def validate(self, config: Config, module: ModuleInfo) -> list[str]:
        tags = config.get("tags")
        if not isinstance(tags, list) or not tags:
            return [_("Name at least one tag.")]
        info = module.field(FIELD)
        try:
            info.type.clean(tags, info)
        except ValueProblem as problem:
            return [problem.message]
        return []

    def describe(self, config: Config, module: ModuleInfo) -> str:
        return str(self.told) % {"tags": ", ".join(config["tags"])}

    def uses(self, config: Config, module: ModuleInfo) -> list[Reference]:
        return [field_reference(module.field(FIELD))]

    def foresee(self, firing: Firing, prepared: Any) -> list[str]:
        return [str(self.told_ahead) % {"tags": ", ".join(prepared["tags"])}]

    def decide(self, firing: Firing, prepared: Any) -> None:
        info = firing.draft.module.field(FIELD)
        tags = set(info.type.clean(prepared["tags"], info) or ())
        now = self.rewrite(set(firing.draft.value(FIELD) or ()), tags)
        firing.batch.set(firing.draft, FIELD, sorted(now), firing.cause)


@register_action_kind
class AddTags(TagKind):
    """`{"tags": ["key account", …]}`: puts them on, beside those that are there."""

    key = "add_tags"
    label = gettext_lazy("Add tags")
    told = gettext_lazy("Add the tags %(tags)s")
    told_ahead = gettext_lazy("would add the tags %(tags)s")

    def rewrite(self, had: set[str], tags: set[str]) -> set[str]:
        return had | tags


@register_action_kind
class RemoveTags(TagKind):
    """`{"tags": ["cold", …]}`: takes them off, if they are there."""

    key = "remove_tags"
    label = gettext_lazy("Remove tags")
    told = gettext_lazy("Remove the tags %(tags)s")
    told_ahead = gettext_lazy("would remove the tags %(tags)s")

    def rewrite(self, had: set[str], tags: set[str]) -> set[str]:
        return had - tags
