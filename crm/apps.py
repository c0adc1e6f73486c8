"""The ground floor's application, and the admin site."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AdminConfig(DjangoAdminConfig):
    """Django's admin, with Signalbox's site."""

    default_site = "crm.admin.site.SignalboxAdminSite"

    def ready(self) -> None:
        super().ready()
        # Not in crm.admin itself, which is imported while the site is still being made.
        import_module("crm.admin.pages")


class CrmConfig(AppConfig):
    """Modules, people, criteria and the door."""

    name = "crm"
    verbose_name = _("Customers and people")

    def ready(self) -> None:
        from crm.bulk import kinds, purging  # noqa: F401 — register themselves
        from crm.database import register_functions
        from crm.imports import job, look, opening  # noqa: F401 — register themselves
        from crm.jobs import undoing  # noqa: F401 — registers itself
        from crm.lists import export_job, usage  # noqa: F401 — register themselves
        from crm.outgoing.addresses import allowed

        allowed()  # a setting that can't be read is told now, not at the first webhook
        connection_created.connect(register_functions, dispatch_uid="crm.functions")
        post_migrate.connect(seed, sender=self, dispatch_uid="crm.seed")


def seed(*, using: str, **_kwargs: Any) -> None:
    """Adds what the code declares (built-in modules, fields, values) and the database does not have yet."""
    from crm.modules.seed import seed_builtin_modules

    seed_builtin_modules(using)
