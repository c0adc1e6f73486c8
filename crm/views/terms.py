"""What a product puts into the line in which it was just chosen."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from crm.forms.products import terms_of
from crm.views.asking import StaffRequest, asked_record


@require_safe
def product_terms(request: StaffRequest, pk: int) -> HttpResponse:
    """Price, tax and text of a product for a line in `currency`, as the person writes numbers."""
    asked_record(request.user, "products", pk)
    return JsonResponse(terms_of(request.user, [pk], request.GET.get("currency", "")).get(pk, {}))
