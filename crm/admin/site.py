"""The admin site: who may enter, its own content policy, its navigation."""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

from csp.constants import NONCE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.sites import UnfoldAdminSite

from crm.people.features import FEATURES
from crm.visibility import has_feature

# Alpine.js, which unfold's pages are made with, evaluates the expressions in their attributes, and sets
# styles. Everything else stays as strict as on the staff pages; inline scripts run nowhere.
CONTENT_POLICY = {
    "script-src": [SELF, NONCE, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}
GROUPS = (
    ("people", _("People")),
    ("modules", _("Modules")),
    ("automation", _("Automation")),
    ("company", _("Company")),
    ("records", _("Records")),
)
# The staff pages' accent colour, lighter and darker.
BLUE = {
    "50": "oklch(97% .014 254.6)",
    "100": "oklch(93.2% .032 255.6)",
    "200": "oklch(88.2% .059 254.1)",
    "300": "oklch(80.9% .105 251.8)",
    "400": "oklch(70.7% .165 254.6)",
    "500": "oklch(62.3% .17 255.8)",
    "600": "oklch(52% .165 255.5)",
    "700": "oklch(46% .15 256)",
    "800": "oklch(40% .13 257)",
    "900": "oklch(35% .11 257.7)",
    "950": "oklch(26% .08 260)",
}


def may_enter(user: Any) -> bool:
    """Whether one of the person's features is used in the admin."""
    admin_features = [feature.key for feature in FEATURES.values() if feature.admin]
    return user.is_authenticated and any(has_feature(user, key) for key in admin_features)


class SignalboxAdminSite(UnfoldAdminSite):  # type: ignore[misc]
    """Signalbox's admin, in unfold's look; pages that packages bring are left out."""

    site_header = site_title = "Signalbox"
    index_title = _("Administration")

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[Any] | None = None,
        **options: Any,
    ) -> None:
        """Takes unfold's pages only: others would look and work differently, and change rows directly."""
        if admin_class is not None and issubclass(admin_class, ModelAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """By the profile's features; Django's staff flag is not asked."""
        return may_enter(request.user)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """Refuses people who are logged in and may not enter, and sets the content policy."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path(), reverse("login"))
            if not self.has_permission(request):
                raise PermissionDenied(_("Your profile does not open the administration."))
            response: HttpResponse = inner(request, *args, **kwargs)
            return response

        guarded.__dict__.update(inner.__dict__)
        return csp_replace(CONTENT_POLICY)(guarded)

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The same log-in page as everywhere, with its throttling."""
        following = request.GET.get("next", reverse("admin:index"))
        return redirect_to_login(following, reverse("login"))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Our name and colour on every page."""
        context: dict[str, Any] = super().each_context(request)
        context["site_title"] = context["site_header"] = self.site_title
        context["colors"] = {**context["colors"], "primary": BLUE}
        return context

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The pages by group instead of by application: nobody outside knows applications."""
        by_group: dict[str, list[Any]] = {}
        for application in super().get_app_list(request, app_label):
            for model in application["models"]:
                page = self._registry[model["model"]]
                by_group.setdefault(page.group, []).append((page.place, model))
        return [
            {
                "name": title,
                "app_label": key,
                "app_url": reverse("admin:index"),
                "has_module_perms": True,
                "models": [model for _place, model in sorted(by_group[key], key=itemgetter(0))],
            }
            for key, title in GROUPS
            if key in by_group
        ]

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Pages by group, as each says of itself; only those that the person may open."""
        by_group: dict[str, list[dict[str, Any]]] = {}
        for model, page in self._registry.items():
            group = getattr(page, "group", None)
            if group is None or not page.has_module_permission(request):
                continue
            link = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            by_group.setdefault(group, []).append({
                "title": str(model._meta.verbose_name_plural).capitalize(),
                "icon": getattr(page, "icon", None),
                "link": link,
                "place": getattr(page, "place", 50),
                "active": request.path.startswith(link),
                "has_permission": True,
            })  # fmt: skip
        for items in by_group.values():
            items.sort(key=lambda item: item.pop("place"))
        return [
            {"title": title, "items": by_group[key], "separator": False, "collapsible": False}
            for key, title in GROUPS
            if key in by_group
        ]
