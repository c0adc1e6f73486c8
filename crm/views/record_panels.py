"""Panels of the record page: parts beside its fields, which higher floors add.

    @register_panel
    class Waiting(Panel):
        key, template, place, position = "approval", "approvals/panel.html", "top", 10

        def context(self, user, module, stored):
            request = open_request(module.key, stored.id)
            return None if request is None else {"request": request}

The template is included with the context as `panel`, beside `module`, `record` and `user`; it is a whole
`<section class="card">`. A panel is shown again after every change that is made on the page, so its
statements count for the page: read few things, and never one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from crm.door.reading import Stored
from crm.models import User
from crm.modules.registry import ModuleInfo

Place = Literal["top", "side"]


class Panel:
    """A part of the record page. `position` orders the panels of a place, the lowest first."""

    key: ClassVar[str]
    template: ClassVar[str]
    place: ClassVar[Place] = "side"
    position: ClassVar[int] = 100

    def context(self, user: User, module: ModuleInfo, stored: Stored) -> dict[str, Any] | None:
        """What the template shows to this person; None if there is nothing to show."""
        raise NotImplementedError


@dataclass(frozen=True)
class ShownPanel:
    """A panel with what it shows."""

    key: str
    template: str
    context: dict[str, Any]


PANELS: list[Panel] = []


def register_panel(kind: type[Panel]) -> type[Panel]:
    """Adds a panel to every record page; used as a decorator."""
    PANELS.append(kind())
    PANELS.sort(key=lambda panel: panel.position)
    return kind


def panels_of(user: User, module: ModuleInfo, stored: Stored) -> dict[Place, list[ShownPanel]]:
    """The panels that have something to show, by place."""
    shown: dict[Place, list[ShownPanel]] = {"top": [], "side": []}
    for panel in PANELS:
        context = panel.context(user, module, stored)
        if context is not None:
            shown[panel.place].append(ShownPanel(panel.key, panel.template, context))
    return shown
