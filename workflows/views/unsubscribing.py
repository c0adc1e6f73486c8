"""Pages of workflow automation that people outside see."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from crm.documents.generation import held_generation
from workflows.marketing import opt_out, subscriber_of


@csrf_exempt  # mail programs post without having seen the page; the token says who it is
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Asks whether an address shall get no more marketing e-mail; sending the form, or one click in a mail
    program, stores it. Opening the page changes nothing: mail scanners open every link."""
    with held_generation():
        subscriber = subscriber_of(token)
        if subscriber is None:
            raise Http404
        done = request.method == "POST" and opt_out(subscriber)
    refused = request.method == "POST" and not done
    shown = {"address": subscriber.address, "done": done, "refused": refused}
    response = render(request, "workflows/unsubscribe.html", shown, status=503 if refused else 200)
    response["Referrer-Policy"] = "no-referrer"
    return response
