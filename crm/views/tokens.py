"""A person's own access tokens: made, shown once, listed, revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from crm.api.tokens import make_token, revoke_token
from crm.models import AccessToken, User
from crm.modules.loading import registry
from crm.people.problems import PeopleProblem
from crm.views.asking import StaffRequest
from crm.visibility import can

SHOWN_REVOKED = 10
LASTS = (
    ("30", gettext_lazy("30 days")),
    ("90", gettext_lazy("90 days")),
    ("365", gettext_lazy("One year")),
    ("", gettext_lazy("Until it is revoked")),
)
ACCESS = (
    ("read", gettext_lazy("Read only")),
    ("write", gettext_lazy("Read and write")),
)


class TokenForm(forms.Form):
    """What a new token is for."""

    name = forms.CharField(max_length=100)
    access = forms.ChoiceField(choices=ACCESS, initial="read")
    lasts = forms.ChoiceField(choices=LASTS, initial="90", required=False)
    modules = forms.MultipleChoiceField(required=False)

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        modules = sorted(registry().modules.values(), key=lambda module: module.position)
        field = self.fields["modules"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(m.key, m.label_plural) for m in modules if can(user, "view", m)]

    def make(self, user: User) -> tuple[AccessToken, str]:
        """The token and its secret; raises PeopleProblem."""
        days = self.cleaned_data["lasts"]
        return make_token(
            actor=user,
            name=self.cleaned_data["name"],
            may_write=self.cleaned_data["access"] == "write",
            modules=self.cleaned_data["modules"],
            expires_at=timezone.now() + timedelta(days=int(days)) if days else None,
        )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: StaffRequest) -> HttpResponse:
    """The person's tokens, and a form for a new one.

    The answer to the form shows the secret, instead of leading to a page that does: it would have to be
    kept somewhere in between. Sent again by a reload, the form is refused, since the name is taken.
    """
    form = TokenForm(request.user, request.POST if request.method == "POST" else None)
    made: tuple[AccessToken, str] | None = None
    if form.is_valid():
        try:
            made = form.make(request.user)
        except PeopleProblem as problem:
            form.add_error(problem.field, problem.message)
    status = 422 if form.is_bound and made is None else 200
    shown = form if status == 422 else TokenForm(request.user)
    return render(request, "crm/tokens.html", _context(request.user, shown, made), status=status)


def _context(user: User, form: TokenForm, made: tuple[AccessToken, str] | None) -> dict[str, Any]:
    now = timezone.now()
    rows = AccessToken.objects.filter(person=user)
    live = rows.filter(revoked_at__isnull=True)
    revoked = rows.filter(revoked_at__isnull=False).order_by("-revoked_at")[:SHOWN_REVOKED]
    labels = {module.key: module.label_plural for module in registry().modules.values()}
    return {
        "form": form,
        "made": made[0] if made else None,
        "secret": made[1] if made else "",
        "site": settings.SITE_URL,
        "live": [_line(token, labels, token.is_expired(now)) for token in live],
        "revoked": [_line(token, labels, False) for token in revoked],
    }


def _line(token: AccessToken, labels: dict[str, str], expired: bool) -> dict[str, Any]:
    modules = ", ".join(labels.get(key, key) for key in token.modules)
    return {"token": token, "modules": modules, "expired": expired}


@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: StaffRequest, pk: int) -> HttpResponse:
    """Asks, then ends one of the person's own tokens; 404 for anybody else's."""
    token = get_object_or_404(AccessToken, pk=pk, person=request.user)
    if request.method == "POST":
        revoke_token(actor=request.user, token=token)
        messages.success(request, _("The token “%s” is revoked.") % token.name)
        return redirect("tokens")
    return render(request, "crm/token_revoke.html", {"token": token})
