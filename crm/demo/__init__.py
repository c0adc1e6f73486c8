"""The demo company: a maker of laboratory instruments, with people, records and automation.

Everything goes through the door and the services, as if people had entered it. Higher floors add their
parts with `register_part`.
"""

from __future__ import annotations

from collections.abc import Callable

from crm.demo.people import PASSWORD, PEOPLE, DemoPerson

__all__ = ["PARTS", "PASSWORD", "PEOPLE", "DemoPerson", "register_part"]

Part = Callable[[], None]
PARTS: list[Part] = []


def register_part(part: Part) -> Part:
    """Adds something to the demo company; called when people are there, before the records."""
    if part not in PARTS:
        PARTS.append(part)
    return part
