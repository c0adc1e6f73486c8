"""Action: sets a field of the records that the record links to, or that link to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.modules.loading import registry
from crm.modules.registry import ModuleInfo
from workflows.forms.update_linked import UpdateLinkedForm
from workflows.kinds.base import ActionKind, Config, Firing, register_action_kind
from workflows.kinds.references import Reference, field_reference
from workflows.kinds.update_field import (
    WAYS,
    setting_paths,
    setting_prepared,
    setting_problems,
    setting_uses,
    setting_value,
    shown,
)
from workflows.linked import Link, Wish, find_link, links_of, wish


@dataclass(frozen=True)
class Prepared:
    """The settings with the link that they follow."""

    config: Config
    link: Link


@register_action_kind
class UpdateLinked(ActionKind):
    """`{"link", "field", "how", "value", "from"}`.

    `link` is a link field of the record (`account`), or a module and its field that link to the record
    (`contacts.account`). The value is read from the record that the rule acts on.
    """

    key = "update_linked"
    label = gettext_lazy("Update linked records")
    form = UpdateLinkedForm

    def validate(self, config: Config, module: ModuleInfo) -> list[str]:
        link = find_link(config.get("link"), module)
        if link is None:
            known = ", ".join(one.key for one in links_of(module))
            return [_("“link” is one of: %s.") % known]
        return setting_problems(config, registry().module(link.module), module)

    def describe(self, config: Config, module: ModuleInfo) -> str:
        link = _link(config, module)
        info = registry().module(link.module).field(config["field"])
        value = WAYS[config.get("how", "value")].words(config, info, module)
        what = {"field": info.label, "value": value, "link": link.label}
        return _("Set %(field)s to %(value)s on %(link)s") % what

    def uses(self, config: Config, module: ModuleInfo) -> list[Reference]:
        link = _link(config, module)
        target = registry().module(link.module)
        over = target.field(link.field) if link.backward else module.field(link.field)
        return [field_reference(over), *setting_uses(config, target, module)]

    def prepare(self, config: Config, module: ModuleInfo) -> Prepared:
        return Prepared(setting_prepared(config, module), _link(config, module))

    def paths(self, prepared: Any) -> frozenset[str]:
        return setting_paths(prepared.config)

    def foresee(self, firing: Firing, prepared: Any) -> list[str]:
        one = self._wish(firing, prepared)
        told = {"field": one.info.label, "value": shown(one.value, one.info), "link": one.link.label}
        return [_("would set %(field)s to %(value)s on %(link)s") % told]

    def decide(self, firing: Firing, prepared: Any) -> None:
        wish(self._wish(firing, prepared))

    def _wish(self, firing: Firing, prepared: Any) -> Wish:
        config, link = prepared.config, prepared.link
        info = firing.batch.registry.module(link.module).field(config["field"])
        return Wish(firing, link, info, setting_value(config, info, firing))


def _link(config: Config, module: ModuleInfo) -> Link:
    """The link of sound settings."""
    link = find_link(config["link"], module)
    if link is None:
        raise KeyError(config["link"])
    return link
