"""What a profile may allow beside the rights on modules; higher floors register their own."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Feature:
    """A permission that is not about the records of one module.

    `admin` ones open the Django admin: whoever has one of them may log in there. Those, and `wide` ones,
    are given to a person, and changed in a person who has them, only by somebody who has them too.
    """

    key: str
    label: str | Promise
    help: str | Promise = ""
    admin: bool = False
    wide: bool = False


FEATURES: dict[str, Feature] = {}


def register_feature(feature: Feature) -> Feature:
    """Makes a feature known under its key, so that profiles can allow it."""
    if FEATURES.setdefault(feature.key, feature) != feature:
        raise ValueError(f"The feature {feature.key} is registered twice.")
    return feature


class UnknownFeature(KeyError):  # noqa: N818 — reads as what it is
    """Somebody asked for a feature that nobody registered."""


def feature(key: str) -> Feature:
    """The feature with that key; raises UnknownFeature."""
    try:
        return FEATURES[key]
    except KeyError:
        raise UnknownFeature(key) from None


for _feature in (
    Feature("manage_people", _("Manage people"), _("People, profiles, roles and groups."), admin=True),
    Feature("manage_modules", _("Manage modules"), _("Modules, fields and layouts."), admin=True),
    Feature(
        "manage_automation",
        _("Manage automation"),
        _("Rules, approval processes, blueprints and schedules."),
        admin=True,
    ),
    Feature("manage_territories", _("Manage territories"), admin=True),
    Feature("manage_sandboxes", _("Manage sandboxes"), admin=True),
    Feature("approve", _("Approve"), _("May be asked for approval.")),
    Feature(
        "see_everything",
        _("See everything"),
        _("Reads every record of the modules that the profile may view, whoever owns it."),
        wide=True,
    ),
):
    register_feature(_feature)
