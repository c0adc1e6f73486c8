"""Logging in. Logging out is Django's own view."""

from __future__ import annotations

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


class LogIn(LoginView):
    """The log-in page; a wrong password answers 422, too many of them 429."""

    redirect_authenticated_user = True

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        if getattr(self.request, "axes_locked_out", False):
            # Else its middleware puts one bare line in place of the page.
            setattr(self.request, "axes_locked_out", False)  # noqa: B010 — not an attribute of every request
            return locked_out(self.request)
        return self.render_to_response(self.get_context_data(form=form), status=422)


def locked_out(request: HttpRequest, *_args: object, **_kwargs: object) -> HttpResponse:
    """Says that there were too many wrong passwords, and how long to wait."""
    return render(request, "registration/locked_out.html", status=429)
