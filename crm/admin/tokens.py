"""Everybody's access tokens: looked at, and revoked. Making one is for its person alone."""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.admin.base import ReadOnlyPage, actor_of, button
from crm.api.tokens import revoke_token
from crm.models import AccessToken


@admin.register(AccessToken)
class TokenPage(ReadOnlyPage):
    """The list of tokens, and a page for each with a button to end it."""

    feature = "manage_people"
    group, icon = "people", "key"
    place = 60
    list_display = (
        "name", "person", "prefix", "may_write", "created_at", "last_used_at", "expires_at", "revoked_at",
    )  # fmt: skip
    list_filter = ("may_write", ("revoked_at", admin.EmptyFieldListFilter), "person")
    list_select_related = ("person",)
    search_fields = ("name", "prefix", "person__name", "person__email")
    fields = (*list_display, "modules", "revoked_by")
    actions_detail = ("revoke",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields

    def has_revoke_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether there is something to revoke, by somebody who manages people."""
        if object_id is None:
            return self.allowed(request)
        live = AccessToken.objects.filter(pk=object_id, revoked_at__isnull=True)
        return self.allowed(request) and live.exists()

    def journal_key(self, obj: Any) -> str:
        """The journal knows people by their address."""
        return str(obj.person.email)

    @button(gettext_lazy("Revoke"), "revoke", "revoke")
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks, then ends the token."""
        token = self.get_object(request, object_id)

        def act(_cleaned: dict[str, Any]) -> str:
            revoke_token(actor=actor_of(request), token=token)
            return str(_("The token “%s” is revoked.") % token.name)

        lines = [_("Programs that use it get no answer any more. This cannot be taken back.")]
        return self.ask(
            request,
            token,
            title=_("Revoke the token “%s”?") % token.name,
            send=_("Revoke"),
            act=act,
            lines=lines,
            danger=True,
        )
